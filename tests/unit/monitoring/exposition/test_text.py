"""Families as bytes: parsed, they are what prometheus_client writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Enum, Histogram, generate_latest
from prometheus_client import Summary as ClientSummary
from prometheus_client.core import (
    CounterMetricFamily,
    Exemplar,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    StateSetMetricFamily,
    SummaryMetricFamily,
    UnknownMetricFamily,
)
from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from govcloud_monitoring.collector import ExporterCollector
from govcloud_monitoring.exposition import lines, text
from govcloud_monitoring.exposition.lines import Row
from govcloud_monitoring.exposition.negotiation import Format
from govcloud_monitoring.exposition.page import Page, joined
from govcloud_monitoring.exposition.text import Rendered
from govcloud_monitoring.metric import Metric

QUOTA = Metric(name="govcloud_cpu_quota_cores", help="Quota.", labels=("department", "purpose"), unit="cores")
NASTY = st.text() | st.text(alphabet='\\"\n,={} #é\u2028a', max_size=8)
NUMBERS = st.floats() | st.integers(-(2**70), 2**70) | st.booleans()
# No colon: it is for recording rules, and the client's OpenMetrics writes another name into the samples then.
NAMES = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_.é]{0,8}", fullmatch=True)
LABELS = st.lists(st.from_regex(r"[a-z][a-zA-Z0-9_]{0,4}", fullmatch=True), max_size=3, unique=True)


class Registry(CollectorRegistry):
    """A registry of given families."""

    def __init__(self, families: Iterable[Family]) -> None:
        super().__init__()
        self.families = list(families)

    def collect(self) -> Iterator[Family]:
        yield from self.families


def plain(families: Iterable[Family]) -> list[object]:
    """Parsed families as comparable values; a number by its text, so that NaN is equal to NaN, and 0 is not -0."""
    return [
        (
            family.name,
            family.documentation,
            family.type,
            family.unit,
            [
                (each.name, each.labels, repr(float(each.value)), each.timestamp, each.exemplar)
                for each in family.samples
            ],
        )
        for family in families
    ]


def assert_equal(rendered: Iterable[Rendered], families: Iterable[Family]) -> None:
    """Both formats, parsed, are what prometheus_client writes of the families."""
    page, theirs = Page.of(rendered), Registry(families)
    ours = joined([page], Format.TEXT, compressed=False).decode()
    assert plain(parse_text(ours)) == plain(parse_text(generate_latest(theirs).decode()))
    ours = joined([page], Format.OPENMETRICS, compressed=False).decode()
    assert plain(parse_openmetrics(ours)) == plain(parse_openmetrics(openmetrics.generate_latest(theirs).decode()))


@st.composite
def gauges(draw: st.DrawFn) -> tuple[Metric, list[Row]]:
    labels = tuple(draw(LABELS))
    values = st.tuples(*[NASTY for _ in labels])
    rows = draw(st.lists(st.tuples(values, NUMBERS), max_size=5, unique_by=lambda row: row[0]))
    unit = draw(st.sampled_from(["", "cores", "bytes"]))
    return Metric(name=draw(NAMES), help="H" + draw(NASTY), labels=labels, unit=unit), rows


@settings(deadline=None)
@given(gauges())
def test_rows_are_what_the_client_writes_of_their_family(gauge: tuple[Metric, list[Row]]):
    metric, rows = gauge
    assert_equal([text.of_rows(metric, rows)], [metric.family(rows)])


@settings(deadline=None)
@given(gauges())
def test_a_family_of_samples_is_what_the_client_writes(gauge: tuple[Metric, list[Row]]):
    metric, rows = gauge
    assert_equal([text.of_family(metric.family(rows))], [metric.family(rows)])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (float("nan"), "NaN"),
        (float("inf"), "+Inf"),
        (float("-inf"), "-Inf"),
        (0.35, "0.35"),
        (3, "3.0"),
        (True, "1.0"),
        (268_435_456, "268435456.0"),
        (2**53 + 1, "9007199254740992.0"),
        (5e-324, "5e-324"),
        (-0.0, "-0.0"),
    ],
)
def test_numbers_keep_every_digit(value: float, shown: str):
    assert list(lines.blocks("a", (), [((), value)])) == [f"a {shown}\n".encode()]


def test_one_special_number_does_not_change_its_neighbours():
    rows = [(("a",), 0.35), (("b",), float("nan")), (("c",), 12.0)]
    assert b"".join(lines.blocks("a", ("x",), rows)) == b'a{x="a"} 0.35\na{x="b"} NaN\na{x="c"} 12.0\n'


def test_label_values_are_escaped():
    (block,) = lines.blocks("a", ("x", "y"), [(('\\"', "plain"), 1.0), (("two\nlines", "é"), 2.0)])
    assert block.decode() == 'a{x="\\\\\\"",y="plain"} 1.0\na{x="two\\nlines",y="é"} 2.0\n'


@pytest.mark.parametrize("count", [0, 1, lines.BLOCK_ROWS - 1, lines.BLOCK_ROWS, 2 * lines.BLOCK_ROWS + 1])
def test_no_row_is_lost_between_blocks(count: int):
    rows = [((f"d{number:05}", "test"), number / 1000) for number in range(count)]
    assert_equal([text.of_rows(QUOTA, rows)], [QUOTA.family(rows)])


def test_rows_are_shown_in_the_order_of_their_labels():
    rows = [(("tax", "test"), 2), (("roads", "test"), 1), (("tax", "production"), 3)]
    page = Page.of([text.of_rows(QUOTA, rows)])
    found = [line.split('"')[1::2] for line in joined([page], Format.TEXT, compressed=False).decode().splitlines()[2:]]
    assert found == [["roads", "test"], ["tax", "production"], ["tax", "test"]]


@pytest.mark.parametrize("values", [("tax",), ("tax", "test", "portal"), ()])
def test_a_wrong_number_of_labels_is_refused_by_name(values: tuple[str, ...]):
    with pytest.raises(ValueError, match="govcloud_cpu_quota_cores has the labels"):
        text.of_rows(QUOTA, [(("tax", "test"), 1), (values, 2)])


def test_both_formats_share_the_lines():
    counter = CounterMetricFamily("a_total", "Counter.", labels=["x"])
    counter.add_metric(["1"], 5)
    for rendered in (text.of_rows(QUOTA, [(("tax", "test"), 1)]), text.of_family(counter)):
        assert len(rendered.text) == 2
        assert rendered.text[1] is rendered.openmetrics[1]


def with_samples() -> list[Family]:
    """One family of every type, with everything that a sample may have."""
    counter = CounterMetricFamily("a_total", "Counter.", labels=["x"])
    counter.add_metric(["1"], 5)
    counter.add_metric(["2"], 6)
    created = CounterMetricFamily("b", "Counter that says since when.", labels=["x"])
    created.add_metric(["1"], 5, created=17.5)
    created.add_metric(["2"], 5, exemplar=Exemplar({"trace": "x"}, 1.5, 17.25))
    dated = GaugeMetricFamily("c", "Gauge with timestamps.", labels=["x"])
    dated.add_metric(["1"], 5, timestamp=0)
    dated.add_metric(["2"], 6, timestamp=17.5)
    buckets = HistogramMetricFamily("d_seconds", "Histogram.", labels=["x"], unit="seconds")
    buckets.add_metric(["1"], [("0.5", 1), ("+Inf", 3)], 2.5)
    gauge_buckets = GaugeHistogramMetricFamily("e", "Gauge histogram.", labels=["x"])
    gauge_buckets.add_metric(["1"], [("0.5", 1), ("+Inf", 3)], 2.5)
    summary = SummaryMetricFamily("f", "Summary.", labels=["x"])
    summary.add_metric(["1"], 3, 2.5)
    states = StateSetMetricFamily("h", "States.", labels=["x"])
    states.add_metric(["1"], {"up": True, "down": False})
    mixed = GaugeMetricFamily("l", "Gauge with labels in several orders.")
    mixed.add_sample("l", {"x": "1", "y": "2"}, 1)
    mixed.add_sample("l", {"y": "1", "x": "2"}, 2)
    mixed.add_sample("l", {"z": "1"}, 3)
    foreign = GaugeMetricFamily("m", "Gauge whose sample looks like OpenMetrics' own.")
    foreign.add_sample("m_created", {}, 1)
    return [
        counter,
        created,
        dated,
        buckets,
        gauge_buckets,
        summary,
        InfoMetricFamily("g", "Info.", {"version": "1.2", "x": 'a"b'}),
        states,
        UnknownMetricFamily("i", "Unknown.", 4),
        GaugeMetricFamily("j", "Empty.", labels=["x"]),
        GaugeMetricFamily("k", 'Says "why"\nin two lines with a \\.', 5),
        mixed,
        foreign,
    ]


@pytest.mark.parametrize("family", with_samples(), ids=lambda family: family.documentation.split(".")[0])
def test_every_type_of_family_is_what_the_client_writes(family: Family):
    assert_equal([text.of_family(family)], [family])


def test_a_page_of_all_types_is_what_the_client_writes():
    assert_equal(map(text.of_family, with_samples()), with_samples())


def test_what_the_client_itself_counts_is_what_it_writes():
    registry = CollectorRegistry()
    Counter("govcloud_x", "Counter.", ["kind"], registry=registry).labels("a").inc()
    Histogram("govcloud_y_seconds", "Histogram.", registry=registry).observe(0.3)
    ClientSummary("govcloud_z", "Summary.", registry=registry).observe(0.3)
    Enum("govcloud_w", "States.", states=["on", "off"], registry=registry).state("off")
    assert_equal(map(text.of_family, registry.collect()), registry.collect())


def test_the_exporters_own_families_are_what_the_client_writes():
    collector = ExporterCollector([], "1.2.3", "abc")
    assert_equal(map(text.of_family, collector.collect()), collector.collect())


def test_names_that_the_text_format_does_not_allow_are_escaped_as_the_client_does():
    metric = Metric(name="http.requests", help="Requests.", labels=("http.method", "é"))
    rows: list[Row] = [(("GET", "x"), 1.0)]
    assert_equal([text.of_rows(metric, rows)], [metric.family(rows)])
