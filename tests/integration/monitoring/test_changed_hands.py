"""Environments that change hands within an hour, in a real Prometheus with a past: each owner pays for its own time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from govcloud_monitoring import prometheus
from govcloud_monitoring.accountant.closing import Accountant, statements
from govcloud_monitoring.accountant.department_hours import department_hours
from govcloud_monitoring.accountant.evidence.questions import AskAt, observe
from govcloud_monitoring.accountant.evidence.stretch import Stretch
from govcloud_monitoring.accountant.office import Office
from govcloud_monitoring.accountant.settings import Settings
from govcloud_monitoring.ledger.charge import Charge
from govcloud_monitoring.ledger.store import session
from support import history, ledger_database
from support.accounting import Tiers
from support.ledger_database import WRITER
from support.promtool import Promtool

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
HANDED, REMADE = (datetime(2026, 11, 3, hour, tzinfo=UTC) for hour in (10, 11))
"""Hours: tax handed its environment to health after 20 minutes; that of roads went, and tax made one of its name."""
NOW = REMADE + HOUR + 10 * MINUTE
GI = 1 << 30
CORE_HOUR = 3_600_000


def past() -> str:
    curves: dict[tuple[str, tuple[tuple[str, str], ...]], history.Curve] = {}

    def series(name: str, curve: history.Curve, **labels: str) -> None:
        curves[name, tuple(sorted(labels.items()))] = curve

    def owned(namespace: str, code: str, tier: str, is_theirs: history.Curve, instance: str = "1") -> None:
        labels = {"department": code, "project": "a", "purpose": "test", "tier": tier, "instance": instance}
        series("govcloud_namespace_owner_info", is_theirs, namespace=namespace, **labels)

    series("cluster:govcloud_pool_cpu_allocatable_cores:sum", lambda _: 16)
    series("govcloud_pool_cpu_allocatable_cores", lambda _: 16, pool="workers")
    series("pool:govcloud_pool_cpu_allocatable_cores:max", lambda _: 16, pool="workers")
    series("pool:govcloud_pool_memory_allocatable_bytes:max", lambda _: 64 * GI, pool="workers")
    for job in ("kubelet-resource", "node-exporter"):
        series("up", lambda _: 1, job=job, node="w1")
    series("resource_scrape_error", lambda _: 0, job="kubelet-resource", node="w1")
    series("namespace:container_memory_working_set_bytes:sum", lambda _: GI, namespace="kube-system")
    # The first changed hands, and its new owner took twice of everything at once.
    handed = HANDED + 20 * MINUTE
    owned("portal", "tax", "standard", lambda at: 1 if at <= handed else None)
    owned("portal", "health", "critical", lambda at: 1 if at > handed else None)
    # A second exporter that is a minute behind, as while both are updated.
    owned("portal", "tax", "standard", lambda at: 1 if at <= handed + MINUTE else None, instance="2")
    held(series, "portal", lambda at: 2 if at <= handed else 4, restarted=HANDED - MINUTE)
    remade = REMADE + 30 * MINUTE
    owned("map", "roads", "standard", lambda at: 1 if at <= remade else None)
    owned("map", "tax", "standard", lambda at: 1 if at > remade else None)
    held(series, "map", lambda at: 1 if at <= remade else 3, restarted=remade)
    return history.text(curves, HANDED + timedelta(seconds=30), NOW, timedelta(seconds=30))


def held(series: object, namespace: str, cores: Callable[[datetime], int], *, restarted: datetime) -> None:
    """So many cores, as many GiB, ten times as many of volumes; all of it is used."""
    assert callable(series)
    place = {"namespace": namespace, "pool": "workers"}

    def times(factor: int) -> history.Curve:
        return lambda at: cores(at) * factor

    series("namespace_pool:charged_cpu_cores:max", cores, **place)
    series("namespace_pool:charged_memory_bytes:max", times(GI), **place)
    series("namespace:charged_storage_bytes:max", times(10 * GI), namespace=namespace)
    series("namespace:container_cpu_usage_seconds:rate5m", cores, namespace=namespace)
    where = {"namespace": namespace, "node": "w1", "pod": "web-0", "container": "web", "job": "kubelet-resource"}
    series("container_cpu_usage_seconds_total", counter(cores, restarted), **where)
    series("container_memory_working_set_bytes", times(GI), **where)


def counter(cores: Callable[[datetime], int], restarted: datetime) -> history.Curve:
    """Core-seconds used since it began, or began anew."""

    def curve(at: datetime) -> float:
        began = restarted if at > restarted else HANDED - MINUTE
        steps = (at - began) // timedelta(seconds=30)
        return sum(30.0 * cores(at - step * timedelta(seconds=30)) for step in range(steps))

    return curve


@pytest.fixture(scope="module")
def ask(prometheus: Path, promtool: Promtool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AskAt]:
    with history.prometheus(prometheus, promtool.path, tmp_path_factory.mktemp("past"), past()) as url:
        yield direct(url)


direct = prometheus.direct


@pytest.fixture
def office(ask: AskAt) -> Iterator[Office]:
    with ledger_database.server() as server:
        yield Office(options=Settings(), cluster=Tiers(), ask=ask, opened=lambda: session(server.place(WRITER)))


def of(charges: tuple[Charge, ...], environment: str, component: str) -> dict[tuple[str, str], int]:
    return {
        (each.department, each.tier): each.quantity
        for each in charges
        if (each.environment, each.component) == (environment, component)
    }


def test_each_owner_is_charged_for_what_it_held_and_every_hour_adds_up(office: Office):
    assert office.work(Accountant(office.ask), NOW) == 4
    with office.opened() as ledger:
        closed = {(pool, start): ledger.charges(pool, start) for pool in ("workers", "storage") for start in HOURS}
    handed, volumes = closed["workers", HANDED], closed["storage", HANDED]
    # 2 cores for 20 minutes, 4 for 40; for a minute the two exporters did not agree.
    for component, whole, found in (
        ("cpu", 12_000_000, handed),
        ("memory", 1024 * 12_000, handed),
        ("storage", 10 * 1024 * 12_000, volumes),
    ):
        parts = of(found, "portal", component)
        assert sum(parts.values()) == whole
        assert parts["tax", "standard"] == pytest.approx(whole * 0.2, rel=0.11)
        assert set(parts) == {("tax", "standard"), ("health", "critical")}
    # Nothing is lost on the way, and nobody has what was another's.
    remade = of(closed["workers", REMADE], "map", "cpu")
    assert remade == {("roads", "standard"): 1000 * 1800, ("tax", "standard"): 3000 * 1800}
    assert of(closed["workers", HANDED], "map", "cpu") == {("roads", "standard"): CORE_HOUR}


HOURS = (HANDED, REMADE)


def test_what_departments_used_is_theirs_alone(ask: AskAt):
    found = {
        (each.department, each.resource): each.used
        for each in department_hours(Stretch(start=REMADE, end=REMADE + HOUR), ask)
    }
    assert found["roads", "cpu"] == pytest.approx(CORE_HOUR / 2, rel=0.02)
    assert found["tax", "cpu"] == pytest.approx(1.5 * CORE_HOUR, rel=0.02)
    assert found["health", "cpu"] == pytest.approx(4 * CORE_HOUR, rel=0.02)


def test_a_month_that_runs_is_parted_alike(office: Office):
    early = office.month(date(2026, 11, 1), HANDED + HOUR / 2)
    cpu = {(each.department, each.environment): each.quantity for each in early.lines if each.component == "cpu"}
    assert cpu["tax", "portal"] == pytest.approx(2000 * 1200, rel=0.11)
    assert cpu["tax", "portal"] + cpu["health", "portal"] == 2000 * 1200 + 4000 * 600
    for pool in early.pools:
        assert sum(each.cost_microcents for each in early.lines if each.pool == pool) == early.pools[pool]


def test_a_change_of_tier_is_a_change_of_price(ask: AskAt, office: Office):
    tariff = office.tariff()
    [workers, _] = statements(observe(Stretch(start=HANDED, end=HANDED + HOUR), ask), tariff)
    listed = {each.department: each for each in workers.charges if each.component == "cpu"}
    for name, cents in (("tax", 730), ("health", 1460)):
        worth = listed[name].quantity * cents * 1_000_000 / (1000 * 730 * 3600)
        assert listed[name].list_microcents == pytest.approx(worth, abs=1)
