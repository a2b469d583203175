"""Gaps are bridged: short ones by a line, longer ones by the same hours of another week, which keep the shape. Pure."""

from __future__ import annotations

import numpy as np

from govcloud_monitoring.forecast.series import Floats, Series, runs

_LINE_SECONDS = 3 * 3600


def filled(series: Series) -> Series:
    """A trimmed series without gaps. Known values are never changed."""
    values = series.array()
    missing = np.isnan(values)
    known = np.flatnonzero(~missing)
    line = np.interp(np.arange(values.size), known, values[known])
    bridged = np.where(missing, line, values)
    for first, past in runs(missing):
        if (past - first) * series.step_seconds > _LINE_SECONDS:
            # The week before is whole already; the week after may have gaps, for which its line has to do.
            bridged[first:past] = _other_week(bridged, first, past, series.week_steps)
    return series.holding(bridged)


def _other_week(values: Floats, first: int, past: int, week: int) -> Floats:
    """The same hours a week before, else a week after, else as they are; moved to meet both ends of the gap."""
    if first > week:
        shift = -week
    elif past + week < values.size:
        shift = week
    else:
        return values[first:past]
    offset = np.interp(
        np.arange(first, past),
        [first - 1, past],
        [values[first - 1] - values[first - 1 + shift], values[past] - values[past + shift]],
    )
    other: Floats = values[first + shift : past + shift] + offset
    return other
