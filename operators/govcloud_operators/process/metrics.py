"""What the operator shows of itself: each metric said once, and the families of one scrape. It only reads counters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from govcloud_operators.histogram import Reading
from govcloud_operators.process.counts import KINDS, REASONS
from govcloud_operators.process.lag import WINDOW_SECONDS, Lag
from govcloud_operators.process.queue import WorkQueue
from govcloud_operators.process.writes import MAX_PAIRS, Writes
from govcloud_operators.ready_times import MAX_TIERS, ReadyTimes

MAX_SERIES = 520
"""The page is written in the loop that renews the lease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """`unit` is the suffix of the name, empty where the value is a count or a state."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""

    def counter(self, samples: Iterable[tuple[tuple[str, ...], float]]) -> CounterMetricFamily:
        """The family; samples by their label values."""
        family = CounterMetricFamily(self.name, self.help, labels=self.labels, unit=self.unit)
        for values, value in sorted(samples):
            family.add_metric(values, value)
        return family

    def gauge(self, samples: Iterable[tuple[tuple[str, ...], float]]) -> GaugeMetricFamily:
        """The family; samples by their label values."""
        family = GaugeMetricFamily(self.name, self.help, labels=self.labels, unit=self.unit)
        for values, value in sorted(samples):
            family.add_metric(values, value)
        return family

    def histogram(self, samples: Iterable[tuple[str, Reading]]) -> HistogramMetricFamily:
        """The family; histograms by the value of the only label."""
        family = HistogramMetricFamily(self.name, self.help, labels=self.labels, unit=self.unit)
        for value, reading in sorted(samples, key=lambda sample: sample[0]):
            buckets = [(repr(bound).replace("inf", "+Inf"), count) for bound, count in reading.buckets]
            family.add_metric([value], buckets, reading.sum_seconds)
        return family


RECONCILES = Metric(
    name="govcloud_reconciles_total",
    help="Looks at objects since the process started, those that failed or found that they must wait included, by "
    "kind; FanOut: finding out whose turn it is after a change.",
    labels=("kind",),
)
FAILURES = Metric(
    name="govcloud_reconcile_failures_total",
    help=f"Looks that ended with an error and are repeated, by kind and reason: {', '.join(REASONS)}. Something that "
    "is not there yet is no failure.",
    labels=("kind", "reason"),
)
WRITES = Metric(
    name="govcloud_api_writes_total",
    help="Writes that the API server took, by kind and verb (apply, create, delete, patch_status); the lease's "
    f"renewals are not among them. Beyond {MAX_PAIRS} pairs the kind is other.",
    labels=("kind", "verb"),
)
DURATION = Metric(
    name="govcloud_reconcile_duration_seconds",
    help="Duration of looks at objects, in seconds, by kind.",
    labels=("kind",),
    unit="seconds",
)
READY = Metric(
    name="govcloud_environment_ready_seconds",
    help="Seconds from the creation of an environment to its first Ready, by tier; whole ones, as the API's times are. "
    "Counted when Ready is written into the status of the request that made it, which happens once: a restart counts "
    "nothing again. Not counted: what was changed before it was Ready, and what changed hands. "
    f"Beyond {MAX_TIERS} tiers: other.",
    labels=("tier",),
    unit="seconds",
)
DEPTH = Metric(name="govcloud_queue_depth", help="Objects that are due for a look or being looked at.")
OLDEST = Metric(
    name="govcloud_queue_oldest_seconds",
    help="Age of the object of a kind that waits, or is being looked at, longest, in seconds; 0 when none does.",
    labels=("kind",),
    unit="seconds",
)
LAG = Metric(
    name="govcloud_event_loop_lag_seconds",
    help=f"How late the event loop came back to what was due, in seconds: the worst of the last {WINDOW_SECONDS:g} s. "
    "0 in a process without the lease.",
    unit="seconds",
)
LEASE = Metric(name="govcloud_lease_held", help="1 while this process may write.")
COUNTERS = (RECONCILES, FAILURES, WRITES)
GAUGES = (DEPTH, OLDEST, LAG, LEASE)
HISTOGRAMS = (DURATION, READY)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # a registry holds collectors by identity
class Readings(Collector):
    """What the page is made from: a prometheus_client collector for a registry of its own."""

    queue: WorkQueue
    lease_held: Callable[[], bool]
    lag: Lag
    writes: Writes = field(default_factory=Writes)
    ready_times: ReadyTimes = field(default_factory=ReadyTimes)

    def collect(self) -> Iterator[Family]:
        """All families."""
        durations = {kind: histogram.read() for kind, histogram in self.queue.counts.durations.items()}
        oldest = dict.fromkeys(KINDS, 0.0) | self.queue.oldest_seconds()
        yield RECONCILES.counter(((kind,), reading.count) for kind, reading in durations.items())
        yield FAILURES.counter(self.queue.counts.failures.items())
        yield DURATION.histogram(durations.items())
        yield READY.histogram(self.ready_times.read().items())
        yield WRITES.counter(self.writes.read().items())
        yield DEPTH.gauge([((), self.queue.depth())])
        yield OLDEST.gauge(((kind,), seconds) for kind, seconds in oldest.items())
        yield LAG.gauge([((), self.lag.largest_seconds())])
        yield LEASE.gauge([((), int(self.lease_held()))])
