"""What counts as idle, and what never does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.efficiency.idle import REASONS, WINDOW_SECONDS, Claiming, Reserving, idle

QUIET = Reserving(
    department="tax", observed_seconds=WINDOW_SECONDS, cpu_request_milli=500, mean_cpu_micro=0, p95_cpu_micro=0
)
CLAIMS = Claiming(department="tax", observed_seconds=WINDOW_SECONDS, fewest_unmounted=2)
NEARLY_ALL = WINDOW_SECONDS * 95 // 100


@pytest.mark.parametrize(
    ("environment", "counted"),
    [
        pytest.param(QUIET, True, id="uses nothing"),
        # 1 % of 500 milli-cores is 5,000 micro-cores.
        pytest.param(replace(QUIET, p95_cpu_micro=4999), True, id="just below"),
        pytest.param(replace(QUIET, p95_cpu_micro=5000), False, id="one percent"),
        pytest.param(replace(QUIET, mean_cpu_micro=5000), False, id="a batch shows in the mean"),
        pytest.param(replace(QUIET, observed_seconds=NEARLY_ALL), True, id="a few gaps"),
        pytest.param(replace(QUIET, observed_seconds=NEARLY_ALL - 1), False, id="younger than the window"),
        pytest.param(replace(QUIET, cpu_request_milli=0), False, id="holds nothing"),
    ],
)
def test_when_an_environment_is_idle(environment: Reserving, counted: bool):
    assert idle([environment], ()) == ({("tax", "no_cpu"): 1} if counted else {})


@pytest.mark.parametrize(
    ("environment", "count"),
    [
        pytest.param(CLAIMS, 2, id="as many as there were at any time"),
        pytest.param(replace(CLAIMS, observed_seconds=NEARLY_ALL - 1), 0, id="younger than the window"),
        pytest.param(replace(CLAIMS, fewest_unmounted=0), 0, id="all were mounted once"),
    ],
)
def test_claims_that_no_pod_mounted_for_a_whole_window(environment: Claiming, count: int):
    assert idle((), [environment]) == ({("tax", "unmounted_claim"): count} if count else {})


def test_what_is_idle_is_counted_by_department_and_reason():
    roads = replace(QUIET, department="roads")
    found = idle([QUIET, QUIET, roads, replace(roads, p95_cpu_micro=400_000)], [CLAIMS, CLAIMS])
    assert found == {("tax", "no_cpu"): 2, ("roads", "no_cpu"): 1, ("tax", "unmounted_claim"): 4}


seconds = st.integers(0, 2 * WINDOW_SECONDS)
environments = st.builds(
    Reserving,
    department=st.sampled_from(["tax", "roads"]),
    observed_seconds=seconds,
    cpu_request_milli=st.integers(0, 4000),
    mean_cpu_micro=seconds,
    p95_cpu_micro=seconds,
)


@given(found=st.lists(environments))
def test_each_environment_counts_once_at_most_and_never_when_it_is_young(found: list[Reserving]):
    counts = idle(found, [])
    assert sum(counts.values()) <= len([each for each in found if each.observed_seconds >= NEARLY_ALL])
    assert {reason for _, reason in counts} <= set(REASONS)
    assert all(count > 0 for count in counts.values())
