"""Who uses the cloud: what is shown and told agrees with what the kernel and the disk say.

Last: use is a rate, and the stories before spent its minutes. Here a load runs, and meanwhile an alert comes and goes.
"""

import json
import re
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from support import dashboards, load, measured, probe, questions, sandboxes, webhook
from support.dashboards import Question
from support.lab import ALERTS_PORT, Lab, eventually
from support.questions import vector
from support.sandboxes import TAX

pytestmark = pytest.mark.e2e
SANDBOX = '{department="tax",purpose="sandbox"}'


WHERE = "civil-register-sandbox"
CPU_MILLI, MEMORY_MIB, DISK_MIB = 200, 300, 200
WINDOW_SECONDS = 330
"""The five minutes of the rate, and the last scrape."""
FRESH_SECONDS = 22
"""A kubelet measures every 10 to 20 seconds, and is asked every 30."""
ERROR_RATIO = 0.02
SHARES = ("granted", "reserved", "used", "wasted")
LEDGER = "/api/v1/namespaces/govcloud-monitoring/services/https:ledger:api/proxy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What runs since `began` (monotonic seconds); `owner` are the credentials of its department."""

    uid: str
    began: float
    owner: Path


@pytest.fixture(scope="module")
def loaded(lab: Lab) -> Load:
    """A sandbox of civil affairs in which nothing but a known load runs."""
    owner = lab.member("civil", "cara")
    sandboxes.ask(lab, owner, "register")
    amounts = {"cpu_milli": CPU_MILLI, "memory_mib": MEMORY_MIB, "disk_mib": DISK_MIB}
    return Load(uid=load.start(lab, WHERE, owner, **amounts), began=time.monotonic(), owner=owner)


@pytest.fixture
def hook(lab: Lab) -> Iterator[webhook.Receiver]:
    """The receiver that the site file names."""
    with webhook.receiver(lab.host, ALERTS_PORT) as found:
        yield found


@pytest.fixture(scope="module")
def prometheus(lab: Lab) -> str:
    """Where `govcloud status` says that it answers."""
    return str(json.loads(lab.govcloud("status", str(lab.site), "-o", "json"))["endpoints"]["prometheus"])


def shown(lab: Lab, department: str) -> dict[str, Any]:
    """What `govcloud top` says of a department."""
    found = json.loads(lab.govcloud("top", str(lab.site), "-o", "json"))
    return next((each for each in found["departments"] if each["department"] == department), {})


@pytest.mark.usefixtures("loaded")
def test_prometheus_shows_what_the_department_has_and_uses(
    lab: Lab, tax: Path, prometheus: str, environments: dict[str, float]
) -> None:
    def value(expression: str) -> float | None:
        found = vector(prometheus, expression)
        return float(found[0]["value"][1]) if found else None

    probe.serve(lab, TAX, tax)
    # The other sandbox of the stories goes, and so does its share.
    eventually(lambda: value(f"govcloud_cpu_quota_cores{SANDBOX}") == 1, 90, "quota is measured")
    assert eventually(lambda: value(f"sum(govcloud_cpu_requested_cores{SANDBOX})"), 90, "requests are measured") > 0
    used = f"department_purpose:container_cpu_usage_seconds:rate5m{SANDBOX}"
    assert eventually(lambda: value(used) is not None, 180, "use is measured")


def test_every_source_and_target_is_up(prometheus: str) -> None:
    sources = {"kubernetes", "use", "ledger", "backup", "departments", "idle", "advice", "forecast"}

    def read() -> set[str]:
        return {found["metric"]["source"] for found in vector(prometheus, "govcloud_source_up == 1")}

    eventually(lambda: read() == sources, 120, "sources are up")
    eventually(lambda: vector(prometheus, "up == 1") and not vector(prometheus, "up == 0"), 120, "all are scraped")


