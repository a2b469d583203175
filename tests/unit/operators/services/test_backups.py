"""Buckets of backups: names and keys, records, what becomes of them, and what an instance says about them."""

from __future__ import annotations

import hmac
import itertools
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api import conditions, errors, labels
from govcloud_kube import Ref
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.services import authority, certificates
from govcloud_operators.services.backups import keeping, ledger, room, vault, versions
from govcloud_operators.services.backups.ledger import Record
from govcloud_operators.services.backups.versions import KEPT, Version
from govcloud_operators.services.driver import CERTIFICATE_ID, Observation
from govcloud_operators.services.postgresql import desired
from support.services import NOW, ServiceWorld, order

DAY = timedelta(days=1)
AUTHORITY = authority.Authority(
    MemoryCluster([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": labels.SYSTEM_NAMESPACE}}]),
    lambda: NOW,
)
RECORD = Record(
    uid="1",
    namespace_uid="n",
    namespace="tax-portal-dev",
    instance="main",
    offering="postgresql",
    opened=conditions.timestamp(NOW - timedelta(hours=1)),
    oldest_restore=conditions.timestamp(NOW),
)


def uid(world: ServiceWorld, name: str = "main") -> str:
    return str(world.found("ServiceInstance", name)["metadata"]["uid"])


def backed_up(world: ServiceWorld, name: str = "main") -> str:
    """An instance with a backup; returns its UID."""
    world.database.observation = Observation(last_backup=NOW, oldest_restore=NOW)
    world.running(name, deletionProtection=False)
    return uid(world, name)


def remove(world: ServiceWorld, name: str = "main") -> None:
    world.cluster.delete(Ref(labels.API_VERSION, "ServiceInstance", name, "tax-portal-dev"))
    while world.get("ServiceInstance", name) is not None:
        world.reconcile(name)


COSTS = vault.platform_bucket_name(vault.LEDGER)


def of_instances(world: ServiceWorld) -> dict[str, set[str]]:
    """Who may use which bucket, without the platform's own."""
    return {name: keys for name, keys in world.vaults.open_for.items() if name != COSTS}


def test_keys_of_instances_and_purposes_differ_and_show_nowhere() -> None:
    store = vault.Store(authority="pem")
    one, other = vault.derive(store, "1", "7" * 64), vault.derive(store, "1", "8" * 64)
    secrets = [found for made in (one, other) for found in (made.writer.secret, made.reader.secret, made.passphrase)]
    assert len(set(secrets)) == 6
    assert vault.derive(store, "1", "7" * 64) == one
    assert not any(secret in repr(one) for secret in secrets)


@pytest.mark.parametrize(
    ("record", "living", "bucket", "expected"),
    [
        (RECORD, True, True, None),
        (RECORD, True, False, "open"),
        (RECORD, False, True, "close"),
        (RECORD, False, False, "remove"),
        (replace(RECORD, oldest_restore=""), False, True, "remove"),
        (replace(RECORD, oldest_restore="", opened=conditions.timestamp(NOW)), False, True, None),
        (replace(RECORD, opened=""), True, False, None),
        (replace(RECORD, closed=conditions.timestamp(NOW - DAY)), False, True, None),
        (replace(RECORD, closed=conditions.timestamp(NOW - KEPT - DAY)), False, True, "remove"),
        (replace(RECORD, closed=conditions.timestamp(NOW - KEPT - DAY)), True, True, None),
        (replace(RECORD, opened=conditions.timestamp(NOW - 2 * DAY)), True, True, "sweep"),
        (replace(RECORD, swept=conditions.timestamp(NOW - 2 * DAY)), True, True, "sweep"),
        (replace(RECORD, opened=conditions.timestamp(NOW - 2 * DAY), swept=RECORD.opened), True, True, None),
    ],
)
def test_what_becomes_of_a_bucket(record: Record, living: bool, bucket: bool, expected: str | None) -> None:
    steps = room.steps([record], {"1"} if living else set(), {"i-1"} if bucket else set(), NOW)
    assert [step.do for step in steps] == ([expected] if expected else [])


def test_a_record_is_kept_as_it_is() -> None:
    assert ledger.parse(ledger.wire(RECORD)) == RECORD
    assert ledger.parse(ledger.wire(replace(RECORD, closed="x", swept="y"))) == replace(RECORD, closed="x", swept="y")


LEDGER = replace(ledger.platform(vault.LEDGER), opened=conditions.timestamp(NOW - timedelta(hours=1)))


@pytest.mark.parametrize(
    ("record", "bucket", "expected"),
    [
        (ledger.platform(vault.LEDGER), False, "open"),
        (ledger.platform(vault.LEDGER), True, "open"),
        (LEDGER, True, None),
        (LEDGER, False, "open"),
        (replace(LEDGER, opened=conditions.timestamp(NOW - 90 * DAY)), True, "sweep"),
        (replace(LEDGER, opened=conditions.timestamp(NOW - 90 * DAY)), False, "open"),
    ],
)
def test_the_ledgers_bucket_never_goes(record: Record, bucket: bool, expected: str | None) -> None:
    steps = room.steps([record], set(), {COSTS} if bucket else set(), NOW)
    assert [step.do for step in steps] == ([expected] if expected else [])
    assert all(step.then for step in steps)


def test_the_ledgers_record_is_kept_as_it_is_and_looks_like_no_instances() -> None:
    """An operator that does not know it leaves it alone, and no copy of a department can start from it."""
    made = ledger.wire(replace(LEDGER, swept="y"))
    assert ledger.parse(made) == replace(LEDGER, swept="y")
    assert not made["metadata"]["name"].startswith(ledger.PREFIX)
    assert ledger.OF_NAMESPACE not in made["metadata"]["labels"]


@given(st.text(max_size=30))
def test_no_uid_leads_to_the_ledgers_place(uid: str) -> None:
    """Not even one that nobody could have, such as its word."""
    for word in (uid, vault.LEDGER, COSTS):
        other = AUTHORITY.vault(word)
        mine = AUTHORITY.platform_vault(vault.LEDGER)
        assert other.bucket != mine.bucket
        assert other.passphrase != mine.passphrase
        assert {other.writer.key, other.reader.key}.isdisjoint({mine.writer.key, mine.reader.key})
        assert ledger.record_ref(word) != LEDGER.ref


def test_the_ledgers_place_is_the_same_for_ever() -> None:
    """Whatever is made anew finds its past: these words may never change."""
    made = AUTHORITY.platform_vault(vault.LEDGER)
    assert (made.bucket, made.writer.key, made.reader.key) == (
        "platform-ledger",
        "platform-ledger-w",
        "platform-ledger-r",
    )
    key = AUTHORITY.pair().key.encode()
    secret = hmac.new(key, b"platform ledger", "sha256").hexdigest().encode()
    assert made.passphrase == hmac.new(secret, b"backup passphrase", "sha256").hexdigest()
    assert made.writer.secret == hmac.new(secret, b"backup writer", "sha256").hexdigest()


def test_the_ledgers_bucket_is_opened_when_the_store_answers_and_again_when_it_lost_all(world: ServiceWorld) -> None:
    world.vaults.down = "https://backup-store does not answer"
    with pytest.raises(errors.NotReady):
        world.keep_store()
    world.vaults.down = ""
    world.keep_store()
    made = world.authority.platform_vault(vault.LEDGER)
    assert world.vaults.open_for == {COSTS: {made.reader.key, made.writer.key}}
    world.vaults.open_for.clear()
    world.pass_time(days=400)
    world.keep_store()
    assert world.vaults.open_for == {COSTS: {made.reader.key, made.writer.key}}


def test_a_department_that_names_its_service_like_the_ledger_finds_nothing_of_it(world: ServiceWorld) -> None:
    world.keep_store()
    for name in (vault.LEDGER, COSTS):
        assert ledger.find(world.cluster, world.namespace_uid, name) is None
        assert ledger.find(world.cluster, "", name) is None
        assert ledger.read(world.cluster, name) is None
    backed_up(world, "ledger")
    assert of_instances(world).keys() == {vault.bucket_name(uid(world, "ledger"))}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60), st.booleans()), max_size=12))
