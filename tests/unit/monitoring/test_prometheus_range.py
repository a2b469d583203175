"""Answers of range queries on a grid of hours: in their place, gaps as NaN, and nothing taken for what it is not."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from govcloud_api.errors import ApiUnavailable, NotReady
from govcloud_monitoring import prometheus_range
from govcloud_monitoring.prometheus_range import HOUR, Hours, last_hours, lines

END = datetime(2026, 11, 3, 10, tzinfo=UTC)
FOUR = Hours(end=END, count=4)
NAN = math.nan


def body(*result: dict[str, Any], form: str = "matrix") -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": form, "result": list(result)}}).encode()


def row(*points: tuple[float, str]) -> dict[str, Any]:
    """A series of points: hours before the end, and the text of the value."""
    values = [[(END + hours * HOUR).timestamp(), value] for hours, value in points]
    return {"metric": {"pool": "workers"}, "values": values}


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        pytest.param([(-3, "1"), (-2, "2"), (-1, "3"), (0, "4.5")], (1, 2, 3, 4.5), id="whole"),
        pytest.param([(-2, "2"), (0, "4")], (NAN, 2, NAN, 4), id="gaps"),
        pytest.param([(-3, "NaN"), (0, "+Inf")], (NAN, NAN, NAN, math.inf), id="what JSON has no number for"),
        pytest.param([(-9, "1"), (0, "4"), (5, "1")], (NAN, NAN, NAN, 4), id="hours that nobody asked for"),
        pytest.param([], (NAN, NAN, NAN, NAN), id="nothing"),
    ],
)
def test_values_are_in_their_hours(points: list[tuple[float, str]], expected: tuple[float, ...]):
    [line] = lines(body(row(*points)), FOUR)
    assert line.labels == {"pool": "workers"}
    assert [str(value) for value in line.values] == [str(float(value)) for value in expected]


def test_a_series_of_histograms_alone_has_no_values():
    [line] = lines(body({"metric": {}, "histograms": [[0, {"count": "1"}]]}), FOUR)
    assert all(math.isnan(value) for value in line.values)


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        pytest.param(b'{"status":"error","error":"too many samples"}', NotReady, "too many samples", id="refused"),
        pytest.param(body(form="vector"), NotReady, "cannot answer", id="of another kind"),
        pytest.param(b"<html>", ApiUnavailable, "is not Prometheus", id="another server"),
        pytest.param(body({"values": [["a", "b"]]}), ApiUnavailable, "is not Prometheus", id="a broken series"),
        pytest.param(b" " * (prometheus_range.MAX_ANSWER_BYTES + 1), NotReady, "larger than", id="too large"),
    ],
)
def test_another_answer_is_an_error(answer: bytes, error: type[Exception], says: str):
    with pytest.raises(error, match=says):
        list(lines(answer, FOUR))


@pytest.mark.parametrize("count", [0, 60 * 24 + 1])
def test_no_more_than_sixty_days_are_asked_for(count: int):
    with pytest.raises(ValueError, match=f"{count} hours"):
        Hours(end=END, count=count)


def test_the_last_hours_end_with_the_last_full_one():
    found = last_hours(END + timedelta(minutes=59, seconds=59))
    assert found == Hours(end=END, count=1440)
    assert found.start == END - timedelta(days=60) + HOUR
