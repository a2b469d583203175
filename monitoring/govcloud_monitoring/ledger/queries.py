"""What is said to the ledger's database, and its answers as values. Columns are called as the fields they fill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from govcloud_monitoring.ledger.charge import Charge
from govcloud_monitoring.ledger.sums import Costs, Totals

Row = Mapping[str, Any]

APPEND_CHARGES = """
insert into ledger.charge (
  start, pool, revision, department, environment, product, purpose, tier, component, quantity, unit, list_microcents,
  cost_microcents, measured_ratio_permille, method)
select
  start, pool, revision, department, environment, product, purpose, tier, component, quantity, unit, list_microcents,
  cost_microcents, measured_ratio_permille, method
from json_to_recordset(cast(:rows as json)) as row(
  start timestamptz, pool text, revision integer, department text, environment text, product text, purpose text,
  tier text, component text, quantity bigint, unit text, list_microcents bigint, cost_microcents bigint,
  measured_ratio_permille smallint, method text)
"""
APPEND_HOUR = """
insert into ledger.pool_hour (pool, start, revision, cost_microcents, method, overcommitted, coverage_permille)
values (:pool, :start, :revision, :cost_microcents, :method, :overcommitted, :coverage_permille)
"""
REVISIONS = """
select count(*) as revisions, coalesce(sum(cost_microcents), 0) as cost_microcents from ledger.pool_hour
where pool = :pool and start = :start
"""
CHARGES = """
select
  start, pool, revision, department, environment, product, purpose, tier, component, quantity, unit, list_microcents,
  cost_microcents, measured_ratio_permille, method
from ledger.charge where pool = :pool and start = :start
order by revision, department, environment, product, purpose, tier, component
"""
LAST_CLOSED = "select max(start) as start from ledger.pool_hour where pool = :pool"
NEWEST = "select max(start) as start from ledger.pool_hour"
POOL_COSTS = """
select pool, sum(cost_microcents) as cost_microcents from ledger.pool_hour
where start >= :beginning and start < :end group by pool order by pool
"""
ROWS = "select count(*) as rows from ledger.pool_hour"
HOURS = """
select pool, count(*) as hours from ledger.pool_hour
where start >= :beginning and start < :end and revision = 0 group by pool order by pool
"""
MONTH = """
select
  department, environment, product, purpose, tier, pool, component, unit, sum(quantity) as quantity,
  sum(list_microcents) as list_microcents, sum(cost_microcents) as cost_microcents
from ledger.charge where start >= :beginning and start < :end
group by department, environment, product, purpose, tier, pool, component, unit
order by department, environment, product, purpose, tier, pool, component
"""
DAYS = """
select
  cast(start at time zone 'UTC' as date) as day, revision > 0 and written_at >= :end as correction,
  department, environment, product, purpose, tier, pool, component, unit, sum(quantity) as quantity,
  sum(list_microcents) as list_microcents, sum(charge.cost_microcents) as cost_microcents
from ledger.charge join ledger.pool_hour using (pool, start, revision) where start >= :beginning and start < :end
group by day, correction, department, environment, product, purpose, tier, pool, component, unit
order by day, correction, department, environment, product, purpose, tier, pool, component
"""
BY_DAY = """
select
  cast(start at time zone 'UTC' as date) as day, department, component, sum(cost_microcents) as cost_microcents
from ledger.charge where start >= :beginning and start < :end
group by day, department, component order by day, department, component
"""
APPEND_DEPARTMENTS = """
insert into ledger.department_hour (
  start, department, resource, granted, reserved, used, wasted, coverage_permille, measured_permille)
select start, department, resource, granted, reserved, used, wasted, coverage_permille, measured_permille
from json_to_recordset(cast(:rows as json)) as row(
  start timestamptz, department text, resource text, granted bigint, reserved bigint, used bigint, wasted bigint,
  coverage_permille smallint, measured_permille smallint)
"""
BACKUP = "select last_backup, govcloud.archive_waiting_seconds() as waiting_seconds from govcloud.backups"
NEWEST_OF_DEPARTMENTS = "select max(start) as start from ledger.department_hour"
DEPARTMENTS = """
select
  department, resource, sum(granted) as granted, sum(reserved) as reserved, sum(used) as used, sum(wasted) as wasted,
  count(*) as hours, count(used) as measured_hours, sum(measured_permille) as measured_millihours
from ledger.department_hour where start >= :beginning and start < :end
group by department, resource order by department, resource
"""
RECOMMENDATIONS = """
select department, environment, kind, state, cpu_milli, proposed_cpu_milli from (
  select distinct on (department, environment) * from ledger.recommendation
  order by department, environment, number desc) as newest
where state = 'open' order by department, environment
"""
APPEND_RECOMMENDATIONS = """
insert into ledger.recommendation (department, environment, kind, state, cpu_milli, proposed_cpu_milli)
select department, environment, kind, state, cpu_milli, proposed_cpu_milli
from json_to_recordset(cast(:rows as json)) as row(
  department text, environment text, kind text, state text, cpu_milli bigint, proposed_cpu_milli bigint)
"""
MET = """
select department, kind, count(*) as count, sum(cpu_milli - proposed_cpu_milli) as cpu_milli
from ledger.recommendation where state = 'met'
group by department, kind order by department, kind
"""
TOTALS = """
select revision > 0 as correction, department, purpose, component, sum(cost_microcents) as cost_microcents
from ledger.charge group by correction, department, purpose, component
"""
POOL_TOTALS = """
select revision > 0 as correction, pool, sum(cost_microcents) as cost_microcents
from ledger.pool_hour group by correction, pool
"""


def row(names: Iterable[str], values: Iterable[Any]) -> Row:
    """A row by its columns' names, moments in UTC. Sums of integers come as decimals and are integers again."""
    return {name: _plain(value) for name, value in zip(names, values, strict=True)}


def charges(rows: Iterable[Row]) -> tuple[Charge, ...]:
    """Rows of CHARGES."""
    return tuple(Charge(**each) for each in rows)


def totals(by_department: Iterable[Row], by_pool: Iterable[Row]) -> Totals:
    """Rows of TOTALS and of POOL_TOTALS."""
    departments, pools = list(by_department), list(by_pool)
    return Totals(
        accrued=_costs(departments, pools, correction=False), corrections=_costs(departments, pools, correction=True)
    )


def _costs(departments: Iterable[Row], pools: Iterable[Row], *, correction: bool) -> Costs:
    return Costs(
        departments={
            (each["department"], each["purpose"], each["component"]): each["cost_microcents"]
            for each in departments
            if each["correction"] == correction
        },
        pools={each["pool"]: each["cost_microcents"] for each in pools if each["correction"] == correction},
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value)
    return value.astimezone(UTC) if isinstance(value, datetime) else value
