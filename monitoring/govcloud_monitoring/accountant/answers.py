"""The accountant's answers as a WSGI application: /v1/months/YYYY-MM and /v1/days/YYYY-MM.

Who may ask is decided by the Kubernetes API.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from govcloud_api.errors import GovcloudError
from govcloud_monitoring import web

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_PATH = re.compile(r"/v1/(\w+)/(\d{4})-(\d{2})")


class Answer(Protocol):
    """What has a form for the wire."""

    def plain(self) -> dict[str, Any]:
        """That form."""
        ...


Answers = Mapping[str, Callable[[date], Answer]]
"""By the word behind /v1/; each is asked with the first of a month, and may raise GovcloudError."""


def application(answers: Answers) -> WSGIApplication:
    """Answers for a month, 503 with why where there is none; everything else is 404."""

    def route(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked = _asked(environ.get("PATH_INFO", ""), answers)
        if asked is None:
            words = "ask for a month: /v1/months/2026-11, or for its closed days: /v1/days/2026-11"
            return web.told(start_response, "404 Not Found", words)
        try:
            found = asked()
        except GovcloudError as error:
            return web.told(start_response, "503 Service Unavailable", str(error))
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(found.plain()).encode()]

    return route


def _asked(path: str, answers: Answers) -> Callable[[], Answer] | None:
    found = _PATH.fullmatch(path)
    if found is None or found[1] not in answers:
        return None
    try:
        first = date(int(found[2]), int(found[3]), 1)
    except ValueError:
        return None
    return lambda: answers[found[1]](first)
