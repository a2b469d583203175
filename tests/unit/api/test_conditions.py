"""Conditions keep their times and generations."""

from datetime import UTC, datetime, timedelta

from govcloud_api import conditions
from govcloud_api.conditions import Condition

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = START + timedelta(hours=1)


def test_the_time_moves_with_the_status_only() -> None:
    first = conditions.merge([], [Condition(type="Ready", status="False", reason="A")], generation=1, now=START)
    same = conditions.merge(first, [Condition(type="Ready", status="False", reason="B")], generation=2, now=LATER)
    moved = conditions.merge(same, [Condition(type="Ready", status="True", reason="B")], generation=2, now=LATER)
    assert [c[0]["lastTransitionTime"] for c in (first, same, moved)] == [
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05Z",
        "2026-01-02T04:04:05Z",
    ]
    assert same[0]["observedGeneration"] == 2
    assert same[0]["reason"] == "B"


def test_what_is_not_said_again_goes() -> None:
    before = conditions.merge([], [Condition(type="Old", status="True", reason="A")], generation=1, now=START)
    after = conditions.merge(before, [Condition(type="New", status="True", reason="A")], generation=1, now=START)
    assert [c["type"] for c in after] == ["New"]


def test_true_counts_for_the_present_generation_only() -> None:
    found = conditions.merge([], [Condition(type="Ready", status="True", reason="A")], generation=1, now=START)
    assert conditions.is_true({"metadata": {"generation": 1}, "status": {"conditions": found}}, "Ready")
    assert not conditions.is_true({"metadata": {"generation": 2}, "status": {"conditions": found}}, "Ready")
    assert not conditions.is_true({"metadata": {"generation": 1}}, "Ready")


def test_long_messages_are_cut() -> None:
    found = conditions.merge(
        [], [Condition(type="Ready", status="True", reason="A", message="x" * 9999)], generation=1, now=START
    )
    assert len(found[0]["message"]) == conditions.MESSAGE_MAX_CHARS


def test_timestamps_round_trip() -> None:
    assert conditions.parse_timestamp(conditions.timestamp(START)) == START
