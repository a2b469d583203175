"""The accountant's pages as a WSGI application: /v1/months/YYYY-MM, /metrics, /healthz."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING

from govcloud_api.errors import GovcloudError
from govcloud_monitoring.accountant.month import Month

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_MONTH = re.compile(r"/v1/months/(\d{4})-(\d{2})")
_JSON = ("Content-Type", "application/json")
_TEXT = ("Content-Type", "text/plain; charset=utf-8")
"""A new list for each answer: the server adds the length of its body to the list that it is given."""


def application(month: Callable[[date], Month], otherwise: WSGIApplication) -> WSGIApplication:
    """Answers for a month by `month`, which may raise GovcloudError (503); everything else goes to `otherwise`."""

    def route(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith("/v1/"):
            return otherwise(environ, start_response)
        first = _first(path)
        if first is None:
            start_response("404 Not Found", [_TEXT])
            return [b"ask for a month: /v1/months/2026-11\n"]
        try:
            found = month(first)
        except GovcloudError as error:
            start_response("503 Service Unavailable", [_TEXT])
            return [f"{error}\n".encode()]
        start_response("200 OK", [_JSON])
        return [json.dumps(found.plain()).encode()]

    return route


def _first(path: str) -> date | None:
    found = _MONTH.fullmatch(path)
    try:
        return date(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        return None
