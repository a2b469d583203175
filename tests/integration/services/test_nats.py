"""Logins of a real server: what each role may, what a restart keeps, what a revoke ends."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import nats
import pytest
from nats.aio.client import Client

from govcloud_api import errors
from govcloud_operators.services.driver import Credentials, Role
from govcloud_operators.services.figures import Figures
from govcloud_operators.services.nats import accounts, desired, figures, session
from support.nats import Pod
from support.nats import pod as running_pod

# A client that is refused leaves its connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
LOGINS = accounts.NatsAccounts()
QUIET = 0.5


@pytest.fixture(scope="module")
def pod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pod]:
    with running_pod(tmp_path_factory.mktemp("nats")) as running:
        yield running


def give(pod: Pod, user: str, role: Role = "rw", password: str = "p" * 40, **more: Any) -> Credentials:
    credentials = Credentials(user=user, role=role, password=password, **more)
    LOGINS.ensure(pod.order, pod.door, credentials)
    return credentials


async def make_stream(client: Client) -> None:
    await client.jetstream().add_stream(name="orders", subjects=["orders.>"], max_bytes=1024 * 1024)


def test_roles_may_what_they_say_and_nothing_else(pod: Pod) -> None:
    admin, writer, reader = give(pod, "admin", "admin"), give(pod, "writer", "rw"), give(pod, "reader", "ro")

    async def write(client: Client) -> int:
        return (await client.jetstream(timeout=QUIET).publish("orders.new", b"1")).seq

    async def read(client: Client) -> bytes:
        subscription = await client.jetstream(timeout=2).subscribe("orders.new", ordered_consumer=True)
        return (await subscription.next_msg(timeout=2)).data

    async def drop(client: Client) -> None:
        await client.jetstream(timeout=QUIET).delete_stream("orders")

    pod.as_program(admin, make_stream)
    assert pod.as_program(writer, write) == 1
    assert pod.as_program(reader, read) == b"1"
    for credentials, act in ((reader, write), (reader, drop), (writer, drop), (writer, make_stream)):
        with pytest.raises((nats.errors.Error, TimeoutError)):
            pod.as_program(credentials, act)
    assert pod.as_program(reader, read) == b"1"
    pod.as_program(admin, drop)


def test_nobody_gets_in_without_a_login_of_this_server(pod: Pod) -> None:
    stranger = replace(pod.base, secret="8" * 64)
    known = give(pod, "known")
    forged = replace(pod, base=stranger)
    with pytest.raises(nats.errors.Error, match=r"[Aa]uthorization"):
        forged.as_program(known, make_stream)
    with pytest.raises(errors.NotReady, match=r"[Aa]uthorization"):
        LOGINS.seen(stranger, pod.door, "")
    with pytest.raises(errors.NotReady, match="certificate"):
        LOGINS.seen(pod.order, replace(pod.door, server_name="svc-other"), "")


def test_programs_do_not_reach_the_system_account(pod: Pod) -> None:
    async def ask(client: Client) -> None:
        await client.request("$SYS.REQ.SERVER.PING", b"", timeout=QUIET)

    with pytest.raises((nats.errors.Error, TimeoutError)):
        pod.as_program(give(pod, "curious", "admin"), ask)


async def _wait_closed(pod: Pod, credentials: Credentials, act: Any) -> float:
    """Seconds from `act` until the open session ends."""
    closed = asyncio.Event()

    async def on_closed() -> None:
        closed.set()

    client = await pod.connect(credentials, closed_cb=on_closed, error_cb=_quiet)
    await client.flush(timeout=2)
    started = time.monotonic()
    await asyncio.to_thread(act)
    await asyncio.wait_for(closed.wait(), 10)
    return time.monotonic() - started


async def _quiet(_error: Exception) -> None:
    """The end is expected."""


async def nothing(client: Client) -> None:
    await client.flush(timeout=2)


def test_a_revoke_ends_open_sessions_at_once_and_for_good(pod: Pod) -> None:
    credentials = give(pod, "revoked")
    pod.as_program(credentials, nothing)
    seconds = asyncio.run(_wait_closed(pod, credentials, lambda: LOGINS.remove(pod.order, pod.door, "revoked")))
    assert seconds < 5
    LOGINS.remove(pod.order, pod.door, "revoked")
    with pytest.raises(nats.errors.Error, match=r"[Aa]uthorization"):
        pod.as_program(credentials, nothing)


def test_another_password_ends_what_the_first_opened(pod: Pod) -> None:
    first, other = give(pod, "changed", password="1" * 40), None

    def change() -> None:
        nonlocal other
        other = give(pod, "changed", password="2" * 40)

    assert asyncio.run(_wait_closed(pod, first, change)) < 5
    assert other is not None
    pod.as_program(other, nothing)
    assert pod.as_program(give(pod, "changed", password="1" * 40), nothing) is None


def test_a_login_ends_when_its_time_is_over(pod: Pod) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=2)
    credentials = give(pod, "short", valid_until=soon)
    assert asyncio.run(_wait_closed(pod, credentials, lambda: None)) < 5
    with pytest.raises(nats.errors.Error):
        pod.as_program(credentials, nothing)


def test_a_crash_loses_neither_messages_nor_revokes(pod: Pod) -> None:
    stays, goes = give(pod, "stays", "admin"), give(pod, "goes")
    pod.as_program(stays, make_stream)

    async def write(client: Client) -> None:
        await client.jetstream().publish("orders.kept", b"kept")

    pod.as_program(stays, write)
    LOGINS.remove(pod.order, pod.door, "goes")
    pod.stop(hard=True)
    pod.start()

    async def read(client: Client) -> bytes:
        found = await client.jetstream().get_last_msg("orders", "orders.kept")
        return found.data or b""

    assert pod.as_program(stays, read) == b"kept"
    with pytest.raises(nats.errors.Error, match=r"[Aa]uthorization"):
        pod.as_program(goes, nothing)


def test_a_server_that_lost_its_volume_is_told_again(pod: Pod) -> None:
    goes = give(pod, "gone-before")
    LOGINS.remove(pod.order, pod.door, "gone-before")
    pod.stop()
    shutil.rmtree(pod.folder / "data")
    (pod.folder / "data").mkdir()
    pod.start()
    LOGINS.seen(pod.order, pod.door, "anybody")
    with pytest.raises(nats.errors.Error, match=r"[Aa]uthorization"):
        pod.as_program(goes, nothing)


def test_seen_tells_who_is_connected(pod: Pod) -> None:
    first = give(pod, "seen-a")
    give(pod, "seen-b")

    async def look(client: Client) -> tuple[Any, ...]:
        await client.publish("anything", b"")
        await client.flush(timeout=2)
        return await asyncio.to_thread(LOGINS.seen, pod.order, pod.door, "seen-")

    found = pod.as_program(first, look)
    assert [seen.user for seen in found] == ["seen-a", "seen-b"]
    assert found[0].last_used is not None
    assert abs((datetime.now(UTC) - found[0].last_used).total_seconds()) < 10
    assert found[1].last_used is None


def test_doing_it_again_writes_nothing(pod: Pod) -> None:
    give(pod, "again")
    writes = len(pod.cluster.writes)
    give(pod, "again")
    LOGINS.remove(pod.order, pod.door, "never-was")
    assert len(pod.cluster.writes) == writes


def test_a_new_certificate_is_taken_up_without_a_restart(pod: Pod) -> None:
    credentials = give(pod, "steady")

    async def steady(client: Client) -> None:
        before = await asyncio.to_thread(served, pod)
        pod.certify()
        await asyncio.to_thread(accounts.observe, pod.order, pod.door)
        assert await asyncio.to_thread(served, pod) != before
        await client.flush(timeout=2)

    child = pod.child
    pod.as_program(credentials, steady)
    assert pod.child is child


def served(pod: Pod) -> str:
    return session.shown(pod.order, pod.door, figures.read)[0]


def test_it_says_how_full_it_is(pod: Pod) -> None:
    admin = give(pod, "full", "admin")
    empty = accounts.observe(pod.order, pod.door).figures
    assert (empty.connections, empty.connections_allowed) == (0, 1000)

    async def fill(client: Client) -> Figures:
        await client.jetstream().add_stream(name="filling", subjects=["filling.>"], max_bytes=1024 * 1024)
        await client.jetstream().publish("filling.now", b"x" * 100_000)
        return (await asyncio.to_thread(accounts.observe, pod.order, pod.door)).figures

    full = pod.as_program(admin, fill)
    assert full.connections == 1
    assert empty.stored_bytes is not None
    assert full.stored_bytes is not None
    assert 100_000 <= full.stored_bytes - empty.stored_bytes < 200_000


def test_what_the_operator_keeps_is_what_it_wants(pod: Pod) -> None:
    give(pod, "settled")
    ref = desired.record_ref(pod.base)
    found = pod.cluster.get(ref)
    assert found is not None
    assert desired.record(replace(pod.base, live={ref: found}))["data"] == found["data"]
