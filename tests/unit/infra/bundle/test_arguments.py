"""Command lines that the tools get, and what is read from their answers."""

import shutil
from pathlib import Path

import pytest

from govcloud_api.errors import PreflightFailed
from govcloud_infra.bundle import golang, host, images, recipe, rootfs
from govcloud_infra.paths import REPOSITORY


def test_go_build_strips_tags_and_tells_the_version() -> None:
    program = recipe.GoProgram(package="example/cmd/x", tags=("b",), variables={"m.Version": "v2"})
    build = recipe.GoBuild(programs={"x": program}, tags=("a",), variables={"m.Version": "v1", "m.Kind": "k"})
    assert golang.arguments(build, program, Path("/out/x")) == [
        "build", "-tags", "a,b", "-ldflags", "-s -w -X m.Version=v2 -X m.Kind=k", "-o", "/out/x", "example/cmd/x",
    ]  # fmt: skip


def test_mmdebstrap_gets_packages_and_hooks_with_quoted_paths() -> None:
    one = recipe.Rootfs(variant="minbase", packages="list", hooks=("a.sh",))
    arguments = rootfs.arguments(one, ["systemd", "sudo"], Path("/with blank"), Path("/out.tar"))
    assert "--include=systemd,sudo" in arguments
    assert "--customize-hook=sh '/with blank/a.sh' \"$1\"" in arguments
    assert arguments[-2:] == [rootfs.SUITE, "/out.tar"]


@pytest.mark.parametrize(("variant", "stage"), [("extract", "extract"), ("essential", "customize")])
def test_mmdebstrap_tells_where_packages_come_from_before_hooks_clean_up(variant: str, stage: str) -> None:
    one = recipe.Rootfs.model_validate({"variant": variant, "packages": "list", "hooks": ("trim.sh",)})
    arguments = rootfs.arguments(one, ["sudo"], Path("/r"), Path("/a b/out.tar"))
    hooks = [a.partition("=")[2] for a in arguments if a.startswith(f"--{stage}-hook=")]
    archives = " /var/cache/apt/archives" if variant == "extract" else ""
    assert hooks == [
        f"copy-out /var/lib/apt/lists{archives} '/a b/record'",
        'sh /r/trim.sh "$1"',
        'rm -f "$1/etc/apt/preferences.d/recorded"',
        "copy-out /var/lib/dpkg/status /usr/share/doc '/a b/record'",
    ]
    assert "--setup-hook=upload '/a b/pins' /etc/apt/preferences.d/recorded" in arguments


def test_unwanted_packages_go_before_the_first_hook_and_after_the_record() -> None:
    one = recipe.Rootfs(variant="extract", packages="list", without="less", hooks=("trim.sh",))
    arguments = rootfs.arguments(one, ["sudo"], Path("/r"), Path("/out.tar"), ["perl", "libstdc++6"])
    hooks = [a.partition("=")[2] for a in arguments if a.startswith("--extract-hook=")]
    assert [("perl_" in hook, "libstdc++6" in hook, "trim.sh" in hook) for hook in hooks[:4]] == [
        (False, False, False),
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]


def test_package_lists_may_hold_comments() -> None:
    assert rootfs.packages("# head\nsystemd  # first\n\n  sudo\n#end") == ["systemd", "sudo"]


def test_an_image_always_has_a_path_and_a_platform() -> None:
    image = recipe.Image(layers=(recipe.Layer(folders={"tmp": "1777"}),), entrypoint=("/x", "-m"), user="65532:65532")
    flags = images.configuration(image)
    assert f"--env=PATH={images.PATH}" in flags
    assert "--entrypoint=/x,-m" in flags
    assert "--user=65532:65532" in flags
    assert flags[-1].startswith("--set-platform=linux/")
    assert not [flag for flag in flags if flag.startswith(("--cmd", "--workdir"))]


@pytest.mark.parametrize(
    ("answer", "version"),
    [("go1.26.8", (1, 26, 8)), ("go1.27rc1", (1, 27, 0)), ("go1.9", (1, 9, 0)), ("", (0, 0, 0)), ("devel", (0, 0, 0))],
)
def test_go_versions(answer: str, version: tuple[int, int, int]) -> None:
    assert host.go_version(answer) == version


def test_the_go_that_is_needed_is_the_newest_that_a_recipe_asks_for(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module x\n\ngo 1.99.3\n")
    one = recipe.Recipe(
        folder=tmp_path, version="v1", licence="MIT", priority=1, usual_seconds=1,
        go=recipe.GoBuild(programs={"x": recipe.GoProgram(package=".")}),
    )  # fmt: skip
    assert host.needed_go([]) == (0, 0, 0)
    assert host.needed_go([one]) == (1, 99, 3)


def test_missing_tools_and_a_full_disk_are_told_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "list").write_text("base-files\n")
    one = recipe.Recipe(
        folder=tmp_path, version="v1", licence="MIT", priority=1, usual_seconds=10**6,
        rootfs={"r": recipe.Rootfs(variant="minbase", packages="list")},
    )  # fmt: skip
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 0, 5 * 10**9))
    with pytest.raises(PreflightFailed) as error:
        host.check([one], tmp_path)
    for said in ("mmdebstrap is missing", "tar is missing", "has 5.0 GB free, 25 GB are needed", "GOVCLOUD_CACHE"):
        assert said in str(error.value)


def test_the_pinned_compiler_is_new_enough_for_every_pinned_module() -> None:
    assert host.go_version(host.TOOLCHAIN) >= host.needed_go(recipe.load_all(REPOSITORY / "infra" / "bundle"))
