"""Proposals to departments, counted; what is proposed is tested with the command."""

from __future__ import annotations

from typing import Any

import pytest

from govcloud_api.errors import NotReady
from govcloud_monitoring.accountant.recommendations import Recommendations, families, recommendations
from govcloud_monitoring.advice.measured import Measured
from support import samples

QUOTA = {"cpu": "4", "memory": "8Gi", "storage": "50Gi", "pods": 50}
NOTHING = {"requests.cpu": "0", "requests.memory": "0", "requests.storage": "0"}
LITTLE = {"requests.cpu": "250m", "requests.memory": "512Mi", "requests.storage": "1Gi"}
MUCH = {"requests.cpu": "3900m", "requests.memory": "7Gi", "requests.storage": "40Gi"}


def environment(owner: str, used: dict[str, str] | None) -> dict[str, Any]:
    """One of medium size; `used` None: nobody counted what it reserves."""
    spec = samples.ENVIRONMENT["spec"] | {"departmentRef": owner, "size": "medium", "quota": QUOTA}
    status = {"namespace": f"{owner}-a-test"} | ({} if used is None else {"quota": {"used": used}})
    return samples.ENVIRONMENT | {"spec": spec, "status": status}


def test_proposals_are_counted_by_department_and_kind_with_what_they_would_free():
    found = recommendations(
        [environment("tax", NOTHING), environment("tax", NOTHING), environment("tax", LITTLE),
         environment("roads", LITTLE), environment("parks", MUCH), environment("health", None)],
        {}, Measured(),
    )  # fmt: skip
    assert found == Recommendations(
        proposals={("tax", "remove"): 2, ("tax", "resize"): 1, ("roads", "resize"): 1},
        cpu_milli={"tax": 4000 + 4000 + 3000, "roads": 3000},
    )
    shown = {(family.name, *each.labels.values()): each.value for family in families(found) for each in family.samples}
    assert shown["govcloud_recommended_cores", "tax"] == 11
    assert shown["govcloud_recommendations", "tax", "remove"] == 2


def test_while_use_is_not_known_nothing_is_said():
    with pytest.raises(NotReady, match="Prometheus is away"):
        recommendations([environment("tax", NOTHING)], {}, Measured(unknown="Prometheus is away"))


def test_departments_beyond_the_limit_count_together():
    found = recommendations([environment(f"d{number:04}", NOTHING) for number in range(502)], {}, Measured())
    assert len(found.proposals) == 501
    assert found.proposals["other", "remove"] == 2
