"""Questions about weeks, answered by a real Prometheus: what stands idle, and how much of their requests others use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from govcloud_monitoring import prometheus as asking
from govcloud_monitoring.accountant.idleness import idle_environments
from govcloud_monitoring.efficiency.inputs import UseRatio
from govcloud_monitoring.kubernetes.uses import use_ratios
from support import history
from support.promtool import Promtool

NOW = datetime(2026, 11, 3, 10, tzinfo=UTC)
WINDOW = timedelta(days=36)
GI = 1 << 30
BUSY, QUIET, YOUNG = "tax-busy-prod", "tax-quiet-test", "roads-new-test"
Curves = dict[tuple[str, tuple[tuple[str, str], ...]], history.Curve]


def past() -> str:
    """One that works for two hours a day, one that does nothing, and one that does nothing and is three days old."""
    curves: Curves = {}
    for name, used in ((BUSY, working), (QUIET, always(0.0)), (YOUNG, young(0.0))):
        alive = young if name == YOUNG else always
        place, pool = (("namespace", name),), (("namespace", name), ("pool", "workers"))
        owner = (("department", name.partition("-")[0]), ("namespace", name))
        curves["govcloud_namespace_owner_info", owner] = alive(1.0)
        curves["namespace_pool:govcloud_namespace_cpu_requested_cores:max", pool] = alive(2.0)
        curves["namespace_pool:govcloud_namespace_memory_requested_bytes:max", pool] = alive(2.0 * GI)
        curves["namespace:container_cpu_usage_seconds:rate5m", place] = used
        curves["namespace:container_memory_working_set_bytes:sum", place] = alive(1.0 * GI)
        curves["govcloud_namespace_unmounted_claims", place] = alive(2.0)
    # One of its two volumes was mounted for a day, three weeks ago.
    curves["govcloud_namespace_unmounted_claims", (("namespace", QUIET),)] = once_mounted
    curves["govcloud_namespace_unmounted_claims", (("namespace", BUSY),)] = always(0.0)
    return history.text(curves, NOW - WINDOW, NOW, timedelta(minutes=5))


def always(value: float) -> history.Curve:
    return lambda _: value


def young(value: float) -> history.Curve:
    return lambda moment: value if NOW - moment < timedelta(days=3) else None


def working(moment: datetime) -> float:
    """A core for 2 hours of each day, half of one else: the 95th percentile is a core, half of the request."""
    return 1.0 if moment.hour < 2 else 0.5


def once_mounted(moment: datetime) -> float:
    return 1.0 if timedelta(days=21) < NOW - moment < timedelta(days=22) else 2.0


@pytest.fixture(scope="module")
def url(prometheus: Path, promtool: Promtool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with history.prometheus(prometheus, promtool.path, tmp_path_factory.mktemp("weeks"), past()) as found:
        yield found


def test_what_stood_idle_for_five_weeks(url: str):
    assert idle_environments(asking.direct(url), NOW) == {("tax", "no_cpu"): 1, ("tax", "unmounted_claim"): 1}


def test_how_much_of_its_requests_an_environment_used_in_a_week(url: str):
    assert use_ratios(asking.direct(url), NOW) == {
        BUSY: UseRatio(cpu_permille=500, memory_permille=500),
        QUIET: UseRatio(cpu_permille=0, memory_permille=500),
    }
