"""An API server with the tenancy part in it, for the operator to be tried on through a proxy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import apiserver, lifecycle_operator, tenancy

CONTROLLERS = (*apiserver.CONTROLLERS, "persistentvolumeclaim-protection-controller")
"""A claim goes only when somebody sees that no pod uses it."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apiserver.ApiServer]:
    """Nobody works on it but who is under test."""
    with tenancy.platform(tmp_path_factory.mktemp("faults"), controllers=CONTROLLERS) as running:
        yield running


@pytest.fixture(scope="module")
def canary_address() -> Iterator[str]:
    """A listener that stands in for the canary."""
    with lifecycle_operator.canary() as address:
        yield address
