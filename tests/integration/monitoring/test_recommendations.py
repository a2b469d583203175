"""What became of proposals, in the ledger on a real PostgreSQL: what is met is counted once and for ever."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from govcloud_api import errors
from govcloud_kube.cluster import Object, Objects
from govcloud_monitoring.accountant.office import Office
from govcloud_monitoring.accountant.settings import Settings
from govcloud_monitoring.ledger.recommendation import Met, Recommendation
from govcloud_monitoring.ledger.store import Ledger, session
from support import ledger_database, samples
from support.ledger_database import WRITER, Server

NOW = datetime(2026, 11, 3, 10, tzinfo=UTC)
QUOTAS = {
    "small": {"cpu": "1", "memory": "2Gi", "storage": "10Gi", "pods": 20},
    "medium": {"cpu": "4", "memory": "8Gi", "storage": "50Gi", "pods": 50},
}
NOTHING = {"requests.cpu": "0", "requests.memory": "0", "requests.storage": "0"}
LITTLE = {"requests.cpu": "250m", "requests.memory": "512Mi", "requests.storage": "1Gi"}
MUCH = {"requests.cpu": "3900m", "requests.memory": "7Gi", "requests.storage": "40Gi"}
RESIZE = Recommendation(
    department="tax", environment="forms-test", kind="resize", cpu_milli=4000, proposed_cpu_milli=1000
)


@dataclass
class Environments:
    """A cluster with these, all of the tax office, and no tiers."""

    there: dict[str, Object] = field(default_factory=dict)

    def put(self, name: str, size: str, used: dict[str, str]) -> None:
        """Made or changed."""
        spec = samples.ENVIRONMENT["spec"] | {"departmentRef": "tax", "quota": QUOTAS[size]}
        status = {"namespace": f"tax-{name}", "quota": {"used": used}}
        metadata = samples.ENVIRONMENT["metadata"] | {"name": name}
        self.there[name] = samples.ENVIRONMENT | {"metadata": metadata, "spec": spec, "status": status}

    def list(self, api_version: str, kind: str) -> Objects:
        """See `Office`."""
        return list(self.there.values()) if kind == "Environment" else []


@pytest.fixture
def server() -> Iterator[Server]:
    with ledger_database.server() as made:
        yield made


@pytest.fixture
def ledger(server: Server) -> Iterator[Ledger]:
    with session(server.place()) as opened:
        yield opened


def nothing_measured(_: str, __: datetime) -> list[Any]:
    """A Prometheus that is young."""
    return []


def test_what_is_given_back_is_counted_once_whatever_comes_after(server: Server):
    cluster = Environments()
    office = Office(
        options=Settings(), cluster=cluster, ask=nothing_measured, opened=lambda: session(server.place(WRITER))
    )
    cluster.put("forms-test", "medium", LITTLE)
    cluster.put("old-dev", "medium", NOTHING)
    cluster.put("busy-prod", "medium", MUCH)
    for _ in range(2):  # an hour later nothing has changed
        found = office.advice(NOW)
        assert found.counts == {("tax", "resize", "open"): 1, ("tax", "remove", "open"): 1}
        assert (found.cpu_milli, found.saved_cpu_milli) == ({"tax": 7000}, {})
    cluster.put("forms-test", "small", LITTLE)
    cluster.put("old-dev", "medium", MUCH)
    met = {("tax", "resize", "met"): 1}
    for _ in range(2):
        found = office.advice(NOW)
        assert (found.counts, found.saved_cpu_milli) == (met, {"tax": 3000})
    cluster.put("forms-test", "medium", LITTLE)  # grown again: proposed again, and met again, by its end
    assert office.advice(NOW).counts == met | {("tax", "resize", "open"): 1}
    del cluster.there["forms-test"]
    found = office.advice(NOW)
    assert (found.counts, found.saved_cpu_milli) == ({("tax", "resize", "met"): 2}, {"tax": 6000})


def test_only_what_is_open_is_read_and_what_is_met_is_added_up(ledger: Ledger):
    other = replace(RESIZE, environment="other-test")
    ledger.write_recommendations([RESIZE, other])
    ledger.write_recommendations([replace(RESIZE, state="met")])
    ledger.write_recommendations([])
    assert ledger.recommendations() == (other,)
    ledger.write_recommendations([RESIZE, replace(RESIZE, proposed_cpu_milli=2000)])
    assert ledger.recommendations() == (replace(RESIZE, proposed_cpu_milli=2000), other)
    assert ledger.met() == (Met(department="tax", kind="resize", count=1, cpu_milli=3000),)


@pytest.mark.parametrize(
    "fields", [{"proposed_cpu_milli": 5000}, {"proposed_cpu_milli": -1}, {"department": ""}, {"kind": "wish"}]
)
def test_what_cannot_have_been_proposed_is_refused_with_all_that_came_along(ledger: Ledger, fields: dict[str, Any]):
    with pytest.raises(errors.InvalidSpec):
        ledger.write_recommendations([RESIZE, replace(RESIZE, **fields)])
    assert ledger.recommendations() == ()
