"""One story of a department from its first day to its last, in stages that each say when they are over."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from govcloud_api import conditions, errors, labels
from govcloud_api.objects import Object, Ref
from govcloud_kube import Cluster
from support import tenancy
from support.apiserver import ApiServer

PRODUCT = "portal"
MAIN = f"{PRODUCT}-sandbox"
IMAGE = f"{labels.REGISTRY}/shop"


@dataclass(frozen=True, slots=True)
class Life:
    """A department, and who acts for it."""

    code: str
    server: ApiServer
    _known: dict[str, Cluster] = field(default_factory=dict, repr=False)

    @property
    def admin(self) -> Cluster:
        """The platform team."""
        return self._as("admin", "system:masters")

    @property
    def owner(self) -> Cluster:
        """The department's owner."""
        return self._as(f"{self.code}-owner", f"{self.code}:owner")

    @property
    def operator(self) -> Cluster:
        """The operator's own rights, without the operator: it alone may say that time has passed."""
        return self._as(labels.OPERATOR_USER, *tenancy.SERVICE_ACCOUNT_GROUPS)

    @property
    def home(self) -> str:
        """Namespace of its requests."""
        return labels.home_namespace(self.code)

    @property
    def work(self) -> str:
        """Namespace of its one environment."""
        return f"{self.code}-{MAIN}"

    def live(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """One of our kinds as it is now."""
        return self.admin.get(Ref(labels.API_VERSION, kind, name, namespace))

    def environment(self) -> Object | None:
        """Its one environment."""
        return self.live("Environment", MAIN, self.home)

    def request_is_done(self, name: str) -> bool:
        """Ready=True."""
        return tenancy.is_ready(self.live("EnvironmentRequest", name, self.home))

    def service_says(self, kind: str, name: str) -> tuple[str, str]:
        """Status and reason of Ready."""
        return tenancy.condition(self.live(kind, name, self.work), "Ready")

    def ask(self, name: str, **spec: Any) -> None:
        """A request about the environment."""
        given = {"environmentRef": MAIN, "justification": {"why": "a test"}} | spec
        metadata = {"name": name, "namespace": self.home}
        kind = {"apiVersion": labels.API_VERSION, "kind": "EnvironmentRequest"}
        self.order(kind | {"metadata": metadata, "spec": given})

    def order(self, obj: Object) -> None:
        """The owner creates it; an answer that was lost or a right that comes late is asked for again."""
        tenancy.eventually(lambda: _created(self.owner, obj), f"{obj['kind']} {obj['metadata']['name']} is made")

    def says(self) -> str:
        """What its objects say of themselves, for people."""
        kinds = ("Department", "EnvironmentRequest", "Environment", "ServiceInstance", "ServiceBinding")
        found = [obj for kind in kinds for obj in self.admin.list(labels.API_VERSION, kind)]
        mine = [obj for obj in found if self.code in (obj["metadata"].get("namespace") or obj["metadata"]["name"])]
        told = [(obj, conditions.find(obj, "Ready") or {}) for obj in mine]
        return "; ".join(f"{o['kind']} {o['metadata']['name']}: {c.get('reason')} {c.get('message')}" for o, c in told)

    def _as(self, user: str, *groups: str) -> Cluster:
        if user not in self._known:
            self._known[user] = self.server.connect(user, *groups)
        return self._known[user]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What people do, and how one sees that the operator has done its part."""

    name: str
    act: Callable[[Life], None]
    over: Callable[[Life], bool]


def _found(life: Life) -> None:
    life.admin.apply(tenancy.department(life.code), field_manager=labels.PLATFORM_FIELD_MANAGER)


def _ask_for_place(life: Life) -> None:
    life.order(tenancy.request(life.home, "first", product=PRODUCT, size="medium"))


def _order(life: Life) -> None:
    web = {"image": f"{IMAGE}:1.0", "host": f"web.{life.work}.{labels.APPS_DOMAIN}", "minReplicas": 1, "maxReplicas": 2}
    life.order(_service(life, "web", offeringRef="web", plan="small", web=web))
    life.order(_service(life, "cache", offeringRef="valkey", plan="small"))
    metadata = {"name": "app", "namespace": life.work}
    kind = {"apiVersion": labels.API_VERSION, "kind": "ServiceBinding", "metadata": metadata}
    life.order(kind | {"spec": {"instanceRef": "cache"}})


def _ordered(life: Life) -> bool:
    """The program runs; the cache has everything but a kubelet, so its binding waits."""
    web, cache = life.service_says("ServiceInstance", "web"), life.service_says("ServiceInstance", "cache")
    binding = life.service_says("ServiceBinding", "app")
    made = life.admin.get(Ref("apps/v1", "StatefulSet", "svc-cache", life.work))
    return web[0] == "True" and cache[0] == "False" and binding[0] == "False" and made is not None


def _change(life: Life) -> None:
    life.ask("smaller", type="Change", quota={"cpu": "1500m", "memory": "3Gi", "storage": "15Gi", "pods": 20})
    _touch(life, "web", web={"image": f"{IMAGE}:1.1"})


def _changed(life: Life) -> bool:
    deployment = life.admin.get(Ref("apps/v1", "Deployment", "svc-web", life.work)) or {"spec": {}}
    images = [c["image"] for c in deployment["spec"].get("template", {}).get("spec", {}).get("containers", [])]
    settled = tenancy.is_ready(life.environment()) and life.service_says("ServiceInstance", "web")[0] == "True"
    return life.request_is_done("smaller") and settled and images == [f"{IMAGE}:1.1"]


def _expire(life: Life) -> None:
    past = conditions.timestamp(datetime.now(UTC) - timedelta(seconds=1))
    metadata = {"name": MAIN, "namespace": life.home}
    body = {"apiVersion": labels.API_VERSION, "kind": "Environment", "metadata": metadata}
    life.operator.apply(body | {"spec": {"expiresAt": past}}, field_manager="time")


def _rests(life: Life) -> bool:
    deployment = life.admin.get(Ref("apps/v1", "Deployment", "svc-web", life.work)) or {"spec": {}}
    suspended = tenancy.condition(life.environment(), "Suspended") == ("True", "Expired")
    return suspended and deployment["spec"].get("replicas") == 0


def _wake(life: Life) -> None:
    life.ask("again", type="Extend", lifetimeDays=20)


def _awake(life: Life) -> bool:
    active = tenancy.condition(life.environment(), "Suspended") == ("False", "Active")
    settled = tenancy.is_ready(life.environment()) and life.service_says("ServiceInstance", "web")[0] == "True"
    return life.request_is_done("again") and active and settled


def _give_back(life: Life) -> None:
    for name in ("web", "cache"):
        _touch(life, name, deletionProtection=False)
    life.ask("over", type="Delete")


def _given_back(life: Life) -> bool:
    return life.environment() is None and life.admin.get(Ref("v1", "Namespace", life.work)) is None


def _close(life: Life) -> None:
    life.admin.delete(Ref(labels.API_VERSION, "Department", life.code))


def _closed(life: Life) -> bool:
    gone = life.admin.get(Ref("v1", "Namespace", life.home)) is None
    return gone and life.live("Department", life.code) is None


STAGES = (
    Stage(
        name="department",
        act=_found,
        over=lambda life: tenancy.is_ready(life.live("Department", life.code)),
    ),
    Stage(
        name="environment",
        act=_ask_for_place,
        over=lambda life: life.request_is_done("first") and tenancy.is_ready(life.environment()),
    ),
    Stage(name="services", act=_order, over=_ordered),
    Stage(name="change", act=_change, over=_changed),
    Stage(name="expiry", act=_expire, over=_rests),
    Stage(name="extension", act=_wake, over=_awake),
    Stage(name="end", act=_give_back, over=_given_back),
    Stage(name="closing", act=_close, over=_closed),
)


def _created(cluster: Cluster, obj: Object) -> bool:
    with suppress(errors.Conflict):  # an earlier attempt was stored, and its answer lost
        cluster.create(obj)
    return True


def _service(life: Life, name: str, **spec: Any) -> Object:
    metadata = {"name": name, "namespace": life.work}
    return {"apiVersion": labels.API_VERSION, "kind": "ServiceInstance", "metadata": metadata, "spec": spec}


def _touch(life: Life, name: str, **spec: Any) -> None:
    """Change some fields of an order; each change by a manager of its own, so that earlier wishes stay."""
    manager = f"person-{'-'.join(spec)}".lower()
    body = _service(life, name, **spec)
    tenancy.eventually(lambda: life.owner.apply(body, field_manager=manager), f"{name} is changed")
