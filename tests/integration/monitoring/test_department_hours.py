"""What departments held, from a real Prometheus with a past: exact through gaps, restarts, short lives; kept once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pg8000.native
import pytest

from govcloud_api.errors import NotReady
from govcloud_monitoring import prometheus
from govcloud_monitoring.accountant.closing import Accountant
from govcloud_monitoring.accountant.department_hours import department_hours
from govcloud_monitoring.accountant.evidence.questions import AskAt
from govcloud_monitoring.accountant.evidence.stretch import Stretch
from govcloud_monitoring.accountant.office import Office
from govcloud_monitoring.accountant.recording import Recorder
from govcloud_monitoring.accountant.settings import Settings
from govcloud_monitoring.ledger.charge import UNITS
from govcloud_monitoring.ledger.department_hour import DepartmentHour, DepartmentSum, sum_of, summed
from govcloud_monitoring.ledger.prices import Resource
from govcloud_monitoring.ledger.store import Place, session
from support import history, ledger_database
from support.accounting import Tiers
from support.ledger_database import OWNER, WRITER, Server
from support.promtool import Promtool

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BEGAN = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
FIRST, BUSY, HOLE, EDGES, UNMEASURED = (datetime(2026, 11, 3, hour, tzinfo=UTC) for hour in range(9, 14))
"""Hours: observed by halves, eventful, with a hole in the middle, with one at each end, without what volumes hold."""
NOW = UNMEASURED + HOUR + 30 * MINUTE
ROOT = Path(__file__).parents[3]
RIGHTS = ("operators/govcloud_operators/services/postgresql/files/backup.sql", "monitoring/ledger/grants.sql")
"""As monitoring/ledger/prepare.sh applies them: the last needs what the first makes."""
GI = 1 << 30
CORE_HOUR, GIB_HOUR = 3_600_000, 1024 * 3600
Series = dict[tuple[str, tuple[tuple[str, str], ...]], history.Curve]


def seen(at: datetime) -> bool:
    """Whether anybody observed; Prometheus itself was away, so nothing is marked as gone."""
    holes = [(HOLE + 15 * MINUTE, HOLE + 45 * MINUTE), (EDGES - 10 * MINUTE, EDGES + 10 * MINUTE)]
    holes += [(EDGES + 40 * MINUTE, EDGES + HOUR)]
    return at > BEGAN and not any(start < at <= end for start, end in holes)


def past() -> str:
    curves: Series = {}

    def series(name: str, curve: history.Curve, **labels: str) -> None:
        curves[name, tuple(sorted(labels.items()))] = lambda at: curve(at) if seen(at) else None

    def always(name: str, value: float, **labels: str) -> None:
        series(name, lambda _: value, **labels)

    tax = {"department": "tax", "purpose": "test"}
    always("cluster:govcloud_pool_cpu_allocatable_cores:sum", 10)
    # The exporter is two for a while.
    for instance, start in (("a", BEGAN), ("b", BUSY + 20 * MINUTE)):
        source = {"instance": instance}

        def after(value: float, start: datetime = start) -> history.Curve:
            return lambda at: value if at > start else None

        series("govcloud_pool_cpu_allocatable_cores", after(10), pool="workers", **source)

        def raised(at: datetime, start: datetime = start) -> float | None:
            return (4 if at <= BUSY + HOUR / 2 else 8) if at > start else None

        series("govcloud_cpu_quota_cores", raised, **tax, **source)
        series("govcloud_cpu_quota_cores", after(2), department="tax", purpose="production", **source)
        series("govcloud_memory_quota_bytes", after(8 * GI), **tax, **source)
        series("govcloud_storage_quota_bytes", after(100 * GI), **tax, **source)
        for storage_class, size in (("local", 30), ("slow", 20)):
            claimed = {"storage_class": storage_class, **source}
            series("govcloud_storage_provisioned_bytes", after(size * GI), **tax, **claimed)
    for purpose, share in (("test", 0.75), ("production", 0.25)):
        place = {"department": "tax", "purpose": purpose}
        always("department_purpose:govcloud_cpu_requested_cores:sum", 2 * share, **place)
        always("department_purpose:govcloud_memory_requested_bytes:sum", 4 * share * GI, **place)
        always("department_purpose:container_memory_working_set_bytes:sum", 3 * share * GI, **place)
        series("department_purpose:govcloud_volume_used_bytes:sum", before(UNMEASURED, 10 * share * GI), **place)
    series("govcloud_volume_used_bytes", before(UNMEASURED, 10 * GI), node="w1", namespace="tax-a-test")
    looked = before(UNMEASURED, 0)
    series(
        "govcloud_machine_metrics_timestamp_seconds",
        lambda at: None if looked(at) is None else at.timestamp(),
        node="w1",
    )
    for job in ("kubelet-resource", "node-exporter"):
        always("up", 1, job=job, node="w1")
    always("resource_scrape_error", 0, job="kubelet-resource", node="w1")
    series("namespace:govcloud_volume_used_bytes:sum", before(UNMEASURED, 10 * GI), namespace="tax-a-test")
    always("namespace:container_memory_working_set_bytes:sum", GI, namespace="kube-system")
    owner = {"project": "a", "tier": "standard", **tax}
    always("govcloud_namespace_owner_info", 1, namespace="tax-a-test", **owner)
    containers = {"steady": steady, "restarted": restarted, "short": short, "late": late}
    for container, counter in containers.items():
        place = {"namespace": "tax-a-test", "pod": container, "container": "web", "node": "w1"}
        series("container_cpu_usage_seconds_total", counter, job="kubelet-resource", **place)
    # Counted by nobody: the pod's own sum, cAdvisor's copy, and what belongs to no department.
    everywhere = {"pod": "steady", "namespace": "tax-a-test"}
    series("container_cpu_usage_seconds_total", steady, job="kubelet-resource", container="", **everywhere)
    series("container_cpu_usage_seconds_total", steady, job="kubelet-cadvisor", container="web", **everywhere)
    series("container_cpu_usage_seconds_total", steady, job="kubelet-resource", container="web", namespace="x", pod="x")
    return history.text(curves, FIRST, NOW, timedelta(seconds=30))


def before(end: datetime, value: float) -> history.Curve:
    return lambda at: value if at <= end else None


def steady(at: datetime) -> float:
    """Half a core, always."""
    return 0.5 * (at - BEGAN).total_seconds()


def restarted(at: datetime) -> float | None:
    """A quarter of a core in the eventful hour; 25 minutes after its beginning it starts anew."""
    if not BUSY - 10 * MINUTE < at <= BUSY + HOUR:
        return None
    return 0.25 * (at - (BUSY - 10 * MINUTE if at < BUSY + 25 * MINUTE else BUSY + 25 * MINUTE)).total_seconds()


def short(at: datetime) -> float | None:
    """One core for twenty minutes, all its life."""
    born = BUSY + 10 * MINUTE
    return (at - born).total_seconds() if born < at <= born + 20 * MINUTE else None


def late(at: datetime) -> float | None:
    """Nothing until ten minutes before the eventful hour's end, then two cores; it ends with the hour."""
    began = BUSY + 50 * MINUTE
    return 2 * max(0.0, (at - began).total_seconds()) if BUSY - HOUR / 4 < at <= BUSY + HOUR else None


