"""The world that services live in, with the driver `postgresql` on a database in memory."""

from __future__ import annotations

import pytest

from govcloud_operators.services import looking
from support.services import ServiceWorld


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> ServiceWorld:
    made = ServiceWorld()
    monkeypatch.setattr(looking, "REGISTRY", {"postgresql": made.driver})
    return made
