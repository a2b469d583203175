"""The ledger on a real PostgreSQL: closed once, never changed and always balanced, through two writers and a crash."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pg8000.native
import pytest
from hypothesis import given, settings

from govcloud_api import errors
from govcloud_monitoring.ledger.charge import Charge, Statement
from govcloud_monitoring.ledger.department_hour import DepartmentHour, sum_of
from govcloud_monitoring.ledger.focus import lines
from govcloud_monitoring.ledger.hour import statement
from govcloud_monitoring.ledger.prices import Amounts
from govcloud_monitoring.ledger.refusals import AlreadyClosed
from govcloud_monitoring.ledger.shares import Method
from govcloud_monitoring.ledger.store import Ledger, session
from govcloud_monitoring.ledger.sums import DayCost
from govcloud_monitoring.ledger.usage import PoolHour
from support import ledger_database
from support.ledger import CENT, HOUR, ISSUER, START, cost_by_line, held, hour, methods, pool_hours, usage
from support.ledger_database import OTHER, OWNER, WRITER, Server
from support.postgresql import eventually

POOLS = count(1)
YEARS = count(1990)
"""Of what is written of departments, which is the same for all pools: each test has a year of its own."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with ledger_database.server() as made:
        yield made


@pytest.fixture
def ledger(server: Server) -> Iterator[Ledger]:
    with session(server.place()) as opened:
        yield opened


@pytest.fixture
def pool() -> str:
    """A pool of the test's own: the ledger forgets nothing, not even tests."""
    return f"pool-{next(POOLS)}"


def closed(pool: str, start: datetime = START, **cores: int) -> Statement:
    """An hour of eight cores, used by departments so."""
    usages = [usage(department, held(cores=number)) for department, number in cores.items()]
    return statement(hour(*usages, capacity=held(cores=8), pool=pool, start=start))


def departments_hour(start: datetime, department: str = "tax", **more: Any) -> DepartmentHour:
    """One of its lines."""
    known: dict[str, Any] = {
        "granted": 9,
        "reserved": 7,
        "used": 4,
        "coverage_permille": 1000,
        "measured_permille": 900,
    }
    return DepartmentHour(start=start, department=department, resource="cpu", **{**known, **more})


def raw(server: Server, user: str = WRITER) -> pg8000.native.Connection:
    place = server.place(user)
    return pg8000.native.Connection(place.user, unix_sock=place.socket, database=place.database, timeout=30)


def refusal(act: Callable[[], Any]) -> str:
    """SQLSTATE of what the server says no to."""
    with pytest.raises(pg8000.native.DatabaseError) as error:
        act()
    return str(error.value.args[0]["C"])


def insert_charge(connection: pg8000.native.Connection, pool: str, environment: str, cost_microcents: int) -> None:
    connection.run(
        "insert into ledger.charge values (:start, :pool, 0, 'tax', :environment, '', '', '', 'cpu', 0, "
        "'mcore_seconds', 0, :cost, 0, 'proportional')",
        start=START,
        pool=pool,
        environment=environment,
        cost=cost_microcents,
    )


def insert_hour(connection: pg8000.native.Connection, pool: str, cost_microcents: int, revision: int = 0) -> None:
    connection.run(
        "insert into ledger.pool_hour values (:pool, :start, :revision, :cost, 'proportional', false, 1000)",
        pool=pool,
        start=START,
        revision=revision,
        cost=cost_microcents,
    )


def test_an_hour_reads_as_it_was_written(ledger: Ledger, pool: str):
    written = closed(pool, tax=3, roads=1)
    assert ledger.last_closed(pool) is None
    assert ledger.charges(pool, START) == ()
    ledger.close_hour(written)
    assert ledger.charges(pool, START) == written.charges
    last = ledger.last_closed(pool)
    assert last is not None
    assert [last.isoformat(), ledger.charges(pool, START)[0].start.isoformat()] == ["2026-03-01T07:00:00+00:00"] * 2


@settings(max_examples=25, deadline=None)
@given(pool_hours, methods)
def test_any_hour_that_can_be_is_taken(server: Server, given_hour: PoolHour, method: Method):
    written = statement(replace(given_hour, pool=f"pool-{next(POOLS)}"), method)
    with session(server.place()) as ledger:
        ledger.close_hour(written)
        assert sorted(ledger.charges(written.pool, START), key=lambda each: each.key) == list(written.charges)


