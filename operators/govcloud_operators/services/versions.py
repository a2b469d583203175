"""Which version shall run now, and which one waits for its window. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from govcloud_api.v1alpha1.service_instance import MaintenanceWindow, ServiceInstanceSpec
from govcloud_api.v1alpha1.service_offering import OfferedVersion

WINDOW_HOURS = 2
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What shall run now. `pending` says what waits and for what, `fault` what the order must change."""

    desired: str = ""
    run: str = ""
    pending: str = ""
    fault: str = ""


def choose(spec: ServiceInstanceSpec, offered: Sequence[OfferedVersion], applied: str | None, now: datetime) -> Choice:
    """Version to run, given the one that runs (`applied`, None: none yet).

    The first number is a major version: data of one cannot be read by another, so it never changes in place.
    """
    names = [version.version for version in offered]
    desired = spec.version or next((version.version for version in offered if version.default), "")
    if desired not in names:
        asked = f"version {desired} is not offered" if desired else "the offering has no default version"
        return Choice(desired=desired, run=applied or "", fault=f"{asked}; choose one of {', '.join(names) or 'none'}")
    if applied in (None, desired):
        return Choice(desired=desired, run=desired)
    if _major(applied or "") != _major(desired):
        text = f"{desired} is another major version than {applied}; make a new instance and move the data"
        return Choice(desired=desired, run=applied or "", **{"fault" if spec.version else "pending": text})
    return _minor(spec, desired, applied or "", now)


def _minor(spec: ServiceInstanceSpec, desired: str, applied: str, now: datetime) -> Choice:
    window = spec.maintenance_window
    if spec.upgrade_policy == "Manual":
        if spec.version:
            return Choice(desired=desired, run=desired)
        text = f"{desired} is offered; write it into spec.version to take it at once"
        return Choice(desired=desired, run=applied, pending=text)
    opens = next_window(window, now)
    if opens <= now:
        return Choice(desired=desired, run=desired)
    text = f"{desired} waits for the window on {window.weekday} at {window.hour:02}:00 UTC"
    return Choice(desired=desired, run=applied, pending=text)


def next_window(window: MaintenanceWindow, now: datetime) -> datetime:
    """When the window opens next; one that is open now has opened in the past."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = (WEEKDAYS.index(window.weekday) - now.weekday()) % 7
    opens = midnight + timedelta(days=days, hours=window.hour)
    this_week = (opens, opens - timedelta(days=7))
    still_open = (moment for moment in this_week if moment <= now < moment + timedelta(hours=WINDOW_HOURS))
    return next(still_open, opens if opens > now else opens + timedelta(days=7))


def _major(version: str) -> str:
    return version.partition(".")[0]