def test_every_machine_tells_of_itself_and_the_first_control_plane_of_the_last_deploy(
    lab: Lab, prometheus: str
) -> None:
    def told() -> set[str]:
        found = vector(prometheus, "time() - govcloud_machine_metrics_timestamp_seconds < 300")
        return {each["metric"]["node"] for each in found}

    nodes = {item["metadata"]["name"]: item["metadata"]["labels"] for item in lab.get("nodes")["items"]}
    eventually(lambda: told() == set(nodes), 120, "every machine looked at itself")
    servers = {name for name, labels in nodes.items() if "node-role.kubernetes.io/control-plane" in labels}
    assert vector(prometheus, "node_textfile_scrape_error > 0") == []
    snapshots = vector(prometheus, "time() - govcloud_etcd_snapshot_timestamp_seconds < 43200")
    assert {each["metric"]["node"] for each in snapshots} == servers
    good = vector(prometheus, "count by (node) (govcloud_certificate_expiry_timestamp_seconds - time() > 1814400)")
    counts = {each["metric"]["node"]: int(each["value"][1]) for each in good}
    workers = {name: 3 for name in nodes if name not in servers}  # the authority, and the kubelet's two
    assert {name: counts[name] for name in workers} == workers
    assert all(counts[name] > 10 for name in servers)
    assert vector(prometheus, "govcloud_certificate_expiry_timestamp_seconds - time() < 1814400") == []
    [done] = vector(prometheus, "time() - govcloud_provision_last_success_timestamp_seconds")
    assert done["metric"]["node"] in servers
    assert 0 < float(done["value"][1]) < 86400
    phases = vector(prometheus, "govcloud_provision_phase_duration_seconds > 0")
    assert {"machines", "cluster", "health"} < {each["metric"]["phase"] for each in phases}


def test_an_alert_reaches_the_receiver_when_a_department_passes_its_quota_and_ends_after(
    lab: Lab, loaded: Load, hook: webhook.Receiver
) -> None:
    def told() -> list[str]:
        return hook.alerts("DepartmentQuotaAlmostUsed", department="civil", resource="cpu")

    load.reserve(lab, WHERE, loaded.owner, 950 - CPU_MILLI)
    eventually(lambda: told() == ["firing"], 300, "the alert is told")
    lab.kubectl("-n", WHERE, "delete", "pod", "reserve", "--wait=false", kubeconfig=loaded.owner)
    eventually(lambda: told() == ["firing", "resolved"], 240, "the end of the alert is told")


def test_alerts_can_be_looked_at_but_not_silenced_from_outside(lab: Lab) -> None:
    address = json.loads(lab.govcloud("status", str(lab.site), "-o", "json"))["endpoints"]["alertmanager"]
    with urllib.request.urlopen(f"{address}/api/v2/status", timeout=10) as answer:  # noqa: S310 - our own lab
        assert len(json.load(answer)["cluster"]["peers"]) == 2
    silence = urllib.request.Request(f"{address}/api/v2/silences", b"{}", method="POST")  # noqa: S310 - our own lab
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(silence, timeout=10)  # noqa: S310 - our own lab
    assert caught.value.code == 405
    caught.value.close()


def test_who_enters_the_pod_silences_an_alert(lab: Lab) -> None:
    amtool = ("-n", "govcloud-monitoring", "exec", "alertmanager-0", "-c", "alertmanager", "--", "amtool", "silence")
    made = lab.kubectl(*amtool, "add", "alertname=NothingOfThatName", "-d", "5m", "-c", "test").strip()
    assert made in lab.kubectl(*amtool, "query", "-q")
    lab.kubectl(*amtool, "expire", made)


