"""Change of a level a day, robust against outliers. Pure."""

from __future__ import annotations

import numpy as np

from govcloud_monitoring.forecast.series import Floats

_MAX_CORRELATION = 0.95


def between_all(values: Floats) -> float:
    """Median of the slopes of all pairs, a step (Theil 1950, Sen 1968, doi 10.1080/01621459.1968.10480934)."""
    if values.size < 2:
        return 0.0
    first, second = np.triu_indices(values.size, 1)
    return float(np.median((values[second] - values[first]) / (second - first)))


def between_weekdays(days: Floats) -> float:
    """For each weekday the median of the slopes of all pairs of weeks, and of the seven their mean, a day.

    The seasonal Kendall slope (Hirsch, Slack and Smith 1982, doi 10.1029/WR018i001p00107) takes the median of all,
    which is too small where five busy days grow and two quiet ones do not. Needs two weeks.
    """
    weeks = days[days.size % 7 :].reshape(-1, 7)
    first, second = np.triu_indices(len(weeks), 1)
    slopes = (weeks[second] - weeks[first]) / (7.0 * (second - first))[:, None]
    return float(np.median(slopes, axis=0).mean())


def independent(residuals: Floats) -> float:
    """How many independent values carry as much as these neighbours do: n (1 - r) / (1 + r), r their correlation."""
    centred = residuals - residuals.mean()
    power = float(centred @ centred)
    r = float(centred[1:] @ centred[:-1]) / power if power > 0 else 0.0
    r = min(max(r, 0.0), _MAX_CORRELATION)
    return max(2.0, residuals.size * (1 - r) / (1 + r))
