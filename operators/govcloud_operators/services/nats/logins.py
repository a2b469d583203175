"""Which logins were given out and which ended: the record behind the server's list of revoked keys. Pure.

A server knows a login only by its signature, so somebody must remember them. Nothing here is secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

FILE = "logins.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A public key and when its login ends by itself, if it does."""

    key: str
    ends: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Logins:
    """Logins by name, and keys that ended: when, and until when that must be remembered (None: for ever)."""

    given: Mapping[str, Login] = field(default_factory=dict)
    ended: Mapping[str, tuple[int, int | None]] = field(default_factory=dict)

    def with_login(self, name: str, login: Login, now: datetime) -> Logins:
        """The name has this key from now on; another key that it had ends."""
        before = self.given.get(name)
        kept = self if before is None or before.key == login.key else self.without(name, now)
        ended = {key: value for key, value in kept.ended.items() if key != login.key}
        return Logins(given={**kept.given, name: login}, ended=ended)

    def without(self, name: str, now: datetime) -> Logins:
        """The name's login ends now; fine when there is none."""
        gone = self.given.get(name)
        if gone is None:
            return self
        given = {other: login for other, login in self.given.items() if other != name}
        return Logins(given=given, ended={**self.ended, gone.key: (_seconds(now), gone.ends)})

    def remembered(self, now: datetime) -> Logins:
        """Without what nobody could use any more."""
        second = _seconds(now)
        ended = {key: (at, until) for key, (at, until) in self.ended.items() if until is None or until >= second}
        return Logins(given=self.given, ended=ended)

    def revoked(self) -> dict[str, int]:
        """As an account's claims list them."""
        return {key: at for key, (at, _) in self.ended.items()}

    def text(self) -> str:
        """JSON, always in the same order."""
        given = {name: {"key": login.key, "ends": login.ends} for name, login in self.given.items()}
        ended = {key: list(times) for key, times in self.ended.items()}
        return json.dumps({"given": given, "ended": ended}, sort_keys=True, indent=1)


def parse(text: str) -> Logins:
    """Inverse of `text`; anything else counts as no logins at all. Only the operator can write it."""
    try:
        found: Any = json.loads(text or "{}")
        given = {name: Login(key=login["key"], ends=login["ends"]) for name, login in found.get("given", {}).items()}
        ended = {key: (int(at), until) for key, (at, until) in found.get("ended", {}).items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return Logins()
    return Logins(given=given, ended=ended)


def _seconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())
