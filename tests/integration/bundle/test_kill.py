"""A build that is killed without warning loses nothing that was finished, and the next run ends as if undisturbed."""

import io
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from govcloud_infra.bundle import build, store

RUN = """
import sys
from pathlib import Path
from govcloud_infra.bundle import build
build.build(build.Order(root=Path(sys.argv[1]), recipes=Path(sys.argv[2]), stream=sys.stderr))
"""


def kill_at(stage: str, root: Path, recipes: Path) -> None:
    """Start a build as a process of its own and kill it with SIGKILL as soon as it says `stage`."""
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(RUN), str(root), str(recipes)], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if stage in line:
                os.kill(process.pid, signal.SIGKILL)
                return
    pytest.fail(f"the build ended and never said {stage!r}")


@pytest.mark.parametrize("stage", ["compiling hello", "assembling image", "[1/1] hello: v1.0.0"])
def test_converges_after_kill(stage: str, tree: Callable[[str], Path], bundle: Callable[[str], store.Store]) -> None:
    undisturbed, disturbed, recipes = bundle("undisturbed"), bundle("disturbed"), tree("tree")
    build.build(build.Order(root=undisturbed.root, stream=io.StringIO(), recipes=recipes))

    kill_at(stage, disturbed.root, recipes)
    tools = disturbed.manifest()
    assert {"crane", "registry"} <= set(tools.components)

    build.build(build.Order(root=disturbed.root, stream=io.StringIO(), recipes=recipes))
    assert disturbed.manifest() == undisturbed.manifest()
    assert disturbed.verify() == undisturbed.verify()
    assert not (disturbed.root / "work").exists()
    assert not list(disturbed.root.rglob(".*"))


def test_a_write_that_was_cut_short_is_not_taken_for_a_blob(
    tree: Callable[[str], Path], bundle: Callable[[str], store.Store]
) -> None:
    kept, recipes = bundle("bundle"), tree("tree")
    build.build(build.Order(root=kept.root, stream=io.StringIO(), recipes=recipes))
    before = kept.manifest()
    entry = before.file("hello", "hello")
    path = kept.path(entry.sha256)
    half = path.read_bytes()[: entry.size // 2]
    path.unlink()
    path.with_name(f".{entry.sha256}.incoming").write_bytes(half)  # a kill between copy and rename
    build.build(build.Order(root=kept.root, stream=io.StringIO(), recipes=recipes))
    assert kept.manifest() == before
    kept.verify()
