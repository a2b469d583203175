"""A run takes a small share of one processor, begins once an hour, and ends when the process does."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.forecaster.pace import Pace, Stopped, pause_seconds


@dataclass
class World:
    """A thread's processor time and how long it rested; `ends` once that is reached."""

    worked: float = 0.0
    rested: float = 0.0
    ends: float = field(default=float("inf"))

    def wait(self, seconds: float) -> bool:
        self.rested += seconds
        return self.worked + self.rested >= self.ends


@given(works=st.lists(st.floats(0.001, 0.1), min_size=1, max_size=50), share=st.floats(0.01, 1))
def test_work_takes_no_more_than_its_share(works: list[float], share: float):
    world = World(worked=5.0)  # of earlier runs: not rested for
    pace = Pace(share, processor_seconds=lambda: world.worked, wait=world.wait)
    for seconds in works:
        world.worked += seconds
        pace.rest()
    assert sum(works) / (sum(works) + world.rested) == pytest.approx(share)


def test_a_process_that_ends_does_not_wait_for_the_run():
    world = World(ends=1.0)
    pace = Pace(0.1, processor_seconds=lambda: world.worked, wait=world.wait)
    world.worked += 0.05
    pace.rest()
    world.worked += 0.05
    with pytest.raises(Stopped):
        pace.rest()


@pytest.mark.parametrize(("took", "pause"), [(0, 3600), (300, 3300), (3600, 0), (9000, 0)])
def test_runs_begin_an_hour_apart(took: float, pause: float):
    assert pause_seconds(took, 3600) == pause
