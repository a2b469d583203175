"""Who reads what a machine says of itself: the real node-exporter and the real Prometheus, as they are deployed."""

from __future__ import annotations

import functools
import re
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from govcloud_operators.services.certificates import Pair
from support import calling, mounted, node_exporter, scraping
from support.machine_metrics import Machine
from support.mounted import STRANGERS, Site
from support.waiting import wait

NAME = mounted.NODE_EXPORTER.dns_names[0]
LOAD = 'node_load1{job="node-exporter"}'


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """In a folder that everybody may enter, as a machine's root is."""
    with tempfile.TemporaryDirectory(prefix="govcloud-machine-") as name:
        Path(name).chmod(0o755)
        yield Machine(Path(name))


@pytest.fixture(scope="module")
def site(machine: Machine) -> Site:
    return Site(machine.root / "site")


@pytest.fixture(scope="module")
def port(machine: Machine, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with node_exporter.running(machine, site, tmp_path_factory.mktemp("node") / "log") as found:
        yield found


@pytest.fixture
def how(site: Site) -> ssl.SSLContext:
    """As Prometheus asks."""
    return mounted.context(site.prometheus.folder, site.authority.certificate)


@pytest.mark.parametrize("of", STRANGERS.values(), ids=STRANGERS)
def test_without_a_good_certificate_nothing_is_shown(
    port: int, site: Site, how: ssl.SSLContext, of: Callable[[Site], Pair | None]
) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        calling.ask(port, "/metrics", mounted.as_client(site, of(site)), NAME)
    assert calling.ask(port, "/metrics", how, NAME)[0] == 200


def test_in_the_clear_nothing_is_shown(port: int) -> None:
    status, body = calling.ask(port, "/metrics", None)
    assert (status, body) == (400, "Client sent an HTTP request to an HTTPS server.\n")


def test_older_versions_of_tls_are_refused(port: int, how: ssl.SSLContext) -> None:
    how.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError, match=r"(?i)alert protocol version"):
        calling.ask(port, "/metrics", how, NAME)


def test_renewed_files_hold_from_the_next_connection_on(port: int, site: Site, how: ssl.SSLContext) -> None:
    assert calling.serial(port, how, NAME) == site.node_exporter.serial()
    for _ in range(3):
        before = site.node_exporter.serial()
        site.node_exporter.issue(mounted.NODE_EXPORTER, site.authority)
        assert calling.serial(port, how, NAME) == site.node_exporter.serial() != before


def test_prometheus_scrapes_it_and_goes_on_when_certificates_are_renewed(
    port: int, site: Site, prometheus: Path, tmp_path: Path
) -> None:
    with scraping.scraping(prometheus, tmp_path, scraping.job(port, site, "node-exporter")) as server:
        wait(lambda: server.query(LOAD) != {})
        site.prometheus.issue(mounted.PROMETHEUS, site.authority)
        site.node_exporter.issue(mounted.NODE_EXPORTER, site.authority)
        replaced = time.time() + 1  # a scrape that ran meanwhile met one old and one new
        wait(lambda: server.query("min(timestamp(up == 1))").get("", 0) > replaced + 3)
        assert server.query("min_over_time(up[1h])") == {"": 1}


def test_prometheus_believes_nobody_else(port: int, site: Site, prometheus: Path, tmp_path: Path) -> None:
    """Another server of the services' authority, as a department's owner has one, is no machine."""
    tls = scraping.job(port, site, "node-exporter")["tls_config"]
    foreign = Site(tmp_path / "foreign").prometheus.folder
    jobs = {
        "who asks for another": {"tls_config": tls | {"server_name": mounted.NAME}},
        "who believes another site": {"tls_config": tls | {"ca_file": f"{foreign}/ca.crt"}},
        "of another site": {"tls_config": tls | {"cert_file": f"{foreign}/tls.crt", "key_file": f"{foreign}/tls.key"}},
    }
    whys = {
        "who asks for another": f"certificate is valid for {NAME}, not {mounted.NAME}",
        "who believes another site": "certificate signed by unknown authority",
        "of another site": "unknown certificate authority|decrypt error|bad certificate",
    }
    made = [scraping.job(port, site, "node-exporter", name, **changes) for name, changes in jobs.items()]
    with scraping.scraping(prometheus, tmp_path, *made) as server:

        def is_refused(name: str) -> bool:
            return any(
                each["labels"]["job"] == name and each["health"] == "down" and re.search(whys[name], each["lastError"])
                for each in (server.get("/api/v1/targets") or {"activeTargets": []})["activeTargets"]
            )

        for name in jobs:
            wait(functools.partial(is_refused, name))