def test_old_versions_go_and_what_can_be_seen_stays(made: list[tuple[str, int, bool]]) -> None:
    found = [
        Version(key=key, version_id=str(index), modified=NOW - timedelta(days=age, seconds=index), is_deletion=mark)
        for index, (key, age, mark) in enumerate(made)
    ]
    gone = versions.expired(found, NOW)
    assert len(set(gone)) == len(gone)
    for key in "ab":
        of_key = sorted((one for one in found if one.key == key), key=lambda one: one.modified, reverse=True)
        if of_key and not of_key[0].is_deletion:
            assert of_key[0] not in gone, "what is seen stays"
        for newer, older in itertools.pairwise(of_key):
            assert (older in gone) == (newer.modified <= NOW - KEPT), "replaced for long enough, and only then"
        left = [one for one in of_key if one not in gone]
        assert not left or not left[-1].is_deletion or left[-1].modified > NOW - KEPT - timedelta(days=61)


def test_a_bucket_is_made_before_the_server(world: ServiceWorld) -> None:
    world.vaults.down = "https://backup-store does not answer"
    world.order()
    world.reconcile()
    status, reason, message = world.condition("ServiceInstance", "main", "Ready")
    assert (status, reason) == ("False", "NoBackupStore")
    assert "does not answer" in message
    assert world.get("StatefulSet", "svc-main", "apps/v1") is None
    world.vaults.down = ""
    world.reconcile()
    assert world.get("StatefulSet", "svc-main", "apps/v1") is not None
    made = world.authority.vault(uid(world))
    assert world.vaults.open_for == {made.bucket: {made.reader.key, made.writer.key}}
    record = ledger.read(world.cluster, uid(world))
    assert record is not None
    assert (record.instance, record.opened) == ("main", conditions.timestamp(NOW))