def test_machines_say_nothing_to_who_shows_no_certificate(lab: Lab) -> None:
    status = json.loads(lab.govcloud("status", str(lab.site), "-o", "json"))
    host = urllib.parse.urlsplit(status["endpoints"]["alertmanager"]).hostname
    how = ssl.create_default_context()
    how.check_hostname, how.verify_mode = False, ssl.CERT_NONE  # whoever it is, it must ask
    with (
        socket.create_connection((host, 9100), timeout=10) as plain,
        how.wrap_socket(plain, server_hostname=host) as secure,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        secure.recv(1)


def test_what_is_shown_is_what_the_kernel_counted(lab: Lab, loaded: Load) -> None:
    time.sleep(max(0.0, loaded.began + WINDOW_SECONDS - time.monotonic()))
    before, began = measured.cpu_seconds(lab.name, [loaded.uid]), time.monotonic()
    time.sleep(30)
    cores = (measured.cpu_seconds(lab.name, [loaded.uid]) - before) / (time.monotonic() - began)
    found = shown(lab, "civil")
    assert found["cpu"]["used"] == pytest.approx(cores, rel=ERROR_RATIO)
    assert cores == pytest.approx(CPU_MILLI / 1000, rel=0.1)  # a load that does not run proves nothing
    assert found["memory"]["used"] == pytest.approx(measured.working_set_bytes(lab.name, [loaded.uid]), rel=ERROR_RATIO)
    assert (found["cpu"]["granted"], found["cpu"]["reserved"]) == (1.0, CPU_MILLI / 1000)
    assert found["storage"]["reserved"] == 1 << 30
    stored = measured.stored_bytes(lab.folder / "state" / lab.name / "machines", WHERE)
    assert found["storage"]["used"] == pytest.approx(stored, rel=ERROR_RATIO)
    assert stored == pytest.approx(DISK_MIB << 20, rel=ERROR_RATIO)
    assert found["storage"]["wasted"] == found["storage"]["reserved"] - found["storage"]["used"]


def test_the_report_shows_what_was_granted_used_and_wasted(lab: Lab, loaded: Load, prometheus: str) -> None:
    def told() -> tuple[float, dict[str, dict[str, Any]]]:
        month = json.loads(lab.govcloud("report", str(lab.site), "-o", "json"))
        of_civil = {each["resource"]: each for each in month["departments"] if each["department"] == "civil"}
        return datetime.fromisoformat(month["until"]).timestamp(), of_civil

    def is_fresh() -> bool:
        """`increase` goes on to the end of its window from a sample that is no older than the pause between two."""
        ages = f'time() - timestamp(container_cpu_usage_seconds_total{{job="kubelet-resource",namespace="{WHERE}"}})'
        found = [float(each["value"][1]) for each in vector(prometheus, ages)]
        return bool(found) and max(found) < FRESH_SECONDS

    eventually(is_fresh, 120, "the kubelet has just told")
    (since, before), cores_before, began = told(), measured.cpu_seconds(lab.name, [loaded.uid]), time.monotonic()
    time.sleep(120)
    eventually(is_fresh, 120, "the kubelet has just told")
    (until, after), cores_after, ended = told(), measured.cpu_seconds(lab.name, [loaded.uid]), time.monotonic()
    used = (after["cpu"]["used"] - before["cpu"]["used"]) / 1000 / (until - since)
    assert used == pytest.approx((cores_after - cores_before) / (ended - began), rel=ERROR_RATIO)
    for held in after.values():
        assert held["granted"] >= held["reserved"] > held["used"] > 0
        assert held["wasted"] >= held["reserved"] - held["used"]
    page = lab.govcloud("report", str(lab.site), "-o", "html").partition('id="shares"')[2].partition("</section>")[0]
    [row] = re.findall(r"<th[^>]*>civil</th>(.*?)</tr>", page)
    cells = [float(cell.replace("\u202f", "")) for cell in re.findall(r"<td[^>]*>([\d.\u202f]+)</td>", row)]
    assert cells == pytest.approx([after["cpu"][name] / 3.6e6 for name in SHARES], abs=0.02)


def test_every_question_of_every_dashboard_is_answered_but_those_that_wait(
    lab: Lab, loaded: Load, prometheus: str
) -> None:
    load.reserve(lab, WHERE, loaded.owner, 50)  # the tax office runs the same program

    def answered(question: Question) -> bool:
        now = time.time()
        if question.instant:
            return any(each["value"][1] != "NaN" for each in vector(prometheus, question.asked))
        return bool(questions.span(prometheus, question.asked, now - 300, now, 15))

    def unanswered() -> list[str]:
        return [each.where for each in dashboards.questions() if not each.waits and not answered(each)]

    def check() -> bool:
        assert unanswered() == []
        return True

    eventually(check, 120, "all panels have figures")


def test_the_months_cost_adds_up_and_names_who_caused_it(lab: Lab, loaded: Load) -> None:
    month = json.loads(lab.kubectl("get", "--raw", f"{LEDGER}/v1/months/{time.strftime('%Y-%m', time.gmtime())}"))
    by_pool: dict[str, int] = {}
    for line in month["lines"]:
        by_pool[line["pool"]] = by_pool.get(line["pool"], 0) + line["cost_microcents"]
    assert by_pool == month["pools"]
    direct = [line for line in month["lines"] if line["environment"] == WHERE and line["list_microcents"]]
    assert {line["component"] for line in direct} == {"cpu", "memory", "storage"}
    assert all(line["cost_microcents"] > 0 for line in direct)


def test_metrics_are_not_to_be_had_where_months_are(lab: Lab) -> None:
    assert "could not find" in lab.try_kubectl("get", "--raw", f"{LEDGER}/metrics").stderr


def test_nobody_of_a_department_reads_what_others_cost(lab: Lab, loaded: Load) -> None:
    for service in ("https:ledger:api", "http:prometheus:web", "https:alertmanager:api"):
        path = f"/api/v1/namespaces/govcloud-monitoring/services/{service}/proxy/metrics"
        assert "orbidden" in lab.try_kubectl("get", "--raw", path, kubeconfig=loaded.owner).stderr