@pytest.mark.parametrize("user", [WRITER, OWNER, "postgres"])
@pytest.mark.parametrize(
    "change",
    [
        "update ledger.charge set cost_microcents = 0",
        "update ledger.pool_hour set cost_microcents = 0",
        "delete from ledger.charge",
        "delete from ledger.pool_hour where false",
        "truncate ledger.charge",
        "truncate ledger.pool_hour cascade",
        "update ledger.department_hour set used = 0, wasted = reserved",
        "delete from ledger.department_hour",
        "truncate ledger.department_hour",
        "truncate ledger.recommendation",
        "insert into ledger.department_hour select * from ledger.department_hour on conflict (start, department, "
        "resource) do update set used = 0",
        "insert into ledger.pool_hour select * from ledger.pool_hour on conflict (pool, start, revision) do update "
        "set cost_microcents = 0",
    ],
)
def test_nobody_changes_what_was_written(server: Server, ledger: Ledger, pool: str, user: str, change: str):
    written, start = closed(pool, tax=3), START.replace(year=next(YEARS))
    ledger.close_hour(written)
    ledger.write_departments([departments_hour(start)])
    connection = raw(server, user)
    assert refusal(lambda: connection.run(change)) == "42501"
    connection.close()
    assert ledger.charges(pool, START) == written.charges
    assert ledger.departments(start.date()) == (sum_of(departments_hour(start)),)


def test_a_session_that_replicates_changes_nothing_either(server: Server, ledger: Ledger, pool: str):
    ledger.close_hour(closed(pool, tax=3))
    connection = raw(server, "postgres")
    connection.run("set session_replication_role = replica")
    for change in ("delete from ledger.charge", "delete from ledger.department_hour"):
        assert refusal(lambda change=change: connection.run(change)) == "42501"
    connection.close()


def test_an_hour_is_closed_once(ledger: Ledger, pool: str):
    written = closed(pool, tax=3)
    ledger.close_hour(written)
    for again in (written, closed(pool, roads=1)):
        with pytest.raises(AlreadyClosed, match="append a correction"):
            ledger.close_hour(again)
    assert ledger.charges(pool, START) == written.charges
    ledger.close_hour(closed(pool, START + HOUR, tax=3))
    assert ledger.last_closed(pool) == START + HOUR


def test_an_hour_without_charges_is_closed_once_too(ledger: Ledger, pool: str):
    nothing = statement(hour(capacity=held(), pool=pool))
    ledger.close_hour(nothing)
    assert ledger.last_closed(pool) == START
    with pytest.raises(AlreadyClosed):
        ledger.close_hour(nothing)


def test_an_hour_that_does_not_sum_is_refused_whole(ledger: Ledger, pool: str):
    right = closed(pool, tax=3)
    for wrong in (
        replace(right, pool_cost_microcents=right.pool_cost_microcents + 1),
        replace(right, charges=right.charges[1:]),
        replace(right, charges=()),
    ):
        with pytest.raises(errors.InvalidSpec, match="costs"):
            ledger.close_hour(wrong)
    assert ledger.last_closed(pool) is None
    assert ledger.charges(pool, START) == ()
    ledger.close_hour(right)


def changed(right: Statement, **fields: Any) -> Statement:
    first, *others = right.charges
    return replace(right, charges=(replace(first, **fields), *others))


@pytest.mark.parametrize(
    "fields",
    [
        {"unit": "mib_seconds"},
        {"component": "idle_share"},
        {"quantity": -1},
        {"cost_microcents": 10**19},
        {"measured_ratio_permille": 1001},
        {"department": ""},
        {"start": START + HOUR},
        {"pool": "elsewhere"},
        {"revision": 1},
        {"product": "nul\0byte"},
    ],
)
def test_a_charge_that_breaks_a_rule_is_refused_with_its_hour(ledger: Ledger, pool: str, fields: dict[str, Any]):
    with pytest.raises(errors.InvalidSpec):
        ledger.close_hour(changed(closed(pool, tax=3), **fields))
    assert ledger.last_closed(pool) is None


def test_a_naive_hour_is_refused(ledger: Ledger, pool: str):
    naive = replace(closed(pool, tax=3), start=START.replace(tzinfo=None))
    with pytest.raises(ValueError, match="UTC"):
        ledger.close_hour(naive)
    with pytest.raises(ValueError, match="UTC"):
        ledger.append_correction(naive)


