"""What NATS' keys say about each other: signed claims of operator, accounts and users. Pure.

Format: https://github.com/nats-io/jwt (version 2), JSON Web Tokens with the algorithm `ed25519-nkey`. Times are seconds
since 1970.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from govcloud_operators.services.driver import Role
from govcloud_operators.services.nats.nkeys import Key

_HEADER = {"typ": "JWT", "alg": "ed25519-nkey"}
_UNLIMITED = -1
_STREAM_CHANGES = [
    f"$JS.API.STREAM.{verb}.>" for verb in ("CREATE", "UPDATE", "DELETE", "PURGE", "RESTORE", "MSG.DELETE")
]
_READS = [
    "$JS.API.INFO",
    *(f"$JS.API.STREAM.{verb}" for verb in ("NAMES", "LIST", "INFO.>", "MSG.GET.>")),
    "$JS.API.DIRECT.GET.>",
    *(f"$JS.API.CONSUMER.{verb}.>" for verb in ("NAMES", "LIST", "INFO", "CREATE", "MSG.NEXT")),
    "$JS.FC.>",
]
"""Enough to follow a stream; without the right to acknowledge, a reader takes nothing out of a queue."""
PERMISSIONS: Mapping[Role, Mapping[str, Any]] = {
    "ro": {"pub": {"allow": _READS}, "sub": {"allow": [">"]}},
    "rw": {"pub": {"allow": [">"], "deny": _STREAM_CHANGES}, "sub": {"allow": [">"]}},
    "admin": {"pub": {"allow": [">"]}, "sub": {"allow": [">"]}},
}


def operator(key: Key, system_account: str, issued: datetime) -> str:
    """What the server trusts: signed by itself."""
    body = {"type": "operator", "system_account": system_account}
    return _signed(key, key.public, body, name="operator", issued=issued)


def system_account(operator_key: Key, account: str, issued: datetime) -> str:
    """The account through which the server is asked and told; no JetStream."""
    body = {"type": "account", "limits": _limits(0, 0), "default_permissions": {"pub": {}, "sub": {}}}
    return _signed(operator_key, account, body, name="SYS", issued=issued)


def account(
    operator_key: Key, subject: str, *, storage_bytes: int, revoked: Mapping[str, int], issued: datetime
) -> str:
    """The one account of programs and people; `revoked` are users' public keys and since when."""
    body: dict[str, Any] = {
        "type": "account",
        "limits": _limits(0, storage_bytes),
        "default_permissions": {"pub": {}, "sub": {}},
    }
    if revoked:
        body["revocations"] = dict(sorted(revoked.items()))
    return _signed(operator_key, subject, body, name="main", issued=issued)


def user(
    account_key: Key,
    subject: str,
    *,
    name: str,
    permissions: Mapping[str, Any],
    issued: datetime,
    ends: datetime | None,
) -> str:
    """A login. The server takes it as long as its account signed it, it is not over and it is not revoked."""
    body = {"type": "user", "subs": _UNLIMITED, "data": _UNLIMITED, "payload": _UNLIMITED, **permissions}
    return _signed(account_key, subject, body, name=name, issued=issued, ends=ends)


def content(token: str) -> dict[str, Any]:
    """What a token says, unchecked. Raises ValueError when it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("a token has three parts")
    return dict(json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))))


def _limits(memory_bytes: int, storage_bytes: int) -> dict[str, Any]:
    """No leaf nodes and no ways to other accounts: what is in the environment stays there."""
    return {
        "subs": _UNLIMITED,
        "data": _UNLIMITED,
        "payload": _UNLIMITED,
        "imports": 0,
        "exports": 0,
        "wildcards": True,
        "conn": _UNLIMITED,
        "leaf": 0,
        "mem_storage": memory_bytes,
        "disk_storage": storage_bytes,
        "streams": _UNLIMITED if storage_bytes else 0,
        "consumer": _UNLIMITED if storage_bytes else 0,
    }


def _signed(
    issuer: Key, subject: str, body: Mapping[str, Any], *, name: str, issued: datetime, ends: datetime | None = None
) -> str:
    said = {
        "iat": int(issued.astimezone(UTC).timestamp()),
        "iss": issuer.public,
        "name": name,
        "sub": subject,
        "nats": {**body, "version": 2},
    }
    if ends is not None:
        said["exp"] = int(ends.astimezone(UTC).timestamp())
    digest = hashlib.sha256(_json(said)).digest()
    said["jti"] = base64.b32encode(digest).decode().rstrip("=")
    unsigned = f"{_part(_json(_HEADER))}.{_part(_json(said))}"
    return f"{unsigned}.{_part(issuer.sign(unsigned.encode()))}"


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
