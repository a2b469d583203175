"""How the unit tests run: properties without a deadline, and a garbage collector that looks at tests only."""

import gc

import pytest
from hypothesis import settings

# A busy machine makes an example slow, not wrong.
settings.register_profile("unit", deadline=None)
settings.load_profile("unit")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Libraries and tests stay until the end: without looking through them again and again a run is a tenth shorter."""
    gc.collect()
    gc.freeze()
