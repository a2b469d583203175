"""What a scrape shows: the last readings and the health of their sources. A scrape never reads a source itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from govcloud_monitoring.exposition.page import Page
from govcloud_monitoring.exposition.text import of_family
from govcloud_monitoring.metric import Metric
from govcloud_monitoring.source import Tracker

SOURCE_UP = Metric(
    name="govcloud_source_up",
    help="1 when the source was read in time, 0 when it was not; then none of its series is shown.",
    labels=("source",),
)
REFRESH_DURATION = Metric(
    name="govcloud_source_refresh_duration_seconds",
    help="Duration of the last refresh of the source, in seconds, whether it succeeded or not.",
    labels=("source",),
    unit="seconds",
)
LAST_SUCCESS = Metric(
    name="govcloud_source_last_success_timestamp_seconds",
    help="When the source was last read whole, in seconds since 1970; 0 means not since the exporter started.",
    labels=("source",),
    unit="seconds",
)
SERIES = Metric(
    name="govcloud_exporter_series",
    help="Series on the page by the source that they come from (collector); the few of the process itself not counted.",
    labels=("collector",),
)
BUILD = Metric(
    name="govcloud_build_info",
    help="1, with the version and the source revision of the exporter that answers.",
    labels=("version", "revision"),
)
METRICS = (SOURCE_UP, REFRESH_DURATION, LAST_SUCCESS, SERIES, BUILD)


@dataclass(frozen=True, slots=True, eq=False)  # a registry holds collectors by identity
class ExporterCollector(Collector):
    """A prometheus_client collector for a registry of its own."""

    trackers: Sequence[Tracker[Any]]
    version: str
    revision: str
    more: Callable[[], Iterable[Family]] = tuple
    """Families of the process itself, whatever becomes of its sources."""

    def collect(self) -> Iterator[Family]:
        """Families built afresh, so that what is gone from the reading is gone from the page."""
        yield from self._own()
        for tracker in self.trackers:
            yield from tracker.families()

    def pages(self) -> list[Page]:
        """The same as parts of an answer. The sources' were written when they were read: a scrape only joins them."""
        return [Page.of(map(of_family, self._own())), *(tracker.page() for tracker in self.trackers)]

    def _own(self) -> Iterator[Family]:
        healths = [tracker.health() for tracker in self.trackers]
        yield SOURCE_UP.family(((each.source,), each.up) for each in healths)
        yield REFRESH_DURATION.family(((each.source,), each.refresh_duration_seconds) for each in healths)
        yield LAST_SUCCESS.family(((each.source,), each.last_success_timestamp_seconds) for each in healths)
        yield SERIES.family(((tracker.health().source,), tracker.page().series()) for tracker in self.trackers)
        yield BUILD.family([((self.version, self.revision), 1)])
        yield from self.more()
