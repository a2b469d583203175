"""Which version runs now and which waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api.v1alpha1.service_instance import MaintenanceWindow, ServiceInstanceSpec
from govcloud_api.v1alpha1.service_offering import OfferedVersion
from govcloud_operators.services import versions

SUNDAY_NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


def offered(*names: str, default: str = "") -> list[OfferedVersion]:
    return [OfferedVersion(version=name, image=f"r/p:{name}", default=name == default) for name in names]


@pytest.mark.parametrize(
    ("spec", "applied", "run", "told"),
    [
        ({}, None, "15.21", ""),
        ({"version": "15.20"}, None, "15.20", ""),
        ({"version": "15.20"}, "15.20", "15.20", ""),
        ({}, "15.21", "15.21", ""),
        ({}, "15.20", "15.20", "pending: 15.21 waits for the window on Sunday at 03:00 UTC"),
        ({"maintenanceWindow": {"weekday": "Sunday", "hour": 11}}, "15.20", "15.21", ""),
        ({"maintenanceWindow": {"weekday": "Sunday", "hour": 10}}, "15.20", "15.20", "pending: 15.21 waits"),
        ({"upgradePolicy": "Manual"}, "15.20", "15.20", "pending: 15.21 is offered; write it into spec.version"),
        ({"upgradePolicy": "Manual", "version": "15.21"}, "15.20", "15.21", ""),
        ({"version": "15.20", "upgradePolicy": "Manual"}, "15.21", "15.20", ""),
        ({"version": "14.1"}, None, "", "fault: version 14.1 is not offered; choose one of 15.20, 15.21, 16.1"),
        ({"version": "14.1"}, "15.20", "15.20", "fault: version 14.1 is not offered"),
        ({"version": "16.1"}, "15.20", "15.20", "fault: 16.1 is another major version than 15.20"),
    ],
)
def test_choose(spec: dict[str, object], applied: str | None, run: str, told: str) -> None:
    parsed = ServiceInstanceSpec.model_validate({"offeringRef": "postgresql", "plan": "small"} | spec)
    choice = versions.choose(parsed, offered("15.20", "15.21", "16.1", default="15.21"), applied, SUNDAY_NOON)
    assert choice.run == run
    said = f"pending: {choice.pending}" if choice.pending else f"fault: {choice.fault}" if choice.fault else ""
    assert said.startswith(told)
    assert bool(said) == bool(told)


def test_a_new_major_default_only_waits() -> None:
    spec = ServiceInstanceSpec(offering_ref="postgresql", plan="small")
    choice = versions.choose(spec, offered("15.20", "16.1", default="16.1"), "15.20", SUNDAY_NOON)
    assert (choice.run, choice.fault) == ("15.20", "")
    assert "another major version" in choice.pending


def test_an_offering_without_default() -> None:
    spec = ServiceInstanceSpec(offering_ref="postgresql", plan="small")
    assert "no default version; choose one of 15.20" in versions.choose(spec, offered("15.20"), None, SUNDAY_NOON).fault


@given(
    st.sampled_from(versions.WEEKDAYS),
    st.integers(0, 23),
    st.integers(0, 366 * 24 * 60).map(lambda minutes: SUNDAY_NOON + timedelta(minutes=minutes)),
)
def test_the_window_opens_once_a_week_for_two_hours(weekday: str, hour: int, now: datetime) -> None:
    window = MaintenanceWindow.model_validate({"weekday": weekday, "hour": hour})
    opens = versions.next_window(window, now)
    assert (versions.WEEKDAYS[opens.weekday()], opens.hour, opens.minute) == (weekday, hour, 0)
    assert now - timedelta(hours=versions.WINDOW_HOURS) < opens <= now + timedelta(days=7)
