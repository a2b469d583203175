"""How much of a stretch machines told: silent ones count, those that left or came do not, nobody speaks for another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from govcloud_monitoring.accountant.evidence import measuring, witnesses
from govcloud_monitoring.accountant.evidence.questions import Asked
from govcloud_monitoring.accountant.evidence.stretch import Stretch
from govcloud_monitoring.accountant.evidence.witnesses import Witnesses
from govcloud_monitoring.ledger.prices import RESOURCES
from govcloud_monitoring.prometheus import AskAt, Sample, Vector

START = datetime(2026, 11, 3, 10, tzinfo=UTC)
HOUR = Stretch(start=START, end=START + timedelta(hours=1))
Parts = Mapping[str, tuple[int, int]]
"""By machine: from which to which minute of the hour."""
WHOLE = (0, 60)
PLACES = {"tax-a-test": ["a"], "roads-a-test": ["a", "b"], "health-a-test": ["b"]}


def prometheus(there: Parts, told: Parts) -> AskAt:
    """One that asked machines in these minutes, was told in those, and read two departments' use of 1 all the time."""

    def edge(parts: Parts, last: bool) -> Vector:
        begun = START.timestamp()
        moments = {name: begun + 60 * end if last else begun + 60 * start + 30 for name, (start, end) in parts.items()}
        return tuple(Sample({"node": name}, moment) for name, moment in moments.items())

    def ask(expression: str, at: datetime) -> Vector:
        parts = told if "resource_scrape_error" in expression or "machine_metrics" in expression else there
        lengths = {name: 2 * (end - start) for name, (start, end) in parts.items()}
        if "count by (namespace, node)" in expression:
            places = ((name, node) for name, nodes in PLACES.items() for node in nodes)
            return tuple(Sample({"namespace": name, "node": node}, 1) for name, node in places)
        if expression.startswith(("min_over_time", "max_over_time")):
            return edge(parts, last=expression.startswith("max"))
        if expression.startswith("count_over_time((max by (node)") or expression.startswith("count_over_time((time()"):
            return tuple(Sample({"node": name}, count) for name, count in lengths.items())
        if expression.startswith("max(count_over_time(up"):
            return (Sample({}, max(lengths.values())),) if lengths else ()
        if "owner_info" in expression:
            return tuple(
                Sample({"namespace": name, "department": name.partition("-")[0]}, 1) for name in (*PLACES, "new-a-test")
            )
        if "increase" in expression:
            return tuple(Sample({"namespace": name}, 60) for name in PLACES)
        if "by (department)" in expression:
            return tuple(Sample({"department": name.partition("-")[0]}, 120 * 2**20) for name in PLACES)
        return (Sample({}, 120),)

    return ask


@pytest.mark.parametrize(
    ("there", "told", "of_all", "tax", "roads", "health"),
    [
        ({"a": WHOLE, "b": WHOLE}, {"a": WHOLE, "b": WHOLE}, 1000, 1000, 1000, 1000),
        # Half an hour of silence at the end is half of this machine, and a quarter of both.
        ({"a": WHOLE, "b": WHOLE}, {"a": WHOLE, "b": (0, 30)}, 750, 750, 750, 500),
        # All the hour: of what ran there nothing is known.
        ({"a": WHOLE, "b": WHOLE}, {"a": WHOLE}, 500, 500, 500, 0),
        # It left, or came, and told as long as it was there.
        ({"a": WHOLE, "b": (0, 20)}, {"a": WHOLE, "b": (0, 20)}, 1000, 1000, 1000, 1000),
        ({"a": WHOLE, "b": (50, 60)}, {"a": WHOLE, "b": (50, 60)}, 1000, 1000, 1000, 1000),
        # A third one that nobody ran on is silent: not more is known of anybody than of all.
        ({"a": WHOLE, "b": WHOLE, "c": WHOLE}, {"a": WHOLE, "b": WHOLE}, 667, 667, 667, 667),
        # What was told by machines that were not there any more is told by nobody.
        ({"a": WHOLE}, {"a": WHOLE, "b": WHOLE}, 1000, 1000, 1000, 1000),
        # Prometheus itself was away, everybody's time is less.
        ({"a": (0, 15), "b": (0, 15)}, {"a": (0, 15), "b": (0, 15)}, 250, 250, 250, 250),
        ({}, {}, 0, 0, 0, 0),
    ],
)
def test_a_silent_machine_is_told_of_those_who_run_on_it(
    there: Parts, told: Parts, of_all: int, tax: int, roads: int, health: int
):
    ask = prometheus(there, told)
    found = measuring.used(HOUR, Asked(HOUR, ask), ask)
    for resource in RESOURCES:
        use = found[resource]
        assert [use.measured(name) for name in ("tax", "roads", "health")] == [tax, roads, health], resource
        assert use.measured("new") == use.measured("unheard-of") == of_all
    kubelets = witnesses.kubelets(HOUR, ask)
    assert round(1000 * kubelets.asked * kubelets.share_of_all) == of_all


def test_what_others_used_stands_for_nobody():
    quiet = prometheus({"a": WHOLE, "b": WHOLE}, {"a": WHOLE, "b": (0, 30)})
    whole = prometheus({"a": WHOLE, "b": WHOLE}, {"a": WHOLE, "b": WHOLE})
    amounts = [
        {resource: use.amounts for resource, use in measuring.used(HOUR, Asked(HOUR, ask), ask).items()}
        for ask in (quiet, whole)
    ]
    assert amounts[0] == amounts[1]


def test_no_share_is_rounded_up_to_the_whole():
    almost = Witnesses(
        asked=Fraction(1), there={"a": Fraction(10**6)}, told={"a": Fraction(10**6 - 1)}, places={"x": frozenset("a")}
    )
    assert measuring.permille(almost.share(["x"])) == 999
    assert [measuring.permille(Fraction(*each)) for each in ((0, 1), (1, 10**6), (1, 1))] == [0, 1, 1000]


def test_a_machine_that_is_back_has_lost_only_edges_of_its_counters():
    """Of the kubelet's counters: it was silent for the first ten minutes, and then in the middle."""

    def ask(expression: str, at: datetime) -> Vector:
        told = "resource_scrape_error" in expression
        minute = 60 if expression.startswith("max") else 10 if told else 0
        return (Sample({"node": "a"}, START.timestamp() + 60 * minute + (0 if minute == 60 else 30)),)

    found, span = witnesses.counters(HOUR, ask, Witnesses())
    assert found.share(["anything"]) == Fraction(50, 60)
    assert span is not None
    assert span.seconds == 3000