def test_a_writer_cannot_add_to_a_closed_hour_by_hand(server: Server, ledger: Ledger, pool: str):
    ledger.close_hour(closed(pool, tax=3))
    connection = raw(server)
    assert refusal(lambda: insert_charge(connection, pool, "late", 0)) == "23505"
    assert refusal(lambda: insert_hour(connection, pool, 0, revision=2)) == "23514"
    assert refusal(lambda: insert_charge(connection, "never-closed", "late", 0)) == "23503"
    connection.close()


def test_corrections_bring_the_sums_to_the_new_statement(ledger: Ledger, pool: str):
    ledger.close_hour(closed(pool, tax=3))
    for after in (closed(pool, tax=3, roads=5), statement(hour(capacity=held(cores=9), pool=pool))):
        rows = ledger.append_correction(after)
        assert ledger.charges(pool, START)[-len(rows) :] == rows
        sums = {line: cost for line, cost in cost_by_line(ledger.charges(pool, START)).items() if cost}
        assert sums == cost_by_line(after.charges)
        assert ledger.append_correction(after) == ()
    totals = ledger.totals()
    assert totals.accrued.pools[pool] == 8 * CENT
    assert totals.corrections.pools[pool] == CENT
    assert {each.revision for each in ledger.charges(pool, START)} == {0, 1, 2}


def test_an_hour_that_is_not_closed_cannot_be_corrected(ledger: Ledger, pool: str):
    with pytest.raises(errors.NotFound, match="close it first"):
        ledger.append_correction(closed(pool, tax=3))
    ledger.close_hour(closed(pool, tax=3))


def test_a_month_is_a_month_in_utc(ledger: Ledger, pool: str):
    edges = [datetime.fromisoformat(f"{text}:00:00+00:00") for text in ("2027-11-30T23", "2027-12-01T00")]
    edges += [datetime.fromisoformat(f"{text}:00:00+00:00") for text in ("2027-12-31T23", "2028-01-01T00")]
    for cores, start in enumerate(edges, 1):
        ledger.close_hour(closed(pool, start, tax=cores))
    december = ledger.month(date(2027, 12, 1))
    assert {each.component: each.quantity for each in december} == {"cpu": 5 * 3_600_000, "idle_share": 0}
    assert sum(each.cost_microcents for each in december) == 16 * CENT
    assert ledger.by_day(date(2027, 12, 1)) == tuple(
        DayCost(day=date(2027, 12, day), department="tax", component=component, cost_microcents=cents * CENT)
        for day, component, cents in [(1, "cpu", 2), (1, "idle_share", 6), (31, "cpu", 3), (31, "idle_share", 5)]
    )
    with pytest.raises(ValueError, match="first"):
        ledger.month(date(2027, 12, 2))


def corrected_february(ledger: Ledger, pool: str, year: int) -> date:
    """Three hours of which one is corrected, now. Gives the first of the month."""
    first = START.replace(year=year, month=2)
    for number in range(3):
        ledger.close_hour(closed(pool, first + number * HOUR, tax=2, roads=1))
    ledger.append_correction(closed(pool, first, roads=7))
    return first.date()


def test_every_view_of_a_month_has_the_same_sum(ledger: Ledger, pool: str):
    february = corrected_february(ledger, pool, 2024)
    parts = (ledger.month(february), ledger.days(february), ledger.by_day(february))
    assert [sum(each.cost_microcents for each in part) for part in parts] == [24 * CENT] * 3
    whole = {(each.department, each.component): each.cost_microcents for each in ledger.month(february)}
    assert (whole["tax", "cpu"], whole["roads", "cpu"]) == (4 * CENT, 9 * CENT)
    assert {each.pool for each in ledger.month(february)} == {pool}


@pytest.mark.parametrize(
    ("year", "apart"),
    [
        pytest.param(2023, {False: 6 * CENT, True: -2 * CENT}, id="after the month"),
        pytest.param(2199, {False: 4 * CENT}, id="within the month"),
    ],
)
def test_only_a_correction_after_its_month_stands_apart(ledger: Ledger, pool: str, year: int, apart: dict[bool, int]):
    february = corrected_february(ledger, pool, year)
    found = {
        each.correction: each.cost_microcents
        for each in ledger.days(february)
        if (each.department, each.component) == ("tax", "cpu")
    }
    assert found == apart


def test_the_lines_of_a_month_are_billed_what_the_pools_cost(ledger: Ledger, pool: str):
    start = START.replace(year=2022)
    hours = [
        statement(hour(usage("tax", Amounts(7, 11)), capacity=Amounts(10**9 + number, 13), pool=pool, start=at))
        for number, at in enumerate(start + days * 24 * HOUR for days in range(4))
    ]
    for each in hours:
        ledger.close_hour(each)
    ledger.append_correction(replace(hours[0], charges=(), pool_cost_microcents=0))
    billed = [line["BilledCost"] for line in lines(ledger.days(start.date()), ISSUER)]
    assert sum(billed) * 100 * CENT == sum(each.pool_cost_microcents for each in hours[1:])


