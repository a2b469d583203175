"""The exporter's HTTP pages, without a socket."""

import gzip
from wsgiref.util import setup_testing_defaults

import pytest

from govcloud_monitoring import web
from govcloud_monitoring.collector import ExporterCollector
from support.monitoring import key, samples


def get(path: str, *, healthy: bool = True, **headers: str) -> tuple[str, dict[str, str], bytes]:
    answer: list[tuple[str, dict[str, str]]] = []
    environ: dict[str, object] = {"PATH_INFO": path, **headers}
    setup_testing_defaults(environ)

    def start_response(status: str, given: list[tuple[str, str]], exc_info: object = None) -> object:
        answer.append((status, dict(given)))
        return None

    body = b"".join(
        web.application(ExporterCollector([], "1.2.3", "abc").pages, lambda: healthy)(environ, start_response)
    )
    return *answer[0], body


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


@pytest.mark.parametrize(
    ("path", "healthy", "status"),
    [
        ("/healthz", True, "200 OK"),
        ("/healthz", False, "503 Service Unavailable"),
        ("/", True, "404 Not Found"),
        ("/metrics/../etc/passwd", True, "404 Not Found"),
        ("/debug", True, "404 Not Found"),
    ],
)
def test_other_pages(path: str, healthy: bool, status: str):
    assert get(path, healthy=healthy)[0] == status
