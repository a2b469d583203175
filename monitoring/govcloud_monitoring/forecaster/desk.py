"""The forecaster at work: asks for limits and pasts, one expression at a time, and keeps what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from govcloud_api.errors import GovcloudError, NotReady
from govcloud_monitoring.folding import kept
from govcloud_monitoring.forecast.outlook import outlook
from govcloud_monitoring.forecast.series import Series
from govcloud_monitoring.forecaster.answers import Answer, Forecasts, answer
from govcloud_monitoring.forecaster.questions import QUESTIONS, Kind, Question, Subject
from govcloud_monitoring.prometheus import Vector
from govcloud_monitoring.prometheus_range import AskHours, Hours, last_hours

Rest = Callable[[], None]
"""Called after each series. Raises Stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What Prometheus knows: values at a moment, and values of the past. Both raise GovcloudError."""

    now: Callable[[str, datetime], Vector]
    past: AskHours


class Desk:
    """Holds the forecasts of the last run. One thread works, another looks; what is held is swapped as a whole."""

    def __init__(self, archive: Archive, *, stale_after: timedelta) -> None:
        self._archive = archive
        self._stale_after = stale_after
        self._last: Forecasts | GovcloudError = Forecasts()

    def work(self, now: datetime, rest: Rest) -> Forecasts:
        """Make all forecasts anew. Raises GovcloudError: then there are none any more; Stopped."""
        try:
            self._last = forecasts(self._archive, now, rest)
        except GovcloudError as error:
            self._last = error
            raise
        return self._last

    def latest(self, now: datetime) -> Forecasts:
        """Those of the last run, none before the first. Raises NotReady when it failed or is too long ago."""
        last = self._last
        if isinstance(last, GovcloudError):
            raise NotReady(str(last)) from last
        if last.made_at is not None and now - last.made_at > self._stale_after:
            raise NotReady(
                f"the last forecasts are of {last.made_at.isoformat()}; the next run does not come to its end"
            )
        return last


def forecasts(archive: Archive, now: datetime, rest: Rest) -> Forecasts:
    """One run. Raises GovcloudError, Stopped."""
    answers: dict[Subject, Answer] = {}
    left_out: Counter[Kind] = Counter()
    for question in QUESTIONS:
        found = {sample.labels.get(question.label, ""): sample.value for sample in archive.now(question.limit, now)}
        names = kept(found, question.most)
        left_out[question.kind] += len(found) - len(names)
        limits = {name: found[name] for name in names}
        answers |= dict(_answers(archive.past, question, limits, now, rest))
    return Forecasts(made_at=now, answers=answers, left_out=left_out)


def _answers(
    past: AskHours, question: Question, limits: Mapping[str, float], now: datetime, rest: Rest
) -> Iterator[tuple[Subject, Answer]]:
    """Whatever has a limit gets an answer, and whatever has none any more is gone."""
    if not limits:
        return
    hours, waiting = last_hours(now), dict(limits)
    for line in past(question.hourly, hours):
        name = line.labels.get(question.label, "")
        limit = waiting.pop(name, None)
        if limit is not None:
            yield question.subject(name), _answer(hours, line.values, limit, now)
            rest()
    for name, limit in waiting.items():
        yield question.subject(name), _answer(hours, (), limit, now)


def _answer(hours: Hours, values: tuple[float, ...], limit: float, now: datetime) -> Answer:
    return answer(outlook(Series(start=hours.start, values=values), limit, now))
