"""The operator's pages: the kubelet's in the clear, figures for Prometheus alone."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from govcloud_api import errors
from govcloud_operators.process import identity, metrics
from govcloud_operators.process import page as pages
from govcloud_operators.process.lag import Lag
from govcloud_operators.process.queue import WorkQueue
from govcloud_operators.services import certificates
from govcloud_operators.services.certificates import Pair
from support import operator_page
from support.apiserver import free_port

AUTHORITY = certificates.new_authority(operator_page.now())
REFUSED = r"(?i)alert|reset|violation|closed"
"""TLS 1.3 tells a client after the handshake: it hears when it reads, or is hung up on."""
Asked = Callable[[int], tuple[int, str]]


def readings() -> metrics.Readings:
    queue = WorkQueue(lambda _key: None, now=lambda: 0.0)
    return metrics.Readings(queue=queue, lease_held=lambda: True, lag=Lag(lambda: 0.0))


async def served(asked: Callable[[int], object], read: Callable[[], Pair | None] = lambda: AUTHORITY) -> object:
    """What is answered on the port of figures."""
    port, app = free_port(), pages.figures(readings(), lambda: "services\n")
    server = asyncio.create_task(identity.serve(app, read, operator_page.now, host="127.0.0.1", port=port))
    try:
        return await asyncio.to_thread(_patient, asked, port)
    finally:
        server.cancel()
        await asyncio.wait([server])


def _patient(asked: Callable[[int], object], port: int) -> object:
    for _ in range(100):
        try:
            return asked(port)
        except ConnectionRefusedError:
            asyncio.run(asyncio.sleep(0.02))  # it starts meanwhile
    raise AssertionError("nobody answers")


def by(name: str | None, path: str = "/metrics", authority: Pair = AUTHORITY) -> Asked:
    return lambda port: operator_page.figures(port, operator_page.context(authority, name), path)


@pytest.mark.parametrize(
    ("path", "status", "holds"),
    [("/metrics", 200, "govcloud_lease_held 1.0"), ("/services", 200, "services"), ("/healthz", 404, "")],
)
def test_prometheus_reads_figures(path: str, status: int, holds: str) -> None:
    found = asyncio.run(served(by("prometheus", path)))
    assert isinstance(found, tuple)
    assert found[0] == status
    assert holds in found[1]


@pytest.mark.parametrize("path", ["/metrics", "/services", "/none"])
def test_another_name_of_the_same_authority_learns_nothing(path: str) -> None:
    assert asyncio.run(served(by("govcloud_operator", path))) == (
        403,
        "for prometheus only; your certificate has another name\n",
    )


@pytest.mark.parametrize("name", [None, "prometheus"])
def test_who_has_no_certificate_of_the_authority_gets_no_answer(name: str | None) -> None:
    other = AUTHORITY if name is None else certificates.new_authority(operator_page.now())
    how = operator_page.context(other, name)
    how.check_hostname, how.verify_mode = False, ssl.CERT_NONE
    with pytest.raises(OSError, match=REFUSED):
        asyncio.run(served(lambda port: operator_page.figures(port, how)))


def test_a_certificate_for_serving_opens_nothing() -> None:
    """As owners of services have one."""
    how = operator_page.context(AUTHORITY, None)
    identity.load(how, certificates.server(AUTHORITY, "prometheus", ["prometheus"], operator_page.now()))
    with pytest.raises(OSError, match=REFUSED):
        asyncio.run(served(lambda port: operator_page.figures(port, how)))


def test_an_authority_that_comes_later_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "LOOK_SECONDS", 0.01)
    answers: list[Pair | Exception | None] = [errors.ApiUnavailable("away"), None, AUTHORITY]

    def read() -> Pair | None:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    found = asyncio.run(served(by("prometheus"), read))
    assert isinstance(found, tuple)
    assert found[0] == 200
    assert answers == []


def test_it_is_another_certificate_after_half_its_life() -> None:
    began, passed = operator_page.now(), timedelta()

    def clock() -> datetime:
        return began + passed

    own = identity.Identity(AUTHORITY, clock)

    async def shown() -> str:
        port = free_port()
        runner = await pages.start(pages.figures(readings(), str), host="127.0.0.1", port=port, tls=own.context)
        try:
            return await asyncio.to_thread(_serial, port)
        finally:
            await runner.cleanup()

    first = asyncio.run(shown())
    own.renew()
    assert asyncio.run(shown()) == first
    passed = timedelta(days=certificates.SERVER_DAYS / 2 - 1)
    own.renew()
    assert asyncio.run(shown()) == first
    passed = timedelta()  # what comes into being must be good now
    own._due = began
    own.renew()
    assert asyncio.run(shown()) != first


def _serial(port: int) -> str:
    """Of the certificate that the server shows."""
    connection = operator_page.Named(port, operator_page.context(AUTHORITY))
    try:
        connection.connect()
        shown = connection.sock.getpeercert()
        assert shown is not None
        assert shown["subjectAltName"] == (("DNS", "operator.govcloud-system.svc"),)
        return str(shown["serialNumber"])
    finally:
        connection.close()


def test_health_is_told_in_the_clear_and_nothing_else_is() -> None:
    async def asked() -> tuple[str, tuple[int, str]]:
        port = free_port()
        runner = await pages.start(pages.health(readings()), host="127.0.0.1", port=port)
        try:
            good = await asyncio.to_thread(operator_page.health, port)
            connection = operator_page.plain(port)
            return good, await asyncio.to_thread(operator_page.ask, connection, "/metrics")
        finally:
            await runner.cleanup()

    good, (status, _) = asyncio.run(asked())
    assert (good, status) == ("ok\n", 404)


def test_a_port_that_is_taken_is_said() -> None:
    async def twice() -> None:
        port = free_port()
        runner = await pages.start(pages.health(readings()), host="127.0.0.1", port=port)
        try:
            await pages.start(pages.health(readings()), host="127.0.0.1", port=port)
        finally:
            await runner.cleanup()

    with pytest.raises(OSError, match="in use"):
        asyncio.run(twice())