def test_a_store_that_is_away_stops_nothing_that_runs(world: ServiceWorld) -> None:
    backed_up(world)
    world.vaults.down = "gone"
    trouble = "unable to connect to 'backup-store:7070'"
    world.database.observation = Observation(last_backup=NOW, oldest_restore=NOW, backup_trouble=trouble)
    world.reconcile()
    assert world.condition("ServiceInstance", "main", "Ready")[0] == "True"
    status, reason, message = world.condition("ServiceInstance", "main", "BackupRecent")
    assert (status, reason) == ("False", "StoreTrouble")
    assert trouble in message
    assert conditions.timestamp(NOW) in message
    assert world.found("ServiceInstance", "main")["status"]["lastBackup"] == conditions.timestamp(NOW)
    world.database.observation = Observation(last_backup=NOW, oldest_restore=NOW)
    world.reconcile()
    assert world.condition("ServiceInstance", "main", "BackupRecent")[0] == "True"


def test_backups_outlive_their_instance_for_a_while(world: ServiceWorld) -> None:
    first = backed_up(world)
    made = world.authority.vault(first)
    remove(world)
    world.keep_store()
    assert of_instances(world) == {made.bucket: {made.reader.key}}, "nobody writes any more"
    world.order("copy", restoreFrom={"instance": "main"})
    world.reconcile("copy")
    given = authority.decoded(world.found("Secret", "svc-copy-source", "v1"), "pgbackrest.conf")
    assert f"repo1-s3-bucket={made.bucket}\n" in given
    assert world.get("Job", "svc-copy-restore", "batch/v1") is not None
    world.pass_time(days=KEPT.days, hours=1)
    world.keep_store()
    assert made.bucket not in world.vaults.open_for
    assert ledger.read(world.cluster, first) is None


def test_the_living_of_two_instances_of_one_name_is_the_source(world: ServiceWorld) -> None:
    backed_up(world)
    remove(world)
    world.keep_store()
    second = backed_up(world)
    found = ledger.find(world.cluster, world.namespace_uid, "main")
    assert found is not None
    assert found.uid == second


def test_another_namespace_of_the_same_name_finds_no_backups(world: ServiceWorld) -> None:
    backed_up(world)
    assert ledger.find(world.cluster, "another-uid", "main") is None


def test_a_bucket_without_backups_goes_with_its_instance(world: ServiceWorld) -> None:
    world.running(deletionProtection=False)
    remove(world)
    world.pass_time(minutes=20)
    world.keep_store()
    assert of_instances(world) == {}
    left = world.cluster.list("v1", "ConfigMap", namespace=vault.NAMESPACE)
    assert [found["metadata"]["name"] for found in left] == [ledger.platform(vault.LEDGER).ref.name]


def test_a_store_that_lost_its_volume_gets_its_buckets_back(world: ServiceWorld) -> None:
    first = backed_up(world)
    world.vaults.open_for.clear()
    world.keep_store()
    assert set(world.vaults.open_for) == {vault.bucket_name(first), COSTS}


