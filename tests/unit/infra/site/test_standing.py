"""What a site that stands can no longer change, how the record of it is kept, and what the bundle must hold."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api.errors import ConfigError
from govcloud_infra.site import bundled, deployed, immutable
from govcloud_infra.site.faults import dotted
from govcloud_infra.site.load import load
from govcloud_infra.site.model import Site
from govcloud_infra.site.passes import Standing, findings
from support.sites import LAB, LAB_HA, STATIC

HA: dict[str, Any] = yaml.safe_load(LAB_HA.read_text())
STANDING = Site.model_validate(HA)
NODES = ("spec", "nodes")


def changed(*path: str | int, to: Any) -> Site:
    """The HA lab with one value changed; None takes the key away."""
    data = copy.deepcopy(HA)
    owner: Any = data
    for part in path[:-1]:
        owner = owner.setdefault(part, {}) if isinstance(owner, dict) else owner[part]
    if to is None:
        del owner[path[-1]]
    else:
        owner[path[-1]] = to
    return Site.model_validate(data)


def found(site: Site) -> list[tuple[str, str]]:
    return [(dotted(location), message) for location, message in immutable.findings(site, STANDING)]


@pytest.mark.parametrize(
    ("path", "to", "was"),
    [
        (("spec", "network", "nodeCidr"), "10.80.0.0/23", "10.80.0.0/24"),
        (("spec", "network", "podCidr"), "10.99.0.0/16", "10.81.0.0/16"),
        (("spec", "network", "serviceCidr"), "10.99.0.0/16", "10.82.0.0/16"),
        (("spec", "network", "bridge"), "gc-other", "gc-lab-ha"),
        (("spec", "network", "bridge"), None, "gc-lab-ha"),
        (("spec", "api", "vip"), "10.80.0.9", "10.80.0.10"),
        (("spec", "api", "port"), 9443, "8443"),
        (("spec", "storage", "path"), "/srv/volumes", "/var/lib/local-path"),
    ],
)
def test_a_fixed_value_names_what_stands_and_the_way(path: tuple[str, ...], to: Any, was: str) -> None:
    [(where, message)] = found(changed(*path, to=to))
    assert where == dotted(path)
    shown = "not set" if to is None else to
    assert message == f"is {shown}, the site stands with {was}; put back {was}, or destroy and deploy anew"


def test_a_virtual_address_cannot_be_given_later_nor_taken() -> None:
    without = changed("spec", "api", to=None)
    assert [path for path, _ in found(without)] == ["spec.api.vip", "spec.api.port"]
    later = [message for _, message in immutable.findings(STANDING, without)]
    assert later[0] == "is 10.80.0.10, the site stands with not set; remove it again, or destroy and deploy anew"


@pytest.mark.parametrize(
    ("key", "to", "was"),
    [("address", "10.80.0.31", "10.80.0.21"), ("role", "control-plane", "worker"), ("provider", "static", "nspawn")],
)
def test_a_machine_that_stands_is_replaced_not_moved(key: str, to: str, was: str) -> None:
    [(where, message)] = found(changed(*NODES, 3, key, to=to))
    assert where == f"spec.nodes[3].{key}"
    assert message.startswith(
        f"is {to}, w1 stands with {was}; put back {was}, or `govcloud node remove w1 --confirm w1`"
    )
    assert message.endswith("`govcloud node add`")


@pytest.mark.parametrize(
    "site",
    [
        STANDING,
        changed(*NODES, to=HA["spec"]["nodes"][:4]),
        changed(*NODES, to=HA["spec"]["nodes"][::-1]),
        changed(*NODES, to=[*HA["spec"]["nodes"], {"name": "w3", "role": "worker", "address": "10.80.0.23"}]),
        changed(*NODES, 4, "failureDomain", to="rack-c"),
        changed("spec", "api", "routerId", to=78),
        changed("spec", "time", "servers", to=["ntp.example"]),
        changed("spec", "security", "auditDays", to=90),
        changed("spec", "etcd", "backup", "keep", to=3),
        changed("spec", "departments", to="elsewhere"),
    ],
    ids=[
        "nothing",
        "node gone",
        "order",
        "node more",
        "rack",
        "router id",
        "time",
        "audit",
        "snapshots",
        "departments",
    ],
)
def test_everything_else_may_change(site: Site) -> None:
    assert found(site) == []


def test_several_changes_are_named_together_with_other_contradictions() -> None:
    site = changed("spec", "api", "vip", to="10.80.0.255")
    assert [dotted(where) for where, _ in findings(site, Standing(deployed=STANDING))] == ["spec.api.vip"] * 2


@pytest.mark.parametrize(
    ("wanted", "runs", "says"),
    [
        ("v1.36.3", "v1.36.3", ""),
        ("v1.36.9", "v1.36.3", "upgrades no site in place"),
        ("v1.37.0", "v1.36.3", "upgrades no site in place"),
        ("v1.38.0", "v1.36.3", "go one minor version at a time: first v1.37"),
        ("v2.36.3", "v1.36.3", "first v1.37"),
        ("v1.36.2", "v1.36.3", "Kubernetes never goes back: put back v1.36.3"),
        ("v1.9.9", "v1.10.0", "never goes back"),
        ("v1.35.9", "v1.36.3", "never goes back"),
    ],
)
def test_a_change_of_the_version_is_refused_with_the_reason(wanted: str, runs: str, says: str) -> None:
    old, new = (changed("spec", "kubernetes", "version", to=version) for version in (runs, wanted))
    got = list(bundled.findings(new, {}, old))
    assert [where for where, _ in got] == ([("spec", "kubernetes", "version")] if says else [])
    assert all(says in message for _, message in got)


@given(
    versions=st.lists(st.tuples(st.integers(1, 2), st.integers(0, 40), st.integers(0, 30)), min_size=2, max_size=2),
)
def test_whatever_the_versions_are_only_the_same_passes(versions: list[tuple[int, int, int]]) -> None:
    old, new = versions
    sites = [changed("spec", "kubernetes", "version", to="v" + ".".join(map(str, numbers))) for numbers in versions]
    refused = list(bundled.findings(sites[1], {}, sites[0]))
    assert (not refused) == (new == old)


def test_the_bundle_must_hold_what_is_asked() -> None:
    assert list(bundled.findings(STANDING, {}, None)) == []
    assert list(bundled.findings(STANDING, {"kubernetes": "v1.36.3"}, None)) == []
    assert list(bundled.findings(STANDING, {"etcd": "3.6"}, None)) == []
    [(_, message)] = bundled.findings(STANDING, {"kubernetes": "v1.36.4"}, None)
    assert message == "is v1.36.3, the bundle holds v1.36.4; change one of them"


@pytest.mark.parametrize("file", [LAB, LAB_HA, STATIC], ids=lambda file: file.parent.name)
def test_a_record_comes_back_as_it_was_saved(file: Path, tmp_path: Path) -> None:
    record, site = tmp_path / "deployed.json", load(file)
    assert deployed.load(record) is None
    deployed.save(STANDING, record)
    deployed.save(site, record)
    assert deployed.load(record) == site
    assert list(tmp_path.iterdir()) == [record]


def is_cut(record: Path) -> None:
    deployed.save(STANDING, record)
    record.write_text(record.read_text()[:200])


def has_no_nodes(record: Path) -> None:
    deployed.save(STANDING, record)
    record.write_text(record.read_text().replace('"nodes"', '"machines"'))


@pytest.mark.parametrize(
    "broken",
    [is_cut, has_no_nodes, Path.touch, Path.mkdir, lambda record: record.write_bytes(b"\xff\x00")],
    ids=["cut", "another form", "empty", "a folder", "no text"],
)
def test_a_broken_record_says_what_to_do(broken: Callable[[Path], Any], tmp_path: Path) -> None:
    record = tmp_path / "deployed.json"
    broken(record)
    with pytest.raises(
        ConfigError, match=r"deployed\.json cannot be used .*delete this one, and run `govcloud deploy`"
    ):
        deployed.load(record)
