"""What Prometheus says about a namespace, and what counts as a doubt."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api import errors
from govcloud_operators.process import settings, usage
from govcloud_operators.process.usage import Prometheus

NOW = 1767225600.5


def answers(**changed: object) -> Callable[[str], bytes]:
    """A Prometheus whose values can be changed by kind of query; bytes are sent as they are."""
    values: dict[str, object] = {
        "cpu": "0.4215",
        "memory": "1073741824.2",
        "count": str(usage.MIN_SAMPLES),
        "timestamp": str(NOW),
    } | changed

    def fetch(url: str) -> bytes:
        query = parse_qs(urlsplit(url).query)["query"][0]
        assert 'namespace="tax-portal-prod"' in query
        kind = query.partition("_over_time")[0].partition("(")[0]
        if kind == "quantile":
            kind = "cpu" if usage.CPU in query else "memory"
        value = values[kind]
        if isinstance(value, Exception):
            raise value
        if isinstance(value, bytes):
            return value
        result = value if isinstance(value, list) else [{"metric": {}, "value": [NOW, value]}]
        return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()

    return fetch


def measure(fetch: Callable[[str], bytes]) -> object:
    return Prometheus(address="http://p:9090", fetch=fetch).measure("tax-portal-prod")


def test_what_is_measured() -> None:
    expected = usage.Measured(cpu_millicores=422, memory_bytes=1073741824, at=datetime.fromtimestamp(NOW, UTC))
    assert measure(answers()) == expected


@pytest.mark.parametrize(
    "changed",
    [
        {"count": str(usage.MIN_SAMPLES - 1)},
        {"cpu": []},
        {"memory": []},
        {"count": []},
        {"timestamp": []},
        {"cpu": "NaN"},
        {"cpu": "+Inf"},
        {"cpu": "-1"},
        {"cpu": [{"value": [1, "1"]}, {"value": [1, "2"]}]},
        {"memory": [{"value": []}]},
        {"memory": [{}]},
        {"timestamp": "1e300"},
        {"cpu": b"not json"},
        {"cpu": b"[]"},
        {"cpu": b'{"status":"error","error":"x"}'},
        {"cpu": b'{"status":"success","data":null}'},
        {"cpu": OSError("no route")},
        {"cpu": http.client.IncompleteRead(b"")},
    ],
)
def test_every_doubt_means_nobody_knows(changed: dict[str, object]) -> None:
    assert measure(answers(**changed)) is None


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_no_answer_is_an_error(body: bytes) -> None:
    assert measure(lambda _: body) is None


def test_over_http() -> None:
    reply = answers()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(reply(self.path))

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_address[1]}"
            assert Prometheus(address=address, fetch=usage.fetch).measure("tax-portal-prod") is not None
        finally:
            server.shutdown()
            thread.join()
    assert Prometheus(address=address, fetch=usage.fetch).measure("tax-portal-prod") is None


def test_where_to_ask_is_a_setting() -> None:
    def read(url: str) -> str:
        environ = {"GOVCLOUD_PROMETHEUS_URL": url}
        return settings.from_environment(environ, host_name="h", version="1").prometheus_url

    assert read("") == "http://prometheus.govcloud-monitoring.svc:9090"
    assert read("http://127.0.0.1:1/") == "http://127.0.0.1:1"
    with pytest.raises(errors.ConfigError, match="PROMETHEUS_URL"):
        read("file:///etc/passwd")
