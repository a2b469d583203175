"""One word for each outlook: every reason that the forecasts give is known here."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.bench import forecasts as bench

from govcloud_monitoring.forecast.outlook import Outlook, outlook
from govcloud_monitoring.forecast.series import Floats
from govcloud_monitoring.forecaster.answers import STATES, State, answer, state_of

WEEK, DAY = 168, 24


def office(weeks: int = 8, *, growth: float = 0.04) -> Floats:
    return bench.office(np.random.default_rng(1), weeks * WEEK, growth=growth)


def holed(first: int, count: int, *, every: int = 1) -> Floats:
    values = office()
    values[first : first + count : every] = math.nan
    return values


def stepped() -> Floats:
    values = office(4)
    values[-8 * DAY :] += 80
    return values


def asked(values: Floats, limit: float = 1e9, *, days_later: int = 0) -> Outlook:
    series = bench.series(values)
    return outlook(series, limit, series.at(len(series.values) + days_later * DAY))


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (asked(office()), "shown"),
        (asked(office(), 1.0), "shown"),
        (asked(office(3)), "too_short"),
        (asked(np.array([math.nan])), "too_short"),
        (asked(holed(100, 900, every=4)), "gaps"),
        (asked(holed(500, 80)), "gaps"),
        (asked(np.full(5 * WEEK, 3.0)), "constant"),
        (asked(office(), 0.0), "no_limit"),
        (asked(office(), days_later=3), "too_old"),
        (asked(stepped()), "not_tested"),
        (asked(np.resize(office(1), 6 * WEEK)), "no_better"),
        (asked(bench.scattered(np.random.default_rng(1), 8 * WEEK)), "no_better"),
        (Outlook(shown=False, reason="too sure of itself: 40 % of past values"), "too_sure"),
        (Outlook(shown=False, reason="too vague: 99 % of past values"), "too_vague"),
        (Outlook(shown=False, reason="another one that nobody thought of"), "other"),
    ],
)  # fmt: skip
def test_every_reason_has_a_word(found: Outlook, state: State):
    assert state_of(found) == state
    assert state in STATES


def test_an_answer_keeps_the_dates_and_the_error_whether_shown_or_not():
    shown, hidden = asked(office()), asked(bench.scattered(np.random.default_rng(1), 8 * WEEK))
    assert answer(shown).dates == shown.exhaustion is not None
    assert answer(shown).error_ratio == shown.mase is not None
    assert answer(hidden).dates is None
    assert answer(hidden).error_ratio == hidden.mase is not None
