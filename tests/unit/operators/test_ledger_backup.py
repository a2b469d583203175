"""The ledger's way to its backups: what is in the Secret, that it stays so, and that the pod fits to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govcloud_api import labels, quantity
from govcloud_api.objects import Object, Ref
from govcloud_api.v1alpha1.service_instance import Backup
from govcloud_infra.components import platform
from govcloud_operators import rooms
from govcloud_operators.ledger_backup import desired
from govcloud_operators.ledger_backup import reconcile as room
from govcloud_operators.services import authority as authorities
from govcloud_operators.services.authority import Authority
from govcloud_operators.services.backups import vault
from govcloud_operators.services.backups.vault import LEDGER, Vault
from govcloud_operators.services.postgresql import config
from govcloud_operators.services.postgresql import desired as databases
from support.manifests import objects
from support.worlds import World

ROOT = Path(__file__).parents[3]
POD: Object = next(
    each for each in objects(ROOT / "monitoring/deploy/35-ledger.yaml") if each["kind"] == "StatefulSet"
)["spec"]
SPEC = POD["template"]["spec"]
SERVER, KEEPER, ACCOUNTANT = SPEC["containers"]
(PREPARE,) = SPEC["initContainers"]
WITH_BACKUPS = (PREPARE, SERVER, KEEPER)


class Monitored(World):
    """With the namespace of monitoring."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": labels.MONITORING_NAMESPACE}})
        self.authority = Authority(self.cluster, lambda: self.now)

    def vault(self) -> Vault:
        return self.authority.platform_vault(LEDGER)

    def look(self) -> float | None:
        return room.reconcile(self.cluster, self.vault)

    def options(self) -> dict[str, str]:
        text = authorities.decoded(self.live(desired.SECRET), "pgbackrest.conf")
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def test_it_is_made_once_and_says_where_backups_go() -> None:
    world = Monitored()
    assert world.look() is None
    found, options, made = world.live(desired.SECRET), world.options(), world.vault()
    assert authorities.decoded(found, "ca.crt") == world.authority.pair().certificate
    assert options["repo1-s3-bucket"] == made.bucket == "platform-ledger"
    assert (options["repo1-s3-key"], options["repo1-s3-key-secret"]) == (made.writer.key, made.writer.secret)
    assert (options["repo1-cipher-type"], options["repo1-cipher-pass"]) == ("aes-256-cbc", made.passphrase)
    assert options["repo1-retention-full"] == str(Backup().retention_days)
    assert int(options["archive-push-queue-max"]) == desired.VOLUME_BYTES // config.QUEUE_SHARE
    world.cluster.writes.clear()
    world.look()
    assert world.cluster.writes == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda secret: None,
        lambda secret: secret | {"data": secret["data"] | {"ca.crt": authorities.encoded("another's")}},
        lambda secret: secret | {"type": "kubernetes.io/tls"},
        lambda secret: secret | {"data": {"ca.crt": "eA=="}, "immutable": True},
    ],
    ids=["deleted", "altered", "another type", "locked"],
)
def test_what_somebody_spoils_is_repaired_at_the_next_look(spoil: Callable[[Object], Object | None]) -> None:
    world = Monitored()
    world.look()
    good = world.live(desired.SECRET)
    world.cluster.delete(desired.SECRET)
    if (spoilt := spoil(good)) is not None:
        world.cluster.seed(spoilt)
    world.look()
    found = world.live(desired.SECRET)
    assert (found["data"], found["type"], found.get("immutable")) == (good["data"], "Opaque", None)


def test_without_its_namespace_nothing_is_done_and_it_is_looked_for_soon() -> None:
    world = World()
    world.cluster.writes.clear()
    authority = Authority(world.cluster, lambda: world.now)
    assert room.reconcile(world.cluster, lambda: authority.platform_vault(LEDGER)) == room.ABSENT_PAUSE_SECONDS
    assert world.cluster.writes == []


