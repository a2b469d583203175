"""What is kept of an outlook: a word for its state, its dates, and how wrong its model was on the past. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from govcloud_monitoring.forecast.exhaustion import Exhaustion
from govcloud_monitoring.forecast.outlook import Outlook
from govcloud_monitoring.forecaster.questions import Kind, Subject

State = Literal[
    "shown",
    "too_short",
    "gaps",
    "constant",
    "no_limit",
    "too_old",
    "not_tested",
    "no_better",
    "too_sure",
    "too_vague",
    "left_out",
    "other",
]
STATES: tuple[State, ...] = (
    "shown", "too_short", "gaps", "constant", "no_limit", "too_old", "not_tested", "no_better", "too_sure", "too_vague",
    "left_out", "other",
)  # fmt: skip
_BY_REASON: Mapping[str, State] = {
    "too short": "too_short",
    "too many gaps": "gaps",
    "too long a gap": "gaps",
    "constant": "constant",
    "no limit": "no_limit",
    "too old": "too_old",
    "not tested yet": "not_tested",
    "no better than last week": "no_better",
    "too sure of itself": "too_sure",
    "too vague": "too_vague",
}
"""A reason begins with one of these and a colon: `forecast.outlook` and `forecast.series` say them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`dates` are there when the state is `shown`; `error_ratio` (MASE) whenever a model was tested."""

    state: State
    dates: Exhaustion | None = None
    error_ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecasts:
    """All answers of one run, which began at `made_at` (None: there was none yet).

    `left_out` counts by kind what was over the bound of its question, and was not looked at.
    """

    made_at: datetime | None = None
    answers: Mapping[Subject, Answer] = field(default_factory=dict)
    left_out: Mapping[Kind, int] = field(default_factory=dict)


def answer(found: Outlook) -> Answer:
    """Of one outlook. The forecast of the next days is not kept: a thousand of them are many megabytes."""
    return Answer(state=state_of(found), dates=found.exhaustion, error_ratio=found.mase)


def state_of(found: Outlook) -> State:
    """Its state in one word; `other` for a reason that is not known here."""
    return "shown" if found.shown else _BY_REASON.get(found.reason.partition(":")[0], "other")
