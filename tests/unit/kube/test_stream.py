"""An answer that comes bit by bit becomes whole lines, wherever it is cut, and what breaks it is told apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from govcloud_kube import endings, stream


class Answer:
    """Comes in these pieces, and then an error, if there is one."""

    def __init__(self, pieces: list[bytes], error: Exception | None = None) -> None:
        self.pieces, self.error = pieces, error
        self.is_closed = False

    def stream(self, *, decode_content: bool) -> Iterator[bytes]:
        yield from self.pieces
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.is_closed = True


@given(text=st.lists(st.sampled_from([b"a", b"bc", b"\n"])).map(b"".join), cuts=st.lists(st.integers(0, 40)))
def test_lines_are_whole_wherever_the_answer_is_cut(text: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[start:end] for start, end in pairwise(places) if start < end]
    expected = [line for line in text.split(b"\n")[:-1] if line]
    assert list(stream.lines(Answer(pieces), "GET /")) == expected


def silent() -> Exception:
    pool: Any = None
    return urllib3.exceptions.ReadTimeoutError(pool, "/", "Read timed out.")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (silent(), endings.Silent),
        (urllib3.exceptions.ProtocolError("broken"), endings.Disconnected),
        (ConnectionResetError("by peer"), endings.Disconnected),
    ],
)
def test_what_breaks_an_answer_is_told_apart(error: Exception, expected: type[Exception]) -> None:
    answer = Answer([b"a\nb"], error)
    lines = stream.lines(answer, "GET /pods")
    assert next(lines) == b"a"
    with pytest.raises(expected, match=r"^GET /pods: "):
        next(lines)
    assert answer.is_closed


def test_an_answer_that_nobody_reads_to_its_end_is_closed() -> None:
    answer = Answer([b"a\n", b"b\n"])
    lines = stream.lines(answer, "GET /pods")
    next(lines)
    lines.close()  # type: ignore[attr-defined] # it is a generator
    assert answer.is_closed
