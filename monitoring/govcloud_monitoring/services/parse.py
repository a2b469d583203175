"""ServiceInstances and ServiceOfferings (JSON bytes) to small values. Pure; see `kubernetes.parse`.

What a service consists of, its variables and its words are not decoded. That it is backed up is told by its condition
`BackupRecent`, which the operator gives to those only.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal

import msgspec

from govcloud_api import conditions
from govcloud_monitoring.watch.wire import Change, Metadata, Page, events, lists, paged, told

State = Literal["ready", "not_ready", "suspended"]
BACKED_UP = "BackupRecent"
SUSPENDED = "Suspended"
"""Reason of a service that shall not run: its environment is suspended."""


@dataclass(frozen=True, slots=True)
class Instance:
    """An ordered service. Moments in seconds since 1970; both are None for one that is not backed up, or suspended.

    `last_backup` is its newest; one without any has `awaited_since`, the moment since when it runs.
    """

    namespace: str
    offering: str
    state: State
    last_backup: int | None = None
    awaited_since: int | None = None


@dataclass(frozen=True, slots=True)
class Offering:
    """An entry of the catalogue, and what builds it."""

    name: str
    driver: str


class _Condition(msgspec.Struct, rename="camel"):
    type: str
    status: str = ""
    reason: str = ""
    last_transition_time: str = ""


_NOWHERE = _Condition("")


class _InstanceSpec(msgspec.Struct, rename="camel"):
    offering_ref: str = ""


class _InstanceStatus(msgspec.Struct, rename="camel"):
    last_backup: str = ""
    conditions: list[_Condition] = []


class _InstanceItem(msgspec.Struct):
    metadata: Metadata
    spec: _InstanceSpec
    status: _InstanceStatus = msgspec.field(default_factory=_InstanceStatus)


class _OfferingSpec(msgspec.Struct):
    driver: str = ""


class _OfferingItem(msgspec.Struct):
    metadata: Metadata
    spec: _OfferingSpec


_INSTANCES = lists(_InstanceItem)
_OFFERINGS = lists(_OfferingItem)
_INSTANCE = events(_InstanceItem)
_OFFERING = events(_OfferingItem)


def instances(page: bytes) -> Page[Instance]:
    """Everything that was ordered."""
    return paged(_INSTANCES.decode(page), _instance)


def instance(line: bytes) -> Change[Instance]:
    """The same of one instance."""
    return told(_INSTANCE.decode(line), _instance)


def offerings(page: bytes) -> Page[Offering]:
    """The catalogue."""
    return paged(_OFFERINGS.decode(page), _offering)


def offering(line: bytes) -> Change[Offering]:
    """The same of one offering."""
    return told(_OFFERING.decode(line), _offering)


def _instance(item: _InstanceItem) -> Instance:
    found = {each.type: each for each in item.status.conditions}
    state = _state(found.get("Ready", _NOWHERE))
    last, since = None, None
    if BACKED_UP in found and state != "suspended":
        last = _seconds(item.status.last_backup)
        since = _running_since(found.get("Provisioned", _NOWHERE)) if last is None else None
    return Instance(item.metadata.namespace, sys.intern(item.spec.offering_ref), state, last, since)


def _offering(item: _OfferingItem) -> Offering:
    return Offering(item.metadata.name, item.spec.driver)


def _state(ready: _Condition) -> State:
    if ready.status == "True":
        return "ready"
    return "suspended" if ready.reason == SUSPENDED else "not_ready"


def _running_since(provisioned: _Condition) -> int | None:
    return _seconds(provisioned.last_transition_time) if provisioned.status == "True" else None


def _seconds(text: str) -> int | None:
    """None for what is no moment: one odd status must not take the figures of everybody else away."""
    try:
        return int(conditions.parse_timestamp(text).timestamp())
    except (ValueError, OverflowError):
        return None
