"""Metric families in the text format 0.0.4 and in OpenMetrics 1.0. Pure.

Parsed, they are what prometheus_client writes. It writes itself what is small or rare: the lines about a family (HELP,
TYPE, UNIT: where the formats differ), and families with several kinds of samples, timestamps or exemplars. Lines of
all others come from `lines`, once for both formats and without an object a sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from prometheus_client import exposition
from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from govcloud_monitoring.exposition import lines
from govcloud_monitoring.exposition.block import Block
from govcloud_monitoring.exposition.lines import Row
from govcloud_monitoring.metric import Metric

END = b"# EOF\n"
"""Last line of a page in OpenMetrics; the text format has none."""
_SUFFIXES = {"counter": "_total", "info": "_info"}
_text: Callable[[Collector], bytes] = exposition.generate_latest
_openmetrics: Callable[[Collector], bytes] = openmetrics.generate_latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One family in both formats. Blocks that are equal in both are the same objects."""

    text: tuple[Block, ...]
    openmetrics: tuple[Block, ...]


def of_rows(metric: Metric, rows: Iterable[Row]) -> Rendered:
    """What `metric.family(rows)` shows, without making it. Raises ValueError on a wrong number of labels."""
    return _with_lines(metric.family(()), metric.labels, sorted(rows, key=itemgetter(0)))


def of_family(family: Family) -> Rendered:
    """A family of prometheus_client, of any type; its samples keep their order."""
    labels = tuple(family.samples[0].labels) if family.samples else ()
    if not _is_plain(family, labels):
        return _as_written(family)
    return _with_lines(family, labels, [(tuple(each.labels.values()), each.value) for each in family.samples])


def _is_plain(family: Family, labels: tuple[str, ...]) -> bool:
    """Whether each sample has the family's name, these labels in this order, a value, and nothing else."""
    name = _sample_name(family)
    return all(
        tuple(each.labels) == labels and each == Sample(name, each.labels, each.value) for each in family.samples
    )


def _sample_name(family: Family) -> str:
    return family.name + _SUFFIXES.get(family.type, "")


def _with_lines(family: Family, labels: tuple[str, ...], rows: Sequence[Row]) -> Rendered:
    about = _as_written(Family(family.name, family.documentation, family.type, family.unit))
    found = tuple(Block(each) for each in lines.blocks(_sample_name(family), labels, rows))
    return Rendered(text=about.text + found, openmetrics=about.openmetrics + found)


@dataclass(frozen=True, slots=True)
class _One(Collector):
    family: Family

    def collect(self) -> Iterable[Family]:
        """The family."""
        return (self.family,)


def _as_written(family: Family) -> Rendered:
    """What prometheus_client writes."""
    one = _One(family)
    return Rendered(text=(Block(_text(one)),), openmetrics=(Block(_openmetrics(one).removesuffix(END)),))
