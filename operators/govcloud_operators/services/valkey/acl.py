"""Logins of a server as lines of its ACL file. Pure.

Format: https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/. Passwords are in it as SHA-256
only; they are long and random, so a hash tells nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping

from govcloud_operators.services.driver import Role

OPERATOR = "govcloud_operator"
NOBODY = "default"
"""Whoever gives no name; it is switched off."""
FILE = "users.acl"
_SUBSCRIBE = "+subscribe +psubscribe +ssubscribe +unsubscribe +punsubscribe +sunsubscribe"
RULES: Mapping[Role, str] = {
    "ro": f"~* &* -@all +@read +@connection {_SUBSCRIBE} -@dangerous +info",
    "rw": "~* &* +@all -@admin -@dangerous +info",
    # What empties or lists everything is the owner's right; what reaches other machines or the settings is not.
    "admin": "~* &* +@all -@admin -migrate +slowlog +latency",
}
_BORN = f"user {NOBODY} off resetpass resetkeys resetchannels -@all"
_LINE = re.compile(r"user ([a-z][a-z0-9_-]{0,62}) on #[0-9a-f]{64} (.+)", re.ASCII)


def operator_password(secret: str) -> str:
    """The operator's own password for a server, made from the instance's secret."""
    return hmac.new(secret.encode(), b"valkey operator", "sha256").hexdigest()


def rules(role: Role, password: str) -> list[str]:
    """Arguments of ACL SETUSER that make a login exactly this, whatever it was."""
    return ["reset", "on", f"#{_digest(password)}", *RULES[role].split()]


def words(line: str) -> list[str]:
    """Arguments of ACL SETUSER from a login's line, without its name."""
    return line.split()[2:]


def line(user: str, role: Role, password: str) -> str:
    """A login's line of the file."""
    return f"user {user} on #{_digest(password)} {RULES[role]}"


def text(secret: str, logins: Mapping[str, str]) -> str:
    """The whole file: nobody without a name, the operator, and `logins` by name."""
    operator = f"user {OPERATOR} on #{_digest(operator_password(secret))} ~* &* +@all"
    return "\n".join([_BORN, operator, *(logins[user] for user in sorted(logins))]) + "\n"


def logins(content: str) -> dict[str, str]:
    """Lines of people's and programs' logins by name; a line that no role could have made is left out."""
    found = {}
    for candidate in content.splitlines():
        match = _LINE.fullmatch(candidate)
        if match and match[1] != OPERATOR and match[2] in RULES.values():
            found[match[1]] = candidate
    return found


def _digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()
