"""Machines that tell nothing, from a real Prometheus with a past: an hour says of how much its use was measured."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from govcloud_monitoring import prometheus
from govcloud_monitoring.accountant.department_hours import department_hours
from govcloud_monitoring.accountant.evidence.questions import AskAt, observe
from govcloud_monitoring.accountant.evidence.stretch import Stretch
from govcloud_monitoring.accountant.office import Office
from govcloud_monitoring.accountant.recording import Recorder
from govcloud_monitoring.accountant.settings import Settings
from govcloud_monitoring.ledger.department_hour import DepartmentHour
from govcloud_monitoring.ledger.prices import RESOURCES
from govcloud_monitoring.ledger.store import session
from support import history, ledger_database
from support.accounting import Tiers
from support.ledger_database import WRITER
from support.promtool import Promtool

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
WHOLE, MUTE, STILL_MUTE, RUBBISH, MOVED, OLD = (datetime(2026, 11, 3, hour, tzinfo=UTC) for hour in range(9, 15))
"""Hours: all told; one of two machines fell silent in the middle; was silent throughout; answered with nothing of use
for a while; left the cluster in the middle, when another had come; the file of one grew old."""
NOW = OLD + HOUR + 10 * MINUTE
MACHINES = ("w1", "w2", "w3")
RUNS = {"tax": ("w1", "w2"), "roads": ("w1",), "health": ("w2",)}
"""Each uses half a core, a GiB and 10 GiB of volumes on each machine, w3 runs nothing of theirs."""
GI = 1 << 30
CORE_HOUR = 3_600_000
Curves = dict[tuple[str, tuple[tuple[str, str], ...]], history.Curve]


def is_there(machine: str, at: datetime) -> bool:
    """Whether it has a Node."""
    return {"w1": True, "w2": at <= MOVED + HOUR / 2, "w3": at > MOVED + 10 * MINUTE}[machine]


def is_up(machine: str, at: datetime) -> bool:
    """Whether it answers at all."""
    return machine != "w2" or not MUTE + HOUR / 2 < at <= STILL_MUTE + HOUR


def tells(machine: str, at: datetime) -> bool:
    """Whether its kubelet answers with something of use."""
    rubbish = machine == "w2" and RUBBISH + 20 * MINUTE < at <= RUBBISH + 40 * MINUTE
    return is_there(machine, at) and is_up(machine, at) and not rubbish


def past() -> str:
    curves: Curves = {}

    def series(name: str, curve: history.Curve, **labels: str) -> None:
        curves[name, tuple(sorted(labels.items()))] = curve

    series("cluster:govcloud_pool_cpu_allocatable_cores:sum", lambda _: 8)
    series("govcloud_pool_cpu_allocatable_cores", lambda _: 8, pool="workers")
    series("namespace:container_memory_working_set_bytes:sum", lambda _: GI, namespace="kube-system")
    series("namespace:govcloud_volume_used_bytes:sum", lambda _: GI, namespace="kube-system")
    for machine in MACHINES:
        for job in ("kubelet-resource", "node-exporter"):
            series("up", up(machine), job=job, node=machine)
        series("resource_scrape_error", error(machine), job="kubelet-resource", node=machine)
        series("govcloud_machine_metrics_timestamp_seconds", looked(machine), node=machine)
    for code, machines in RUNS.items():
        department(series, code, machines)
    return history.text(curves, WHOLE + timedelta(seconds=30), NOW, timedelta(seconds=30))


def department(series: object, code: str, machines: tuple[str, ...]) -> None:
    """What it reserves and uses, as far as machines tell."""
    assert callable(series)
    namespace, place = f"{code}-a-test", {"department": code, "purpose": "test"}
    series("govcloud_namespace_owner_info", lambda _: 1, namespace=namespace, project="a", tier="standard", **place)
    series("department_purpose:govcloud_cpu_requested_cores:sum", lambda _: len(machines), **place)
    series("department_purpose:govcloud_memory_requested_bytes:sum", lambda _: 2 * GI * len(machines), **place)
    series("namespace_pool:charged_cpu_cores:max", lambda _: len(machines), namespace=namespace, pool="workers")

    def told(at: datetime) -> int:
        return sum(tells(machine, at) for machine in machines)

    def some(at: datetime) -> float | None:
        return told(at) / 2 or None

    series("namespace:container_cpu_usage_seconds:rate5m", some, namespace=namespace)
    series("department_purpose:container_memory_working_set_bytes:sum", lambda at: GI * told(at) or None, **place)
    series("department_purpose:govcloud_volume_used_bytes:sum", lambda at: 10 * GI * told(at) or None, **place)
    for machine in machines:
        where = {"namespace": namespace, "node": machine, "pod": f"{code}-{machine}", "container": "web"}
        counter = steady(machine)
        series("container_cpu_usage_seconds_total", counter, job="kubelet-resource", **where)
        series("container_memory_working_set_bytes", counter, job="kubelet-resource", **where)
        series("govcloud_volume_used_bytes", counter, node=machine, namespace=namespace, persistentvolumeclaim="a")


def steady(machine: str) -> history.Curve:
    return lambda at: 0.5 * (at - WHOLE).total_seconds() if tells(machine, at) else None


def up(machine: str) -> history.Curve:
    return lambda at: float(is_up(machine, at)) if is_there(machine, at) else None


def error(machine: str) -> history.Curve:
    """Of a kubelet without figures, which still answers; and the exporter has nothing of one that is silent."""
    return lambda at: float(not tells(machine, at)) if is_there(machine, at) and is_up(machine, at) else None


def looked(machine: str) -> history.Curve:
    """The moment in the machine's file; w1 stopped writing it, a quarter of an hour after the last hour began."""

    def curve(at: datetime) -> float | None:
        stopped = OLD + 15.5 * MINUTE if machine == "w1" else NOW
        return min(at, stopped).timestamp() if is_there(machine, at) and is_up(machine, at) else None

    return curve


