"""Control groups on a tree of plain folders, in the shape of cgroup v1 (one a controller) and v2 (one in all)."""

from pathlib import Path

import pytest

from govcloud_infra.machines import cgroups

GROUP = "govcloud-lab.w1"


@pytest.fixture
def v1(tmp_path: Path) -> Path:
    """As Debian with both versions: controllers, and `unified` beside them."""
    for name in ("cpu", "cpuset", "memory", "unified"):
        (tmp_path / name).mkdir()
    (tmp_path / "cpuset" / "cpuset.cpus").write_text("0-1\n")
    (tmp_path / "cpuset" / "cpuset.mems").write_text("0\n")
    return tmp_path


@pytest.fixture
def v2(tmp_path: Path) -> Path:
    """One hierarchy."""
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    (tmp_path / "cpu").mkdir()  # a group that is called so is no controller
    return tmp_path


def test_hierarchies(v1: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert [folder.name for folder in cgroups.hierarchies(v1)] == ["cpu", "cpuset", "memory", "unified"]
    assert cgroups.hierarchies(tmp_path_factory.mktemp("none")) == []


def test_one_hierarchy_holds_everything_in_v2(v2: Path) -> None:
    assert cgroups.hierarchies(v2) == [v2]
    cgroups.enter(GROUP, 42, v2)
    assert (v2 / GROUP / "cgroup.procs").read_text() == "42"
    assert not (v2 / "cpu" / GROUP).exists()


def test_a_process_enters_a_group_of_its_own_everywhere(v1: Path) -> None:
    cgroups.enter(GROUP, 42, v1)
    cgroups.enter(GROUP, 42, v1)
    assert [(v1 / name / GROUP / "cgroup.procs").read_text() for name in ("cpu", "memory", "unified")] == ["42"] * 3
    assert cgroups.processes(GROUP, v1) == {42}


@pytest.mark.parametrize(("own", "after"), [("\n", "0-1\n"), ("1\n", "1\n")], ids=["empty", "set"])
def test_a_new_cpuset_takes_the_processors_of_its_parent(v1: Path, own: str, after: str) -> None:
    folder = v1 / "cpuset" / GROUP
    folder.mkdir()
    (folder / "cpuset.cpus").write_text(own)  # the kernel puts these files there
    (folder / "cpuset.mems").write_text("")
    cgroups.enter(GROUP, 42, v1)
    assert (folder / "cpuset.cpus").read_text() == after
    assert (folder / "cpuset.mems").read_text() == "0\n"


def test_processes_are_found_however_deep_and_only_in_the_group(v1: Path) -> None:
    for place, pids in ((f"cpu/{GROUP}/kubepods/pod1", "7\n8\n"), (f"unified/{GROUP}", "9\n"), ("cpu/other", "1\n")):
        (v1 / place).mkdir(parents=True)
        (v1 / place / "cgroup.procs").write_text(pids)
    assert cgroups.processes(GROUP, v1) == {7, 8, 9}
    assert cgroups.processes("govcloud-lab-w2", v1) == set()


def test_emptied_groups_go_deepest_first(v1: Path) -> None:
    (v1 / "cpu" / GROUP / "kubepods" / "pod1").mkdir(parents=True)
    (v1 / "memory" / GROUP).mkdir()
    (v1 / "memory" / "other").mkdir()
    assert cgroups.remove(GROUP, v1)
    assert not list(v1.rglob(GROUP))
    assert (v1 / "memory" / "other").exists()
    assert cgroups.remove(GROUP, v1)


def test_a_group_with_life_in_it_stays_and_is_told(v2: Path) -> None:
    cgroups.enter(GROUP, 42, v2)  # a plain file keeps its folder as a process keeps its group
    (v2 / GROUP / "empty").mkdir()
    assert not cgroups.remove(GROUP, v2)
    assert [item.name for item in (v2 / GROUP).iterdir()] == ["cgroup.procs"]
