"""Labs for the longer stories. Each is removed at its end, and the host is then as it was."""

from collections.abc import Iterator

import pytest

from support import lab as labs
from support import lab_run


@pytest.fixture(scope="module")
def ha() -> Iterator[labs.Lab]:
    """Three control planes and two workers, whose first deploy is killed while control planes join."""
    with lab_run.running(labs.THREE) as made:
        yield made


@pytest.fixture(scope="module")
def one() -> Iterator[labs.Lab]:
    """One control plane and two workers; nothing is deployed yet."""
    with lab_run.running(labs.ONE) as made:
        yield made


@pytest.fixture(scope="module")
def deployed(one: labs.Lab) -> labs.Lab:
    """The same, deployed."""
    one.govcloud("deploy", str(one.site))
    return one
