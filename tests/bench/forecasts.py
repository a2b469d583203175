"""Forecasts of a week and dates of exhaustion: ours against what Prometheus and statsmodels do, on the same series.

    python -m tests.bench.forecasts          some minutes; statsmodels is compared where it is installed

Series are made up, by fixed seeds; errors are out of sample and pooled over all seeds of a load. The unit is the error
of "same hour last week" (MASE): below 1 is better than that. Times are processor time, user and system.
"""

from __future__ import annotations

import importlib.util
import math
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import numpy as np
from tests.bench.figure import Figure, figure

from govcloud_monitoring.forecast import exhaustion, models
from govcloud_monitoring.forecast.outlook import Outlook, outlook
from govcloud_monitoring.forecast.series import Floats, Series
from govcloud_monitoring.forecast.shifts import levelled

WEEK, DAY = 168, 24
START = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""
PAST_WEEKS = 8
SEEDS = range(10)
_CALIBRATION_SEEDS = range(60)
_UNIT = "of last week's error"

Random = np.random.Generator
Load = Callable[[Random, int], Floats]
"""Hourly values, of which the last week is to be forecast."""
Method = Callable[[Series], Floats]
"""The next 168 hours."""


def noise(random: Random, hours: int, *, correlation: float = 0.6) -> Floats:
    """Deviation 1; each hour remembers the one before (AR(1))."""
    fresh = random.normal(0, math.sqrt(1 - correlation**2), hours)
    values, last = np.empty(hours), random.normal()
    for index, new in enumerate(fresh):
        last = correlation * last + new
        values[index] = last
    return values


