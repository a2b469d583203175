"""An API server that is away ends nothing: it is asked again, and a lost lease is told apart from a silent one."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from typing import Any

import pytest

from govcloud_api import errors
from govcloud_operators import main
from govcloud_operators.process import lease, patience


class Held:
    """A lease whose renewals go as told."""

    def __init__(self, *answers: bool | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    def held(self) -> bool:
        return False

    def try_take(self) -> bool:
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.001)


def ended(work: Callable[[], Any]) -> Any:
    async def run() -> Any:
        return await asyncio.wait_for(work(), 5)

    return asyncio.run(run())


@pytest.mark.usefixtures("_quick")
def test_a_lease_that_cannot_be_asked_for_is_asked_for_again_until_another_has_it() -> None:
    away = [errors.ApiUnavailable("no answer"), errors.Forbidden("403"), errors.Conflict("lost answers")] * 5
    given: Any = Held(*away, True, *away, False)
    with pytest.raises(errors.Locked, match="another process holds the lease"):
        ended(lambda: main._renew(given))
    assert given.asked == 2 * len(away) + 2


@pytest.mark.usefixtures("_quick")
def test_the_start_waits_for_the_api_server(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([errors.ApiUnavailable("no answer"), errors.ApiUnavailable("503"), None])
    asked: list[str] = []

    def require(_cluster: Any, user: str) -> None:
        asked.append(user)
        if (answer := next(answers)) is not None:
            raise answer

    monkeypatch.setattr(main.login, "require_identity", require)
    nothing: Any = None
    ended(lambda: main._identify(nothing, "robot"))
    assert asked == ["robot"] * 3


@pytest.mark.usefixtures("_quick")
def test_a_wrong_name_ends_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise errors.Forbidden("taken for somebody else")

    monkeypatch.setattr(main.login, "require_identity", refuse)
    nothing: Any = None
    with pytest.raises(errors.Forbidden):
        ended(lambda: main._identify(nothing, "robot"))


def test_pauses_grow_to_a_bound_and_never_end() -> None:
    endless = patience.Endless()
    pauses = list(itertools.islice(endless, 200))
    assert pauses[0] <= patience.BACKOFFS_SECONDS[0]
    assert all(patience.BACKOFFS_SECONDS[-1] / 2 <= pause <= patience.BACKOFFS_SECONDS[-1] for pause in pauses[10:])
    assert next(iter(endless)) <= patience.BACKOFFS_SECONDS[0], "each request starts anew"
    assert not hasattr(endless, "__len__"), "kopf counts what has a length"


class WatchingError(Exception):
    """Has the name of kopf's."""


@pytest.mark.parametrize(("fault", "kept"), [(WatchingError("ERROR 500"), False), (KeyError("a bug"), True)])
def test_only_a_bug_leaves_its_traceback(fault: Exception, kept: bool) -> None:
    given = (type(fault), fault, None)
    record = logging.LogRecord("kopf", logging.ERROR, __file__, 1, "Watcher has failed: %s", (fault,), given)
    assert patience.without_expected_traceback(record)
    assert (record.exc_info is not None) is kept
    assert str(fault) in record.getMessage()
    again = logging.LogRecord("asyncio", logging.ERROR, __file__, 1, "never retrieved", (), given)
    assert patience.without_expected_traceback(again) is kept


def test_the_name_is_still_kopfs() -> None:
    from kopf._cogs.clients import watching

    assert watching.WatchingError.__name__ in patience.EXPECTED
