"""The loop's lag: the worst of a minute, then forgotten; a loop that is held up is seen."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_operators.process.lag import WINDOW_SECONDS, Lag


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 9))))
def test_it_is_the_largest_of_the_window(notes: list[tuple[float, float]]) -> None:
    clock, seen = [0.0], list[tuple[float, float]]()
    lag = Lag(lambda: clock[0])
    for pause, seconds in notes:
        clock[0] += pause
        lag.note(seconds)
        seen.append((clock[0], seconds))
        recent = [each for at, each in seen if at >= clock[0] - WINDOW_SECONDS]
        assert lag.largest_seconds() == max(recent)


def test_what_is_long_ago_is_forgotten() -> None:
    clock = [0.0]
    lag = Lag(lambda: clock[0])
    assert lag.largest_seconds() == 0
    lag.note(3)
    clock[0] = WINDOW_SECONDS
    assert lag.largest_seconds() == 3
    clock[0] += 0.1
    assert lag.largest_seconds() == 0


def test_work_in_the_loop_itself_shows() -> None:
    async def run() -> float:
        lag = Lag(time.monotonic)
        measuring = asyncio.create_task(lag.measure(every_seconds=0.01))
        await asyncio.sleep(0.05)
        time.sleep(0.3)  # the fault that is to be seen
        await asyncio.sleep(0.05)
        measuring.cancel()
        await asyncio.gather(measuring, return_exceptions=True)
        return lag.largest_seconds()

    assert asyncio.run(run()) == pytest.approx(0.3, abs=0.3)
    assert asyncio.run(run()) > 0.25
