"""What departments have and use is in Prometheus. Last: use is a rate, and the stories before spent its minutes."""

import json
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from support import probe
from support.lab import Lab, eventually
from support.sandboxes import TAX

pytestmark = pytest.mark.e2e
SANDBOX = '{department="tax",purpose="sandbox"}'


@pytest.fixture(scope="module")
def prometheus(lab: Lab) -> str:
    """Where `govcloud status` says that it answers."""
    return str(json.loads(lab.govcloud("status", str(lab.site), "-o", "json"))["endpoints"]["prometheus"])


def query(prometheus: str, expression: str) -> list[dict[str, Any]]:
    """Result vector of an instant query."""
    url = f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # our own lab's address
        return list(json.load(answer)["data"]["result"])


def test_prometheus_shows_what_the_department_has_and_uses(
    lab: Lab, tax: Path, prometheus: str, environments: dict[str, float]
) -> None:
    def value(expression: str) -> float | None:
        found = query(prometheus, expression)
        return float(found[0]["value"][1]) if found else None

    probe.serve(lab, TAX, tax)
    # The other sandbox of the stories goes, and so does its share.
    eventually(lambda: value(f"govcloud_cpu_quota_cores{SANDBOX}") == 1, 90, "quota is measured")
    assert eventually(lambda: value(f"sum(govcloud_cpu_requested_cores{SANDBOX})"), 90, "requests are measured") > 0
    used = f"department_purpose:container_cpu_usage_seconds:rate5m{SANDBOX}"
    assert eventually(lambda: value(used) is not None, 180, "use is measured")


def test_every_source_and_target_is_up(prometheus: str) -> None:
    eventually(lambda: query(prometheus, "govcloud_source_up == 1"), 30, "sources are up")
    eventually(lambda: query(prometheus, "up == 1") and not query(prometheus, "up == 0"), 120, "all are scraped")
