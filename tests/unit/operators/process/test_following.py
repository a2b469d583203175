"""A change by another hand brings the look of whoever the namespace belongs to; mere use of a quota brings none."""

from __future__ import annotations

from typing import Any

import pytest

from govcloud_api import labels
from govcloud_api.objects import Object
from govcloud_kube.shelf import Change, Followed
from govcloud_operators.keys import Key
from govcloud_operators.process import following

ENVIRONMENT = {labels.DEPARTMENT: "tax", labels.ENVIRONMENT: "portal-sandbox", labels.ROLE: "environment"}
HOME = {labels.DEPARTMENT: "tax", labels.ROLE: "home"}
KEYS = {
    "environment": Key("Environment", "dept-tax", "portal-sandbox"),
    "home": Key("Department", None, "tax"),
}


def kind(name: str) -> Followed:
    return next(found for found in following.CHILDREN if found.kind == name)


def obj(name: str, tags: dict[str, str] | None = None, namespace: str = "n", **more: Any) -> Object:
    return {"kind": name, "metadata": {"name": "x", "namespace": namespace, "labels": tags or {}}} | more


@pytest.mark.parametrize("where", ["environment", "home"])
@pytest.mark.parametrize("child", ["LimitRange", "NetworkPolicy", "RoleBinding", "ConfigMap", "ResourceQuota"])
def test_a_child_that_goes_brings_its_owners_look(where: str, child: str) -> None:
    namespace = obj("Namespace", ENVIRONMENT if where == "environment" else HOME)
    change = Change(obj(child), None)
    place = following.place(kind(child), change)
    assert place is not None
    assert place.name == "n"
    assert following.key(kind(child), change, namespace) == KEYS[where]
    assert following.key(kind(child), change, None) is None


def test_namespaces_and_accounts_say_themselves_whose_they_are() -> None:
    for tags, expected in ((ENVIRONMENT, KEYS["environment"]), (HOME, KEYS["home"]), ({}, None)):
        change = Change(None, obj("Namespace", tags))
        assert following.place(kind("Namespace"), change) is None
        assert following.key(kind("Namespace"), change, None) == expected
    change = Change(obj("ServiceAccount", {labels.DEPARTMENT: "tax"}), None)
    assert following.key(kind("ServiceAccount"), change, None) == KEYS["home"]


def test_a_quota_that_is_used_is_no_news_and_one_that_is_counted_is() -> None:
    spec = {"hard": {"cpu": "1"}}
    fresh = obj("ResourceQuota", spec=spec)
    counted = fresh | {"status": {"hard": {"cpu": "1"}, "used": {"cpu": "0"}}}
    used = fresh | {"status": {"hard": {"cpu": "1"}, "used": {"cpu": "500m"}}}
    changed = counted | {"spec": {"hard": {"cpu": "100"}}}
    namespace = obj("Namespace", ENVIRONMENT)
    expected = {(0, 1): True, (1, 2): False, (1, 3): True}
    steps = [fresh, counted, used, changed]
    for (before, after), told in expected.items():
        change = Change(steps[before], steps[after])
        assert (following.key(kind("ResourceQuota"), change, namespace) is not None) is told


def test_events_of_tenants_bring_nobody_to_look() -> None:
    change = Change(None, obj("Event"))
    assert following.key(kind("Event"), change, obj("Namespace", ENVIRONMENT)) is None
