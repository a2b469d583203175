"""An environment on the real API server is suspended, wakes up, is held, and goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from govcloud_api import conditions, errors, labels
from govcloud_kube import Cluster, Object, Ref
from support import tenancy

IMAGE = f"{labels.REGISTRY}/test:1"
PROFILE = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
SHUT = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def later(**delta: float) -> str:
    return conditions.timestamp(datetime.now(UTC) + timedelta(**delta))


class Place:
    """One environment of the tax department, and who may do what to it."""

    def __init__(self, home: str, product: str, admin: Cluster, as_operator: Cluster, owner: Cluster) -> None:
        self.admin, self.as_operator, self.owner = admin, as_operator, owner
        self.environment = Ref(labels.API_VERSION, "Environment", f"{product}-sandbox", home)
        self.namespace = f"tax-{product}-sandbox"
        self._versions = 0

    def change(self, by: Cluster, **spec: Any) -> None:
        """Write fields of the Environment's spec; another manager each time, so an earlier wish stays."""
        self._versions += 1
        metadata = {"name": self.environment.name, "namespace": self.environment.namespace}
        body = {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": metadata, "spec": spec}
        by.apply(body, field_manager=f"test-{self._versions}")

    def live(self) -> Object:
        found = self.admin.get(self.environment)
        assert found is not None
        return found

    def eventually(self, type_: str, status: str, reason: str) -> None:
        wanted = (status, reason)
        tenancy.eventually(lambda: tenancy.condition(self.admin.get(self.environment), type_) == wanted, str(wanted))

    def replicas(self, kind: str, name: str) -> int | None:
        found = self.admin.get(Ref("apps/v1", kind, name, self.namespace))
        return None if found is None else found["spec"]["replicas"]


@pytest.fixture
def new_place(
    tax: str, admin: Cluster, as_operator: Cluster, owner_of: Callable[[str], Cluster]
) -> Iterator[Callable[[str], Place]]:
    """Factory: a sandbox that is Ready."""
    made: list[Place] = []

    def make(product: str) -> Place:
        owner = owner_of("tax")
        owner.create(tenancy.request(tax, product, product=product))
        place = Place(tax, product, admin, as_operator, owner)
        made.append(place)
        tenancy.play_kubelet(admin, place.namespace)
        tenancy.eventually(lambda: tenancy.is_ready(admin.get(place.environment)), f"{product} is Ready")
        return place

    yield make
    for place in made:
        if admin.get(place.environment) is not None:
            place.change(admin, legalHold=False)
        admin.delete(place.environment)


def pods(name: str) -> dict[str, Any]:
    container = {"name": "main", "image": IMAGE, "securityContext": SHUT}
    spec = {"containers": [container], "securityContext": PROFILE, "restartPolicy": "Always"}
    return {"metadata": {"labels": {"app": name}}, "spec": spec}


def put_to_work(place: Place) -> None:
    where = {"namespace": place.namespace}
    selector = {"matchLabels": {"app": "web"}}
    once = pods("job") | {"spec": pods("job")["spec"] | {"restartPolicy": "Never"}}
    for version, kind, name, spec in (
        ("apps/v1", "Deployment", "web", {"replicas": 3, "selector": selector, "template": pods("web")}),
        ("apps/v1", "StatefulSet", "store", {"serviceName": "s", "selector": selector, "template": pods("web")}),
        ("batch/v1", "CronJob", "nightly", {"schedule": "0 1 * * *", "jobTemplate": {"spec": {"template": once}}}),
        ("batch/v1", "Job", "now", {"template": once}),
        ("v1", "Pod", "bare", pods("bare")["spec"]),
    ):
        metadata = where | {"name": name}
        place.owner.create({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec})


def test_expired_it_rests_and_an_extension_wakes_it(new_place: Callable[[str], Place]) -> None:
    place = new_place("rest")
    put_to_work(place)
    place.change(place.as_operator, expiresAt=later(seconds=-1))
    place.eventually("Suspended", "True", "Expired")
    tenancy.eventually(lambda: place.replicas("Deployment", "web") == 0, "scaled to zero")
    tenancy.eventually(lambda: place.replicas("StatefulSet", "store") == 0, "scaled to zero")
    cron = Ref("batch/v1", "CronJob", "nightly", place.namespace)
    tenancy.eventually(lambda: (place.admin.get(cron) or {})["spec"]["suspend"] is True, "paused")
    for gone in (Ref("batch/v1", "Job", "now", place.namespace), Ref("v1", "Pod", "bare", place.namespace)):
        tenancy.eventually(lambda gone=gone: place.admin.get(gone) is None, f"{gone} is gone")
    place.eventually("Ready", "False", "Suspended")
    noted = conditions.parse_timestamp(place.live()["status"]["deleteAfter"])
    assert timedelta(days=13, hours=23) < noted - datetime.now(UTC) <= timedelta(days=14)
    late = {"name": "late", "namespace": place.namespace}
    with pytest.raises(errors.Forbidden, match="exceeded quota"):
        place.owner.create({"apiVersion": "v1", "kind": "Pod", "metadata": late, "spec": pods("late")["spec"]})

    place.change(place.as_operator, expiresAt=later(days=30))
    place.eventually("Suspended", "False", "Active")
    tenancy.eventually(lambda: place.replicas("Deployment", "web") == 3, "as many as before")
    tenancy.eventually(lambda: place.replicas("StatefulSet", "store") == 1, "this one, too")
    tenancy.eventually(lambda: (place.admin.get(cron) or {})["spec"]["suspend"] is False, "goes on")
    tenancy.eventually(lambda: tenancy.is_ready(place.admin.get(place.environment)), "Ready again")
    assert "deleteAfter" not in place.live()["status"]


def test_after_its_time_it_goes(new_place: Callable[[str], Place]) -> None:
    place = new_place("over")
    place.change(place.as_operator, expiresAt=later(days=-20))
    place.eventually("Ready", "False", "Suspended")
    tenancy.eventually(lambda: gone_when_two_weeks_are_over(place), "the environment is gone", seconds=60)
    assert place.admin.get(Ref("v1", "Namespace", place.namespace)) is None


def test_the_platform_suspends_and_holds_and_nobody_else(new_place: Callable[[str], Place]) -> None:
    place = new_place("hold")
    with pytest.raises(errors.Forbidden):
        place.change(place.owner, suspended=True)
    place.change(place.admin, suspended=True)
    place.eventually("Suspended", "True", "ByPlatform")
    place.change(place.admin, legalHold=True)
    place.as_operator.delete(place.environment)
    place.eventually("Ready", "False", "Deleting")
    tenancy.eventually(lambda: "legal hold" in message(place.live(), "Ready"), "says why")
    assert "deletionTimestamp" not in (place.admin.get(Ref("v1", "Namespace", place.namespace)) or {})["metadata"]
    place.change(place.admin, legalHold=False)
    tenancy.eventually(
        lambda: place.admin.get(place.environment) is None, "it goes once the hold is lifted", seconds=60
    )


def test_a_protected_service_is_waited_for(new_place: Callable[[str], Place]) -> None:
    place = new_place("kept")
    metadata = {"name": "db", "namespace": place.namespace}
    kind = {"apiVersion": labels.API_VERSION, "kind": "ServiceInstance", "metadata": metadata}
    place.admin.create(kind | {"spec": {"offeringRef": "nothing", "plan": "small"}})
    place.as_operator.delete(place.environment)
    tenancy.eventually(lambda: "protected service instances db" in message(place.live(), "Ready"), "says why")
    assert "deletionTimestamp" not in (place.admin.get(Ref("v1", "Namespace", place.namespace)) or {})["metadata"]
    place.admin.apply(kind | {"spec": {"deletionProtection": False}}, field_manager="test")
    tenancy.eventually(lambda: place.admin.get(place.environment) is None, "it goes", seconds=60)


def gone_when_two_weeks_are_over(place: Place) -> bool:
    """Move the end into the past, again when the operator wrote what it had read before."""
    live = place.admin.get(place.environment)
    if live is not None and conditions.parse_timestamp(live["status"]["deleteAfter"]) > datetime.now(UTC):
        place.as_operator.patch_status(live | {"status": {"deleteAfter": later(days=-1)}}, field_manager="test")
    return live is None


def message(found: Object, type_: str) -> str:
    return str((conditions.find(found, type_) or {}).get("message", ""))
