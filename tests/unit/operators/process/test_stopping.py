"""A process that is told to stop ends, also when a part of it does not want to."""

import asyncio
import os
import signal
import time

import pytest

from govcloud_operators.process import stopping


async def idle() -> None:
    await asyncio.sleep(60)


async def _told_while(work_seconds: float, number: int) -> tuple[int, list[str]]:
    tidied: list[str] = []

    async def work() -> int:
        try:
            await asyncio.sleep(work_seconds)
            return 7
        finally:
            tidied.append("tidied")

    stop = stopping.Stop()
    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), number)
    return await stop.or_end(work(), beside=idle()), tidied


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_work_with_0_after_it_has_tidied_up(number: int) -> None:
    assert asyncio.run(_told_while(60, number)) == (0, ["tidied"])


def test_without_a_signal_the_work_has_its_own_code() -> None:
    async def run() -> int:
        async def work() -> int:
            return 7

        return await stopping.Stop().or_end(work(), beside=idle())

    assert asyncio.run(run()) == 7


def test_work_that_a_library_cancels_did_not_end_well() -> None:
    async def run() -> int:
        async def work() -> int:
            raise asyncio.CancelledError

        return await stopping.Stop().or_end(work(), beside=idle())

    assert asyncio.run(run()) == 1


def test_what_ends_beside_it_ends_the_work_and_is_said(caplog: pytest.LogCaptureFixture) -> None:
    tidied: list[str] = []

    async def work() -> int:
        try:
            await asyncio.sleep(60)
            return 7
        finally:
            tidied.append("tidied")

    async def broken() -> None:
        raise OSError("the port is taken")

    async def run() -> int:
        return await stopping.Stop().or_end(work(), beside=broken())

    assert asyncio.run(run()) == 1
    assert tidied == ["tidied"]
    assert "the port is taken" in caplog.text


def test_a_fault_of_the_work_is_raised() -> None:
    async def run() -> int:
        async def work() -> int:
            raise RuntimeError("broken")

        return await stopping.Stop().or_end(work(), beside=idle())

    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(run())


def test_a_library_that_took_the_signals_gives_them_back() -> None:
    async def run() -> int:
        stop, taken = stopping.Stop(), asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, taken.set)
        stop.listen()
        asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)

        async def work() -> int:
            await asyncio.sleep(60)
            return 7

        code = await stop.or_end(work(), beside=idle())
        assert not taken.is_set()
        return code

    assert asyncio.run(run()) == 0


def test_a_part_that_swallows_its_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "END_SECONDS", 0.1)
    ended: list[str] = []

    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(60)

    async def willing() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("willing")

    async def run() -> None:
        parts = [asyncio.create_task(stubborn()), asyncio.create_task(willing())]
        await asyncio.sleep(0)
        await stopping.end(parts)

    began = time.monotonic()
    asyncio.run(run())
    assert ended == ["willing"]
    assert time.monotonic() - began < 5