@pytest.fixture(scope="module")
def ask(prometheus: Path, promtool: Promtool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AskAt]:
    with history.prometheus(prometheus, promtool.path, tmp_path_factory.mktemp("past"), past()) as url:
        yield direct(url)


direct = prometheus.direct


def of(ask: AskAt, start: datetime, resource: str) -> dict[str, DepartmentHour]:
    found = department_hours(Stretch(start=start, end=start + HOUR), ask)
    return {each.department: each for each in found if each.resource == resource}


def permille(ask: AskAt, start: datetime, resource: str) -> dict[str, int]:
    return {name: each.measured_permille for name, each in of(ask, start, resource).items()}


def everybody(permille: int, **others: int) -> dict[str, int]:
    return dict.fromkeys(RUNS, permille) | others


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (WHOLE, {"cpu": everybody(1000), "memory": everybody(1000), "storage": everybody(1000)}),
        # Never more than of both machines together, and half of what health has.
        (MUTE, {name: everybody(750, health=500) for name in RESOURCES}),
        (STILL_MUTE, {name: everybody(500, health=0) for name in RESOURCES}),
        # A counter that is back tells of what it outlived; the machine's own file has nothing to do with its kubelet.
        (RUBBISH, {"cpu": everybody(1000), "memory": everybody(833, health=667), "storage": everybody(1000)}),
        (OLD, {"cpu": everybody(1000), "memory": everybody(1000), "storage": everybody(750, tax=500, roads=500)}),
    ],
)
def test_an_hour_tells_how_much_of_it_machines_told(ask: AskAt, start: datetime, expected: dict[str, dict[str, int]]):
    assert {name: permille(ask, start, name) for name in RESOURCES} == expected


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_machine_that_left_the_cluster_and_one_that_came_are_not_missed(ask: AskAt, resource: str):
    """Prometheus marks what it asks no more; here it does not, and takes it for silent for five minutes at most."""
    found = permille(ask, MOVED, resource)
    assert all(each >= 950 for each in found.values())
    assert permille(ask, OLD, "cpu") == everybody(1000)


def test_what_a_silent_machine_ran_is_in_nobodys_use_and_its_row_says_so(ask: AskAt):
    cpu = of(ask, MUTE, "cpu")
    assert cpu["roads"].used == pytest.approx(CORE_HOUR / 2, rel=0.01)
    assert cpu["tax"].used == pytest.approx(CORE_HOUR * 0.75, rel=0.01)
    assert cpu["health"].used == pytest.approx(CORE_HOUR / 4, rel=0.02)
    assert cpu["health"].wasted == CORE_HOUR - (cpu["health"].used or 0)
    later = of(ask, STILL_MUTE, "cpu")
    assert later["tax"].used == pytest.approx(CORE_HOUR / 2, rel=0.01)
    assert (later["health"].used, later["health"].wasted) == (None, None)


def test_a_charge_says_how_much_of_it_was_measured(ask: AskAt):
    """Tax has samples all the time, of its other machine."""
    found = observe(Stretch(start=MUTE, end=MUTE + HOUR), ask)
    assert found.measured_permille == {"tax-a-test": 750, "roads-a-test": 750, "health-a-test": 500}
    assert found.charged_cpu["tax-a-test", "workers"] == 2 * CORE_HOUR


def test_a_month_knows_how_much_of_it_was_measured(ask: AskAt):
    with ledger_database.server() as server:
        opened = lambda: session(server.place(WRITER))  # noqa: E731  # as an office takes it
        office = Office(options=Settings(), cluster=Tiers(), ask=ask, opened=opened)
        office.record(Recorder(ask), NOW)
        held = {
            (each.department, each.resource): each for each in office.month(date(2026, 11, 1), NOW).departments or ()
        }
    health = held["health", "memory"]
    assert (health.hours, health.measured_hours) == (7, 6)  # six are written, one has just begun
    assert health.measured_millihours == pytest.approx(1000 + 500 + 0 + 667 + 1000 + 1000 + 1000, abs=60)
