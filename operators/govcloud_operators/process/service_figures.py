"""How full tenants' services are, by department and driver: what looks at them found, kept for a while.

A page of its own: departments come by the hundred, and the page about the operator itself must stay small. Nothing is
shown that was not looked at lately, or by a process without the lease: another one looks in its place.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from govcloud_api.objects import Ref
from govcloud_operators.process.metrics import Metric
from govcloud_operators.services.figures import Told

KEPT_SECONDS = 600.0
"""Each instance is looked at once a minute."""
MAX_DEPARTMENTS = 500
"""In alphabetical order, so that the choice stays the same; the others are one."""
OTHER = "other"

_GROUP = ("department", "driver")
CONNECTIONS = Metric(
    name="govcloud_service_connections",
    help="Connections that programs have open to a department's services. Not for services that cannot say it "
    "(buckets, programs).",
    labels=_GROUP,
)
USED_RATIO = Metric(
    name="govcloud_service_connections_used_ratio",
    help="Open connections by those allowed, of the department's service where that is most; at 1 it refuses the next "
    "one.",
    labels=_GROUP,
    unit="ratio",
)
STORED = Metric(
    name="govcloud_service_stored_bytes",
    help="What the data of a department's services takes, in bytes, as their servers count it: databases on disk, "
    "caches in memory, streams on disk. What volumes hold is govcloud_volume_used_bytes.",
    labels=_GROUP,
    unit="bytes",
)
FOLDED = Metric(
    name="govcloud_service_folded_instances",
    help=f"Services whose department is not named, but other: only the first {MAX_DEPARTMENTS} departments are.",
)
METRICS = (CONNECTIONS, USED_RATIO, STORED, FOLDED)

Group = tuple[str, str]
"""Department and driver."""
Number = TypeVar("Number", int, float)


class ServiceFigures:
    """What was seen of each instance, and when. Safe to use from several threads."""

    def __init__(self, now: Callable[[], float], held: Callable[[], bool]) -> None:
        """`now` is the monotonic clock; `held` says whether this process has the lease."""
        self._now = now
        self._held = held
        self._seen: dict[Ref, tuple[float, Told]] = {}
        self._lock = threading.Lock()

    def note(self, ref: Ref, told: Told | None) -> None:
        """See `figures.Tell`."""
        with self._lock:
            if told is None:
                self._seen.pop(ref, None)
            else:
                self._seen[ref] = (self._now(), told)

    def text(self) -> str:
        """Prometheus text format 0.0.4; nothing at all without the lease, and what was seen is forgotten with it."""
        held = self._held()
        with self._lock:
            oldest = self._now() - KEPT_SECONDS
            self._seen = {ref: seen for ref, seen in self._seen.items() if held and seen[0] >= oldest}
            found = [told for _, told in self._seen.values()]
        return "\n".join(lines(found)) + "\n" if held else ""


def lines(told: Iterable[Told]) -> Iterator[str]:
    """Sums and the fullest of each department and driver. What no instance of them could say has no series. Pure."""
    found = list(told)
    named = sorted({each.department for each in found})[:MAX_DEPARTMENTS]
    groups = _grouped(found, frozenset(named))
    yield from _family(CONNECTIONS, _each(groups, lambda of: _total(one.figures.connections for one in of)))
    yield from _family(USED_RATIO, _each(groups, _fullest))
    yield from _family(STORED, _each(groups, lambda of: _total(one.figures.stored_bytes for one in of)))
    yield from _family(FOLDED, [("", sum(each.department not in named for each in found))])


def _grouped(told: Iterable[Told], named: frozenset[str]) -> Mapping[Group, list[Told]]:
    groups: defaultdict[Group, list[Told]] = defaultdict(list)
    for each in told:
        groups[each.department if each.department in named else OTHER, each.driver].append(each)
    return dict(sorted(groups.items()))


def _each(
    groups: Mapping[Group, list[Told]], value_of: Callable[[list[Told]], Number | None]
) -> Iterator[tuple[str, Number]]:
    for (department, driver), members in groups.items():
        value = value_of(members)
        if value is not None:
            yield f'{{department="{department}",driver="{driver}"}}', value


def _total(numbers: Iterable[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _fullest(of: Iterable[Told]) -> float | None:
    return max((used for one in of if (used := _used_ratio(one)) is not None), default=None)


def _used_ratio(told: Told) -> float | None:
    opened, allowed = told.figures.connections, told.figures.connections_allowed
    return opened / allowed if opened is not None and allowed else None


def _family(metric: Metric, samples: Iterable[tuple[str, Number]]) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.help}"
    yield f"# TYPE {metric.name} gauge"
    for labels, value in samples:
        yield f"{metric.name}{labels} {value!r}"
