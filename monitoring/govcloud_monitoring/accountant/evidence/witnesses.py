"""In how much of a stretch machines told what ran on them, as a part of the time that they were there.

A machine is there while Prometheus is to ask it, which is while its Node exists: one that left the cluster is missed
until it left. One without power whose Node stays is silent, though its pods use nothing: from afar nobody can tell it
from one that is cut off and works on. What a silent machine's pods used is made up from nobody else's: it is missing,
and the share says so.

What counts for a namespace are the machines it was seen on, in the stretch or at a full hour of the day before, but
never more than of all machines together: where a namespace ran before is not known of a machine that is silent for
longer, nor what began on it since. So a share may be too low for a while, and not too high for long.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from govcloud_monitoring.accountant.evidence.stretch import SAMPLE_SECONDS, Stretch
from govcloud_monitoring.prometheus import AskAt

_KUBELET = 'up{job="kubelet-resource"}'
_CONTAINERS = 'container_memory_working_set_bytes{job="kubelet-resource", container!=""}'
_MACHINE = 'up{job="node-exporter"}'
_VOLUMES = "govcloud_volume_used_bytes"
# "and up": of a machine that is silent Prometheus shows what it said last, for minutes. A kubelet that cannot measure
# still answers, with one line of its own.
TELLING_KUBELETS = (
    'max by (node) (resource_scrape_error{job="kubelet-resource"}) == 0 '
    f"and on (node) (max by (node) ({_KUBELET}) == 1)"
)
TELLING_MACHINES = (
    "time() - max by (node) (govcloud_machine_metrics_timestamp_seconds) < 900 "
    f"and on (node) (max by (node) ({_MACHINE}) == 1)"
)
"""As in monitoring/rules/volumes.yaml: older files do not count."""
_DAY, _HOUR = 86400, 3600
Seconds = Mapping[str, Fraction]
"""By machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """How long each machine was `there`, and in how much of this it `told` what ran on it.

    `asked` is the part of the stretch in which Prometheus asked anybody, `places` are machines by namespace.
    """

    asked: Fraction = Fraction()
    there: Seconds = field(default_factory=dict)
    told: Seconds = field(default_factory=dict)
    places: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def share(self, namespaces: Iterable[str]) -> Fraction:
        """What is known of namespaces together, of the time in which Prometheus asked; of all machines at most."""
        machines = {machine for name in namespaces for machine in self.places.get(name, ())} & set(self.there)
        return min(self._of(machines), self.share_of_all) if machines else self.share_of_all

    @property
    def share_of_all(self) -> Fraction:
        """What all machines told; 0 where there were none."""
        return self._of(self.there)

    def _of(self, machines: Collection[str]) -> Fraction:
        there = sum((self.there[name] for name in machines), Fraction())
        told = sum((min(self.there[name], self.told.get(name, Fraction())) for name in machines), Fraction())
        return told / there if there else Fraction()


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From the first to the last moment of something, in seconds since 1970."""

    first: Fraction
    last: Fraction

    @property
    def seconds(self) -> Fraction:
        """Its length with the last sample's own."""
        return self.last - self.first + SAMPLE_SECONDS


Spans = Mapping[str, Span]
"""By machine."""


def kubelets(stretch: Stretch, ask: AskAt) -> Witnesses:
    """Of samples of containers. Raises what `ask` raises, as all of these do."""
    return _moments(stretch, ask, _KUBELET, TELLING_KUBELETS, _CONTAINERS)


def machines(stretch: Stretch, ask: AskAt) -> Witnesses:
    """Of samples of volumes."""
    return _moments(stretch, ask, _MACHINE, TELLING_MACHINES, _VOLUMES)


def counters(stretch: Stretch, ask: AskAt, sampled: Witnesses) -> tuple[Witnesses, Span | None]:
    """Of counters, which a kubelet that is back has counted on: only an edge is lost. With the span that any told.

    `sampled` are those of samples. None: less than two moments, in which nothing can grow.
    """
    seen = f"(max by (node) (timestamp({_KUBELET})) > {stretch.start.timestamp():.0f})"
    there = _spans(stretch, ask, seen)
    told = _spans(stretch, ask, f"{seen} and on (node) ({TELLING_KUBELETS})")
    found = Witnesses(
        asked=min(Fraction(1), _whole(there) / stretch.seconds),
        there={name: span.seconds for name, span in there.items()},
        told={name: span.seconds for name, span in told.items()},
        places=sampled.places,
    )
    return found, _outermost(told)


def _moments(stretch: Stretch, ask: AskAt, up: str, telling: str, ran: str) -> Witnesses:
    asked = ask(f"max(count_over_time({up}[{stretch.seconds}s]))", stretch.end)
    samples = Fraction(round(asked[0].value)) if asked else Fraction()
    return Witnesses(
        asked=min(Fraction(1), samples * SAMPLE_SECONDS / stretch.seconds),
        there=_seconds(stretch, ask, f"max by (node) ({up})"),
        told=_seconds(stretch, ask, telling),
        places=_places(stretch, ask, ran),
    )


def _seconds(stretch: Stretch, ask: AskAt, expression: str) -> dict[str, Fraction]:
    found = ask(f"count_over_time(({expression}){_window(stretch)})", stretch.end)
    return {each.labels.get("node", ""): Fraction(round(each.value)) * SAMPLE_SECONDS for each in found}


def _spans(stretch: Stretch, ask: AskAt, moments: str) -> dict[str, Span]:
    """Of moments by machine, as values."""
    first, last = (
        {each.labels.get("node", ""): Fraction(each.value) for each in ask(question, stretch.end)}
        for question in (f"{edge}_over_time(({moments}){_window(stretch)})" for edge in ("min", "max"))
    )
    return {name: Span(first=first[name], last=last[name]) for name in first.keys() & last.keys()}


def _places(stretch: Stretch, ask: AskAt, ran: str) -> dict[str, frozenset[str]]:
    """Of the day before only its full hours: all its samples at once would be more than Prometheus takes."""
    here = f"count by (namespace, node) (count_over_time({ran}[{stretch.seconds}s]))"
    before = f"count_over_time((count by (namespace, node) ({ran}))[{_DAY}s:{_HOUR}s])"
    found: defaultdict[str, set[str]] = defaultdict(set)
    for each in (*ask(here, stretch.end), *ask(before, stretch.end)):
        found[each.labels.get("namespace", "")].add(each.labels.get("node", ""))
    return {name: frozenset(of) for name, of in found.items()}


def _outermost(spans: Spans) -> Span | None:
    if not spans:
        return None
    first, last = min(each.first for each in spans.values()), max(each.last for each in spans.values())
    return Span(first=first, last=last) if last > first else None


def _whole(spans: Spans) -> Fraction:
    outermost = _outermost(spans)
    return outermost.seconds if outermost else Fraction()


def _window(stretch: Stretch) -> str:
    return f"[{stretch.seconds}s:{SAMPLE_SECONDS}s]"