def test_totals_agree_by_department_and_by_pool(ledger: Ledger, pool: str):
    before = ledger.totals()
    ledger.close_hour(closed(pool, tax=3, roads=1))
    ledger.append_correction(closed(pool, tax=3, roads=2))
    after = ledger.totals()
    assert after.accrued.departments["roads", "test", "cpu"] - before.accrued.departments.get(
        ("roads", "test", "cpu"), 0
    ) == (CENT)
    for costs in (after.accrued, after.corrections):
        assert sum(costs.departments.values()) == sum(costs.pools.values())


def test_what_departments_held_reads_as_it_was_written(ledger: Ledger):
    start = START.replace(year=next(YEARS))
    hours = [departments_hour(start, name, used=used) for name, used in (("roads", 8), ("tax", 4))]
    ledger.write_departments(hours)
    ledger.write_departments([departments_hour(start + HOUR, used=None, measured_permille=0)])
    roads, tax = ledger.departments(start.date())
    assert (roads, tax) == (sum_of(hours[0]), replace(sum_of(hours[1]), granted=18, reserved=14, hours=2))
    assert (roads.wasted, tax.used, tax.wasted, tax.measured_hours) == (0, 4, 3, 1)
    assert ledger.departments(START.replace(year=next(YEARS)).date()) == ()


def test_an_hour_of_departments_is_written_once_and_whole(ledger: Ledger):
    start = START.replace(year=next(YEARS))
    ledger.write_departments([departments_hour(start)])
    for again in (["tax"], ["roads"], ["tax", "roads"]):
        with pytest.raises(AlreadyClosed):
            ledger.write_departments([departments_hour(start, name) for name in again])
    ledger.write_departments([departments_hour(start + HOUR)])
    assert [(each.department, each.hours) for each in ledger.departments(start.date())] == [("tax", 2)]


@pytest.mark.parametrize(
    "fields",
    [
        {"granted": -1}, {"reserved": -1}, {"used": -1}, {"department": ""}, {"used": 10**19}, {"used": None},
        {"measured_permille": 0}, {"coverage_permille": 0}, {"measured_permille": 1001}, {"resource": "patience"},
    ],
)  # fmt: skip
def test_what_departments_cannot_have_held_is_refused_with_its_hour(ledger: Ledger, fields: dict[str, Any]):
    start = START.replace(year=next(YEARS))
    with pytest.raises(errors.InvalidSpec):
        ledger.write_departments([departments_hour(start, "a"), replace(departments_hour(start, "b"), **fields)])
    assert ledger.departments(start.date()) == ()


def test_waste_is_what_is_reserved_and_not_used_and_nothing_else(server: Server):
    connection = raw(server)
    insert = "insert into ledger.department_hour values (:start, 'tax', 'cpu', 9, 7, :used, :wasted, 1000, 900)"
    for used, wasted in ((4, 2), (4, None), (None, 7), (9, -2)):
        values = {"start": START.replace(year=1980), "used": used, "wasted": wasted}
        assert refusal(lambda values=values: connection.run(insert, **values)) == "23514"
    connection.close()


def test_of_two_who_write_an_hour_of_departments_one_wins(server: Server, ledger: Ledger):
    start = START.replace(year=next(YEARS))
    for number in range(8):
        at = start + number * HOUR
        offers = [departments_hour(at, name) for name in ("tax", "roads")]
        ended = together(server, *(lambda each, offer=offer: each.write_departments([offer]) for offer in offers))
        assert ended == ["closed already", "written"]
    assert sum(each.hours for each in ledger.departments(start.date())) == 8


def together(server: Server, *acts: Callable[[Ledger], Any]) -> list[str]:
    """Each act in a session and a thread of its own, all at once; what became of them."""
    barrier = threading.Barrier(len(acts))

    def act(do: Callable[[Ledger], Any]) -> str:
        with session(server.place()) as ledger:
            barrier.wait(20)
            try:
                do(ledger)
            except AlreadyClosed:
                return "closed already"
            return "written"

    with ThreadPoolExecutor(len(acts)) as threads:
        return sorted(threads.map(act, acts))


