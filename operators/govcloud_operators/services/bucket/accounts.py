"""Logins of a gateway: an access key each, and one policy of the bucket that says what each may do.

The key's name ends with its role, so the policy is made from the list of keys alone and can be made again at any time.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import cast, get_args

from govcloud_operators.services.bucket import administrator, desired
from govcloud_operators.services.bucket.administrator import Ways
from govcloud_operators.services.driver import Credentials, Door, Order, Role, Seen
from govcloud_operators.services.s3 import accounts, buckets, policies
from govcloud_operators.services.s3.accounts import Account

_LOCKS: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)
"""By instance: bindings are looked at in several threads, and a policy is read, changed and written whole."""


class BucketAccounts:
    """See `driver.Accounts`. A key that is gone is refused from its next request on; S3 knows no sessions."""

    def ensure(self, order: Order, door: Door, credentials: Credentials) -> None:
        """See `driver.Accounts.ensure`."""
        ways, wanted = administrator.ways(order, door), access_key(credentials.user, credentials.role)
        with _lock(order):
            prepare(ways, order)
            known = _without(ways, credentials.user, but=wanted)
            accounts.ensure(ways.keys, Account(access_key=wanted, secret_key=credentials.password))
            _rule(ways, order, known | {wanted})

    def remove(self, order: Order, door: Door, user: str) -> None:
        """See `driver.Accounts.remove`. The key goes first: what a crash leaves is a name in the policy, no door."""
        ways = administrator.ways(order, door)
        with _lock(order):
            known = _without(ways, user)
            prepare(ways, order)
            _rule(ways, order, known)

    def seen(self, order: Order, door: Door, prefix: str) -> tuple[Seen, ...]:
        """See `driver.Accounts.seen`. When a key was used last is in the gateway's log alone, so it is not known here.

        On the way the policy is mended, should somebody have stopped between a key and its policy.
        """
        ways = administrator.ways(order, door)
        with _lock(order):
            prepare(ways, order)
            known = {account.access_key for account in accounts.every(ways.keys)}
            _rule(ways, order, known)
        users = {split(key)[0] for key in known}
        return tuple(Seen(user=user) for user in sorted(users) if user.startswith(prefix))


def access_key(user: str, role: Role) -> str:
    """Name of a login's key."""
    return f"{user}_{role}"


def split(key: str) -> tuple[str, Role | None]:
    """Login and role of a key; None for a key that no login has."""
    user, _, role = key.rpartition("_")
    return (user, cast(Role, role)) if user and role in get_args(Role) else (key, None)


def prepare(ways: Ways, order: Order) -> None:
    """The bucket is there, and belongs to the administrator."""
    if not buckets.exists(ways.objects, desired.bucket(order)):
        buckets.create(ways.objects, desired.bucket(order))


def _without(ways: Ways, user: str, but: str = "") -> set[str]:
    """Remove the login's keys, `but` one; the names that are left."""
    known = {account.access_key for account in accounts.every(ways.keys)}
    gone = {key for key in known if split(key)[0] == user} - {but}
    for key in gone:
        accounts.remove(ways.keys, key)
    return known - gone


def _rule(ways: Ways, order: Order, known: set[str]) -> None:
    """The bucket's policy lets in exactly these."""
    parted = {key: split(key)[1] for key in known}
    bucket = desired.bucket(order)
    wanted = policies.document(bucket, {key: role for key, role in parted.items() if role is not None})
    if buckets.policy(ways.objects, bucket) != wanted:
        buckets.set_policy(ways.objects, bucket, wanted)


def _lock(order: Order) -> threading.Lock:
    return _LOCKS[(order.namespace, order.name)]
