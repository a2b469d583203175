"""What counts as idle, and what never does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.efficiency.idle import (
    REASONS,
    WINDOW_SECONDS,
    Claim,
    Reason,
    Use,
    Workload,
    idle,
    is_unmounted,
    workload_reason,
)

NOW = 1_800_000_000
OLD = NOW - WINDOW_SECONDS
NOTHING = Use(observed_seconds=WINDOW_SECONDS, mean_cpu_micro=0, p95_cpu_micro=0)
QUIET = Workload(department="tax", created_seconds=OLD, cpu_request_milli=500, use=NOTHING)
BROKEN = replace(QUIET, use=None, crash_looping_seconds=WINDOW_SECONDS)
CLAIM = Claim(department="tax", created_seconds=OLD, unmounted_seconds=WINDOW_SECONDS)


@pytest.mark.parametrize(
    ("workload", "reason"),
    [
        pytest.param(QUIET, "no_cpu", id="uses nothing"),
        # 1 % of 500 milli-cores is 5,000 micro-cores.
        pytest.param(replace(QUIET, use=replace(NOTHING, p95_cpu_micro=4999)), "no_cpu", id="just below"),
        pytest.param(replace(QUIET, use=replace(NOTHING, p95_cpu_micro=5000)), None, id="one percent"),
        pytest.param(replace(QUIET, use=replace(NOTHING, mean_cpu_micro=5000)), None, id="a batch shows in the mean"),
        pytest.param(replace(QUIET, use=replace(NOTHING, observed_seconds=WINDOW_SECONDS - 1)), None, id="gaps"),
        pytest.param(replace(QUIET, use=None), None, id="nothing is known"),
        pytest.param(replace(QUIET, cpu_request_milli=0), None, id="holds nothing"),
        pytest.param(replace(QUIET, created_seconds=OLD + 1), None, id="younger than the window"),
        pytest.param(replace(QUIET, keep_until_seconds=NOW + 1), None, id="kept"),
        pytest.param(replace(QUIET, keep_until_seconds=NOW), "no_cpu", id="the keep has ended"),
        pytest.param(BROKEN, "crash_loop", id="crashes all the time"),
        pytest.param(replace(QUIET, crash_looping_seconds=WINDOW_SECONDS), "crash_loop", id="one reason, not two"),
        pytest.param(replace(BROKEN, crash_looping_seconds=WINDOW_SECONDS - 1), None, id="ran within the window"),
        pytest.param(replace(BROKEN, created_seconds=OLD + 1), None, id="broken and young"),
        pytest.param(replace(BROKEN, keep_until_seconds=NOW + 1), None, id="broken and kept"),
    ],
)
def test_why_a_workload_is_idle(workload: Workload, reason: Reason | None):
    assert workload_reason(workload, NOW) == reason


@pytest.mark.parametrize(
    ("claim", "unmounted"),
    [
        (CLAIM, True),
        (replace(CLAIM, unmounted_seconds=WINDOW_SECONDS - 1), False),
        (replace(CLAIM, created_seconds=OLD + 1), False),
        (replace(CLAIM, keep_until_seconds=NOW + 1), False),
    ],
)
def test_a_claim_that_no_pod_mounted_for_a_whole_window(claim: Claim, unmounted: bool):
    assert is_unmounted(claim, NOW) is unmounted


def test_idle_objects_are_counted_by_department_and_reason():
    roads = replace(QUIET, department="roads")
    busy = replace(roads, use=replace(NOTHING, p95_cpu_micro=400_000))
    found = idle([QUIET, QUIET, BROKEN, roads, busy], [CLAIM], NOW)
    assert found == {
        ("tax", "no_cpu"): 2,
        ("tax", "crash_loop"): 1,
        ("roads", "no_cpu"): 1,
        ("tax", "unmounted_claim"): 1,
    }


def test_where_nothing_is_idle_there_is_nothing():
    assert idle([replace(QUIET, created_seconds=NOW)], [], NOW) == {}


seconds = st.integers(0, 2 * WINDOW_SECONDS)
workloads = st.builds(
    Workload,
    department=st.sampled_from(["tax", "roads"]),
    created_seconds=seconds.map(lambda age: NOW - age),
    cpu_request_milli=st.integers(0, 4000),
    use=st.none() | st.builds(Use, observed_seconds=seconds, mean_cpu_micro=seconds, p95_cpu_micro=seconds),
    crash_looping_seconds=seconds,
)


@given(found=st.lists(workloads))
def test_each_workload_counts_once_at_most_and_never_when_it_is_young(found: list[Workload]):
    counts = idle(found, [], NOW)
    old = [each for each in found if NOW - each.created_seconds >= WINDOW_SECONDS]
    assert sum(counts.values()) <= len(old)
    assert {reason for _, reason in counts} <= set(REASONS)
    assert all(count > 0 for count in counts.values())