def test_of_two_writers_at_once_one_wins_and_the_other_is_told(server: Server, ledger: Ledger, pool: str):
    for number in range(8):
        start = START + number * HOUR
        offers = closed(pool, start, tax=3), closed(pool, start, roads=2)
        ended = together(server, *(lambda each, offer=offer: each.close_hour(offer) for offer in offers))
        assert ended == ["closed already", "written"]
        assert ledger.charges(pool, start) in {offer.charges for offer in offers}


def test_of_two_corrections_at_once_one_wins_and_the_other_is_told(server: Server, ledger: Ledger, pool: str):
    ledger.close_hour(closed(pool, tax=3))
    offers = closed(pool, tax=4), closed(pool, tax=3, roads=2)
    ended = together(server, *(lambda each, offer=offer: each.append_correction(offer) for offer in offers))
    # The second may have begun after the first had ended: then both are written, one upon the other.
    assert ended in (["closed already", "written"], ["written", "written"])
    sums = {line: cost for line, cost in cost_by_line(ledger.charges(pool, START)).items() if cost}
    assert sums in [cost_by_line(offer.charges) for offer in offers]


@contextmanager
def waiting_for(server: Server, act: Callable[[], Any]) -> Iterator[Future[Any]]:
    """An act in a thread of its own, once it waits for somebody's lock."""
    watching = raw(server, "postgres")
    with ThreadPoolExecutor(1) as threads:
        future = threads.submit(act)
        look = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        eventually(lambda: watching.run(look) == [[1]], "the second writer waits for the first", seconds=8)
        yield future
    watching.close()


def test_a_charge_cannot_slip_in_while_its_hour_is_being_closed(server: Server, ledger: Ledger, pool: str):
    closing, slipping = raw(server), raw(server)
    closing.run("begin")
    insert_charge(closing, pool, "first", 5)
    insert_hour(closing, pool, 5)
    with waiting_for(server, lambda: refusal(lambda: insert_charge(slipping, pool, "second", 7))) as slipped:
        closing.run("commit")
        assert slipped.result(20) == "23505"
    closing.close()
    slipping.close()
    assert [each.environment for each in ledger.charges(pool, START)] == ["first"]


def test_an_empty_hour_cannot_be_closed_around_a_charge_that_is_on_its_way(server: Server, ledger: Ledger, pool: str):
    slipping = raw(server)
    slipping.run("begin")
    insert_charge(slipping, pool, "first", 5)
    with waiting_for(server, lambda: ledger.close_hour(statement(hour(capacity=held(), pool=pool)))) as closing:
        assert refusal(lambda: slipping.run("commit")) == "23503"
        closing.result(20)
    slipping.close()
    assert ledger.charges(pool, START) == ()
    assert ledger.last_closed(pool) == START


def test_the_schema_is_applied_again_without_harm(server: Server, ledger: Ledger, pool: str):
    written = closed(pool, tax=3)
    ledger.close_hour(written)
    with session(server.place(OWNER)) as owner:
        owner.migrate(writer=WRITER)
        owner.migrate()
    assert ledger.charges(pool, START) == written.charges
    with pytest.raises(AlreadyClosed):
        ledger.close_hour(written)


def test_who_has_no_right_is_told_so(server: Server, pool: str):
    with session(server.place(OTHER)) as stranger:
        acts: list[Callable[[], Any]] = [
            lambda: stranger.month(START.date()),
            lambda: stranger.close_hour(closed(pool, tax=1)),
            lambda: stranger.departments(START.date()),
            lambda: stranger.write_departments([departments_hour(START)]),
        ]
        for act in acts:
            with pytest.raises(errors.Forbidden, match="permission denied"):
                act()
    with session(server.place(WRITER)) as writer, pytest.raises(errors.Forbidden):
        writer.migrate()


def test_hours_before_a_crash_are_there_after_it(server: Server, pool: str):
    first, second = closed(pool, tax=3), closed(pool, START + HOUR, tax=3)
    with session(server.place()) as broken:
        broken.close_hour(first)
        server.stop()
        with pytest.raises(errors.NotReady, match="ledger"):
            broken.close_hour(second)
    with pytest.raises(errors.NotReady), session(server.place()):
        pytest.fail("nobody is there")
    server.start()
    with session(server.place()) as again:
        assert again.last_closed(pool) == START
        with pytest.raises(AlreadyClosed):
            again.close_hour(first)
        again.close_hour(second)
        assert again.last_closed(pool) == START + timedelta(hours=1)
        kept: tuple[Charge, ...] = again.charges(pool, START)
    assert kept == first.charges
