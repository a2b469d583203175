"""Certificates of monitoring: what is good stays, everything else is made anew, and nothing is done without a home."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from govcloud_api import errors
from govcloud_api.objects import Object, Ref
from govcloud_operators import rooms
from govcloud_operators.ledger_backup import desired as ledger_backup
from govcloud_operators.platform_certificates import checks
from govcloud_operators.platform_certificates import reconcile as room
from govcloud_operators.platform_certificates.checks import WANTED, Wanted
from govcloud_operators.process import identity
from govcloud_operators.services import authority, certificates
from govcloud_operators.services.certificates import Pair
from support.manifests import objects
from support.worlds import START, World

ROOT = Path(__file__).parents[3]
HALF = timedelta(days=checks.DAYS) / 2
AUTHORITY = certificates.new_authority(START)
OTHER = certificates.new_authority(START)
BY_NAME = {wanted.name: wanted for wanted in WANTED}
EXPORTER, PROMETHEUS, WINDOW = (
    BY_NAME[name] for name in ("exporter-tls", "prometheus-client-tls", "alertmanager-window-tls")
)


def text(secret: Object, key: str) -> str:
    return authority.decoded(secret, key)


def with_data(secret: Object, **texts: str) -> Object:
    """With other texts under `tls_crt`, `tls_key` or `ca_crt`."""
    changed = copy.deepcopy(secret)
    changed["data"] |= {key.replace("_", "."): authority.encoded(value) for key, value in texts.items()}
    return changed


def of(wanted: Wanted, pair: Pair = AUTHORITY, *, age: timedelta = timedelta()) -> Object:
    return checks.issue(wanted, pair, START - age)


def names(*dns_names: str, common_name: str = "exporter") -> Object:
    """A Secret of the exporter with a certificate for these names."""
    made = certificates.server(AUTHORITY, common_name, list(dns_names), START)
    return with_data(of(EXPORTER), tls_crt=made.certificate, tls_key=made.key)


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        (EXPORTER, of(EXPORTER), "keep"),
        (PROMETHEUS, of(PROMETHEUS), "keep"),
        (EXPORTER, of(EXPORTER, age=HALF - timedelta(hours=1)), "keep"),
        (PROMETHEUS, of(PROMETHEUS, age=HALF - timedelta(hours=1)), "keep"),
        (EXPORTER, None, "write"),
        (EXPORTER, of(EXPORTER, age=HALF), "write"),
        (PROMETHEUS, of(PROMETHEUS, age=HALF), "write"),
        (EXPORTER, of(EXPORTER, age=4 * HALF), "write"),
        (EXPORTER, of(EXPORTER, age=-timedelta(days=1)), "write"),
        (EXPORTER, of(EXPORTER, OTHER), "write"),
        (EXPORTER, with_data(of(EXPORTER, OTHER), ca_crt=AUTHORITY.certificate), "write"),
        (EXPORTER, with_data(of(EXPORTER), ca_crt=OTHER.certificate), "write"),
        (EXPORTER, with_data(of(EXPORTER), ca_crt=AUTHORITY.certificate + OTHER.certificate), "write"),
        (EXPORTER, with_data(of(EXPORTER), tls_key=text(of(EXPORTER), "tls.key")), "write"),
        (EXPORTER, with_data(of(EXPORTER), tls_key=""), "write"),
        (EXPORTER, with_data(of(EXPORTER), tls_crt="no certificate"), "write"),
        (EXPORTER, with_data(of(EXPORTER)) | {"data": None}, "write"),
        (EXPORTER, names("exporter.govcloud-monitoring.svc"), "keep"),
        (EXPORTER, names("exporter.govcloud-monitoring.svc", "prometheus.govcloud-monitoring.svc"), "write"),
        (EXPORTER, names("exporter.govcloud-monitoring.svc", common_name="ledger"), "write"),
        (EXPORTER, of(PROMETHEUS), "write"),
        (PROMETHEUS, of(EXPORTER), "write"),
        (PROMETHEUS, of(WINDOW), "write"),
        (WINDOW, of(PROMETHEUS), "write"),
        (EXPORTER, of(EXPORTER) | {"type": "Opaque"}, "remove"),
        (EXPORTER, of(EXPORTER, age=4 * HALF) | {"immutable": True}, "remove"),
    ],
)
def test_what_becomes_of_a_certificate(wanted: Wanted, found: Object | None, expected: str) -> None:
    assert checks.step(wanted, found, AUTHORITY, START) == expected


@pytest.mark.parametrize("wanted", WANTED, ids=lambda wanted: wanted.name)
def test_what_is_made_is_good(wanted: Wanted) -> None:
    made = checks.issue(wanted, AUTHORITY, START)
    assert (made["metadata"]["name"], made["metadata"]["namespace"]) == (wanted.name, wanted.namespace)
    assert checks.step(wanted, made, AUTHORITY, START) == "keep"


class Monitored(World):
    """With the namespaces of monitoring."""

    def __init__(self, *namespaces: str) -> None:
        super().__init__()
        for name in namespaces or room.NAMESPACES:
            self.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def look(self) -> float | None:
        return room.reconcile(self.cluster, self.pair, self.now)

    def pair(self) -> Pair:
        return AUTHORITY

    def good(self) -> dict[str, bool]:
        """Of each Secret, whether it is as it shall be."""
        found = {wanted: self.cluster.get(wanted.ref) for wanted in WANTED}
        return {each.name: checks.step(each, obj, AUTHORITY, self.now) == "keep" for each, obj in found.items()}


ALL_GOOD = dict.fromkeys(BY_NAME, True)


def test_all_are_made_once_and_left_alone() -> None:
    world = Monitored()
    assert world.look() is None
    assert world.good() == ALL_GOOD
    world.cluster.writes.clear()
    world.look()
    assert world.cluster.writes == []


def test_each_is_renewed_at_half_its_life() -> None:
    world = Monitored()
    world.look()
    before = {wanted: world.live(wanted.ref)["data"] for wanted in WANTED}
    world.pass_time(days=checks.DAYS / 2 - 1)
    world.look()
    assert {wanted: world.live(wanted.ref)["data"] for wanted in WANTED} == before
    world.pass_time(days=1)
    world.look()
    after = {wanted: world.live(wanted.ref)["data"] for wanted in WANTED}
    assert all(after[wanted]["tls.crt"] != before[wanted]["tls.crt"] for wanted in WANTED)
    assert all(after[wanted]["ca.crt"] == before[wanted]["ca.crt"] for wanted in WANTED)
    assert world.good() == ALL_GOOD


@pytest.mark.parametrize(
    "spoil",
    [
        lambda secret: None,
        lambda secret: secret | {"type": "Opaque"},
        lambda secret: with_data(secret, tls_key="x") | {"immutable": True},
        lambda secret: with_data(secret, ca_crt=OTHER.certificate),
        lambda secret: of(PROMETHEUS) | {"metadata": secret["metadata"]},
    ],
    ids=["deleted", "another type", "locked", "another authority", "another's"],
)
def test_what_somebody_spoils_is_repaired_at_the_next_look(spoil: Callable[[Object], Object | None]) -> None:
    world = Monitored()
    world.look()
    found = world.live(EXPORTER.ref)
    world.cluster.delete(EXPORTER.ref)
    if (spoilt := spoil(found)) is not None:
        world.cluster.seed(spoilt)
    assert world.good() != ALL_GOOD
    world.look()
    assert world.good() == ALL_GOOD


def test_without_its_namespace_nothing_is_done_and_it_is_looked_for_soon() -> None:
    world = World()
    world.cluster.writes.clear()
    assert room.reconcile(world.cluster, lambda: AUTHORITY, world.now) == room.ABSENT_PAUSE_SECONDS
    assert world.cluster.writes == []


@pytest.mark.parametrize("absent", room.NAMESPACES)
def test_each_namespace_gets_its_own_while_another_is_not_there(absent: str) -> None:
    world = Monitored(*(name for name in room.NAMESPACES if name != absent))
    assert world.look() == room.ABSENT_PAUSE_SECONDS
    assert world.good() == {wanted.name: wanted.namespace != absent for wanted in WANTED}


def test_a_namespace_that_is_going_gets_nothing() -> None:
    world = World()
    for name in room.NAMESPACES:
        metadata = {"name": name, "finalizers": ["x"]}
        world.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        world.cluster.delete(Ref("v1", "Namespace", name))
    world.cluster.writes.clear()
    assert room.reconcile(world.cluster, lambda: AUTHORITY, world.now) == room.ABSENT_PAUSE_SECONDS
    assert world.cluster.writes == []


def test_a_broken_authority_is_told_and_changes_nothing() -> None:
    def broken() -> Pair:
        raise errors.ConfigError("restore it")

    world = Monitored()
    world.look()
    world.cluster.writes.clear()
    with pytest.raises(errors.ConfigError):
        room.reconcile(world.cluster, broken, world.now)
    assert world.cluster.writes == []


def test_the_table_of_rooms_has_it_with_the_services_authority() -> None:
    world = Monitored()
    (found,) = [each for each in rooms.ROOMS if each.by_clock == room.KEY]
    found.reconcile(world.cluster, room.KEY, world.around())
    kept = text(world.live(authority.SECRET), "tls.crt")
    assert all(text(world.live(wanted.ref), "ca.crt") == kept for wanted in WANTED)


def test_the_rights_are_for_these_secrets_and_no_other() -> None:
    named = [
        (role["metadata"]["namespace"], name)
        for role in objects(ROOT / "monitoring/deploy/22-operator-certificates.yaml")
        if role["kind"] == "Role"
        for rule in role["rules"]
        for name in rule["resourceNames"]
    ]
    assert sorted(named) == sorted((wanted.namespace, wanted.name) for wanted in WANTED)


def test_workloads_mount_and_prometheus_calls_what_is_made() -> None:
    found = objects(*sorted((ROOT / "monitoring/deploy").glob("*.yaml")))
    mounted = {
        (each["metadata"]["namespace"], volume["secret"]["secretName"])
        for each in found
        if each["kind"] in ("Deployment", "StatefulSet", "DaemonSet")
        for volume in each["spec"]["template"]["spec"].get("volumes", ())
        if "secret" in volume
    }
    backup = (ledger_backup.SECRET.namespace, ledger_backup.SECRET.name)
    assert mounted == {backup, *((wanted.namespace, wanted.name) for wanted in WANTED)}
    (config,) = [each for each in found if each["metadata"]["name"] == "prometheus-config"]
    prometheus = yaml.safe_load(config["data"]["prometheus.yml"])
    callers = [*prometheus["scrape_configs"], *prometheus["alerting"]["alertmanagers"]]
    called = {each["tls_config"]["server_name"] for each in callers if "cert_file" in each.get("tls_config", {})}
    assert called == {identity.DNS_NAME, *(name for wanted in WANTED for name in wanted.dns_names)}
