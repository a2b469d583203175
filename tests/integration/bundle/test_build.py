"""A component built for real: what comes out, what a second run does, and how faults are told."""

import io
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from govcloud_api.errors import BundleCorrupt, ConfigError, Locked, ToolFailed
from govcloud_infra.bundle import build, command, host, images, lock, store

Tree = Callable[[str], Path]
Bundle = Callable[[str], store.Store]


def run(kept: store.Store, recipes: Path) -> tuple[build.Report, str]:
    stream = io.StringIO()
    report = build.build(build.Order(root=kept.root, stream=stream, recipes=recipes))
    return report, stream.getvalue()


def test_builds_what_is_missing_and_then_nothing(tree: Tree, bundle: Bundle) -> None:
    kept, recipes = bundle("bundle"), tree("tree")
    report, told = run(kept, recipes)
    assert report.built == ("hello",)
    assert "[1/1] hello: compiling hello … 0s" in told
    assert kept.verify() >= 6

    program = kept.file("hello", "hello")
    assert subprocess.run([program], capture_output=True, text=True, check=True).stdout == "hello from the bundle\n"
    assert list((kept.root / "work").glob("*")) == []

    before = (kept.root / "manifest.json").stat()
    began = time.monotonic()
    again, told = run(kept, recipes)
    assert (again.built, again.kept, again.digest, told) == ((), 3, report.digest, "")
    assert time.monotonic() - began < 10
    assert (kept.root / "manifest.json").stat().st_mtime_ns == before.st_mtime_ns


def test_the_image_is_what_the_recipe_says(tree: Tree, bundle: Bundle) -> None:
    kept = bundle("bundle")
    run(kept, tree("tree"))
    entry = kept.manifest().image("hello:v1.0.0")
    described = json.loads(kept.path(entry.manifest).read_bytes())
    config = json.loads(kept.path(described["config"]["digest"].removeprefix("sha256:")).read_bytes())
    assert config["architecture"] == host.architecture()
    runs = config["config"]
    assert runs["Entrypoint"] == ["/usr/local/bin/hello"]
    assert runs["User"] == "65532:65532"
    assert sorted(runs["Env"]) == ["LANG=C.UTF-8", f"PATH={images.PATH}"]
    layers = [kept.path(part["digest"].removeprefix("sha256:")) for part in described["layers"]]
    listed = [subprocess.run(["tar", "-tvf", x], capture_output=True, text=True, check=True).stdout for x in layers]
    assert "-rwxr-xr-x 0/0" in listed[0]
    assert "drwxrwxrwt 0/0" in listed[0]
    assert "-rw------- 0/0" in listed[1]
    assert "usr/bin/hi -> ../local/bin/hello" in listed[1]


def test_the_same_sources_give_the_same_bytes_anywhere(tree: Tree, bundle: Bundle) -> None:
    one, two = bundle("one"), bundle("two")
    first, _ = run(one, tree("tree-one"))
    second, _ = run(two, tree("tree-two"))
    assert one.manifest() == two.manifest()
    assert first.digest == second.digest


def test_a_change_is_built_and_only_that(tree: Tree, bundle: Bundle) -> None:
    kept, recipes = bundle("bundle"), tree("tree")
    run(kept, recipes)
    before = kept.manifest()
    (recipes / "hello" / "motd").write_text("good morning\n")
    report, _ = run(kept, recipes)
    after = kept.manifest()
    assert report.built == ("hello",)
    assert before.file("hello", "hello") == after.file("hello", "hello")
    assert before.image("hello:v1.0.0") != after.image("hello:v1.0.0")
    assert before.component("crane") == after.component("crane")


def test_a_corrupted_blob_is_found_named_and_mended(tree: Tree, bundle: Bundle) -> None:
    kept, recipes = bundle("bundle"), tree("tree")
    run(kept, recipes)
    before = kept.manifest()
    path = kept.file("hello", "hello")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    with pytest.raises(BundleCorrupt, match="Component hello, file hello") as error:
        kept.verify()
    assert str(path) in str(error.value)

    path.unlink()  # what the message says to do
    report, _ = run(kept, recipes)
    assert report.built == ("hello",)
    assert kept.manifest() == before
    kept.verify()


def test_a_failing_compile_names_component_cause_and_log(tree: Tree, bundle: Bundle) -> None:
    kept, recipes = bundle("bundle"), tree("tree")
    (recipes / "hello" / "main.go").write_text("package main\n\nfunc main() { missing() }\n")
    with pytest.raises(ToolFailed) as error:
        run(kept, recipes)
    for said in ("Component hello", "undefined: missing", str(kept.root / "logs" / "hello.log"), "bundle build hello"):
        assert said in str(error.value)
    assert "hello" not in kept.manifest().components
    assert not (kept.root / "work").exists()


def test_a_pin_that_does_not_fit_is_refused(tree: Tree, bundle: Bundle) -> None:
    kept, recipes = bundle("bundle"), tree("tree")
    pins = recipes / "crane" / "go.sum"
    pins.write_text("\n".join(line.replace("h1:", "h1:A", 1)[:-2] + "=" for line in pins.read_text().splitlines()))
    with pytest.raises(ToolFailed, match="Component crane"):
        run(kept, recipes)


def test_two_builders_do_not_meet(tree: Tree, bundle: Bundle) -> None:
    kept, recipes = bundle("bundle"), tree("tree")
    with lock.hold(kept.root, wait_seconds=0, tell=print), pytest.raises(Locked, match="--wait"):
        run(kept, recipes)


def test_an_unknown_name_is_told_before_anything_is_changed(tree: Tree, tmp_path: Path) -> None:
    root = tmp_path / "nothing"
    with pytest.raises(ConfigError, match="No component is named ghost"):
        build.build(build.Order(root=root, stream=io.StringIO(), recipes=tree("tree"), names=["ghost"]))
    assert not root.exists()


def test_crane_pushes_an_image_from_the_layout_of_a_read_only_store(tree: Tree, bundle: Bundle, tmp_path: Path) -> None:
    kept = bundle("bundle")
    run(kept, tree("tree"))
    shell = command.Shell(component="test", log=tmp_path / "log", processes=command.Processes())
    tool = kept.file("crane", "crane")
    kept.write_layout("hello:v1.0.0", tmp_path / "layout")
    with images.open_bench(tool, kept.file("registry", "registry"), tmp_path / "bench", shell) as bench:
        ref = f"{bench.address}/hello:v1.0.0"
        shell.run([tool, "push", tmp_path / "layout", ref])
        shell.write([tool, "digest", ref], tmp_path / "digest")
    assert (tmp_path / "digest").read_text().strip() == f"sha256:{kept.manifest().image('hello:v1.0.0').manifest}"
