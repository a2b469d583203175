"""The queue: no duplicates, no two workers on a key, retries, stuck work is seen."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from govcloud_api import errors
from govcloud_operators.keys import Key
from govcloud_operators.process import metrics, page
from govcloud_operators.process import queue as queue_module
from govcloud_operators.process.lag import Lag
from govcloud_operators.process.queue import PATIENCE_SECONDS, STUCK_SECONDS, WorkQueue

A, B, C, D = (Key("Department", None, name) for name in "abcd")


async def at_work(queue: WorkQueue, done: Callable[[], bool], workers: int = 1) -> None:
    """Workers serve a queue until a condition holds, and end."""
    tasks = [asyncio.create_task(queue.serve()) for _ in range(workers)]
    async with asyncio.timeout(5):
        while not done():
            await asyncio.sleep(0.005)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def served(work: Callable[[Key], float | None], keys: list[Key], until: Callable[[], bool]) -> WorkQueue:
    """Run a queue with two workers until a condition holds."""

    async def run() -> WorkQueue:
        queue = WorkQueue(work, now=time.monotonic)
        for key in keys:
            queue.add(key)
        await at_work(queue, until, workers=2)
        return queue

    return asyncio.run(run())


def test_many_wishes_are_one_look() -> None:
    seen: list[Key] = []
    served(seen.append, [A] * 100, lambda: len(seen) >= 1)
    assert seen == [A]


def test_a_wish_during_work_is_a_second_look() -> None:
    seen: list[Key] = []
    started, go_on = threading.Event(), threading.Event()

    def work(key: Key) -> None:
        seen.append(key)
        started.set()
        go_on.wait(5)

    async def run() -> None:
        queue = WorkQueue(work, now=time.monotonic)
        workers = [asyncio.create_task(queue.serve()) for _ in range(2)]
        queue.add(A)
        await asyncio.to_thread(started.wait, 5)
        queue.add(A)
        await asyncio.sleep(0.05)  # the second worker gets its chance to do wrong
        assert seen == [A]
        go_on.set()
        async with asyncio.timeout(5):
            while len(seen) < 2:
                await asyncio.sleep(0.005)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    asyncio.run(run())
    assert seen == [A, A]


def test_errors_are_retried_and_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "BACKOFF_BASE_SECONDS", 0.01)
    seen: list[Key] = []
    trouble = iter([errors.ApiUnavailable("down"), RuntimeError("bug"), errors.NotReady("soon", delay_seconds=0.01)])

    def work(key: Key) -> None:
        seen.append(key)
        if key == A and (error := next(trouble, None)):
            raise error

    queue = served(work, [A, B], lambda: seen.count(A) == 4)
    assert seen.count(B) == 1
    failures = {pair: count for pair, count in queue.counts.failures.items() if count}
    assert failures == {("Department", "api_unavailable"): 1, ("Department", "unexpected"): 1}
    assert queue.counts.durations["Department"].read().count == 5, "waiting is a look that did not fail"


def test_work_may_ask_to_be_called_again() -> None:
    seen: list[Key] = []

    def work(key: Key) -> float | None:
        seen.append(key)
        return 0.01 if len(seen) < 3 else None

    served(work, [A], lambda: len(seen) == 3)


def test_work_that_stands_still_is_seen() -> None:
    clock = [0.0]

    async def run() -> None:
        queue = WorkQueue(lambda _key: None, now=lambda: clock[0])
        held = [True]
        shown = metrics.Readings(queue=queue, lease_held=lambda: held[0], lag=Lag(lambda: clock[0]))
        assert page.healthy(shown)
        queue.add(A)
        clock[0] = STUCK_SECONDS - 1
        assert page.healthy(shown)
        clock[0] = STUCK_SECONDS + 1
        assert not page.healthy(shown)
        held[0] = False
        assert page.healthy(shown), "it waits for the API server"
        assert queue.depth() == 1
        assert queue.oldest_seconds() == {"Department": STUCK_SECONDS + 1}

    asyncio.run(run())


def test_the_oldest_of_a_kind_may_wait_in_any_line_or_be_at_work() -> None:
    clock = [0.0]
    started, go_on = threading.Event(), threading.Event()
    spread, request = Key("DepartmentFanOut", None, "a"), Key("EnvironmentRequest", "dept-tax", "a")

    def work(_key: Key) -> None:
        started.set()
        go_on.wait(5)

    async def run() -> None:
        queue = WorkQueue(work, now=lambda: clock[0], urgent=frozenset({request.kind}))
        queue.add(A)
        worker = asyncio.create_task(queue.serve())
        await asyncio.to_thread(started.wait, 5)
        for seconds, key in enumerate((A, spread, request), start=1):
            clock[0] = float(seconds)
            queue.add(key)
        queue.add(Key("Environment", "dept-tax", "a"), 60)
        clock[0] = 10
        assert queue.oldest_seconds() == {"Department": 10, "FanOut": 8, "EnvironmentRequest": 7}
        assert queue.stuck_seconds() == 10
        go_on.set()
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)

    asyncio.run(run())


def test_a_nameless_key_is_nothing() -> None:
    async def run() -> None:
        queue = WorkQueue(lambda _key: None, now=time.monotonic)
        queue.add(Key("EnvironmentRequest", "dept-tax", ""))
        assert queue.depth() == 0

    asyncio.run(run())


def test_what_people_wait_for_goes_before_upkeep() -> None:
    seen: list[Key] = []
    upkeep = [Key("Environment", "dept-tax", str(number)) for number in range(50)]
    asked, later = Key("EnvironmentRequest", "dept-tax", "a"), Key("EnvironmentRequest", "dept-tax", "b")

    async def run() -> None:
        queue = WorkQueue(seen.append, now=time.monotonic, urgent=frozenset({"EnvironmentRequest"}))
        for key in [*upkeep, asked]:
            queue.add(key)
        queue.add(later, 60)
        await at_work(queue, lambda: len(seen) >= 51)

    asyncio.run(run())
    assert seen == [asked, *upkeep], "one that is not due holds nobody up"


@pytest.mark.parametrize(("late", "order"), [(0.0, [C, D, A, B]), (PATIENCE_SECONDS + 1, [A, C, B, D])])
def test_upkeep_waits_for_what_happened_but_not_for_ever(late: float, order: list[Key]) -> None:
    clock, seen = [0.0], list[Key]()

    async def run() -> None:
        queue = WorkQueue(seen.append, now=lambda: clock[0])
        for key in (A, B, C, D):
            queue.add(key, upkeep=key in (A, B))
        clock[0] += late
        await at_work(queue, lambda: len(seen) >= 4)

    asyncio.run(run())
    assert seen == order


def test_a_look_that_an_event_brought_is_upkeep_enough() -> None:
    seen: list[Key] = []

    async def run() -> None:
        queue = WorkQueue(seen.append, now=time.monotonic)
        queue.add(A, upkeep=True)
        queue.add(A)
        end = time.monotonic() + 0.1
        await at_work(queue, lambda: time.monotonic() > end)

    asyncio.run(run())
    assert seen == [A]
