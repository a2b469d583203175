"""One lab for all stories: killed on its way, deployed, always removed; the host is then as it was."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import lab as labs
from support import sandboxes

# While the first control plane starts; every other phase is one of the longer stories.
_KILLED_AFTER_SECONDS = 20.0


@pytest.fixture(scope="session")
def lab() -> Iterator[labs.Lab]:
    # Not pytest's own folder: it keeps the last runs, and a machine's disk is large.
    folder = Path(tempfile.mkdtemp(prefix="govcloud-e2e-"))
    made = labs.make(folder)
    before = labs.host()
    try:
        made.kill_deploy(_KILLED_AFTER_SECONDS)
        made.govcloud("deploy", str(made.site))
        yield made
    finally:
        made.govcloud("destroy", str(made.site), "--confirm", labs.NAME)
        shutil.rmtree(folder)
    assert labs.host() == before


@pytest.fixture(scope="session")
def tax(lab: labs.Lab) -> Path:
    """Credentials of an owner of the tax office."""
    return lab.member("tax")


@pytest.fixture(scope="session")
def health(lab: labs.Lab) -> Path:
    """Credentials of an owner of the health department."""
    return lab.member("health", "ben")


@pytest.fixture(scope="session")
def environments(lab: labs.Lab, tax: Path, health: Path) -> dict[str, float]:
    """Seconds from request to Ready, by namespace; the first one also pulls the probe's image."""
    asked = {sandboxes.HEALTH: (health, "clinic"), sandboxes.TAX: (tax, "forms")}
    return {namespace: sandboxes.ask(lab, *wish) for namespace, wish in asked.items()}
