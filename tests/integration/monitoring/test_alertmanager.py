"""A real Prometheus tells a real Alertmanager, which tells the site's receiver: of an alert, and of its end."""

from __future__ import annotations

import json
import os
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_infra.bundle import store
from govcloud_infra.components import alerting
from govcloud_operators.services.certificates import Pair
from support import alertmanager, calling, mounted, scraping
from support.alertmanager import NAME, Alertmanager
from support.images import unpacked
from support.mounted import STRANGERS, Site
from support.waiting import wait
from support.webhook import Receiver, receiver

ALERT: dict[str, Any] = {
    "labels": {"alertname": "DepartmentQuotaAlmostUsed", "department": "tax", "severity": "warning"},
    "annotations": {"summary": "95%"},
}


def hasty(config: dict[str, Any]) -> dict[str, Any]:
    """The same with no pauses: what is sent is under test, not when."""
    route = config["route"] | {"group_wait": "0s", "group_interval": "1s"}
    return config | {"route": route}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image that is deployed, as a folder."""
    return unpacked(store.Store(store.default_root(os.environ)), "alertmanager", tmp_path_factory.mktemp("am") / "root")


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def running(root: Path, tmp_path: Path, hook: Receiver) -> Iterator[Alertmanager]:
    configuration = hasty(alerting.configuration(hook.url))
    with alertmanager.serving(root, tmp_path / "log", configuration, Site(tmp_path / "site")) as found:
        yield found


@pytest.fixture
def window(running: Alertmanager, tmp_path: Path) -> Iterator[int]:
    """The port of the window beside it."""
    with alertmanager.window(running, tmp_path / "window.log") as port:
        yield port


def test_an_alert_and_its_end_reach_the_receiver(running: Alertmanager, hook: Receiver):
    running.tell(ALERT)
    wait(lambda: hook.alerts("DepartmentQuotaAlmostUsed", department="tax") == ["firing"])
    running.tell(ALERT | {"endsAt": "2020-01-01T00:00:00Z"})
    wait(lambda: hook.alerts("DepartmentQuotaAlmostUsed", department="tax") == ["firing", "resolved"])


def test_what_a_receiver_refuses_is_told_again(running: Alertmanager, hook: Receiver):
    hook.refuse = True
    running.tell(ALERT)
    time.sleep(2)  # long enough to be refused
    hook.refuse = False
    wait(lambda: hook.alerts("DepartmentQuotaAlmostUsed") == ["firing"])


def test_figures_that_are_missing_make_no_statement_about_departments(running: Alertmanager, hook: Receiver):
    running.tell({"labels": {"alertname": "ExporterAbsent", "severity": "critical"}})
    wait(lambda: hook.alerts("ExporterAbsent") == ["firing"])
    running.tell(ALERT, {"labels": {"alertname": "NodeNotReady", "severity": "warning"}})
    wait(lambda: hook.alerts("NodeNotReady") == ["firing"])
    assert hook.alerts("DepartmentQuotaAlmostUsed") == []


@pytest.mark.parametrize("url", [None, "https://alerts.example:8443/a?b=c"])
def test_every_configuration_that_deploy_writes_is_accepted(root: Path, tmp_path: Path, url: str | None):
    with alertmanager.serving(root, tmp_path / "log", alerting.configuration(url), Site(tmp_path / "site")):
        pass


def config(running: Alertmanager, folder: Path) -> dict[str, Any]:
    """Prometheus' alerting as it is deployed, but for the address, with one alert that always fires."""
    rule = {"alert": "AlwaysThere", "expr": "vector(1)", "labels": {"severity": "warning"}}
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "test", "rules": [rule]}]}))
    [told] = scraping.deployed(running.site)["alerting"]["alertmanagers"]
    at = {"static_configs": [{"targets": [f"127.0.0.1:{running.port}"]}]}
    times = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    return {
        "global": times,
        "rule_files": [str(folder / "rules.yaml")],
        "alerting": {"alertmanagers": [told | at]},
    }


def test_prometheus_tells_and_scrapes_it_also_when_certificates_are_renewed(
    running: Alertmanager, hook: Receiver, prometheus: Path, tmp_path: Path
):
    site, jobs = running.site, [scraping.job(running.port, running.site, "alertmanager")]
    with scraping.scraping(prometheus, tmp_path, *jobs, **config(running, tmp_path)) as server:
        wait(lambda: hook.alerts("AlwaysThere") == ["firing"])
        wait(lambda: server.query("alertmanager_build_info") != {})
        site.prometheus.issue(mounted.PROMETHEUS, site.authority)
        running.server.issue(mounted.ALERTMANAGER, site.authority)
        replaced = time.time() + 1
        wait(lambda: server.query("min(timestamp(up == 1))").get("", 0) > replaced + 3)
        assert server.query("min_over_time(up[1h])") == {"": 1}
        assert server.query("sum(prometheus_notifications_errors_total)") == {}


