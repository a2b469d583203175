"""Which kinds the operator keeps copies of, and whose turn it is when one of them changes by another hand. Pure.

kopf watches our own kinds; what environments and homes consist of is followed besides, so that drift, a counted quota
and a finished probe bring the next look at once, and a look costs no reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from govcloud_api import labels, notices
from govcloud_api.objects import Object, Ref
from govcloud_kube.mirror import is_only_status
from govcloud_kube.shelf import Change, Followed
from govcloud_operators import isolation
from govcloud_operators.environment import desired
from govcloud_operators.keys import Key

WARNINGS_KEPT = 64
"""Events kept a namespace: twice what an Environment shows of them."""
CHILDREN = (
    Followed(api_version="v1", kind="Namespace"),
    Followed(api_version="v1", kind="ResourceQuota"),
    Followed(api_version="v1", kind="LimitRange"),
    Followed(api_version=isolation.POLICY_VERSION, kind="NetworkPolicy"),
    Followed(
        api_version=isolation.RBAC_VERSION,
        kind="RoleBinding",
        label_selector=labels.selector({labels.MANAGED_BY: labels.MANAGER}),
    ),
    Followed(api_version="v1", kind="Pod", field_selector=f"metadata.name={desired.PROBE_NAME}"),
    Followed(api_version="v1", kind="ServiceAccount", namespace=labels.TENANTS_NAMESPACE),
    *(Followed(api_version="v1", kind="ConfigMap", field_selector=f"metadata.name={name}") for name in notices.NAMES),
    Followed(api_version="v1", kind="Event", field_selector="type=Warning", newest=WARNINGS_KEPT, has_bookmarks=False),
)
_ABOUT_ENVIRONMENTS = frozenset({"Department", "Environment", "EnvironmentRequest"})
SELDOM = (desired.CANARY, desired.API_SERVICE)
"""Services whose addresses never change while they are there."""


def own(kinds: Iterable[str]) -> Iterator[Followed]:
    """Our own kinds."""
    for kind in kinds:
        yield Followed(api_version=labels.API_VERSION, kind=kind)


def unconcerned(change: Change | None) -> frozenset[str]:
    """Kinds that need no look because an object of ours was modified like this; None: only in what we wrote ourselves.

    The status is our own word. A department counts what its environments reserve, and a request that is history needs
    to know whether its environment is there and who asked for it last: other wishes of an environment are its own.
    """
    if change is None or is_only_status(change):
        return _ABOUT_ENVIRONMENTS
    before, after = change.before, change.after
    if before and after and after["kind"] == "Environment" and _reserved(before) == _reserved(after):
        return _ABOUT_ENVIRONMENTS - {"Environment"}
    return frozenset()


def place(followed: Followed, change: Change) -> Ref | None:
    """The namespace that says whose turn it is; None: nobody's."""
    obj = change.after or change.before or {"metadata": {}}
    if followed.kind in ("Event", "Namespace", "ServiceAccount") or _is_only_use(followed, change):
        return None
    return Ref("v1", "Namespace", obj["metadata"].get("namespace", ""))


def key(followed: Followed, change: Change, namespace: Object | None) -> Key | None:
    """Whose turn it is; `namespace` is the live object of `place`."""
    obj = change.after or change.before
    if followed.kind == "Namespace":
        return _of_namespace(obj)
    if followed.kind == "ServiceAccount":
        code = _label(obj, labels.DEPARTMENT)
        return Key("Department", None, code) if code else None
    return _of_namespace(namespace) if place(followed, change) else None


def _reserved(environment: Object) -> object:
    metadata, spec = environment["metadata"], environment["spec"]
    known = [metadata.get(name) for name in ("uid", "deletionTimestamp", "annotations")]
    return known, [spec.get(name) for name in ("quota", "departmentRef", "requestRef")]


def _of_namespace(namespace: Object | None) -> Key | None:
    code, name = _label(namespace, labels.DEPARTMENT), _label(namespace, labels.ENVIRONMENT)
    if code and name:
        return Key("Environment", labels.home_namespace(code), name)
    return Key("Department", None, code) if code and _label(namespace, labels.ROLE) == "home" else None


def _is_only_use(followed: Followed, change: Change) -> bool:
    """A quota that counts differently, and is otherwise as it was: the resync is soon enough to show it."""
    if followed.kind != "ResourceQuota" or change.before is None or change.after is None:
        return False
    return _without_use(change.before) == _without_use(change.after)


def _without_use(quota: Object) -> object:
    counted = quota.get("status") or {}
    metadata = quota["metadata"]
    known = (sorted(counted.get("hard") or {}), sorted(counted.get("used") or {}))
    return quota.get("spec"), metadata.get("labels"), metadata.get("deletionTimestamp"), known


def _label(obj: Object | None, name: str) -> str:
    return str((((obj or {}).get("metadata") or {}).get("labels") or {}).get(name, ""))
