"""What becomes of a proposal: met, withdrawn, or another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.ledger.recommendation import Key, Kind, Recommendation, steps

FORMS = ("tax", "forms-test")


def proposal(kind: Kind, has_milli: int = 4000, would_milli: int = 1000, environment: str = FORMS[1]) -> Recommendation:
    left = would_milli if kind == "resize" else 0
    return Recommendation(
        department="tax", environment=environment, kind=kind, cpu_milli=has_milli, proposed_cpu_milli=left
    )


RESIZE, REMOVE = proposal("resize"), proposal("remove")


@pytest.mark.parametrize(
    ("before", "now", "has", "written"),
    [
        pytest.param([], [RESIZE], {FORMS: 4000}, [RESIZE], id="new"),
        pytest.param([RESIZE], [RESIZE], {FORMS: 4000}, [], id="as before"),
        pytest.param([RESIZE], [], {FORMS: 1000}, [replace(RESIZE, state="met")], id="as proposed"),
        pytest.param([RESIZE], [], {FORMS: 500}, [replace(RESIZE, state="met")], id="less than proposed"),
        pytest.param([RESIZE], [], {}, [replace(RESIZE, state="met")], id="removed instead"),
        pytest.param([RESIZE], [], {FORMS: 4000}, [replace(RESIZE, state="withdrawn")], id="needed after all"),
        pytest.param([RESIZE], [], {FORMS: None}, [], id="not counted now"),
        pytest.param([RESIZE], [REMOVE], {FORMS: 4000}, [REMOVE], id="nothing runs any more"),
        pytest.param(
            [RESIZE], [proposal("remove", 1000)], {FORMS: 1000},
            [replace(RESIZE, state="met"), proposal("remove", 1000)], id="as proposed, then empty",
        ),
        pytest.param([REMOVE], [], {}, [replace(REMOVE, state="met")], id="removed"),
        pytest.param([REMOVE], [], {FORMS: 4000}, [replace(REMOVE, state="withdrawn")], id="something runs again"),
        pytest.param([REMOVE], [], {FORMS: 0}, [replace(REMOVE, state="withdrawn")], id="it never had any"),
        pytest.param([REMOVE], [REMOVE], {FORMS: None}, [], id="still empty"),
    ],
)  # fmt: skip
def test_what_is_written(
    before: list[Recommendation],
    now: list[Recommendation],
    has: Mapping[Key, int | None],
    written: list[Recommendation],
):
    assert list(steps(before, now, has)) == written


names = st.sampled_from("abc")
places = st.dictionaries(names, st.tuples(st.sampled_from(["resize", "remove"]), st.integers(1000, 9000)))


@given(places, places, st.dictionaries(names, st.none() | st.integers(0, 9000)))
def test_what_is_written_once_is_not_written_again(
    before: dict[str, tuple[Kind, int]], now: dict[str, tuple[Kind, int]], has: dict[str, int | None]
):
    stood, proposed = (
        [proposal(kind, milli, environment=name) for name, (kind, milli) in each.items()] for each in (before, now)
    )
    there = {("tax", name): milli for name, milli in has.items()} | {each.key: each.cpu_milli for each in proposed}
    newest = {each.key: each for each in (*stood, *steps(stood, proposed, there))}
    still_open = [each for each in newest.values() if each.state == "open"]
    assert {each.key for each in proposed} <= {each.key for each in still_open}
    assert list(steps(still_open, proposed, there)) == []
