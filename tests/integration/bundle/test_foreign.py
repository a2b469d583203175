"""Go programs for another architecture, in a bundle of their own."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from govcloud_infra.bundle import build, host, store

_MACHINE_AT, _MACHINES = 18, {"amd64": 62, "arm64": 183}  # of an ELF head


@pytest.mark.long
def test_programs_are_compiled_and_images_left_out(tree: Callable[[str], Path], tmp_path: Path) -> None:
    foreign = {"amd64": "arm64", "arm64": "amd64"}[host.architecture()]
    kept = store.Store(tmp_path / f"bundle-{foreign}")
    order = build.Order(
        root=kept.root, stream=io.StringIO(), recipes=tree("tree"), names=["hello"], foreign=foreign, tools=tmp_path
    )
    assert build.build(order).built == ("hello",)
    made = kept.manifest().component("hello")
    assert (list(made.files), made.images) == (["hello"], {})
    head = kept.file("hello", "hello").read_bytes()[: _MACHINE_AT + 2]
    assert int.from_bytes(head[_MACHINE_AT:], "little") == _MACHINES[foreign]
    assert build.build(order).built == ()
