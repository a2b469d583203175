"""ServiceInstances to values."""

from __future__ import annotations

import json

import pytest

from govcloud_monitoring.services import parse
from govcloud_monitoring.services.parse import Instance, Offering, State
from support.monitoring import Wire, condition, offering, page, service

SPACE = "tax-portal-test"
NOON = 1_777_809_600
"""2026-05-03T12:00:00Z."""


def parsed(wire: Wire) -> Instance:
    [found] = parse.instances(page([wire])).items
    return found


@pytest.mark.parametrize(
    ("ready", "reason", "state"),
    [
        ("True", "Ready", "ready"),
        ("False", "Unreachable", "not_ready"),
        ("Unknown", "", "not_ready"),
        ("False", "Suspended", "suspended"),
    ],
)
def test_whether_it_works_is_what_its_condition_says(ready: str, reason: str, state: State):
    found = parsed(service("db", SPACE, ready=ready, reason=reason))
    assert found == Instance(SPACE, "postgresql", state)


def test_one_that_nobody_has_looked_at_does_not_work_yet():
    fresh: Wire = {"metadata": {"name": "db", "namespace": SPACE}, "spec": {"offeringRef": "redis"}}
    assert parsed(fresh) == Instance(SPACE, "redis", "not_ready")


def test_the_newest_backup_is_of_those_that_are_backed_up():
    backed = [condition("Provisioned"), condition("BackupRecent")]
    assert parsed(service("db", SPACE, lastBackup="2026-05-03T12:00:00Z", conditions=backed)).last_backup == NOON
    assert parsed(service("db", SPACE, lastBackup="2026-05-03T12:00:00Z")).last_backup is None
    away = service("db", SPACE, ready="False", lastBackup="2026-05-03T12:00:00Z", conditions=backed)
    assert parsed(away).last_backup == NOON, "its backup grows old also while it does not answer"


def test_one_without_a_backup_waits_from_the_moment_when_it_runs():
    waits = [condition("Provisioned", since="2026-05-03T12:00:00Z"), condition("BackupRecent", "False")]
    found = parsed(service("db", SPACE, conditions=waits))
    assert (found.last_backup, found.awaited_since) == (None, NOON)
    not_made = [condition("Provisioned", "False"), condition("BackupRecent", "False")]
    assert parsed(service("db", SPACE, conditions=not_made)).awaited_since is None


def test_a_suspended_one_has_no_age_of_backups():
    all_of_it = [condition("Provisioned"), condition("BackupRecent", "False")]
    for more in ({"lastBackup": "2026-05-03T12:00:00Z"}, {}):
        found = parsed(service("db", SPACE, ready="False", reason="Suspended", conditions=all_of_it, **more))
        assert (found.state, found.last_backup, found.awaited_since) == ("suspended", None, None)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-03T12:00:00Z", "0001-01-01T00:00:00"])
def test_what_is_no_moment_is_no_backup_and_no_error(text: str):
    backed = [condition("Provisioned"), condition("BackupRecent")]
    found = parsed(service("db", SPACE, lastBackup=text, conditions=backed))
    assert (found.last_backup, found.awaited_since) == (None, NOON)


def test_lines_of_a_watch_tell_the_same():
    wire = service("db", SPACE)
    wire["metadata"]["resourceVersion"] = "9"
    told = parse.instance(json.dumps({"type": "MODIFIED", "object": wire}).encode())
    assert (told.key, told.value) == ((SPACE, "db"), parsed(wire))
    assert parse.instance(json.dumps({"type": "DELETED", "object": wire}).encode()).value is None
    listed = offering("redis", "valkey")
    listed["metadata"]["resourceVersion"] = "9"
    told_too = parse.offering(json.dumps({"type": "ADDED", "object": listed}).encode())
    assert told_too.value == Offering("redis", "valkey") == parse.offerings(page([listed])).items[0]
