"""A backup store for the databases of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import backup_store
from support.backup_store import Site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running store, and the authority that signs for everybody who uses it."""
    with backup_store.site(tmp_path_factory.mktemp("backup-store")) as made:
        yield made
