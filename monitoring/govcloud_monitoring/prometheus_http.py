"""Prometheus' HTTP API, whatever is asked: fetching, and the envelope around every answer.

Format: https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import IO, Generic, TypeVar
from urllib.parse import urlencode

import msgspec

from govcloud_api.errors import ApiUnavailable, NotReady

Result = TypeVar("Result")
Form = TypeVar("Form")
Get = Callable[[str, Mapping[str, str | float]], bytes]
"""The body that a path answers to parameters. Raises ApiUnavailable."""


class _Data(msgspec.Struct, Generic[Result], rename="camel"):
    result_type: str
    result: list[Result]


class Answer(msgspec.Struct, Generic[Result]):
    """An answer; its results are `Result`s."""

    status: str
    data: _Data[Result] | None = None
    error: str = ""


def getter(url: str, *, timeout_seconds: float, most_bytes: int | None = None) -> Get:
    """Asks the Prometheus at an HTTP URL; without proxies. Reads at most so many bytes; all without a bound."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(path: str, parameters: Mapping[str, str | float]) -> bytes:
        try:
            with opener.open(f"{url}{path}?{urlencode(parameters)}", timeout=timeout_seconds) as answer:
                return _read(answer, most_bytes)
        except urllib.error.HTTPError as error:  # it says why in the same form as an answer
            return _read(error, most_bytes)
        except (OSError, http.client.HTTPException) as error:
            raise ApiUnavailable(f"Prometheus at {url} does not answer: {error}; is it running?") from error

    return get


def _read(answer: IO[bytes], most_bytes: int | None) -> bytes:
    # Not read(-1): of an answer in pieces, that also reads what stands between and behind the pieces.
    return answer.read() if most_bytes is None else answer.read(most_bytes)


def results(decoder: msgspec.json.Decoder[Answer[Result]], body: bytes, result_type: str) -> list[Result]:
    """What an answer holds. Raises NotReady when Prometheus refuses the query, ApiUnavailable for another body."""
    answer = decoded(decoder, body)
    if answer.status != "success" or answer.data is None or answer.data.result_type != result_type:
        raise NotReady(f"Prometheus cannot answer: {answer.error or 'no reason given'}; try again in a moment")
    return answer.data.result


def decoded(decoder: msgspec.json.Decoder[Form], body: bytes | msgspec.Raw) -> Form:
    """A part of an answer. Raises ApiUnavailable for something else."""
    try:
        return decoder.decode(body)
    except msgspec.DecodeError as error:
        raise ApiUnavailable(f"what answers in Prometheus' place is not Prometheus: {error}; is it running?") from error
