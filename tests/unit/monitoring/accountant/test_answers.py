"""The accountant's pages on a real socket: each answer is whole, whatever was answered before."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest

from govcloud_api.errors import ApiUnavailable, NotReady
from govcloud_monitoring import web
from govcloud_monitoring.accountant import answers
from govcloud_monitoring.accountant.month import Month, parse
from govcloud_monitoring.ledger.sums import Sum


def line(cost_microcents: int, product: str = "forms") -> Sum:
    return Sum(
        department="tax", environment="tax-forms-test", product=product, purpose="test", tier="standard",
        pool="workers", component="cpu", unit="mcore_seconds", quantity=1, list_microcents=2,
        cost_microcents=cost_microcents,
    )  # fmt: skip


def month(*lines: Sum) -> Month:
    moment = datetime(2026, 11, 3, tzinfo=UTC)
    return Month(
        first=date(2026, 11, 1), currency="EUR", lines=lines, days=(), pools={"workers": 7}, closed_hours={},
        closed_until=None, until=moment,
    )  # fmt: skip


@contextmanager
def serving(answer: Callable[[date], Month]) -> Iterator[str]:
    server = web.server("127.0.0.1", 0, answers.application({"months": answer}))
    with web.serving(server):
        yield f"http://127.0.0.1:{server.server_port}"


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback, ours
        return bytes(answer.read())


def test_a_longer_month_after_a_shorter_one_is_whole():
    shown = iter([month(), month(line(7), line(8, "x" * 2000)), month(line(9))])
    with serving(lambda _: next(shown)) as url:
        found = [parse(get(f"{url}/v1/months/2026-11")) for _ in range(3)]
    assert [len(each.lines) for each in found] == [0, 2, 1]
    assert found[1] == month(line(7), line(8, "x" * 2000))


@pytest.mark.parametrize(
    "path",
    ["/v1/months/2026-13", "/v1/months/26-1", "/v1/months/2026-11/x", "/v1/", "/v1/months/0000-01", "/metrics", "/"],
)
def test_what_is_no_month_is_not_found(path: str):
    with serving(lambda _: month()) as url, pytest.raises(urllib.error.HTTPError) as caught:
        get(url + path)
    assert caught.value.code == 404
    assert b"/v1/months/2026-11" in caught.value.read()
    caught.value.close()


def test_a_ledger_that_is_away_says_so_until_it_is_back():
    found = iter([NotReady("the ledger does not answer"), month(line(7))])

    def away(_: date) -> Month:
        answer = next(found)
        if isinstance(answer, Month):
            return answer
        raise answer

    with serving(away) as url:
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(f"{url}/v1/months/2026-11")
        assert (caught.value.code, caught.value.read()) == (503, b"the ledger does not answer\n")
        caught.value.close()
        assert parse(get(f"{url}/v1/months/2026-11")) == month(line(7))


def test_what_is_not_a_month_is_told():
    with pytest.raises(ApiUnavailable, match="same version"):
        parse(json.dumps({"first": "2026-11-01"}).encode())
