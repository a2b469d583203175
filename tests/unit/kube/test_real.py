"""The HTTP side of RealCluster over a scripted transport: what is repeated, what is not, what an answer becomes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import urllib3

from govcloud_api import errors
from govcloud_kube import Ref, endings, failure, real

CORE = {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]}
REF = Ref("v1", "ConfigMap", "a", "n")
OBJ: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}}


@pytest.mark.parametrize("text", ["[", "a: b: c", "", "just text", "contexts: [1]", "current-context: x", None])
def test_credentials_that_cannot_be_read_are_a_wrong_setting(text: str | None, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    if text is not None:
        file.write_text(text)
    with pytest.raises(
        errors.ConfigError, match=f"(?s)^cannot read credentials from {file}: .+; check the kubeconfig$"
    ):
        real.connect(file)


class Wire:
    """Answers in order; remembers what was asked."""

    def __init__(self, *answers: tuple[int, Any] | Exception) -> None:
        self.asked: list[tuple[str, str]] = []
        self.pauses: list[float] = []
        self.retry_after = ""
        self.names: list[str | None] = []
        """Whose name each request bears, discovery included; None: its own."""
        self._answers: Iterator[tuple[int, Any] | Exception] = iter(answers)
        self.configuration = SimpleNamespace(host="https://test")
        self.rest_client = SimpleNamespace(pool_manager=self)

    def param_serialize(self, **given: Any) -> tuple[Any, ...]:
        return given["method"], given["resource_path"], given["header_params"], None, None

    def request(self, method: str, url: str, *, headers: dict[str, str] | None = None, **_: Any) -> Any:
        self.names.append((headers or {}).get("Impersonate-User"))
        if url == "/api/v1":
            return SimpleNamespace(status=200, data=json.dumps(CORE).encode(), headers={})
        self.asked.append((method, url))
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        return SimpleNamespace(status=answer[0], data=json.dumps(answer[1]).encode(), headers=headers)


def connected(wire: Wire) -> real.RealCluster:
    transport: Any = wire
    return real.RealCluster(transport, sleep=wire.pauses.append)


LOST = urllib3.exceptions.ProtocolError("gone")


@pytest.mark.parametrize("trouble", [(429, {}), (500, {}), (503, {}), (504, {}), LOST])
def test_reading_is_repeated(trouble: Any) -> None:
    wire = Wire(trouble, trouble, (200, OBJ))
    assert connected(wire).get(REF) == OBJ
    assert len(wire.asked) == 3


@pytest.mark.parametrize(
    ("asked", "least", "most"), [("1", 1.0, 1.0), ("3600", 2.0, 2.0), ("", 0.0, 0.4), ("Sat, 28 Nov 2026", 0.0, 0.4)]
)
def test_a_busy_server_is_given_the_time_it_asks_for_within_bounds(asked: str, least: float, most: float) -> None:
    wire = Wire((429, {}), (200, OBJ))
    wire.retry_after = asked
    assert connected(wire).get(REF) == OBJ
    [pause] = wire.pauses
    assert least <= pause <= most


@pytest.mark.parametrize("trouble", [(503, {}), LOST])
def test_repeating_ends(trouble: Any) -> None:
    wire = Wire(*[trouble] * real.ATTEMPTS)
    with pytest.raises(errors.ApiUnavailable):
        connected(wire).get(REF)
    assert len(wire.asked) == real.ATTEMPTS


@pytest.mark.parametrize("trouble", [(503, {}), LOST])
def test_creating_is_not_repeated(trouble: Any) -> None:
    wire = Wire(trouble)
    with pytest.raises(errors.ApiUnavailable):
        connected(wire).create(OBJ)
    assert len(wire.asked) == 1


def test_creating_is_repeated_when_it_was_turned_away() -> None:
    wire = Wire((429, {}), (201, OBJ))
    assert connected(wire).create(OBJ) == OBJ


def test_pages_are_joined() -> None:
    wire = Wire((200, {"metadata": {"continue": "t"}, "items": [OBJ]}), (200, {"metadata": {}, "items": [OBJ]}))
    assert len(connected(wire).list("v1", "ConfigMap", namespace="n")) == 2
    assert "continue=t" in wire.asked[1][1]


def test_an_expired_page_starts_the_list_again() -> None:
    first = (200, {"metadata": {"continue": "t"}, "items": [OBJ]})
    wire = Wire(first, (410, {}), (200, {"metadata": {}, "items": [OBJ]}))
    assert len(connected(wire).list("v1", "ConfigMap")) == 1


def test_a_kind_that_is_not_served_is_not_found() -> None:
    with pytest.raises(errors.NotFound, match="not served"):
        connected(Wire()).get(Ref("v1", "Unicorn", "a"))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, errors.InvalidSpec),
        (401, errors.Forbidden),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (410, endings.Gone),
        (422, errors.InvalidSpec),
        (418, errors.ApiUnavailable),
        (500, errors.ApiUnavailable),
    ],
)
def test_status_becomes_error(status: int, error: type[Exception]) -> None:
    found = failure.error_for(status, b'{"message": "no"}', "apply ConfigMap a")
    assert type(found) is error
    assert str(found) == f"apply ConfigMap a: no (HTTP {status})"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"not json", "not json"),
        (b"", "no reason given"),
        (b"[]", "[]"),
        (
            b"{\"message\": \"a is invalid: : ValidatingAdmissionPolicy 'p' with binding 'p' denied request: do so\"}",
            "do so",
        ),
    ],
)
def test_only_the_plain_words_are_shown(body: bytes, text: str) -> None:
    assert failure.plain_message(body) == text


def test_another_name_goes_with_requests_but_not_with_discovery() -> None:
    wire = Wire((200, OBJ), (200, OBJ))
    cluster = connected(wire)
    assert cluster.acting_as("olga").get(REF) == OBJ
    assert cluster.get(REF) == OBJ
    assert wire.names == [None, "olga", None]


def test_what_the_other_may_not_do_is_forbidden() -> None:
    wire = Wire((403, {"message": "olga cannot get configmaps"}))
    with pytest.raises(errors.Forbidden):
        connected(wire).acting_as("olga").get(REF)
