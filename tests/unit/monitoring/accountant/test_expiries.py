"""What time has made of environments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api.conditions import timestamp
from govcloud_api.v1alpha1 import Environment
from govcloud_monitoring.accountant.expiries import Expiry, counts, expiry
from support import samples

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)


def environment(
    days: float | None, *, rests: bool = False, removed_in_days: float | None = None, owner: str = "tax", **spec: Any
) -> Environment:
    """One that ends in so many days (None: never)."""
    end = {} if days is None else {"expiresAt": timestamp(NOW + timedelta(days=days))}
    wire = samples.ENVIRONMENT["spec"] | {"departmentRef": owner, "expiresAt": None} | end | spec
    suspended = {
        "type": "Suspended",
        "status": str(rests),
        "reason": "Expired" if rests else "Active",
        "message": "",
        "lastTransitionTime": timestamp(NOW),
    }
    status: dict[str, Any] = {"conditions": [suspended]}
    if removed_in_days is not None:
        status["deleteAfter"] = timestamp(NOW + timedelta(days=removed_in_days))
    return Environment.parse(samples.ENVIRONMENT | {"spec": wire, "status": status})


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(environment(None), "none", id="never"),
        pytest.param(environment(14.1), "later", id="later"),
        pytest.param(environment(14), "soon", id="in two weeks"),
        pytest.param(environment(0.001), "soon", id="about to end"),
        pytest.param(environment(-1, rests=True, removed_in_days=13), "expired", id="rests"),
        pytest.param(environment(-1, rests=True), "expired", id="rests, its removal is not noted yet"),
        pytest.param(environment(0), "overdue", id="ends now, and runs"),
        pytest.param(environment(-1), "overdue", id="ended, and runs"),
        pytest.param(environment(-20, rests=True, removed_in_days=0), "overdue", id="should be gone"),
        pytest.param(environment(-20, rests=True, removed_in_days=-1, legalHold=True), "kept", id="held"),
        pytest.param(environment(-20, rests=True, deletionPolicy="Retain"), "kept", id="retained"),
        pytest.param(environment(-20, legalHold=True), "overdue", id="held, and runs"),
        pytest.param(environment(30, rests=True, suspended=True), "later", id="the platform suspended it"),
    ],
)
def test_what_time_has_made_of_an_environment(found: Environment, expected: Expiry):
    assert expiry(found, NOW) == expected


def test_environments_are_counted_by_department_and_those_beyond_the_limit_together():
    found = [
        environment(None),
        environment(None),
        environment(3),
        *(environment(3, owner=each) for each in ("aa", "bb")),
    ]
    assert counts(found, {"tax"}, NOW) == {("tax", "none"): 2, ("tax", "soon"): 1, ("other", "soon"): 2}


@given(st.lists(st.builds(environment, st.none() | st.floats(-40, 40), rests=st.booleans()), max_size=8))
def test_each_environment_counts_once(found: list[Environment]):
    assert sum(counts(found, {"tax"}, NOW).values()) == len(found)
