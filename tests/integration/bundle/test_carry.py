"""An export that is carried: a killed import leaves what was there, and the next one finishes."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from govcloud_infra.bundle import portable, store
from support import bundles

RUN = """
import os, signal, sys
from pathlib import Path
from govcloud_infra.bundle import portable, store
class Killer:
    count = 0
    def advance(self, count):
        self.count += count
        if self.count > int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
portable.read(store.Store(Path(sys.argv[1])), Path(sys.argv[2]), Killer())
"""


class Silent:
    def advance(self, count: int) -> None:
        pass


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_killed_import_leaves_the_old_bundle_and_the_next_one_finishes(share: float, tmp_path: Path) -> None:
    new = bundles.make(tmp_path / "new", program="p" * 3_000_000, layer="l" * 3_000_000)
    file = tmp_path / "bundle.tar"
    portable.write(new, file, Silent())
    old = bundles.make(tmp_path / "old")
    before = old.manifest()

    at = str(int(file.stat().st_size * share))
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(RUN), old.root, file, at], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert old.manifest() == before
    assert old.verify() == 6

    old.sweep()  # as the command does, under the lock
    portable.read(old, file, Silent())
    assert old.manifest() == new.manifest()
    assert old.verify() == 6
    assert not list(old.root.rglob(".*"))


def test_what_was_imported_is_used_where_it_lies(tmp_path: Path) -> None:
    portable.write(bundles.make(tmp_path / "new"), tmp_path / "bundle.tar", Silent())
    there = store.Store(tmp_path / "there")
    portable.read(there, tmp_path / "bundle.tar", Silent())
    there.place("tool", tmp_path / "bin")
    assert os.access(tmp_path / "bin" / "tool", os.X_OK)
