"""A starter is an example under another name, complete and valid; nothing that is there already is touched."""

from pathlib import Path

import pytest
import yaml

from govcloud_api.errors import ConfigError
from govcloud_infra.components import departments
from govcloud_infra.site import schema, starter
from govcloud_infra.site.load import load
from support.sites import LAB_HA, SITES


@pytest.mark.parametrize("profile", list(starter.EXAMPLES))
@pytest.mark.parametrize("name", ["n", "north", "a-long-name"])
def test_a_starter_is_valid_and_keeps_its_remarks(profile: str, name: str, tmp_path: Path) -> None:
    starter.write(starter.files(SITES, profile, tmp_path / "new", name))
    site = load(tmp_path / "new" / "site.yaml")
    assert site.name == name
    assert site.spec.network.bridge == (f"gc-{name}" if site.has_lab_machines else None)
    folder = tmp_path / "new" / site.spec.departments
    assert [item["metadata"]["name"] for item in departments.read(folder)] == ["example"]
    text = (tmp_path / "new" / "site.yaml").read_text()
    example = (SITES / starter.EXAMPLES[profile] / "site.yaml").read_text()
    assert text.count("#") == example.count("#")
    assert max(map(len, text.splitlines())) <= 120


def test_profiles_are_the_three_kinds_of_site() -> None:
    sites = {profile: load(SITES / folder / "site.yaml") for profile, folder in starter.EXAMPLES.items()}
    shapes = {profile: (len(s.control_planes), len(s.workers), s.has_lab_machines) for profile, s in sites.items()}
    assert shapes == {"lab": (1, 2, True), "lab-ha": (3, 2, True), "static": (3, 2, False)}


def test_remarks_stay_in_their_column() -> None:
    lines = starter.renamed(LAB_HA.read_text(), "x").splitlines()
    assert "  name: x                        # also the name of the state folder; at most 11 characters" in lines
    assert "    bridge: gc-x                 # made by deploy, removed by destroy" in lines


def test_an_editor_finds_the_schema_wherever_the_site_lies(tmp_path: Path) -> None:
    alone = starter.files(SITES, "lab", tmp_path / "north", "north")
    assert alone[tmp_path / "north" / "site.schema.json"] == schema.text()
    assert alone[tmp_path / "north" / "site.yaml"].startswith("# yaml-language-server: $schema=site.schema.json\n")
    beside = starter.files(SITES, "lab", SITES / "north", "north")
    assert set(beside) == {SITES / "north" / "site.yaml", SITES / "north" / "departments" / "example.yaml"}
    assert beside[SITES / "north" / "site.yaml"].startswith("# yaml-language-server: $schema=../site.schema.json\n")


@pytest.mark.parametrize("name", ["", "North", "1st", "a-name-of-twelve", "a b", "x\n", "../x", "n-"])
def test_a_name_that_no_site_can_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"a site.s name must be at most 11 lower-case letters.*--name"):
        starter.files(SITES, "lab", tmp_path / "new", name)


@pytest.mark.parametrize("there", ["site.yaml", "departments/example.yaml", "site.schema.json"])
def test_what_is_there_is_never_overwritten(there: str, tmp_path: Path) -> None:
    file = tmp_path / there
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConfigError, match=f"nothing was written.*{there}"):
        starter.write(starter.files(SITES, "lab", tmp_path, "north"))
    assert sorted(tmp_path.rglob("*")) == before
    assert file.read_text() == "mine"


def test_a_link_to_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="nothing was written"):
        starter.write(starter.files(SITES, "lab", tmp_path, "north"))
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("a file")
    with pytest.raises(ConfigError, match="is in the way"):
        starter.write(starter.files(SITES, "lab", tmp_path / "new", "north"))


def test_the_example_department_says_what_it_is() -> None:
    text = (SITES / "static-example" / "departments" / "example.yaml").read_text()
    assert text.count("#") >= 4
    assert yaml.safe_load(text)["spec"]["code"] == "example"
