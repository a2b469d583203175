"""The account of all costs loses its volume, and comes back from the backup store as it was."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support import questions
from support.lab import Lab, eventually

pytestmark = pytest.mark.e2e
MONITORING, BACKUPS = "govcloud-monitoring", "govcloud-backups"
READY_SECONDS = 300
NEWEST = "max(govcloud_ledger_backup_timestamp_seconds)"
LAST_MONTH = (datetime.now(UTC).replace(day=1) - timedelta(days=1)).replace(day=1)
END = LAST_MONTH.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
"""The month before the last one ends then: nothing of it is provisional, and nobody else writes there."""
MONTH = f"{END - timedelta(days=1):%Y-%m}"
CLOSE = """
begin;
insert into ledger.charge (start, pool, revision, department, environment, product, purpose, tier, component, quantity,
  unit, list_microcents, cost_microcents, measured_ratio_permille, method)
select start, 'workers', 0, department, department || '-forms-test', 'forms', 'test', 'standard', 'cpu', 3600000,
  'mcore_seconds', 1000000, 1000000 + n, 1000, 'proportional'
from generate_series('{begin}'::timestamptz, '{last}'::timestamptz, '1 hour') start,
  (values ('tax', 1), ('civil', 2)) as who (department, n);
insert into ledger.pool_hour (start, pool, revision, cost_microcents, method, overcommitted, coverage_permille)
select start, 'workers', 0, sum(cost_microcents), 'proportional', false, 1000 from ledger.charge
where start >= '{begin}' and start <= '{last}' group by start;
commit;
"""


def psql(lab: Lab, statement: str) -> str:
    """What the ledger's superuser is told."""
    words = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "/run/ledger", "-U", "postgres", "-d", "ledger"]
    there = ["-n", MONITORING, "exec", "ledger-0", "-c", "postgresql", "--", *words, "-c", statement]
    return lab.kubectl(*there).strip()


def month(lab: Lab) -> dict[str, Any]:
    """What everybody was charged; how far hours are closed now is another matter."""
    found = json.loads(lab.govcloud("report", "--month", MONTH, str(lab.site), "-o", "json"))
    return {name: value for name, value in found.items() if name not in ("closed_until", "closedUntil")}


def is_ready(lab: Lab, uid: str) -> bool:
    """A pod of the ledger works that is not the one with this UID."""
    done = lab.try_kubectl("-n", MONITORING, "get", "pod", "ledger-0", "-o", "json")
    found = json.loads(done.stdout) if done.returncode == 0 else {}
    states = {each["type"]: each["status"] for each in found.get("status", {}).get("conditions", ())}
    return bool(found) and found["metadata"]["uid"] != uid and states.get("Ready") == "True"


@pytest.fixture(scope="module")
def prometheus(deployed: Lab) -> str:
    """Where `govcloud status` says that it answers."""
    return str(json.loads(deployed.govcloud("status", str(deployed.site), "-o", "json"))["endpoints"]["prometheus"])


def test_it_is_backed_up_soon_after_the_first_deploy(deployed: Lab, prometheus: str) -> None:
    newest = eventually(lambda: questions.value(prometheus, NEWEST), 300, "the first backup is there")
    assert abs(time.time() - newest) < 3600
    eventually(
        lambda: questions.value(prometheus, "max(govcloud_ledger_archive_waiting_seconds) < 60") is not None,
        120,
        "its log gets to the store",
    )
    record = deployed.get("configmap", "platform-ledger", "-n", BACKUPS)
    assert record["data"]["opened"]


def test_a_lost_volume_fills_itself_and_the_report_is_the_same(deployed: Lab, prometheus: str) -> None:
    begin, last = END - timedelta(hours=3), END - timedelta(hours=1)
    psql(deployed, CLOSE.format(begin=begin.isoformat(), last=last.isoformat()))
    before = month(deployed)
    assert sum(line["cost_microcents"] for line in before["lines"]) == 3 * 2_000_003
    asked = psql(deployed, "select now()")
    psql(deployed, "select govcloud.want_backup(now())")
    newest = "select last_backup from govcloud.backups"
    eventually(lambda: psql(deployed, newest) > asked, 180, "one more backup is there")
    pod = deployed.get("pod", "ledger-0", "-n", MONITORING)["metadata"]["uid"]
    claim = deployed.get("pvc", "data-ledger-0", "-n", MONITORING)["metadata"]["uid"]
    deployed.kubectl("-n", MONITORING, "delete", "pvc", "data-ledger-0", "--wait=false")
    deployed.kubectl("-n", MONITORING, "delete", "pod", "ledger-0")
    eventually(lambda: is_ready(deployed, pod), READY_SECONDS, "the ledger is back")
    assert deployed.get("pvc", "data-ledger-0", "-n", MONITORING)["metadata"]["uid"] != claim, "on a new volume"
    eventually(lambda: month(deployed) == before, 120, "the month is as it was")
    again = "select last_backup > pg_postmaster_start_time() from govcloud.backups"
    eventually(lambda: psql(deployed, again) == "t", 180, "and it is backed up again")
    eventually(
        lambda: questions.value(prometheus, 'min(govcloud_source_up{source=~"ledger|backup"})') == 1,
        120,
        "the figures of both are there",
    )


def test_a_store_that_is_away_is_waited_for_and_no_other_ledger_begins(deployed: Lab) -> None:
    before = month(deployed)
    pod = deployed.get("pod", "ledger-0", "-n", MONITORING)["metadata"]["uid"]
    deployed.kubectl("-n", BACKUPS, "scale", "statefulset/backup-store", "--replicas=0")
    deployed.kubectl("-n", BACKUPS, "wait", "--for=delete", "pod/backup-store-0", "--timeout=120s")
    try:
        deployed.kubectl("-n", MONITORING, "delete", "pvc", "data-ledger-0", "--wait=false")
        deployed.kubectl("-n", MONITORING, "delete", "pod", "ledger-0")

        def refuses() -> bool:
            said = deployed.try_kubectl("-n", MONITORING, "logs", "ledger-0", "-c", "prepare").stdout
            return "so it is not begun" in said

        eventually(refuses, READY_SECONDS, "it says why it waits")
        assert not is_ready(deployed, pod)
    finally:
        deployed.kubectl("-n", BACKUPS, "scale", "statefulset/backup-store", "--replicas=1")
    eventually(lambda: is_ready(deployed, pod), 2 * READY_SECONDS, "the ledger is back")
    eventually(lambda: month(deployed) == before, 120, "the month is as it was")