def test_prometheus_tells_nobody_else(running: Alertmanager, hook: Receiver, prometheus: Path, tmp_path: Path):
    """Another server of the services' authority in its place hears of no alert."""
    running.server.write(*_as_a_service(running.site))
    with scraping.scraping(prometheus, tmp_path, **config(running, tmp_path)):
        pages = tmp_path / "prometheus.log"
        wait(lambda: f"not {NAME}" in pages.read_text())
    assert hook.heard == []


def _as_a_service(site: Site) -> tuple[Pair, str]:
    """What an owner of a service has."""
    pair = mounted.certificates.server(site.authority, "svc-db", ["svc-db.tax-a-test.svc"], mounted.now())
    return pair, site.authority.certificate


SILENCE = {
    "matchers": [{"name": "alertname", "value": "NodeNotReady", "isRegex": False}],
    "startsAt": "2020-01-01T00:00:00Z",
    "endsAt": "2099-01-01T00:00:00Z",
    "createdBy": "somebody",
    "comment": "",
}


@pytest.mark.parametrize("of", STRANGERS.values(), ids=STRANGERS)
def test_without_a_good_certificate_nothing_is_shown_and_nothing_silenced(
    running: Alertmanager, of: Callable[[Site], Pair | None]
):
    how = mounted.as_client(running.site, of(running.site))
    for post in (None, json.dumps(SILENCE)):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            calling.ask(running.port, "/api/v2/silences", how, NAME, post=post)
    assert running.get("/api/v2/silences") == []


def test_in_the_clear_nothing_is_shown_and_nothing_silenced(running: Alertmanager):
    for post in (None, json.dumps(SILENCE)):
        refused = (400, "Client sent an HTTP request to an HTTPS server.\n")
        assert calling.ask(running.port, "/api/v2/silences", None, post=post) == refused
    assert running.get("/api/v2/silences") == []


def test_older_versions_of_tls_are_refused(running: Alertmanager):
    how = running.how()
    how.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError, match=r"(?i)alert protocol version"):
        calling.ask(running.port, "/-/ready", how, NAME)


def test_renewed_files_hold_from_the_next_connection_on(running: Alertmanager):
    assert calling.serial(running.port, running.how(), NAME) == running.server.serial()
    for _ in range(3):
        before = running.server.serial()
        running.server.issue(mounted.ALERTMANAGER, running.site.authority)
        assert calling.serial(running.port, running.how(), NAME) == running.server.serial() != before


def test_the_window_shows_what_is_behind_it_and_changes_nothing(running: Alertmanager, window: int):
    running.tell(ALERT)
    for path in ("/-/ready", "/-/healthy"):
        assert calling.ask(window, path, None)[0] == 200
    status, body = calling.ask(window, "/api/v2/alerts", None)
    assert (status, [each["labels"] for each in json.loads(body)]) == (200, [ALERT["labels"]])
    assert calling.ask(window, "/api/v2/silences", None, post=json.dumps(SILENCE))[0] == 405
    assert running.get("/api/v2/silences") == []


def test_the_window_goes_on_when_certificates_are_renewed(running: Alertmanager, window: int):
    for _ in range(3):
        running.client.issue(mounted.WINDOW, running.site.authority)
        running.server.issue(mounted.ALERTMANAGER, running.site.authority)
        assert calling.ask(window, "/-/ready", None)[0] == 200


def test_the_window_shows_nothing_of_a_server_in_its_place(running: Alertmanager, window: int):
    running.server.write(*_as_a_service(running.site))
    status, body = calling.ask(window, "/api/v2/alerts", None)
    assert (status, "certificate is not valid for" in body) == (502, True)


def test_a_window_without_a_server_is_not_ready(running: Alertmanager, window: int):
    running.client.write(running.site.client("x"), mounted.new_authority().certificate)
    assert calling.ask(window, "/-/ready", None)[0] == 502


def test_who_enters_the_pod_silences_an_alert(running: Alertmanager):
    done = running.amtool("silence", "add", "alertname=NodeNotReady", "-d", "2h", "-c", "a disk is replaced")
    assert (done.returncode, done.stderr) == (0, "")
    [silence] = running.get("/api/v2/silences")
    assert (silence["id"], silence["comment"]) == (done.stdout.strip(), "a disk is replaced")