def test_at_rest_the_store_is_not_written_about(world: ServiceWorld) -> None:
    first = backed_up(world)
    world.keep_store()
    world.cluster.writes.clear()
    for _ in range(3):
        world.keep_store()
        world.reconcile()
    assert world.cluster.writes == []
    world.pass_time(days=2)
    for _ in range(3):
        world.keep_store()
    assert sorted(world.vaults.swept) == sorted([vault.bucket_name(first), COSTS]), "each once"


def test_the_stores_certificate_is_renewed_and_its_pod_told(world: ServiceWorld) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}}
    world.seed("apps/v1", "StatefulSet", vault.WORKLOAD, namespace=vault.NAMESPACE, spec={"template": template})

    def mark() -> str:
        found = world.cluster.get(room.SERVER) or {}
        return str(found["spec"]["template"]["metadata"]["annotations"][CERTIFICATE_ID])

    world.keep_store()
    first = mark()
    kept = authority.decoded(world.cluster.get(room.TLS), "tls.crt")
    pair = world.authority.pair()
    assert certificates.is_fresh(kept, pair, vault.Store().names, NOW)
    world.pass_time(days=certificates.SERVER_DAYS * 0.6)
    world.keep_store()
    assert mark() != first


def test_the_root_is_made_once_and_a_spoilt_one_is_said(world: ServiceWorld) -> None:
    def vaults() -> keeping.StoreVaults:
        return keeping.StoreVaults(world.cluster, world.authority, lambda host, port: (host, port))

    assert vaults().root() == vaults().root()
    assert len(vaults().root().secret) > 40
    assert vaults().root().secret not in repr(vaults().root())
    world.cluster.apply(keeping.root_secret(vault.Account(key="", secret="")), field_manager="somebody")
    with pytest.raises(errors.ConfigError, match="backup-store-root"):
        vaults().root()


def manifest(kind: str) -> Any:
    """The one object of a kind in the store's manifest; of network policies the one that lets in."""
    text = (Path(__file__).parents[4] / "operators" / "deploy" / "51-backup-store.yaml").read_text()
    found = [item for item in yaml.safe_load_all(text) if item["kind"] == kind]
    return found[-1]


def test_the_manifest_and_the_operator_speak_of_the_same() -> None:
    server = manifest("StatefulSet")
    pod = server["spec"]["template"]["spec"]
    (container,), (folders,) = pod["containers"], pod["initContainers"]
    assert (server["metadata"]["namespace"], server["metadata"]["name"]) == (vault.NAMESPACE, vault.WORKLOAD)
    assert f"--port=:{vault.PORT}" in container["args"]
    root = keeping.root_secret(vault.Account(key="key", secret="secret"))
    for variable in container["env"]:
        named = variable["valueFrom"]["secretKeyRef"]
        assert named["name"] == keeping.ROOT.name
        assert named["key"] in root["data"]
    assert pod["volumes"][-1]["secret"]["secretName"] == room.TLS.name
    used = {text.rpartition("=")[2] for text in container["args"] if "/data/" in text}
    assert used == set(folders["command"][2:])
    assert vault.Store().host.startswith(f"{manifest('Service')['metadata']['name']}.{vault.NAMESPACE}.")


def test_the_store_lets_in_who_backs_up_and_the_operator() -> None:
    rule = manifest("NetworkPolicy")["spec"]["ingress"][0]
    assert rule["ports"] == [{"protocol": "TCP", "port": vault.PORT}]
    services, operator, costs = rule["from"]
    wanted = {part["key"] for part in services["podSelector"]["matchExpressions"]}
    assert wanted == {labels.SERVICE, *desired.BACKS_UP}
    assert services["namespaceSelector"]["matchExpressions"] == [{"key": labels.DEPARTMENT, "operator": "Exists"}]
    assert operator["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": labels.SYSTEM_NAMESPACE}
    assert costs == {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": labels.MONITORING_NAMESPACE}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "ledger"}},
    }
    for made in (desired.server(order()), desired.restore_job(order(spec={"restoreFrom": {"instance": "other"}}))):
        assert desired.BACKS_UP.items() <= made["spec"]["template"]["metadata"]["labels"].items()
    assert desired.way_out(order())["spec"]["egress"][0]["ports"] == [{"protocol": "TCP", "port": vault.PORT}]