def test_the_table_of_rooms_has_it() -> None:
    world = Monitored()
    (found,) = [each for each in rooms.ROOMS if each.by_clock == room.KEY]
    found.reconcile(world.cluster, room.KEY, world.around())
    assert world.options()["repo1-cipher-pass"] == world.vault().passphrase


def test_the_rights_are_for_this_secret_and_no_other() -> None:
    role, _ = objects(ROOT / "monitoring/deploy/23-operator-ledger-backup.yaml")
    (rule,) = role["rules"]
    assert (rule["resources"], rule["resourceNames"]) == (["secrets"], [desired.SECRET.name])
    assert role["metadata"]["namespace"] == desired.SECRET.namespace


def mounts(container: dict[str, Any]) -> dict[str, str]:
    """Where it mounts what, but for single files."""
    return {each["mountPath"]: each["name"] for each in container["volumeMounts"] if "subPath" not in each}


def variables(container: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container["env"]}


@pytest.mark.parametrize("container", WITH_BACKUPS, ids=lambda each: each["name"])
def test_the_pod_is_laid_out_as_the_secret_says(container: dict[str, Any]) -> None:
    at, known, mounted = desired.FOLDERS, variables(container), mounts(container)
    assert known["PGDATA"] == known["GOVCLOUD_PGDATA"] == at.pgdata
    assert (known["GOVCLOUD_DATA"], mounted[at.data]) == (at.data, "data")
    assert (known["GOVCLOUD_CONFIG"], mounted[at.config]) == (at.config, "files")
    assert (known["GOVCLOUD_BACKUP"], mounted[at.backup]) == (at.backup, "backup")
    assert known["GOVCLOUD_SOCKET"] == at.run
    assert mounted[known["GOVCLOUD_RUN"]] == "run"
    assert mounted[at.scratch] == "tmp"
    assert (mounted.get(at.run) == "socket") == (container is not PREPARE)
    options = variables(SERVER)
    assert known == options, "all that a script does in one it does in another"


def test_the_accountant_sees_nothing_of_backups() -> None:
    assert {"backup", "run", "data"}.isdisjoint(mounts(ACCOUNTANT).values())
    (kept,) = [each for each in SPEC["volumes"] if each["name"] == "backup"]
    assert kept["secret"] == {"secretName": desired.SECRET.name, "defaultMode": 0o440}


def test_the_volume_has_the_size_that_the_queue_is_a_part_of() -> None:
    (claim,) = POD["volumeClaimTemplates"]
    assert quantity.size_bytes(claim["spec"]["resources"]["requests"]["storage"]) == desired.VOLUME_BYTES


def test_ledger_and_store_keep_away_from_each_others_machine() -> None:
    assert databases.BACKS_UP.items() <= POD["template"]["metadata"]["labels"].items()
    (term,) = SPEC["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert term == databases.AWAY_FROM_STORE


def test_the_way_to_the_store_is_open() -> None:
    policies = [each for each in objects(ROOT / "monitoring/deploy/10-network-policies.yaml")]
    (own,) = [each for each in policies if each["metadata"]["name"] == "ledger"]
    store = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": vault.NAMESPACE}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": vault.WORKLOAD}},
    }
    assert {"to": [store], "ports": [{"protocol": "TCP", "port": vault.PORT}]} in own["spec"]["egress"]


def test_the_pod_gets_the_scripts_of_departments_databases_and_not_another_copy_of_them() -> None:
    mounted = {file.name: file for file in platform.ledger_files(ROOT)}
    assert {name: mounted[name].read_text() for name in config.SHARED} == {
        name: config.script(name) for name in config.SHARED
    }
    assert not [name for name in config.SHARED if (ROOT / "monitoring/ledger" / name).exists()]
    named = {Ref("v1", "ConfigMap", "ledger-files", labels.MONITORING_NAMESPACE).name}
    assert {each["configMap"]["name"] for each in SPEC["volumes"] if "configMap" in each} == named
