"""A ServiceInstance from the order to the end, in a world in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from govcloud_api import conditions, errors, labels
from govcloud_api.labels import BACKUP_REQUESTED
from govcloud_kube import Object
from govcloud_operators.services import authority, certificates
from govcloud_operators.services.driver import Observation
from govcloud_operators.services.registry import REGISTRY
from support.services import NAMESPACE, NOW, PLAN, ServiceWorld, offering

KINDS = ("ConfigMap", "Secret", "Service", "PersistentVolumeClaim")


def ready(world: ServiceWorld, name: str = "main") -> tuple[str, str, str]:
    return world.condition("ServiceInstance", name, "Ready")


def status(world: ServiceWorld, name: str = "main") -> dict[str, Any]:
    return dict(world.found("ServiceInstance", name)["status"])


def children(world: ServiceWorld) -> list[str]:
    found: list[Object] = []
    for kind in KINDS:
        found += world.cluster.list("v1", kind, namespace=NAMESPACE)
    found += world.cluster.list("apps/v1", "StatefulSet", namespace=NAMESPACE)
    found += world.cluster.list("networking.k8s.io/v1", "NetworkPolicy", namespace=NAMESPACE)
    return sorted(f"{obj['kind']} {obj['metadata']['name']}" for obj in found)


EVERYTHING = [
    "ConfigMap svc-main",
    "NetworkPolicy svc-main",
    "NetworkPolicy svc-main-backup",
    "PersistentVolumeClaim data-svc-main-0",
    "Secret svc-main-backup",
    "Secret svc-main-tls",
    "Service svc-main",
    "StatefulSet svc-main",
]


def test_from_order_to_ready(world: ServiceWorld) -> None:
    world.order()
    assert world.reconcile() == 1.0
    assert children(world) == EVERYTHING
    assert ready(world)[:2] == ("False", "Starting")
    world.play()
    world.database.observation = Observation(last_backup=NOW, oldest_restore=NOW)
    assert world.reconcile() == 60.0
    assert ready(world)[0] == "True"
    assert world.condition("ServiceInstance", "main", "BackupRecent")[0] == "True"
    told = status(world)
    assert told["version"] == {"desired": "15.20", "applied": "15.20"}
    assert told["endpoint"] == {"host": f"svc-main.{NAMESPACE}.svc.cluster.local", "port": 5432}
    # 550m of CPU at 1000, 640Mi of memory at 100, 5Gi at 10, and the plan's own 1000.
    assert told["monthlyCents"] == 550 + 63 + 50 + 1000
    assert told["lastBackup"] == conditions.timestamp(NOW)
    assert "message" not in told


def test_nothing_is_written_twice(world: ServiceWorld) -> None:
    world.running()
    world.cluster.writes.clear()
    world.pass_time(seconds=60)
    world.reconcile()
    assert world.cluster.writes == []


def test_everything_is_labelled_and_named_as_a_service(world: ServiceWorld) -> None:
    world.running()
    for kind in KINDS:
        for obj in world.cluster.list("v1", kind, namespace=NAMESPACE):
            assert obj["metadata"]["labels"][labels.SERVICE] == "main"
            assert obj["metadata"]["name"].removeprefix("data-").startswith("svc-main")


@pytest.mark.parametrize(
    ("spec", "reason", "text"),
    [
        ({"offeringRef": "oracle"}, "NoSuchOffering", "offering oracle is not in the catalogue"),
        ({"plan": "huge"}, "NoSuchPlan", "plan huge is not offered; choose one of small"),
        ({"version": "14.1"}, "InvalidVersion", "version 14.1 is not offered; choose one of 15.20"),
        ({"web": {"image": "x"}}, "InvalidOrder", "leave spec.web out"),
        ({"restoreFrom": {"instance": "main"}}, "InvalidOrder", "restoreFrom.instance is this instance itself"),
        ({"restoreFrom": {"instance": "other", "time": "2026-13-03T12:00:00Z"}}, "InvalidOrder", "is no moment"),
        (
            {"restoreFrom": {"instance": "other", "time": "2026-02-30T12:00:00+02:00"}},
            "InvalidOrder",
            "write it like 2026-05-03T12:00:00Z",
        ),
        ({"restoreFrom": {"instance": "other"}}, "NoSuchSource", "no backups of other are known in this environment"),
    ],
)
def test_orders_that_cannot_be_served(world: ServiceWorld, spec: dict[str, Any], reason: str, text: str) -> None:
    world.order(**spec)
    world.reconcile()
    assert ready(world)[:2] == ("False", reason)
    assert text in ready(world)[2]
    assert status(world)["message"] == ready(world)[2]
    assert children(world) == []


def test_catalogue_that_cannot_be_served(world: ServiceWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(REGISTRY, "nats")
    for name, spec in (
        ("queue", {"driver": "nats"}),
        ("old", {"supportStatus": "Deprecated"}),
        ("public", {"maxDataClass": "public"}),
        ("tiny", {"plans": [PLAN.wire() | {"memory": "64Mi"}]}),
        ("many", {"plans": [PLAN.wire() | {"replicas": 3}]}),
        ("empty", {"plans": [PLAN.wire() | {"storage": "0"}]}),
    ):
        world.cluster.seed(offering(name, **spec))
        world.order(name, offeringRef=name)
        world.reconcile(name)
    reasons = {name: ready(world, name)[1] for name in ("queue", "old", "public", "tiny", "many", "empty")}
    assert reasons == {
        "queue": "NoSuchDriver",
        "old": "Deprecated",
        "public": "DataClassTooHigh",
        "tiny": "InvalidOrder",
        "many": "InvalidOrder",
        "empty": "InvalidOrder",
    }
    assert "holds internal data, offering public may hold public at most" in ready(world, "public")[2]


def test_an_offering_that_ends_keeps_what_runs(world: ServiceWorld) -> None:
    world.running()
    world.cluster.apply(offering(supportStatus="Deprecated"), field_manager="platform")
    world.reconcile()
    assert ready(world)[0] == "True"


def test_a_namespace_that_only_looks_like_an_environment(world: ServiceWorld) -> None:
    named = {labels.DEPARTMENT: "tax", labels.ENVIRONMENT: "portal-dev", labels.MANAGED_BY: labels.MANAGER}
    world.seed("v1", "Namespace", NAMESPACE, labels=named, annotations={labels.OWNER_UID: "forged"})
    world.order()
    world.reconcile()
    assert ready(world)[1] == "NoEnvironment"
    assert children(world) == []


def test_nothing_before_isolation_is_proven(world: ServiceWorld) -> None:
    ref = world.environment["metadata"]
    status_now = {"conditions": [], "observedGeneration": 1, "namespace": NAMESPACE}
    body = {key: world.environment[key] for key in ("apiVersion", "kind")}
    world.cluster.seed(body | {"metadata": ref, "spec": world.environment["spec"], "status": status_now})
    found = world.cluster.list(labels.API_VERSION, "Environment")[0]
    named = {labels.DEPARTMENT: "tax", labels.ENVIRONMENT: "portal-dev", labels.MANAGED_BY: labels.MANAGER}
    world.seed("v1", "Namespace", NAMESPACE, labels=named, annotations={labels.OWNER_UID: found["metadata"]["uid"]})
    world.order()
    world.reconcile()
    assert ready(world)[1] == "EnvironmentNotReady"
    assert children(world) == []


def test_a_quota_that_is_too_small_is_said_before_anything_is_made(world: ServiceWorld) -> None:
    world.quota(requests_cpu="600m", requests_memory="1600Mi")
    world.order()
    assert world.reconcile() == 15.0
    assert world.condition("ServiceInstance", "main", "QuotaExceeded")[:2] == ("True", "TooSmall")
    assert ready(world)[1] == "QuotaExceeded"
    assert "it needs 550m of CPU, 400m of 1 are left" in ready(world)[2]
    assert "it needs 640Mi of memory, 448Mi of 2Gi are left" in ready(world)[2]
    assert "a request of type Change" in ready(world)[2]
    assert children(world) == []
    world.quota()
    world.reconcile()
    assert children(world) == EVERYTHING


def test_what_the_cluster_says_to_the_controller_is_said_to_people(world: ServiceWorld) -> None:
    world.order()
    world.reconcile()
    event = {
        "involvedObject": {"kind": "StatefulSet", "name": "svc-main", "namespace": NAMESPACE},
        "reason": "FailedCreate",
        "type": "Warning",
        "message": 'pods "svc-main-0" is forbidden: exceeded quota: govcloud-quota, requested: pods=1',
    }
    world.seed("v1", "Event", "svc-main.1", namespace=NAMESPACE, **event)
    world.play(ready=False)
    world.reconcile()
    assert ready(world)[1] == "QuotaExceeded"
    assert "exceeded quota: govcloud-quota" in ready(world)[2]


class Refusing:
    """A cluster whose admission refuses one kind."""

    def __init__(self, cluster: Any, kind: str, message: str) -> None:
        self._cluster, self._kind, self._message = cluster, kind, message

    def acting_as(self, user: str) -> Refusing:
        return self

    def apply(self, obj: Object, **options: Any) -> Object:
        if obj["kind"] == self._kind:
            raise errors.Forbidden(self._message)
        return dict(self._cluster.apply(obj, **options))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cluster, name)


@pytest.mark.parametrize(
    ("message", "reason", "condition"),
    [
        ("exceeded quota: govcloud-quota, requested: requests.storage=5Gi", "QuotaExceeded", "True"),
        ("violates PodSecurity restricted:v1.36", "Creating", "False"),
    ],
)
def test_a_refused_write_is_said(world: ServiceWorld, message: str, reason: str, condition: str) -> None:
    world.order()
    kind = world.cluster
    world.cluster = Refusing(kind, "PersistentVolumeClaim", message)
    with pytest.raises(errors.Forbidden):
        world.reconcile()
    world.cluster = kind
    assert ready(world)[:2] == ("False", reason)
    assert message in ready(world)[2]
    assert world.condition("ServiceInstance", "main", "QuotaExceeded")[0] == condition


def test_drift_is_repaired(world: ServiceWorld) -> None:
    world.running()
    broken = world.found("NetworkPolicy", "svc-main", "networking.k8s.io/v1")
    broken["spec"]["ingress"] = [{}]
    world.cluster.apply({**broken, "metadata": {"name": "svc-main", "namespace": NAMESPACE}}, field_manager="somebody")
    world.reconcile()
    assert world.found("NetworkPolicy", "svc-main", "networking.k8s.io/v1")["spec"]["ingress"] != [{}]


def test_a_database_that_does_not_answer_is_never_ready(world: ServiceWorld) -> None:
    world.running()
    world.database.observation = Observation(last_backup=NOW, oldest_restore=NOW)
    world.reconcile()
    world.database.down = "the database at svc-main does not answer: timed out"
    world.reconcile()
    assert ready(world)[:2] == ("False", "Unreachable")
    assert "timed out" in ready(world)[2]
    assert world.condition("ServiceInstance", "main", "BackupRecent")[0] == "Unknown"
    assert status(world)["lastBackup"] == conditions.timestamp(NOW)


@pytest.mark.parametrize(
    ("age", "expected"), [(None, ("False", "NoBackup")), (25, ("True", "Recent")), (27, ("False", "Overdue"))]
)
def test_backup_recent(world: ServiceWorld, age: int | None, expected: tuple[str, str]) -> None:
    last = None if age is None else NOW - timedelta(hours=age)
    world.database.observation = Observation(last_backup=last, oldest_restore=last)
    world.running()
    assert world.condition("ServiceInstance", "main", "BackupRecent")[:2] == expected
    assert ready(world)[0] == "True"


def test_a_backup_on_demand(world: ServiceWorld) -> None:
    world.running()
    asked = conditions.timestamp(NOW - timedelta(minutes=1))
    metadata = {"name": "main", "namespace": NAMESPACE, "annotations": {BACKUP_REQUESTED: asked}}
    body = {"apiVersion": labels.API_VERSION, "kind": "ServiceInstance", "metadata": metadata}
    world.cluster.apply(body, field_manager="person")
    world.reconcile()
    assert world.database.wanted_backup == NOW - timedelta(minutes=1)
    world.database.wanted_backup = None
    world.database.observation = Observation(last_backup=NOW, oldest_restore=NOW)
    world.reconcile()
    world.database.wanted_backup = None
    world.reconcile()
    assert world.database.wanted_backup is None
    for nonsense in ("yesterday", "2999-01-01T00:00:00Z", "2026-05-03T12:00:00", "'; drop"):
        body["metadata"] = metadata | {"annotations": {BACKUP_REQUESTED: nonsense}}
        world.cluster.apply(body, field_manager="person")
        world.reconcile()
        assert world.database.wanted_backup is None, nonsense


def test_suspension_stops_it_and_keeps_the_data(world: ServiceWorld) -> None:
    world.running()
    metadata = {"name": "portal-dev", "namespace": "dept-tax"}
    body = {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": metadata, "spec": {"suspended": True}}
    world.cluster.apply(body, field_manager="platform")
    world.reconcile()
    world.play()
    assert world.reconcile() == 60.0
    assert world.found("StatefulSet", "svc-main", "apps/v1")["spec"]["replicas"] == 0
    assert ready(world)[:2] == ("False", "Suspended")
    assert children(world) == EVERYTHING
    world.cluster.apply(body | {"spec": {"suspended": False}}, field_manager="platform")
    world.reconcile()
    world.play()
    world.reconcile()
    assert world.found("StatefulSet", "svc-main", "apps/v1")["spec"]["replicas"] == 1
    assert ready(world)[0] == "True"


def test_a_minor_version_waits_for_its_window(world: ServiceWorld) -> None:
    world.running(maintenanceWindow={"weekday": "Sunday", "hour": 15})
    newer = [
        {"version": "15.20", "image": "registry.govcloud.internal/postgresql:15.20"},
        {"version": "15.21", "image": "registry.govcloud.internal/postgresql:15.21-2", "default": True},
    ]
    world.cluster.apply(offering(versions=newer), field_manager="platform")
    world.reconcile()
    image = "StatefulSet", "svc-main", "apps/v1"
    assert world.found(*image)["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":15.20")
    assert world.condition("ServiceInstance", "main", "UpgradePending")[0] == "True"
    assert status(world)["version"] == {"desired": "15.21", "applied": "15.20"}
    world.pass_time(hours=3)
    world.reconcile()
    assert world.found(*image)["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":15.21-2")
    world.play()
    world.reconcile()
    assert status(world)["version"] == {"desired": "15.21", "applied": "15.21"}
    assert world.condition("ServiceInstance", "main", "UpgradePending")[0] == "False"


def test_a_certificate_is_renewed_at_half_its_life(world: ServiceWorld) -> None:
    world.running()
    before = world.found("Secret", "svc-main-tls", "v1")
    world.pass_time(days=44)
    world.reconcile()
    assert world.found("Secret", "svc-main-tls", "v1")["data"] == before["data"]
    world.pass_time(days=2)
    world.reconcile()
    after = world.found("Secret", "svc-main-tls", "v1")
    assert after["data"]["tls.crt"] != before["data"]["tls.crt"]
    assert after["data"]["ca.crt"] == before["data"]["ca.crt"]
    names = certificates.server_names("main", NAMESPACE)
    assert certificates.is_fresh(authority.decoded(after, "tls.crt"), world.authority.pair(), names, world.now)


def test_a_volume_never_shrinks(world: ServiceWorld) -> None:
    world.running()
    world.cluster.apply(offering(plans=[PLAN.wire() | {"storage": "1Gi"}]), field_manager="platform")
    world.reconcile()
    claim = world.found("PersistentVolumeClaim", "data-svc-main-0", "v1")
    assert claim["spec"]["resources"]["requests"]["storage"] == "5Gi"


def test_protection_holds_what_was_deleted(world: ServiceWorld) -> None:
    world.running()
    world.cluster.delete(_ref(world))
    world.reconcile()
    assert ready(world)[1] == "DeletionProtected"
    assert children(world) == EVERYTHING
    world.change("ServiceInstance", "main", deletionProtection=False)
    world.reconcile()
    world.reconcile()
    assert children(world) == []
    assert world.get("ServiceInstance", "main") is None


def test_bindings_go_before_what_they_open(world: ServiceWorld) -> None:
    world.running(deletionProtection=False)
    world.bind()
    world.serve()
    user = world.found("ServiceBinding", "app")["status"]["user"]
    world.cluster.delete(_ref(world))
    world.reconcile()
    assert children(world) != []
    assert "service bindings are being revoked: app" in ready(world)[2]
    assert "deletionTimestamp" in world.found("ServiceBinding", "app")["metadata"]
    world.serve()
    assert world.get("ServiceBinding", "app") is None
    assert user not in world.database.logins
    world.reconcile()
    world.reconcile()
    assert world.get("ServiceInstance", "main") is None
    assert children(world) == []


def test_an_instance_of_an_offering_that_is_gone_can_be_removed(world: ServiceWorld) -> None:
    world.running(deletionProtection=False)
    found = world.cluster.list(labels.API_VERSION, "ServiceOffering")[0]
    world.cluster.delete(_of(found))
    world.reconcile()
    assert ready(world)[1] == "NoSuchOffering"
    assert children(world) == EVERYTHING
    world.cluster.delete(_ref(world))
    world.reconcile()
    world.reconcile()
    assert children(world) == []


def test_a_restore_runs_before_the_server(world: ServiceWorld) -> None:
    world.running("first")
    moment = conditions.timestamp(NOW + timedelta(hours=1))
    world.order("copy", restoreFrom={"instance": "first", "time": moment})
    world.reconcile("copy")
    assert ready(world, "copy")[1] == "NoBackup"
    world.database.observation = Observation(last_backup=NOW, oldest_restore=NOW)
    world.reconcile("first")
    world.reconcile("copy")
    assert ready(world, "copy")[1] == "TooLate"
    world.pass_time(hours=2)
    world.reconcile("copy")
    job = world.found("Job", "svc-copy-restore", "batch/v1")
    volumes = {volume["name"]: volume for volume in job["spec"]["template"]["spec"]["volumes"]}
    assert volumes["backup"]["secret"]["secretName"] == "svc-copy-source"
    source = world.authority.vault(world.found("ServiceInstance", "first")["metadata"]["uid"])
    given = authority.decoded(world.found("Secret", "svc-copy-source", "v1"), "pgbackrest.conf")
    assert source.reader.secret in given
    assert source.writer.secret not in given
    assert {"name": "GOVCLOUD_RESTORE_TIME", "value": "2026-05-03 13:00:00+00"} in job["spec"]["template"]["spec"][
        "containers"
    ][0]["env"]
    assert world.get("StatefulSet", "svc-copy", "apps/v1") is None
    assert ready(world, "copy")[1] == "Restoring"
    assert world.database.flushed > 0
    _finish(world, job, "Complete")
    world.reconcile("copy")
    assert world.get("StatefulSet", "svc-copy", "apps/v1") is not None
    assert world.get("Job", "svc-copy-restore", "batch/v1") is None
    assert world.get("Secret", "svc-copy-source", "v1") is None
    world.play("copy")
    world.reconcile("copy")
    assert ready(world, "copy")[0] == "True"


def test_a_restore_that_failed_is_said(world: ServiceWorld) -> None:
    world.database.observation = Observation(last_backup=NOW, oldest_restore=NOW)
    world.running("first")
    world.order("copy", restoreFrom={"instance": "first"})
    world.reconcile("copy")
    _finish(world, world.found("Job", "svc-copy-restore", "batch/v1"), "Failed")
    world.reconcile("copy")
    assert ready(world, "copy")[:2] == ("False", "RestoreFailed")
    assert world.get("StatefulSet", "svc-copy", "apps/v1") is None


def test_a_moment_before_the_first_backup_is_refused(world: ServiceWorld) -> None:
    world.database.observation = Observation(last_backup=NOW, oldest_restore=NOW)
    world.running("first")
    moment = conditions.timestamp(NOW - timedelta(hours=1))
    world.order("copy", restoreFrom={"instance": "first", "time": moment})
    world.reconcile("copy")
    assert ready(world, "copy")[1] == "TooEarly"
    assert world.get("Job", "svc-copy-restore", "batch/v1") is None


def _finish(world: ServiceWorld, job: Object, condition: str) -> None:
    body = {key: job[key] for key in ("apiVersion", "kind")} | {
        "metadata": {"name": job["metadata"]["name"], "namespace": NAMESPACE},
        "status": {"conditions": [{"type": condition, "status": "True"}]},
    }
    world.cluster.patch_status(body, field_manager="kubelet")


def _ref(world: ServiceWorld, name: str = "main") -> Any:
    return _of(world.found("ServiceInstance", name))


def _of(obj: Object) -> Any:
    from govcloud_kube import ref_of

    return ref_of(obj)
