"""Pages of monitoring, without a socket."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING
from wsgiref.util import setup_testing_defaults

import pytest

from govcloud_monitoring import bounded, web
from govcloud_monitoring.collector import ExporterCollector
from support.monitoring import key, samples

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


def asked(app: WSGIApplication, path: str, **more: str) -> tuple[str, dict[str, str], bytes]:
    answer: list[tuple[str, dict[str, str]]] = []
    environ: dict[str, object] = {"PATH_INFO": path, **more}
    setup_testing_defaults(environ)

    def start_response(status: str, given: list[tuple[str, str]], exc_info: object = None) -> object:
        answer.append((status, dict(given)))
        return None

    body = b"".join(app(environ, start_response))
    return *answer[0], body


def get(path: str, client: str = "prometheus", **headers: str) -> tuple[str, dict[str, str], bytes]:
    collector = ExporterCollector([], "1.2.3", "abc")
    return asked(web.metrics(collector.pages), path, **{bounded.CLIENT: client}, **headers)


def test_the_metrics_page_in_text_format():
    status, headers, body = get("/metrics")
    assert status == "200 OK"
    assert headers["Content-Type"].startswith("text/plain")
    assert samples(body.decode())[key("govcloud_build_info", version="1.2.3", revision="abc")] == 1


def test_openmetrics_is_negotiated():
    _, headers, body = get("/metrics", HTTP_ACCEPT="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert body.endswith(b"# EOF\n")


def test_gzip_is_negotiated():
    _, headers, body = get("/metrics", HTTP_ACCEPT_ENCODING="gzip")
    assert headers["Content-Encoding"] == "gzip"
    assert b"govcloud_build_info" in gzip.decompress(body)


@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics/", "/metrics/../etc/passwd", "/debug"])
def test_there_is_no_other_page_beside_it(path: str):
    assert get(path)[0] == "404 Not Found"


@pytest.mark.parametrize("client", ["", "grafana", "prometheus2"])
@pytest.mark.parametrize("path", ["/metrics", "/"])
def test_who_is_not_prometheus_reads_nothing(client: str, path: str):
    status, headers, body = get(path, client)
    assert (status, headers["Content-Type"]) == ("403 Forbidden", "text/plain; charset=utf-8")
    assert body == b"for prometheus only; your certificate has another name\n"


def test_a_header_is_no_certificate():
    collector = ExporterCollector([], "1.2.3", "abc")
    assert asked(web.metrics(collector.pages), "/metrics", HTTP_GOVCLOUD_CLIENT="prometheus")[0] == "403 Forbidden"


@pytest.mark.parametrize(
    ("path", "healthy", "status"),
    [
        ("/healthz", True, "200 OK"),
        ("/healthz", False, "503 Service Unavailable"),
        ("/", True, "404 Not Found"),
        ("/metrics", True, "404 Not Found"),
    ],
)
def test_the_page_of_health(path: str, healthy: bool, status: str):
    assert asked(web.health(lambda: healthy), path)[0] == status
