"""Proposals to departments and what became of them, counted; what is proposed is tested with the command."""

from __future__ import annotations

from typing import Any

import pytest

from govcloud_api.errors import NotReady
from govcloud_monitoring.accountant.recommendations import Recommendations, counted, families, proposals
from govcloud_monitoring.advice.measured import Measured
from govcloud_monitoring.ledger.recommendation import Met
from support import samples

QUOTA = {"cpu": "4", "memory": "8Gi", "storage": "50Gi", "pods": 50}
NOTHING = {"requests.cpu": "0", "requests.memory": "0", "requests.storage": "0"}
LITTLE = {"requests.cpu": "250m", "requests.memory": "512Mi", "requests.storage": "1Gi"}
MUCH = {"requests.cpu": "3900m", "requests.memory": "7Gi", "requests.storage": "40Gi"}


def environment(owner: str, used: dict[str, str] | None, name: str = "forms-test") -> dict[str, Any]:
    """One of medium size; `used` None: nobody counted what it reserves."""
    spec = samples.ENVIRONMENT["spec"] | {"departmentRef": owner, "size": "medium", "quota": QUOTA}
    status = {"namespace": f"{owner}-a-test"} | ({} if used is None else {"quota": {"used": used}})
    return samples.ENVIRONMENT | {
        "metadata": samples.ENVIRONMENT["metadata"] | {"name": name}, "spec": spec, "status": status
    }  # fmt: skip


def test_what_is_proposed_and_what_was_met_is_counted_by_department_with_what_they_free():
    found = proposals(
        [environment("tax", NOTHING, "a"), environment("tax", NOTHING, "b"), environment("tax", LITTLE, "c"),
         environment("roads", LITTLE), environment("parks", MUCH), environment("health", None)],
        {}, Measured(),
    )  # fmt: skip
    assert found.has_cpu_milli["parks", "forms-test"] == 4000
    assert found.has_cpu_milli["health", "forms-test"] is None
    counts = counted(found.items, [Met(department="tax", kind="resize", count=2, cpu_milli=6000)])
    assert counts == Recommendations(
        counts={
            ("tax", "remove", "open"): 2, ("tax", "resize", "open"): 1, ("roads", "resize", "open"): 1,
            ("tax", "resize", "met"): 2,
        },
        cpu_milli={"tax": 4000 + 4000 + 3000, "roads": 3000},
        saved_cpu_milli={"tax": 6000},
    )  # fmt: skip
    shown = {(each.name, *each.labels.values()): each.value for family in families(counts) for each in family.samples}
    assert shown["govcloud_recommended_cores", "tax"] == 11
    assert shown["govcloud_recommendations", "tax", "remove", "open"] == 2
    assert shown["govcloud_recommendation_saved_cores_total", "tax"] == 6


def test_while_use_is_not_known_nothing_is_said():
    with pytest.raises(NotReady, match="Prometheus is away"):
        proposals([environment("tax", NOTHING)], {}, Measured(unknown="Prometheus is away"))


def test_departments_beyond_the_limit_count_together():
    found = proposals([environment(f"d{number:04}", NOTHING) for number in range(502)], {}, Measured())
    counts = counted(found.items, [])
    assert len(counts.counts) == 501
    assert counts.counts["other", "remove", "open"] == 2