def office(random: Random, hours: int, *, growth: float = 0.01, wander: float = 0.0) -> Floats:
    """Office hours on five days, nights and weekends at a third; 5 % noise; growth a week, and a wandering level."""
    at = np.arange(hours)
    busy = np.exp(-0.5 * ((at % DAY - 13.5) / 3.2) ** 4) * (at // DAY % 7 < 5)
    days = hours // DAY + 2
    level = 1 + growth * at / WEEK + np.interp(at / DAY, np.arange(days), np.cumsum(random.normal(0, wander, days)))
    values: Floats = (30 + 70 * busy) * level * (1 + 0.05 * noise(random, hours))
    return values


def stepped(random: Random, hours: int, *, days: tuple[float, float], doubled: bool = False) -> Floats:
    """An office load that gets 60 more, or becomes 1.6 times as large, some days before the week to be forecast."""
    values = office(random, hours)
    first = hours - WEEK - int(random.uniform(*days) * DAY)
    values[first:] = values[first:] * 1.6 if doubled else values[first:] + 60
    return values


def saw_tooth(random: Random, hours: int, *, period_days: float) -> Floats:
    """A disk that gains 20 in a period and loses them at once, and grows by 0.4 a day below that."""
    days = np.arange(hours) / DAY
    phase = (days / period_days + random.uniform()) % 1
    return 50 + 0.4 * days + 20 * phase + random.normal(0, 0.5, hours)


def filling(random: Random, hours: int) -> Floats:
    """A disk that only fills."""
    return 50 + 0.02 * np.arange(hours) + random.normal(0, 0.2, hours)


def scattered(random: Random, hours: int, *, correlation: float = 0.0) -> Floats:
    """Pure noise around one level."""
    return 50 + 5 * noise(random, hours, correlation=correlation)


def flat(random: Random, hours: int) -> Floats:
    """Always the same."""
    return np.full(hours, float(random.integers(1, 100)))


def series(values: Floats) -> Series:
    """Hourly, from a Monday on."""
    return Series(start=START, values=tuple(values.tolist()))


def made(load: Load, seed: int, *, weeks: int = PAST_WEEKS, after: int = WEEK) -> tuple[Series, Floats]:
    """A past of some weeks that starts on any hour of a week, and what comes after it."""
    random = np.random.default_rng(seed)
    offset = int(random.integers(0, WEEK))
    values = load(random, offset + weeks * WEEK + after)[offset:]
    return series(values[: weeks * WEEK]), values[weeks * WEEK :]


def predict_linear(past: Series, *, range_hours: int) -> Floats:
    """`predict_linear(series[range], h)` for h of 1 to 168 hours, evaluated at the last sample.

    Prometheus' linearRegression: promql/functions.go, prometheus.io/docs/prometheus/latest/querying/functions. It sums
    with Kahan's compensation, this exactly.
    """
    values = past.values[-range_hours:]
    ages = [3600.0 * (index + 1 - len(values)) for index in range(len(values))]
    count, sum_x, sum_y = len(values), math.fsum(ages), math.fsum(values)
    covariance = math.fsum(x * y for x, y in zip(ages, values, strict=True)) - sum_x * sum_y / count
    variance = math.fsum(x * x for x in ages) - sum_x * sum_x / count
    slope = 0.0 if len(set(values)) == 1 else covariance / variance
    intercept = sum_y / count - slope * sum_x / count
    return intercept + slope * 3600.0 * np.arange(1.0, WEEK + 1)


def by(model: models.Model, past: Series) -> Floats:
    """The median of a model that is asked alone."""
    return np.array(model.forecast(past, WEEK).median)


def ours(past: Series) -> Floats:
    """What `outlook` would show: steps taken out, the model that did best on the past of this very series."""
    found = answer(past)
    level, _ = levelled(past)
    chosen = [model for model in models.CANDIDATES if model.name == found.model]
    return by(chosen[0] if chosen else models.CANDIDATES[0], level)


def answer(past: Series, limit: float = 1e9) -> Outlook:
    """Asked at once after the last value."""
    return outlook(past, limit, past.at(len(past.values)))


def theta(past: Series) -> Floats:
    """statsmodels' Theta, with the band it would have to show."""
    from statsmodels.tsa.forecasting.theta import ThetaModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = ThetaModel(past.array(), period=WEEK).fit()
        fitted.prediction_intervals(WEEK, alpha=0.2)
        return np.asarray(fitted.forecast(WEEK), dtype=np.float64)


def ets(past: Series) -> Floats:
    """statsmodels' exponential smoothing with damped trend and weekly season, without a band (it would simulate)."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ExponentialSmoothing(
            past.array(), trend="add", damped_trend=True, seasonal="add", seasonal_periods=WEEK
        )
        return np.asarray(model.fit().forecast(WEEK), dtype=np.float64)


PEERS: dict[str, Method] = {
    "predict_linear over 7 d": partial(predict_linear, range_hours=WEEK),
    "predict_linear over 1 d": partial(predict_linear, range_hours=DAY),
    "last week and its drift (PromQL)": partial(by, models.NaiveDrift()),
}
STATSMODELS: dict[str, Method] = {"statsmodels Theta": theta, "statsmodels ETS": ets}
LOADS: dict[str, tuple[Load, float]] = {
    "office hours": (office, 0.9),
    "office hours, step 1-6 days ago": (partial(stepped, days=(1, 6)), 0.3),
    "office hours, times 1.6 1-6 days ago": (partial(stepped, days=(1, 6), doubled=True), 0.3),
    # With independent noise nothing can do better than 0.71 here: last week is at the new level already.
    "office hours, step 7-14 days ago": (partial(stepped, days=(7, 14)), 0.9),
    "disk, cleaned up each day": (partial(saw_tooth, period_days=1), 0.3),
    "disk, cleaned up each week": (partial(saw_tooth, period_days=7), 0.3),
    "disk, cleaned up each 5 days": (partial(saw_tooth, period_days=5), 0.9),
    "disk, cleaned up each 10.3 days": (partial(saw_tooth, period_days=10.3), 0.9),
    "disk that only fills": (filling, 0.3),
}
"""Load and the most that our error may be."""
WISHED: dict[str, float] = {"office hours, step 7-14 days ago": 0.3}
"""Goals that are out of reach: told beside what is held."""
HOPELESS: dict[str, Load] = {
    "white noise": scattered,
    "noise with memory": partial(scattered, correlation=0.9),
    "a flat series": flat,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One method on all seeds of a load."""

    mase: float
    cpu_ms: float


def measured(method: Method, load: Load, *, seeds: range = SEEDS, weeks: int = PAST_WEEKS) -> Measured:
    """Errors summed over the seeds and divided by those of the same hour last week; median time a series."""
    error, naive, times = 0.0, 0.0, []
    for seed in seeds:
        past, actual = made(load, seed, weeks=weeks)
        began = time.process_time()
        forecast = method(past)
        times.append((time.process_time() - began) * 1000)
        error += float(np.abs(actual - forecast).sum())
        naive += float(np.abs(actual - past.array()[-WEEK:]).sum())
    return Measured(mase=error / naive, cpu_ms=statistics.median(times))


def forecasts() -> Iterator[Figure]:
    """All of it."""
    for name, (load, most) in LOADS.items():
        yield _compared(name, load, WISHED.get(name, most))
    yield from _tested_on_a_step()
    yield from _times()
    for name, load in HOPELESS.items():
        shown = statistics.mean(answer(made(load, seed)[0]).shown for seed in _CALIBRATION_SEEDS)
        how = f"share of {len(_CALIBRATION_SEEDS)} series, {PAST_WEEKS} weeks each, that got a date all the same"
        yield figure(f"forecast: {name} believed", shown, "of series", 0.1, how)
    yield from _dates()


def _peers() -> dict[str, Method]:
    return PEERS | (STATSMODELS if importlib.util.find_spec("statsmodels") else {})


def named(load: str) -> str:
    """Name of the figure of a load."""
    return f"forecast: {load}"


def _compared(name: str, load: Load, goal: float) -> Figure:
    found = measured(ours, load)
    others = ", ".join(f"{peer} {measured(method, load).mase:.2f}" for peer, method in _peers().items())
    short = measured(ours, load, weeks=4).mase
    how = f"7 days ahead, {len(SEEDS)} series of {PAST_WEEKS} weeks; ours with 4 weeks {short:.2f}; {others}"
    return figure(named(name), found.mase, _UNIT, goal, how)


def _tested_on_a_step() -> Iterator[Figure]:
    answers = [answer(made(partial(stepped, days=(7, 14)), seed)[0]) for seed in SEEDS]
    tested = [each.mase for each in answers if each.mase is not None]
    how = (
        f"rolling origins within each of {len(tested)} series that stepped 7-14 days before its end; mean of the series"
    )
    yield figure("forecast: all origins around a step", statistics.mean(tested), _UNIT, 0, how)


def _times() -> Iterator[Figure]:
    shape, line = (measured(partial(by, model), office).cpu_ms for model in models.CANDIDATES)
    others = ", ".join(f"{peer} {measured(method, office).cpu_ms:.1f}" for peer, method in _peers().items())
    how = f"one fit and forecast with band, {PAST_WEEKS} weeks; the straight line {line:.1f}; {others}"
    yield figure("forecast: processor time a forecast", shape, "ms", 50, how)
    whole = measured(lambda past: np.array(answer(past).mase or 0.0), office).cpu_ms
    how = "steps, gaps, 8 rolling origins with every model, the best one's forecast and dates"
    yield figure("forecast: processor time an outlook", whole, "ms", 50, how)


def _dates() -> Iterator[Figure]:
    load, limit_ratio = partial(office, growth=0.03, wander=0.005), 1.15
    early, late, found = 0, 0, 0
    for seed in _CALIBRATION_SEEDS:
        past, after = made(load, seed, after=exhaustion.HORIZON_DAYS * DAY)
        limit = limit_ratio * max(exhaustion.daily_peaks(past).values)
        dates = answer(past, limit).exhaustion
        if dates is None:
            continue
        over = np.flatnonzero(np.array(exhaustion.daily_peaks(series(after)).values) >= limit)
        true = int(over[0]) if over.size else exhaustion.HORIZON_DAYS
        now = past.at(len(past.values))
        low, high = (exhaustion.HORIZON_DAYS if day is None else (day - now).days for day in (dates.p10, dates.p90))
        early, late, found = early + (true < low), late + (true > high), found + 1
    how = (
        f"{found} office loads that grow by 3 % a week and wander, limit 15 % above all peaks so far: the true day was "
        f"before p10 in {early / found:.0%}, after p90 in {late / found:.0%}"
    )
    yield figure("forecast: dates outside their 80 % band", (early + late) / found, "of series", 0.4, how)


if __name__ == "__main__":
    for each in forecasts():
        sys.stdout.write(f"{each.name}: {each.value:.3f} {each.unit} (at most {each.goal:g}); {each.how}\n")
        sys.stdout.flush()
