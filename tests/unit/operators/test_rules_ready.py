"""ApprovalPolicies and WorkCalendars say whether they can be used."""

from __future__ import annotations

from govcloud_api import labels
from govcloud_kube import Ref
from govcloud_operators.approval_policy import reconcile as approval_policy
from govcloud_operators.work_calendar import reconcile as work_calendar
from support.deciding import Deciding
from support.worlds import status_of

CALENDAR = Ref(labels.API_VERSION, "WorkCalendar", "default")
POLICY = Ref(labels.API_VERSION, "ApprovalPolicy", "production")


def test_a_policy_needs_its_calendar() -> None:
    world = Deciding()
    approval_policy.reconcile(world.cluster, "production", world.now)
    assert status_of(world.live(POLICY), "Ready") == ("True", "Ready")
    world.cluster.delete(CALENDAR)
    approval_policy.reconcile(world.cluster, "production", world.now)
    assert status_of(world.live(POLICY), "Ready") == ("False", "NoSuchCalendar")


def test_a_calendar_needs_days_that_exist() -> None:
    world = Deciding()
    work_calendar.reconcile(world.cluster, "default", world.now)
    assert status_of(world.live(CALENDAR), "Ready") == ("True", "Ready")
    wrong = world.live(CALENDAR) | {"spec": {"timeZone": "UTC", "extraWorkDays": ["2026-02-30"]}}
    world.cluster.apply(wrong, field_manager="platform")
    work_calendar.reconcile(world.cluster, "default", world.now)
    assert status_of(world.live(CALENDAR), "Ready") == ("False", "Wrong")
    writes = list(world.cluster.writes)
    work_calendar.reconcile(world.cluster, "default", world.now)
    assert world.cluster.writes == writes


def test_what_is_gone_is_nobodys_trouble() -> None:
    world = Deciding()
    approval_policy.reconcile(world.cluster, "nothing", world.now)
    work_calendar.reconcile(world.cluster, "nothing", world.now)
    assert world.cluster.writes == []
