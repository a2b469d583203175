"""Logins of a real server: what each role may, what a restart keeps, what a revoke ends."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import redis

from govcloud_api import errors
from govcloud_operators.services.driver import Credentials, Role
from govcloud_operators.services.valkey import accounts, desired
from govcloud_operators.services.valkey.driver import ValkeyDriver
from support import valkey
from support.valkey import Pod

LOGINS = accounts.ValkeyAccounts()
PASSWORD = "p" * 40


@pytest.fixture(scope="module")
def pod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pod]:
    with valkey.pod(tmp_path_factory.mktemp("valkey")) as running:
        yield running


def give(pod: Pod, user: str, role: Role = "rw", password: str = PASSWORD) -> redis.Redis:
    LOGINS.ensure(pod.order, pod.door, Credentials(user=user, role=role, password=password))
    return pod.client(user, password)


ALLOWED = {
    "ro": [("GET", "a"), ("EXISTS", "a"), ("SUBSCRIBE", "news"), ("PING",), ("INFO",)],
    "rw": [("SET", "a", "1"), ("GET", "a"), ("DEL", "a"), ("XADD", "s", "*", "f", "v"), ("EVAL", "return 1", "0")],
    "admin": [("SET", "a", "1"), ("KEYS", "*"), ("FLUSHALL",), ("SLOWLOG", "GET")],
}
REFUSED = {
    "ro": [("SET", "a", "1"), ("DEL", "a"), ("KEYS", "*"), ("FLUSHALL",), ("PUBLISH", "news", "x"), ("ACL", "LIST")],
    "rw": [("KEYS", "*"), ("FLUSHALL",), ("CONFIG", "GET", "*"), ("ACL", "LIST"), ("SHUTDOWN",), ("MODULE", "LIST")],
    "admin": [
        ("ACL", "SETUSER", "evil", "on", "nopass", "+@all"),
        ("ACL", "LIST"),
        ("CONFIG", "SET", "dir", "/tmp"),
        ("SHUTDOWN",),
        ("REPLICAOF", "127.0.0.1", "1"),
        ("MODULE", "LIST"),
        ("MIGRATE", "127.0.0.1", "1", "a", "0", "10"),
        ("MONITOR",),
        ("CLIENT", "KILL", "TYPE", "normal"),
    ],
}


@pytest.mark.parametrize("role", ["ro", "rw", "admin"])
def test_a_role_may_what_it_says_and_nothing_else(pod: Pod, role: Role) -> None:
    for command in ALLOWED[role]:
        with give(pod, f"may-{role}", role) as client:
            client.execute_command(*command)
    for command in REFUSED[role]:
        with give(pod, f"may-{role}", role) as client, pytest.raises(redis.exceptions.NoPermissionError):
            client.execute_command(*command)


def test_nobody_gets_in_without_a_name_a_password_or_encryption(pod: Pod) -> None:
    give(pod, "somebody").close()
    for user, password in (("somebody", "wrong"), ("default", ""), ("govcloud_operator", ""), ("nobody", PASSWORD)):
        with pod.client(user, password) as client, pytest.raises(redis.exceptions.AuthenticationError):
            client.get("a")
    plain = redis.Redis(host="127.0.0.1", port=pod.port, socket_timeout=2)
    with plain, pytest.raises(redis.exceptions.ConnectionError):
        plain.ping()


def test_the_operator_trusts_no_other_server(pod: Pod) -> None:
    elsewhere = replace(pod.door, server_name="svc-other.tax-portal-dev.svc.cluster.local")
    with pytest.raises(errors.NotReady, match="certificate"):
        LOGINS.seen(pod.order, elsewhere, "")
    stranger = replace(pod.order, secret="6" * 64)
    with pytest.raises(errors.NotReady, match="invalid username-password"):
        LOGINS.seen(stranger, pod.door, "")


def test_a_new_password_ends_no_session_and_the_old_one_no_longer_opens(pod: Pod) -> None:
    with give(pod, "rotating", password="1" * 40) as client:
        client.set("kept", "1")
        session = client.client_id()
        give(pod, "rotating", password="2" * 40).close()
        assert client.get("kept") == "1"
        assert client.client_id() == session
    with pod.client("rotating", "1" * 40) as late, pytest.raises(redis.exceptions.AuthenticationError):
        late.get("kept")


def test_a_revoke_ends_open_sessions_at_once(pod: Pod) -> None:
    client = give(pod, "revoked")
    listener = pod.client("revoked", PASSWORD).pubsub()
    client.set("a", "1")
    listener.subscribe("news")
    listener.get_message(timeout=2)
    started = time.monotonic()
    LOGINS.remove(pod.order, pod.door, "revoked")
    with pytest.raises(redis.exceptions.ConnectionError):
        drain(listener)
    with pytest.raises(redis.exceptions.AuthenticationError):
        client.get("a")
    assert time.monotonic() - started < 5
    LOGINS.remove(pod.order, pod.door, "revoked")


def test_logins_and_data_survive_a_crash_and_removed_ones_do_not(pod: Pod) -> None:
    with give(pod, "stays") as client:
        client.set("survives", "yes")
    give(pod, "goes").close()
    LOGINS.remove(pod.order, pod.door, "goes")
    time.sleep(1.2)  # the log reaches the volume every second
    pod.stop(hard=True)
    pod.mount()
    pod.start()
    with pod.client("stays", PASSWORD) as client:
        assert client.get("survives") == "yes"
    with pod.client("goes", PASSWORD) as client, pytest.raises(redis.exceptions.AuthenticationError):
        client.get("survives")


def test_a_restart_from_an_old_secret_is_mended_by_the_next_look(pod: Pod) -> None:
    give(pod, "old-goes").close()
    pod.mount()
    LOGINS.remove(pod.order, pod.door, "old-goes")
    give(pod, "old-comes").close()
    pod.stop(hard=True)
    pod.start(look=False)
    with pod.client("old-goes", PASSWORD) as client:
        client.get("a")
    LOGINS.seen(pod.order, pod.door, "")
    with pod.client("old-goes", PASSWORD) as client, pytest.raises(redis.exceptions.AuthenticationError):
        client.get("a")
    with pod.client("old-comes", PASSWORD) as client:
        client.get("a")


def test_seen_tells_who_is_connected(pod: Pod) -> None:
    now = datetime.now(UTC)
    with give(pod, "seen-a") as client:
        give(pod, "seen-b").close()
        client.get("a")
        found = LOGINS.seen(valkey.looked_at(pod, now), pod.door, "seen-")
    assert [seen.user for seen in found] == ["seen-a", "seen-b"]
    used = found[0].last_used
    assert used is not None
    assert (now - used).total_seconds() < 5
    assert found[1].last_used is None


def test_a_new_certificate_is_taken_up_without_a_restart(pod: Pod) -> None:
    with give(pod, "steady") as client:
        client.get("a")
        child, before = pod.child, served(pod)
        pod.certify()
        assert served(pod) == before
        accounts.observe(pod.order, pod.door)
        assert served(pod) != before
        client.get("a")
    assert pod.child is child


def test_it_says_how_full_it_is(pod: Pod) -> None:
    empty = accounts.observe(pod.order, pod.door).figures
    assert (empty.connections, empty.connections_allowed) == (0, 1000)
    assert empty.stored_bytes is not None
    with give(pod, "one") as one, give(pod, "two") as two:
        one.set("large", "x" * 1_000_000)
        two.get("large")
        full = accounts.observe(pod.order, pod.door).figures
        one.delete("large")
    assert full.connections == 2
    assert full.stored_bytes is not None
    assert full.stored_bytes - empty.stored_bytes > 1_000_000


def test_what_the_operator_keeps_is_what_it_wants(pod: Pod) -> None:
    give(pod, "settled").close()
    now = valkey.looked_at(pod, datetime.now(UTC))
    assert now.live[desired.accounts_ref(now)]["data"] == desired.accounts(now)["data"]
    writes = len(pod.cluster.writes)
    give(pod, "settled").close()
    assert len(pod.cluster.writes) == writes
    driver = ValkeyDriver()
    assert driver.faults(now) == ""


def served(pod: Pod) -> str:
    return ssl.get_server_certificate(("127.0.0.1", pod.port))


def drain(listener: redis.client.PubSub) -> None:
    """Wait for messages until the connection ends or time is up."""
    for _ in range(5):
        listener.get_message(timeout=1)
