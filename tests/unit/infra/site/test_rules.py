"""Rules between fields: each contradiction is one finding at the place that should change."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from govcloud_infra.site import keys, passes, voters
from govcloud_infra.site.faults import SiteInvalid, dotted
from govcloud_infra.site.load import load
from govcloud_infra.site.model import Site
from support.sites import LAB, LAB_HA, STATIC, lab, replaced, written

KEY = "ssh-ed25519 " + "A" * 68


def contradictions(site: Site) -> list[tuple[str, str]]:
    return [(dotted(location), message) for location, message in passes.findings(site)]


@pytest.mark.parametrize("file", [LAB, LAB_HA, STATIC], ids=lambda file: file.parent.name)
def test_the_examples_are_valid(file: Path) -> None:
    assert contradictions(load(file)) == []


def test_an_example_with_several_control_planes_is_reached_through_its_virtual_address() -> None:
    site = load(LAB_HA)
    assert (str(site.api_host), site.api_port) == ("10.80.0.10", 8443)
    assert not load(STATIC).has_lab_machines


@pytest.mark.parametrize(
    ("file", "old", "new", "path", "says"),
    [
        (LAB_HA, "  api:\n    vip: 10.80.0.10 ", "# ", "spec.api",
         "is missing; 3 control planes need one address: add spec.api.vip"),
        (LAB_HA, "vip: 10.80.0.10", "vip: 10.90.0.10", "spec.api.vip", "outside spec.network.nodeCidr 10.80.0.0/24"),
        (LAB_HA, "vip: 10.80.0.10", "vip: 10.81.0.10", "spec.api.vip", "10.80.0.0/24, within podCidr 10.81.0.0/16"),
        (LAB_HA, "vip: 10.80.0.10", "vip: 10.80.0.12", "spec.api.vip", "is the address of spec.nodes[1]"),
        (LAB_HA, "vip: 10.80.0.10", "vip: 10.80.0.1", "spec.api.vip", "the host's own address on the bridge"),
        (LAB_HA, "vip: 10.80.0.10", "vip: 10.80.0.0", "spec.api.vip", "the network's own or its broadcast address"),
        (LAB_HA, "vip: 10.80.0.10", "vip: 10.80.0.255", "spec.api.vip", "the network's own or its broadcast address"),
        (STATIC, "port: 8443", "port: 6443", "spec.api.port", "6443 is used on every control plane already"),
        (STATIC, "port: 8443", "port: 31000", "spec.api.port", "choose another, such as 8443"),
        (STATIC, "port: 22\n", "port: 8443\n", "spec.api.port", "8443 is used on every control plane already"),
        (LAB_HA, "cp3, role: control-plane", "cp3, role: worker", "spec.nodes", "2 control-plane nodes bear no more"),
        (LAB_HA, "w1, role: worker", "w1, role: control-plane", "spec.nodes", "make it 3 or 5"),
        (LAB, "    bridge: gc-lab  ", "#", "spec.network.bridge", "is missing; machines of provider nspawn"),
        (STATIC, "    podCidr", "    bridge: gc-x\n    podCidr", "spec.network.bridge", "there is none; remove it"),
        (LAB, "10.77.0.13}", "10.77.0.13, provider: static}", "spec.nodes[2].provider",
         "is static, spec.nodes[0] is nspawn; nspawn machines hang on a bridge of this host"),
        (LAB, "10.77.0.13}", f"10.77.0.13, hostKey: {KEY}}}", "spec.nodes[2].hostKey", "belongs to a `static` machine"),
        (LAB, "10.77.0.13", "10.78.0.13", "spec.nodes[2].address", "nodeCidr 10.77.0.0/24, within podCidr"),
        (LAB, "10.79.0.0/16", "127.0.0.0/16", "spec.network.serviceCidr", "holds loopback addresses"),
        (LAB, "10.79.0.0/16", "240.0.0.0/16", "spec.network.serviceCidr", "multicast and reserved"),
        (LAB, "10.79.0.0/16", "169.254.0.0/16", "spec.network.serviceCidr", "link-local"),
        (LAB, "10.78.0.0/16", "64.0.0.0/7", "spec.network.podCidr", "is too large, at most /8"),
        (STATIC, "path: /var/lib/local-path", "path: /etc/volumes", "spec.storage.path", "belongs to the system"),
        (STATIC, "path: /var/lib/local-path", "path: /var/../etc", "spec.storage.path", "name the folder itself"),
    ],
)  # fmt: skip
def test_a_contradiction_is_one_fault(file: Path, old: str, new: str, path: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SiteInvalid) as caught:
        load(written(replaced(old, new, file), tmp_path))
    [fault] = caught.value.faults
    assert fault.path == path
    assert says in fault.message


def test_machines_that_exist_have_a_router_of_their_own_at_the_first_address(tmp_path: Path) -> None:
    assert load(written(replaced("192.0.2.22", "192.0.2.1", STATIC), tmp_path)).workers[1].name == "w2"


def test_two_machines_with_one_host_key_are_copies() -> None:
    nodes = [
        {"name": f"n{n}", "role": "control-plane", "address": f"10.77.0.{n}", "provider": "static", "hostKey": KEY}
        for n in range(2, 5)
    ]
    found = contradictions(lab(nodes=nodes, bridge=None))
    assert [path for path, _ in found] == ["spec.nodes[1].hostKey", "spec.nodes[2].hostKey", "spec.api"]
    assert "is taken by spec.nodes[0]; a copied machine needs a key of its own" in found[0][1]


def test_failure_domains_may_be_spread_as_one_likes(tmp_path: Path) -> None:
    text = LAB_HA.read_text().replace("rack-b", "rack-a").replace("rack-c", "rack-a")
    assert load(written(text, tmp_path)).name == "lab-ha"


def planes(*names: str) -> Site:
    nodes = [{"name": n, "role": "control-plane", "address": f"10.77.0.{i + 10}"} for i, n in enumerate(names)]
    return lab(nodes=nodes or [{"name": "w", "role": "worker", "address": "10.77.0.10"}])


THREE = ("a", "b", "c")


@pytest.mark.parametrize(
    ("names", "deployed", "says"),
    [
        ((), None, "no node has role control-plane"),
        (("a",), None, ""),
        (("a", "b"), None, "make it 1 or 3"),
        (THREE, None, ""),
        (("a", "b"), THREE, ""),  # one was removed, another one takes its place
        (("a", "b"), ("a", "b"), ""),
        (("a", "d"), THREE, "make it 1 or 3"),
        (("a", "b", "d"), ("a", "b"), ""),
        ((*THREE, "d"), THREE, "make it 3 or 5"),
        (tuple("abcdefg"), None, ""),
        (tuple("abcdefgh"), None, "at most 7"),
        (tuple("abcdefghi"), None, "at most 7"),
    ],
)
def test_voters(names: tuple[str, ...], deployed: tuple[str, ...] | None, says: str) -> None:
    found = list(voters.findings(planes(*names), planes(*deployed) if deployed else None))
    assert [location for location, _ in found] == ([("spec", "nodes")] if says else [])
    assert all(says in message for _, message in found)


def test_all_contradictions_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        LAB_HA.read_text()
        .replace("10.82.0.0/16", "10.81.0.0/17")
        .replace("vip: 10.80.0.10", "vip: 10.80.0.255")
        .replace("cp3, role: control-plane", "cp2, role: worker")
        .replace("10.80.0.22", "10.80.0.21")
    )
    with pytest.raises(SiteInvalid) as caught:
        load(written(text, tmp_path))
    assert [fault.path for fault in caught.value.faults] == [
        "spec.network.serviceCidr", "spec.api.vip", "spec.nodes", "spec.nodes[2].name", "spec.nodes[4].address",
    ]  # fmt: skip


FULL = Site.model_validate(yaml.safe_load(STATIC.read_text())).model_dump(mode="json", by_alias=True)


def maps(value: Any, location: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Locations of every map of the example that uses all keys, the second and later nodes left out."""
    found = [location] if isinstance(value, dict) else []
    items = value.items() if isinstance(value, dict) else list(enumerate(value))[:1] if isinstance(value, list) else []
    return found + [place for key, child in items for place in maps(child, (*location, key))]


