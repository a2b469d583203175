"""Recipes: every fault is reported at once, with its place; order and selection follow `uses`."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from govcloud_api.errors import ConfigError
from govcloud_infra.bundle import recipe

MINIMAL = {"version": "v1", "licence": "MIT", "priority": 5, "usual_seconds": 1}
PROGRAM = {"programs": {"tool": {"package": "."}}}
TOOLS = ["crane", "registry"]
LAYERS = [{"files": {"tool": "go:tool"}}]

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def one(name: str, **changes: object) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "go.mod").write_text("module x\n")
        (folder / recipe.FILE).write_text(yaml.safe_dump({**MINIMAL, **changes}))
        return folder

    return one


def test_reads_a_program_with_its_image(write: Write) -> None:
    one = recipe.load(
        write(
            "tool",
            go=PROGRAM,
            uses=["crane", "registry"],
            files={"tool": "go:tool"},
            images={"tool:v1": {"layers": LAYERS}},
        )
    )
    assert one.name == "tool"
    assert one.files["tool"].kind == "go"
    assert one.images["tool:v1"].layers[0].files["tool"].place == ("tool", "")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": None}, "version"),
        ({"priority": -1}, "priority"),
        ({"surprise": 1}, "surprise"),
        ({"files": {"a": "nowhere"}}, "files.a"),
        ({"files": {"a": "go:a"}}, "go:a is used but not defined"),
        ({"files": {"a": "recipe:missing"}}, "missing does not exist"),
        ({"rootfs": {"r": {"variant": "minbase", "packages": "list"}}}, "list does not exist"),
        ({"rootfs": {"r": {"variant": "huge", "packages": "list"}}}, "rootfs.r.variant"),
        ({"rootfs": {"r": {"variant": "extract", "packages": "go.mod", "without": "no"}}}, "no does not exist"),
        (
            {"rootfs": {"r": {"variant": "minbase", "packages": "go.mod", "without": "go.mod"}}},
            "needs the variant extract",
        ),
        ({"go": PROGRAM, "images": {"tool:v1": {"layers": LAYERS}}}, "uses must name crane"),
        ({"images": {"No Tag": {"layers": LAYERS}}}, "images"),
        (
            {"uses": TOOLS, "images": {"a:1": {"layers": [{"rootfs": "r", "project": True}]}}},
            "exactly one",
        ),
        ({"uses": TOOLS, "images": {"a:1": {"layers": [{"project": True}]}}}, "PYTHONPATH"),
        ({"manifests": {"m.yaml": {}}}, "exactly one of helm, kustomize"),
    ],
)
def test_says_what_is_wrong_and_where(write: Write, changes: dict[str, object], said: str) -> None:
    folder = write("tool", **changes)
    with pytest.raises(ConfigError, match=r"tool/component\.yaml") as error:
        recipe.load(folder)
    assert said in str(error.value)


def test_reports_the_faults_of_all_files_at_once(write: Write, tmp_path: Path) -> None:
    write("first", version=None, licence=None)
    write("second", priority="soon")
    with pytest.raises(ConfigError) as error:
        recipe.load_all(tmp_path)
    for place in ("first/component.yaml: version", "first/component.yaml: licence", "second/component.yaml: priority"):
        assert place in str(error.value)


def test_an_unknown_use_and_an_empty_folder_are_faults(write: Write, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no recipe"):
        recipe.load_all(tmp_path / "nowhere")
    write("tool", uses=["ghost"])
    with pytest.raises(ConfigError, match="uses: ghost is no component"):
        recipe.load_all(tmp_path)


def test_order_is_priority_but_never_before_what_is_used(write: Write, tmp_path: Path) -> None:
    write("early", priority=1, uses=["late"])
    write("late", priority=9)
    write("middle", priority=5)
    assert [r.name for r in recipe.load_all(tmp_path)] == ["middle", "late", "early"]


def test_a_circle_is_a_fault(write: Write, tmp_path: Path) -> None:
    write("a", uses=["b"])
    write("b", uses=["a"])
    with pytest.raises(ConfigError, match="circle"):
        recipe.load_all(tmp_path)


def test_selection_brings_what_is_used(write: Write, tmp_path: Path) -> None:
    write("a", uses=["b"])
    write("b", uses=["c"])
    write("c")
    write("d")
    everything = recipe.load_all(tmp_path)
    assert [r.name for r in recipe.select(everything, ["a"])] == ["c", "b", "a"]
    assert recipe.select(everything, []) == everything
    with pytest.raises(ConfigError, match="No component is named z"):
        recipe.select(everything, ["a", "z"])


def test_for_another_architecture_every_program_becomes_a_file_and_the_rest_is_left_out(write: Write) -> None:
    one = recipe.load(write("tool", go=PROGRAM, uses=TOOLS, images={"tool:v1": {"layers": LAYERS}}))
    foreign = recipe.programs_only(one)
    assert {name: source.origin for name, source in foreign.files.items()} == {"tool": "go:tool"}
    assert (foreign.uses, foreign.images, foreign.rootfs, foreign.manifests) == ((), {}, {}, {})


def test_files_that_hooks_read_must_be_there(write: Write) -> None:
    rootfs = {"r": {"variant": "minbase", "packages": "go.mod", "reads": ["../shared.txt"]}}
    with pytest.raises(ConfigError, match=r"\.\./shared\.txt does not exist"):
        recipe.load(write("tool", rootfs=rootfs))
