"""The forecaster as a process: what it serves and to whom, when it is healthy, and that it ends at once."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.bench import forecasts as bench

from govcloud_api.errors import ApiUnavailable
from govcloud_monitoring.forecaster import serve
from govcloud_monitoring.forecaster.desk import Archive, Desk
from govcloud_monitoring.forecaster.settings import Settings
from govcloud_monitoring.prometheus import Sample, Vector
from govcloud_monitoring.prometheus_range import Hours, Line
from support import apiserver as servers
from support import mounted, waiting
from support.monitoring import samples
from support.mounted import Site

OFFICE = tuple(bench.office(np.random.default_rng(1), 1440, growth=0.04).tolist())
SHARE = 0.001
"""After the first series it rests for many seconds."""


POOLS = [f"p{number}" for number in range(5)]


def limits(expression: str, _: datetime) -> Vector:
    """Of pools only, CPU and memory alike."""
    return tuple(Sample({"pool": pool}, 400.0) for pool in POOLS if "(pool)" in expression)


def archive() -> Archive:
    """Pools that are reserved like an office load."""
    return Archive(now=limits, past=lambda *_: (Line({"pool": pool}, OFFICE) for pool in POOLS))


def away() -> Archive:
    def ask(*_: object) -> None:
        raise ApiUnavailable("Prometheus does not answer")

    return Archive(now=ask, past=ask)  # type: ignore[arg-type]  # it never returns


@dataclass(frozen=True, slots=True)
class Process:
    """One that runs in this process."""

    site: Site
    options: Settings
    thread: threading.Thread
    stop: threading.Event

    def metrics(self) -> dict[str, float]:
        """Values by name; of `govcloud_forecasts` the pools' that are shown."""
        context = mounted.context(self.site.prometheus.folder, self.site.authority.certificate)
        context.check_hostname = False  # it is asked by its address
        connection = http.client.HTTPSConnection("127.0.0.1", self.options.port, timeout=5, context=context)
        try:
            connection.request("GET", "/metrics")
            found = samples(connection.getresponse().read().decode())
        finally:
            connection.close()
        return {
            name: value
            for (name, labels), value in found.items()
            if not labels or labels in ({("source", "forecast")}, {("kind", "pool"), ("state", "shown")})
        }

    def healthy(self) -> int:
        """Status of /healthz."""
        connection = http.client.HTTPConnection("127.0.0.1", self.options.health_port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status
        finally:
            connection.close()


@contextmanager
def running(folder: Path, known: Archive, **more: float) -> Iterator[Process]:
    site = Site(folder / "site")
    ports = {"port": servers.free_port(), "health_port": servers.free_port()}
    options = Settings(
        host="127.0.0.1", tls_folder=site.exporter.folder, **ports, look_seconds=0.1, **{"first_seconds": 0.1} | more
    )  # fmt: skip
    stop = threading.Event()
    at = Desk(known, stale_after=timedelta(hours=1))
    thread = threading.Thread(target=serve.run, args=(at, options, stop))
    thread.start()
    try:
        yield Process(site, options, thread, stop)
    finally:
        stop.set()
        thread.join(20)


def wait(condition: Callable[[], bool]) -> None:
    waiting.wait(lambda: _true(condition))


def _true(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except OSError:  # it does not listen yet
        return False


def test_it_serves_what_a_run_found_to_prometheus_and_its_health_to_anybody(tmp_path: Path):
    with running(tmp_path, archive(), processor_share=1) as process:
        wait(lambda: process.metrics()["govcloud_forecast_run_timestamp_seconds"] > 0)
        wait(lambda: process.metrics()["govcloud_forecasts"] == 2 * len(POOLS))
        assert process.metrics()["govcloud_source_up"] == 1
        assert process.healthy() == 200


def test_before_its_first_run_it_is_healthy_and_shows_no_forecast(tmp_path: Path):
    with running(tmp_path, archive(), first_seconds=3600) as process:
        wait(lambda: process.metrics()["govcloud_source_up"] == 1)
        assert process.healthy() == 200
        found = process.metrics()
        assert (found["govcloud_forecast_run_timestamp_seconds"], found["govcloud_forecasts"]) == (0, 0)


def test_a_run_that_fails_takes_the_source_down_and_is_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with running(tmp_path, away(), retry_seconds=0.1) as process:
        wait(lambda: process.metrics()["govcloud_source_up"] == 0)
        wait(lambda: len([each for each in caplog.messages if "tried again in" in each]) >= 2)
        assert process.healthy() == 200, "a restart would help nobody"


def test_it_ends_at_once_in_the_middle_of_a_run(tmp_path: Path):
    asked = threading.Event()
    inner = archive()

    def past(expression: str, hours: Hours) -> Iterator[Line]:
        asked.set()
        return inner.past(expression, hours)

    with running(tmp_path, Archive(now=inner.now, past=past), processor_share=SHARE) as process:
        assert asked.wait(20)
        began = time.monotonic()
        process.stop.set()
        process.thread.join(20)
        assert time.monotonic() - began < 5
        assert not [each for each in threading.enumerate() if each.name == "work"]


def test_a_worker_that_dies_asks_for_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    died = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: died.set())

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with running(tmp_path, Archive(now=broken, past=broken)) as process:  # type: ignore[arg-type]  # it never returns
        assert died.wait(20)
        wait(lambda: process.healthy() == 503)
