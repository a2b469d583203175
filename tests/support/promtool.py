"""Prometheus' own programs, to check metrics, rules and configuration with the code that will read them."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from govcloud_api import errors
from govcloud_infra.bundle import store

TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Promtool:
    """A promtool program."""

    path: Path

    def check(self, *arguments: str, stdin: str = "", folder: Path | None = None) -> str:
        """Its output; fails the test when it finds a fault."""
        done = subprocess.run(
            [str(self.path), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
            cwd=folder,
        )
        output = done.stdout + done.stderr
        assert done.returncode == 0, output
        return output


def program(name: str, folder: Path) -> Path:
    """The program in the folder GOVCLOUD_TEST_BIN, else the bundle's; without either the test fails."""
    given = Path(os.environ.get("GOVCLOUD_TEST_BIN") or "/nonexistent") / name
    if given.exists():
        return given
    try:
        blob = store.Store(store.default_root(os.environ)).file("prometheus", name)
    except errors.GovcloudError as error:
        pytest.fail(f"{name} is not there ({error}): run `govcloud bundle build prometheus`, or set GOVCLOUD_TEST_BIN")
    shutil.copyfile(blob, folder / name)
    (folder / name).chmod(0o755)
    return folder / name


@pytest.fixture(scope="session")
def promtool(tmp_path_factory: pytest.TempPathFactory) -> Promtool:
    """promtool of the version that is deployed."""
    return Promtool(program("promtool", tmp_path_factory.mktemp("bin")))


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Prometheus that is deployed."""
    return program("prometheus", tmp_path_factory.mktemp("bin"))
