"""Accounts of a gateway, over versitygw's admin API. Only its root or an account of role `admin` may.

Format: https://github.com/versity/versitygw/wiki/Admin-APIs (XML named as the fields of Go's `auth.Account`).
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

from govcloud_operators.services.s3.gateway import Gateway, Refused, parsed, send


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An access key. It may nothing but what policies of buckets say."""

    access_key: str
    """Letters, digits, `_`, `-` and `.`."""
    secret_key: str = field(repr=False)


def ensure(gateway: Gateway, account: Account) -> None:
    """The account exists with exactly this secret. Raises like `gateway.send`."""
    try:
        send(gateway, "PATCH", "/create-user", body=_xml("Account", account, with_name=True))
    except Refused as refused:
        if refused.code != "XAdminUserExists":
            raise
        alter(gateway, account)


def alter(gateway: Gateway, account: Account) -> None:
    """An account that exists has this secret from now on. Raises like `gateway.send`."""
    body = _xml("MutableProps", account, with_name=False)
    send(gateway, "PATCH", "/update-user", query={"access": account.access_key}, body=body)


def remove(gateway: Gateway, access_key: str) -> None:
    """The account is gone, its next request is refused; fine when it was not there. Raises like `gateway.send`."""
    send(gateway, "PATCH", "/delete-user", query={"access": access_key})


def every(gateway: Gateway) -> list[Account]:
    """All accounts but the root, by name. Raises like `gateway.send`."""
    found = parsed(send(gateway, "PATCH", "/list-users"))
    listed = [
        Account(access_key=entry.findtext("Access", ""), secret_key=entry.findtext("Secret", ""))
        for entry in found.iter("Accounts")
    ]
    return sorted(listed, key=lambda account: account.access_key)


def _xml(name: str, account: Account, *, with_name: bool) -> bytes:
    root = ElementTree.Element(name)
    if with_name:
        ElementTree.SubElement(root, "Access").text = account.access_key
    ElementTree.SubElement(root, "Secret").text = account.secret_key
    ElementTree.SubElement(root, "Role").text = "user"
    return ElementTree.tostring(root)
