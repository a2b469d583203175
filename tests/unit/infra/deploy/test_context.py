"""One site on one host: what every command opens, and what a healthy site of this kind shows."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_api.errors import ConfigError
from govcloud_infra.components import departments
from govcloud_infra.deploy import health
from govcloud_infra.deploy.context import open_site
from support.sites import LAB, written

TAX: dict[str, Any] = yaml.safe_load((LAB.parent / "departments" / "tax.yaml").read_text())


def environ(folder: Path) -> dict[str, str]:
    return {"GOVCLOUD_STATE": str(folder / "state"), "GOVCLOUD_CACHE": str(folder / "cache"), "TOKEN": "s3cret"}


def site_with(folder: Path, *codes: str) -> Path:
    """The lab's site file beside departments of these codes, one file each."""
    (folder / "departments").mkdir()
    for code in codes:
        item = copy.deepcopy(TAX)
        item["metadata"]["name"] = item["spec"]["code"] = code
        (folder / "departments" / f"{code}.yaml").write_text(yaml.safe_dump(item))
    return written(LAB.read_text(), folder)


def test_opening_the_lab_changes_nothing(tmp_path: Path) -> None:
    found = open_site(LAB, environ(tmp_path))
    assert found.site.name == "lab"
    assert found.paths.state == tmp_path / "state" / "lab"
    assert found.paths.cache == tmp_path / "cache"
    assert found.departments == LAB.parent / "departments"
    assert list(tmp_path.iterdir()) == []


def test_the_callers_environment_is_kept_and_never_shown(tmp_path: Path) -> None:
    found = open_site(LAB, environ(tmp_path))
    assert found.environ == environ(tmp_path)
    assert "s3cret" not in repr(found)


def test_departments_lie_beside_the_site_file_wherever_it_is_opened_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site_with(tmp_path, "parks")
    monkeypatch.chdir(tmp_path)
    assert [item["spec"]["code"] for item in departments.read(open_site(Path("site.yaml"), {}).departments)] == [
        "parks"
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "there is no folder of departments"),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n", "a.yaml: holds a Secret"),
        ("kind: [", "a.yaml is not YAML"),
    ],
    ids=["no folder", "another kind", "no YAML"],
)
def test_departments_that_cannot_be_used_are_refused_when_they_are_needed(
    text: str | None, says: str, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "departments").mkdir()
        (tmp_path / "departments" / "a.yaml").write_text(text)
    site = open_site(written(LAB.read_text(), tmp_path), environ(tmp_path))
    with pytest.raises(ConfigError, match=says):
        _ = site.expected
    assert not (tmp_path / "state").exists()


def test_a_healthy_site_shows_all_of_its_own(tmp_path: Path) -> None:
    expected = open_site(site_with(tmp_path, "tax", "parks"), environ(tmp_path)).expected
    assert expected.nodes == ("cp1", "w1", "w2")
    assert expected.departments == {"tax", "parks"}
    assert expected.workloads > health.CORE_WORKLOADS
    assert {"deployment govcloud-system/operator", "statefulset govcloud-monitoring/prometheus"} < expected.workloads
