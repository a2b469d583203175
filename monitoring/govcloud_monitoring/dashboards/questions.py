"""PromQL that several dashboards use. `max by` before a sum: two exporters during an update must not double it."""

from __future__ import annotations

DEPARTMENT = 'department="$department"'
"""The matcher of the variable of the department's dashboard."""
POOL = 'pool=~"$pool"'
"""The matcher of the variable of the capacity's dashboard."""


def costs_of_a_day(label: str, where: str = "") -> str:
    """What was charged in the 24 hours before, by one label.

    `increase` would read a day of samples of every series at every point, and add a little. Sums of a counter that
    never begins anew can be subtracted. No value until there is one of a day ago.
    """
    return f"{_charged(label, where)} - {_charged(label, where, ' offset 1d')}"


def costs_of_the_time_shown(label: str) -> str:
    """What was charged in the range of the dashboard, or in the part of it that is known; the ledger closes hours."""
    looks = f"({_charged(label)})[$__range:30m]"
    return f"max_over_time({looks}) - min_over_time({looks})"


def _charged(label: str, where: str = "", ago: str = "") -> str:
    matcher = f"{{{where}}}" if where else ""
    return f"sum by ({label}) (max by (department, purpose, component) (govcloud_cost_total{matcher}{ago}))"


def of_department(expression: str) -> str:
    """Of an expression by namespace, what belongs to the chosen department."""
    owned = f"max by (namespace) (govcloud_namespace_owner_info{{{DEPARTMENT}}})"
    return f"{expression} * on (namespace) group_left () {owned}"


def or_nothing(expression: str, alive: str) -> str:
    """0 instead of no value while `alive` has one: a gap means that figures are missing, not that nothing runs."""
    return f"({expression} or 0 * {alive})"


def or_none(expression: str, source: str, label: str = "") -> str:
    """0 (with `label` "none") when nothing has a series while its source is read: nothing is wrong, nobody waits."""
    zero = f'0 * max(govcloud_source_up{{source="{source}"}} == 1)'
    named = f'label_replace({zero}, "{label}", "none", "", "")' if label else zero
    return f"{expression} or on () {named}"