@pytest.mark.parametrize("location", maps(FULL), ids=lambda location: dotted(location) or "top")
def test_a_misspelt_key_is_answered_with_the_right_one_at_every_level(location: tuple[str | int, ...]) -> None:
    known = keys.known(keys.owner(location))
    assert known, "the model has no such map"
    for key in known:
        assert keys.did_you_mean((*location, f"{key}x")).startswith("; did you mean ")
        assert keys.did_you_mean((*location, key.upper() + "0")) != ""


@pytest.mark.parametrize(
    ("location", "says"),
    [
        (("spec", "api", "vpi"), "; did you mean vip?"),
        (("spec", "nodes", 3, "failuredomain"), "; did you mean failureDomain?"),
        (("spec", "etcd", "backup", "shedule"), "; did you mean schedule?"),
        (("spec", "vip"), "; did you mean spec.api.vip?"),
        (("podCidr",), "; did you mean spec.network.podCidr?"),
        (("spec", "etcd", "port"), "; did you mean spec.api.port or spec.ssh.port?"),
        (("spec", "time", "zone"), "; known here: servers, maxSkewSeconds"),
    ],
)
def test_did_you_mean(location: tuple[str | int, ...], says: str) -> None:
    assert keys.did_you_mean(location) == says


@given(location=st.lists(st.one_of(st.text(max_size=5), st.integers(0, 3), st.sampled_from(["spec", "nodes", "api"]))))
def test_any_location_has_an_owner_or_none(location: list[str | int]) -> None:
    found = keys.owner(tuple(location))
    assert found is None or issubclass(found, object)
    assert keys.did_you_mean((*location, "x")).startswith("; ")
