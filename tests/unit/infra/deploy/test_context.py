"""One site on one host: what every command opens, and what a healthy site of this kind shows."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_api.errors import ConfigError
from govcloud_infra.bundle.manifest import Component, Manifest
from govcloud_infra.components import departments
from govcloud_infra.deploy.context import against_what_stands, open_site, open_unmeasured
from govcloud_infra.health import health
from govcloud_infra.site import deployed
from govcloud_infra.site.faults import SiteInvalid
from govcloud_infra.site.load import check
from govcloud_infra.site.model import Site
from support.sites import LAB, lab, replaced, written

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
        ("kind: [", r"a\.yaml is not YAML"),
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


def bundle_with(folder: Path, version: str) -> None:
    made = Manifest().with_component("kubernetes", Component(version=version, licence="Apache-2.0", key="k"))
    (folder / "cache" / "bundle").mkdir(parents=True)
    (folder / "cache" / "bundle" / "manifest.json").write_text(made.to_json())


def stands(folder: Path, site: Site) -> Path:
    record = folder / "state" / "lab" / "deployed.json"
    record.parent.mkdir(parents=True)
    deployed.save(site, record)
    return record


def test_every_pass_is_run_and_all_faults_come_at_once(tmp_path: Path) -> None:
    bundle_with(tmp_path, "v1.37.0")
    stands(tmp_path, lab(podCidr="10.90.0.0/16"))
    file = written(replaced("10.77.0.13", "10.77.0.12"), tmp_path)
    with pytest.raises(SiteInvalid) as caught:
        open_site(file, environ(tmp_path))
    assert [(fault.line, fault.column, fault.path) for fault in caught.value.faults] == [
        (9, 5, "spec.kubernetes.version"), (13, 5, "spec.network.podCidr"),
        (18, 32, "spec.nodes[2].address"), (18, 32, "spec.nodes[2].address"),
    ]  # fmt: skip
    assert open_unmeasured(file, environ(tmp_path)).site.name == "lab"


def test_a_site_as_it_stands_with_its_bundle_is_opened(tmp_path: Path) -> None:
    bundle_with(tmp_path, "v1.36.3")
    stands(tmp_path, lab())
    assert open_site(LAB, environ(tmp_path)).site == lab()


def test_a_broken_bundle_is_not_the_site_files_fault(tmp_path: Path) -> None:
    bundle_with(tmp_path, "v1.36.3")
    (tmp_path / "cache" / "bundle" / "manifest.json").write_text("{")
    assert open_site(LAB, environ(tmp_path)).site.name == "lab"


def test_a_broken_record_of_what_stands_is_named(tmp_path: Path) -> None:
    record = stands(tmp_path, lab())
    record.write_text("{")
    with pytest.raises(ConfigError, match=f"{record} cannot be used"):
        open_site(LAB, environ(tmp_path))
    assert open_unmeasured(LAB, environ(tmp_path)).site.name == "lab"


def test_an_edit_is_judged_before_it_is_written(tmp_path: Path) -> None:
    stands(tmp_path, lab())
    edited = replaced("role: worker, address: 10.77.0.13", "role: worker, address: 10.77.0.14").encode()
    with pytest.raises(SiteInvalid, match=r"w2 stands with 10\.77\.0\.13; put back 10\.77\.0\.13"):
        check(edited, LAB, against_what_stands(environ(tmp_path)))


def test_a_healthy_site_shows_all_of_its_own(tmp_path: Path) -> None:
    expected = open_site(site_with(tmp_path, "tax", "parks"), environ(tmp_path)).expected
    assert expected.nodes == ("cp1", "w1", "w2")
    assert expected.departments == {"tax", "parks"}
    assert expected.workloads > health.CORE_WORKLOADS
    assert {"deployment govcloud-system/operator", "statefulset govcloud-monitoring/prometheus"} < expected.workloads
