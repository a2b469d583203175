"""What libraries leave behind is not blamed on the next test."""

import gc
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def refused_connections(request: pytest.FixtureRequest) -> Iterator[None]:
    """Clients whose login is refused leave their connections to the garbage collector: it comes now."""
    yield
    if request.node.get_closest_marker("filterwarnings"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()
