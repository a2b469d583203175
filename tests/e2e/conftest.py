"""One lab for all stories: killed on its way, deployed, always removed; the host is then as it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support import lab as labs
from support import lab_run, sandboxes

# While the first control plane starts; every other phase is one of the longer stories.
_KILLED_AFTER_SECONDS = 20.0


@pytest.fixture(scope="session")
def lab() -> Iterator[labs.Lab]:
    with lab_run.running() as made:
        made.kill_deploy(_KILLED_AFTER_SECONDS)
        made.govcloud("deploy", str(made.site))
        yield made


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
