"""SQL that names things: the one place where a name becomes part of a statement. Pure.

Names are made here from UIDs and numbers, never from a tenant's words; they are quoted all the same. Passwords are sent
as SCRAM verifiers (RFC 5803), so that neither the server's log nor its statistics ever hold one in clear.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re

from govcloud_api import conditions
from govcloud_operators.services.driver import Credentials, Role

GROUPS: dict[Role, str] = {"ro": "app_ro", "rw": "app_rw", "admin": "app_admin"}
LOGIN_GROUP = "app_login"
_LOGIN = re.compile(r"b_[0-9a-f]{12}_[0-9]{1,9}")
_ITERATIONS = 4096
"""What PostgreSQL 15 itself uses and expects."""


def identifier(name: str) -> str:
    """A quoted name. Raises ValueError for one that is not a name of ours: nothing else may get into a statement."""
    if not _LOGIN.fullmatch(name) and name not in {*GROUPS.values(), LOGIN_GROUP, "govcloud_operator"}:
        raise ValueError(f"{name!r} is not a login that govcloud makes")
    return f'"{name}"'


def create(credentials: Credentials) -> str:
    """Make the login unless it is there; the rest is said by `settle`."""
    return f"create role {identifier(credentials.user)} nologin"


def settle(credentials: Credentials) -> list[str]:
    """Statements after which the login has exactly this role and password."""
    name, group = identifier(credentials.user), GROUPS[credentials.role]
    until = conditions.timestamp(credentials.valid_until) if credentials.valid_until else "infinity"
    others = ", ".join(identifier(other) for other in GROUPS.values() if other != group)
    return [
        f"revoke {others} from {name}",
        f"grant {identifier(LOGIN_GROUP)}, {identifier(group)} to {name}",
        # What an admin makes belongs to the group: the next login of the same binding works on with it.
        f"alter role {name} set role = {identifier(group)}"
        if credentials.role == "admin"
        else f"alter role {name} reset all",
        f"alter role {name} login nocreatedb nocreaterole"
        f" password '{verifier(credentials.password)}' valid until '{until}'",
    ]


def close(user: str) -> list[str]:
    """Nobody gets in with this login any more."""
    return [f"alter role {identifier(user)} nologin password null"]


def drop(user: str) -> list[str]:
    """The login is gone; what it owns goes to the group of those who change the schema."""
    name, heir = identifier(user), identifier(GROUPS["admin"])
    me = identifier("govcloud_operator")
    return [
        f"grant {name}, {heir} to {me}",
        f"reassign owned by {name} to {heir}",
        f"drop owned by {name}",
        f"drop role {name}",
        f"revoke {heir} from {me}",
    ]


def verifier(password: str, salt: bytes | None = None) -> str:
    """`SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5803) of an ASCII password."""
    if not password.isascii():
        raise ValueError("passwords made here are ASCII")
    salt = os.urandom(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_text, stored_text, server_text = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256${_ITERATIONS}:{salt_text}${stored_text}:{server_text}"
