"""Labs for the longer stories. Each is removed at its end, and the host is then as it was."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support import lab as labs


@contextmanager
def _lab(shape: labs.Shape) -> Iterator[labs.Lab]:
    folder = Path(tempfile.mkdtemp(prefix=f"govcloud-{shape.name}-"))
    made = labs.make(folder, shape)
    before = labs.host()
    try:
        yield made
    finally:
        made.govcloud("destroy", str(made.site), "--confirm", shape.name)
        shutil.rmtree(folder)
    assert labs.host() == before


@pytest.fixture(scope="module")
def ha() -> Iterator[labs.Lab]:
    """Three control planes and two workers, whose first deploy is killed while control planes join."""
    with _lab(labs.THREE) as made:
        yield made


@pytest.fixture(scope="module")
def one() -> Iterator[labs.Lab]:
    """One control plane and two workers; nothing is deployed yet."""
    with _lab(labs.ONE) as made:
        yield made


@pytest.fixture(scope="module")
def deployed(one: labs.Lab) -> labs.Lab:
    """The same, deployed."""
    one.govcloud("deploy", str(one.site))
    return one