@pytest.fixture(scope="module")
def ask(prometheus: Path, promtool: Promtool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AskAt]:
    with history.prometheus(prometheus, promtool.path, tmp_path_factory.mktemp("past"), past()) as url:
        yield direct(url)


direct = prometheus.direct


def hour(ask: AskAt, start: datetime) -> dict[Resource, DepartmentHour]:
    """Of the one department."""
    found = department_hours(Stretch(start=start, end=start + HOUR), ask)
    assert {each.department for each in found} == {"tax"}
    return {each.resource: each for each in found}


def test_an_eventful_hour_is_exact(ask: AskAt):
    found = hour(ask, BUSY)
    assert (found["cpu"].granted, found["cpu"].reserved) == (6 * CORE_HOUR // 2 + 10 * CORE_HOUR // 2, 2 * CORE_HOUR)
    # Half a core and a quarter of one for an hour, one for twenty minutes, two for ten.
    # What a container used between its last sample and its restart is not known to anybody: here 30 seconds of it.
    used_cores = 0.5 * 3600 + 0.25 * (3600 - 30) + 1200 + 2 * 600
    assert found["cpu"].used == pytest.approx(1000 * used_cores, rel=0.001)
    assert [found["memory"].granted, found["memory"].reserved, found["memory"].used] == [
        8 * GIB_HOUR, 4 * GIB_HOUR, 3 * GIB_HOUR,
    ]  # fmt: skip
    assert [found["storage"].granted, found["storage"].reserved, found["storage"].used] == [
        100 * GIB_HOUR, 50 * GIB_HOUR, 10 * GIB_HOUR,
    ]  # fmt: skip
    assert {each.coverage_permille for each in found.values()} == {1000}
    assert {each.measured_permille for each in found.values()} == {1000}
    assert found["memory"].wasted == GIB_HOUR


@pytest.mark.parametrize(("start", "seen_permille"), [(HOLE, 333), (EDGES, 500)])
def test_what_a_gap_hides_is_made_up_for(ask: AskAt, start: datetime, seen_permille: int):
    """Hours of the same, seen in parts. The counter itself tells of what lies within; the ends are in proportion."""
    found = hour(ask, start)
    assert {each.coverage_permille for each in found.values()} == {seen_permille}
    # What a counter tells of a gap that it outlived is measured.
    assert found["memory"].measured_permille == found["storage"].measured_permille == seen_permille
    assert found["cpu"].measured_permille == pytest.approx({HOLE: 833, EDGES: 500}[start], abs=1)
    assert (found["cpu"].granted, found["cpu"].reserved) == (10 * CORE_HOUR, 2 * CORE_HOUR)
    assert found["cpu"].used == pytest.approx(CORE_HOUR / 2, rel=0.015)
    assert (found["memory"].granted, found["memory"].reserved) == (8 * GIB_HOUR, 4 * GIB_HOUR)
    assert (found["memory"].used, found["storage"].used) == (3 * GIB_HOUR, 10 * GIB_HOUR)
    assert (found["storage"].granted, found["storage"].reserved) == (100 * GIB_HOUR, 50 * GIB_HOUR)


def test_before_observing_began_there_was_nothing(ask: AskAt):
    found = hour(ask, FIRST)
    assert (found["cpu"].granted, found["cpu"].reserved) == (6 * CORE_HOUR // 2, CORE_HOUR)
    assert found["cpu"].used == pytest.approx(1000 * (0.5 * 1800 + 0.25 * 600), rel=0.02)
    assert (found["memory"].used, found["storage"].reserved) == (3 * GIB_HOUR // 2, 25 * GIB_HOUR)
    assert department_hours(Stretch(start=FIRST - HOUR, end=FIRST), ask) == ()


def test_what_nobody_measured_is_not_nothing(ask: AskAt):
    storage = hour(ask, UNMEASURED)["storage"]
    assert (storage.granted, storage.reserved) == (100 * GIB_HOUR, 50 * GIB_HOUR)
    assert (storage.used, storage.wasted, storage.measured_permille) == (None, None, 0)


@pytest.mark.parametrize("seconds", [61, 617, 1799])
def test_a_part_of_an_hour_is_exact_wherever_it_ends(ask: AskAt, seconds: int):
    end = BUSY + timedelta(seconds=seconds)
    found = {each.resource: each for each in department_hours(Stretch(start=BUSY, end=end), ask)}
    assert found["cpu"].granted == 6000 * seconds
    assert found["storage"].reserved == 50 * 1024 * seconds


@pytest.fixture
def server() -> Iterator[Server]:
    """An empty ledger."""
    with ledger_database.server() as made:
        yield made


@pytest.fixture
def office(ask: AskAt, server: Server) -> Office:
    return Office(options=Settings(), cluster=Tiers(), ask=ask, opened=lambda: session(server.place(WRITER)))


def test_every_hour_is_written_once_and_the_month_is_their_sum(office: Office, ask: AskAt):
    office.work(Accountant(ask), NOW)
    assert office.books(NOW).departments_until_seconds == 0
    recorder = Recorder(ask)
    assert [office.record(recorder, NOW) for _ in range(15)][-1] == 0
    assert office.record(Recorder(ask), NOW) == 0  # another one, after a restart
    written = [each for start in range(5) for each in hour(ask, FIRST + start * HOUR).values()]
    running = department_hours(Stretch(start=UNMEASURED + HOUR, end=NOW), ask)
    month = office.month(date(2026, 11, 1), NOW)
    assert month.departments == summed(map(sum_of, (*written, *running)))
    cpu, memory, storage = month.departments
    assert (memory.reserved, memory.used) == (20 * GIB_HOUR, 15 * GIB_HOUR)  # four hours and two halves
    assert (storage.hours, storage.measured_hours, cpu.unit) == (6, 4, UNITS["cpu"])


def test_an_hour_that_two_write_stands_as_the_first_wrote_it(office: Office, ask: AskAt):
    late = Recorder(ask)
    with office.opened() as ledger:
        ledger.write_departments(list(hour(ask, BUSY).values())[:1])
    with office.opened() as ledger:
        assert late.round(BUSY + HOUR + 10 * MINUTE, ledger) == 0
        found: tuple[DepartmentSum, ...] = ledger.departments(date(2026, 11, 1))
    assert [(each.resource, each.hours) for each in found] == [("cpu", 1)]


def test_figures_of_departments_never_hold_up_the_costs(office: Office, ask: AskAt, server: Server):
    """A ledger as it was before it knew of them: hours are closed, and filled in as soon as the table is there."""
    owner, recorder = server.place(OWNER), Recorder(ask)
    with raw(owner) as connection:
        connection.run("drop table ledger.department_hour")
    assert office.work(Accountant(ask), NOW) == 5  # of the storage
    with pytest.raises(NotReady, match="department_hour"):
        office.record(recorder, NOW)
    with session(owner) as ledger:
        ledger.migrate(writer=WRITER)
    assert sum(office.record(recorder, NOW) for _ in range(15)) == 5
    with office.opened() as ledger:
        assert ledger.newest_of_departments() == UNMEASURED
    assert office.books(NOW).departments_until_seconds == (UNMEASURED + HOUR).timestamp()


def test_the_role_that_is_deployed_may_write_and_read_them(ask: AskAt, server: Server):
    with raw(server.place("postgres")) as connection:
        for name in RIGHTS:
            connection.run((ROOT / name).read_text())
    with session(server.place(Settings().user)) as ledger:
        ledger.write_departments(list(hour(ask, BUSY).values()))
        assert len(ledger.departments(date(2026, 11, 1))) == 3


@contextmanager
def raw(place: Place) -> Iterator[pg8000.native.Connection]:
    connection = pg8000.native.Connection(place.user, unix_sock=place.socket, database=place.database, timeout=30)
    yield connection
    connection.close()
