"""What departments held: waste is never below nothing, and a month is the sum of its hours, whatever is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.accountant.month import with_provisional_departments
from govcloud_monitoring.ledger.department_hour import DepartmentHour, sum_of, summed
from govcloud_monitoring.ledger.prices import RESOURCES

START = datetime(2026, 11, 3, tzinfo=UTC)
amounts = st.integers(0, 10) | st.integers(0, 10**15)
lines = st.builds(
    DepartmentHour,
    start=st.integers(0, 700).map(lambda hours: START + timedelta(hours=hours)),
    department=st.sampled_from(["tax", "roads"]),
    resource=st.sampled_from(RESOURCES),
    granted=amounts,
    reserved=amounts,
    used=st.none() | amounts,
    coverage_permille=st.integers(1, 1000),
    measured_permille=st.integers(1, 1000),
)
many = st.lists(lines, max_size=12)


@given(lines)
def test_what_is_reserved_is_used_or_wasted(line: DepartmentHour):
    if line.used is None:
        assert line.wasted is None
    else:
        assert line.wasted is not None
        assert line.wasted >= 0
        assert line.wasted + line.used >= line.reserved
        assert line.wasted == 0 or line.wasted + line.used == line.reserved


@given(many, st.integers(0, 12))
def test_a_month_is_the_sum_of_what_is_written_and_what_runs(hours: list[DepartmentHour], written: int):
    found = with_provisional_departments(summed(map(sum_of, hours[:written])), hours[written:])
    assert found == summed(map(sum_of, hours))
    assert [(each.department, each.resource) for each in found] == sorted({(h.department, h.resource) for h in hours})
    for each in found:
        own = [hour for hour in hours if (hour.department, hour.resource) == (each.department, each.resource)]
        known = [hour for hour in own if hour.used is not None]
        assert (each.hours, each.measured_hours) == (len(own), len(known))
        assert each.measured_millihours == sum(hour.measured_permille for hour in own)
        assert each.granted == sum(hour.granted for hour in own)
        assert each.reserved == sum(hour.reserved for hour in own)
        assert (each.used or 0) == sum(hour.used or 0 for hour in own)
        assert (each.wasted or 0) == sum(hour.wasted or 0 for hour in own)
        assert (each.used is None) == (each.wasted is None) == (not known)
        # One hour's use of more than was reserved hides no other hour's waste.
        assert (each.used or 0) + (each.wasted or 0) >= sum(hour.reserved for hour in known)


@given(many)
def test_the_order_of_hours_changes_nothing(hours: list[DepartmentHour]):
    assert summed(map(sum_of, hours)) == summed(map(sum_of, reversed(hours)))
