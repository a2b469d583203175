"""A node comes and goes by its own lines; every other byte of the file stays."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api.errors import ConfigError
from govcloud_infra.nodes import site_edit
from support.sites import LAB, LAB_HA, STATIC

W9 = {"name": "w9", "role": "worker", "address": "10.77.0.19"}
BLOCK = """\
spec:
  nodes:
  # servers
  - name: cp1   # in the cellar
    role: control-plane

  # workers
  -
    name: w1
    address: 10.0.0.2  # upstairs
  # no more yet
  departments: x
"""


def nodes(text: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = yaml.safe_load(text)["spec"]["nodes"]
    return found


@pytest.mark.parametrize("file", [LAB, LAB_HA, STATIC], ids=lambda file: file.parent.name)
def test_a_node_that_comes_and_goes_leaves_no_trace(file: Path) -> None:
    text = file.read_text()
    added = site_edit.with_node(text, W9)
    assert nodes(added) == [*nodes(text), W9]
    assert set(text.splitlines()) <= set(added.splitlines())
    assert site_edit.without_node(added, "w9") == text


@pytest.mark.parametrize("file", [LAB, LAB_HA, STATIC], ids=lambda file: file.parent.name)
def test_every_node_can_be_taken_out(file: Path) -> None:
    text = file.read_text()
    for item in nodes(text):
        left = site_edit.without_node(text, item["name"])
        assert nodes(left) == [other for other in nodes(text) if other != item]
        comments = [line for line in text.splitlines() if line.strip().startswith("#")]
        assert [line for line in left.splitlines() if line.strip().startswith("#")] == comments


def test_the_form_of_the_last_node_is_kept() -> None:
    flow = site_edit.with_node(LAB.read_text(), W9)
    assert "    - {name: w9, role: worker, address: 10.77.0.19}\n" in flow
    block = site_edit.with_node(BLOCK, W9)
    after = (
        "    address: 10.0.0.2  # upstairs\n  - name: w9\n    role: worker\n    address: 10.77.0.19\n  # no more yet\n"
    )
    assert after in block


def test_comments_of_others_stay_when_a_node_goes() -> None:
    assert site_edit.without_node(BLOCK, "cp1") == BLOCK.replace(
        "  - name: cp1   # in the cellar\n    role: control-plane\n", ""
    )
    gone = "  -\n    name: w1\n    address: 10.0.0.2  # upstairs\n"
    assert site_edit.without_node(BLOCK, "w1") == BLOCK.replace(gone, "")
    assert site_edit.without_node(BLOCK, "w7") == BLOCK


def test_line_ends_and_a_missing_last_one_are_kept() -> None:
    windows = BLOCK.replace("\n", "\r\n")
    added = site_edit.with_node(windows, W9)
    assert added.count("\n") == added.count("\r\n") == windows.count("\r\n") + 3
    assert site_edit.without_node(added, "w9") == windows
    short = "spec:\n  nodes:\n    - {name: a}"
    assert site_edit.with_node(short, {"name": "b"}) == "spec:\n  nodes:\n    - {name: a}\n    - {name: b}\n"


@pytest.mark.parametrize(
    "text",
    ["", "[", "spec: 1", "spec: {}", "spec: {nodes: []}", "spec: {nodes: [1]}", "spec:\n  nodes: [{name: a}]\n"],
)
def test_a_file_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        site_edit.with_node(text, W9)


WORD = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)


@given(
    names=st.lists(WORD, min_size=1, max_size=5, unique=True), flow=st.booleans(), indent=st.sampled_from([0, 2, 4]),
    comments=st.booleans(), new=WORD,
)  # fmt: skip
def test_any_list_of_nodes(names: list[str], flow: bool, indent: int, comments: bool, new: str) -> None:
    pad = " " * (2 + indent)
    lines = ["spec:", "  nodes:"]
    for name in names:
        lines += [f"{pad}# about {name}"] if comments else []
        lines += (
            [f"{pad}- {{name: '{name}', role: worker}}"] if flow else [f"{pad}- name: '{name}'", f"{pad}  role: worker"]
        )
    text = "\n".join([*lines, "  departments: d", ""])
    if new not in names:
        added = site_edit.with_node(text, {"name": new, "role": "worker"})
        assert [item["name"] for item in nodes(added)] == [*names, new]
        assert site_edit.without_node(added, new) == text
    if len(names) > 1:
        left = site_edit.without_node(text, names[0])
        assert [item["name"] for item in nodes(left)] == names[1:]
        assert left.count("#") == text.count("#")


def test_a_file_is_replaced_whole_with_its_rights_and_through_a_link(tmp_path: Path) -> None:
    file, link = tmp_path / "site.yaml", tmp_path / "link.yaml"
    file.write_bytes(b"a: 1\r\n")
    file.chmod(0o640)
    link.symlink_to(file)
    site_edit.write(link, site_edit.read(link) + "b: 2\r\n")
    assert file.read_bytes() == b"a: 1\r\nb: 2\r\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(item.name for item in tmp_path.iterdir()) == ["link.yaml", "site.yaml"]


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_cannot_be_read_is_named(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "site.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=f"{tmp_path}/site.yaml"):
        site_edit.read(tmp_path / "site.yaml")
