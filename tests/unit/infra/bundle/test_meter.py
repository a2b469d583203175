"""A meter tells share and time left, live on a terminal and by lines elsewhere."""

import io

import pytest

from govcloud_infra.bundle.meter import Meter


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "count", "total", "line"),
    [
        (0, 0, 0, "x: 0 B"),
        (5, 4_000_000, 0, "x: 4.0 MB"),
        (0, 0, 8_000_000, "x: 0 B of 8.0 MB (0%), just begun"),
        (60, 2_000_000, 8_000_000, "x: 2.0 MB of 8.0 MB (25%), about 3 min left"),
        (9, 8_000_000, 8_000_000, "x: 8.0 MB of 8.0 MB (100%), less than a minute left"),
    ],
)
def test_line(seconds: float, count: int, total: int, line: str) -> None:
    clock = Clock()
    with Meter(what="x", total_bytes=total, stream=io.StringIO(), clock=clock) as meter:
        clock.now = seconds
        meter.advance(count)
        assert meter.line() == line


def test_off_a_terminal_a_line_every_ten_seconds() -> None:
    clock, stream = Clock(), io.StringIO()
    with Meter(what="x", total_bytes=100, stream=stream, clock=clock) as meter:
        for second in range(25):
            clock.now = float(second)
            meter.advance(4)
    assert stream.getvalue().splitlines() == [
        "x: 44 B of 100 B (44%), less than a minute left",
        "x: 84 B of 100 B (84%), less than a minute left",
    ]


def test_on_a_terminal_one_line_that_goes_away() -> None:
    clock, stream = Clock(), Terminal()
    with Meter(what="x", total_bytes=100, stream=stream, clock=clock) as meter:
        clock.now = 1.0
        meter.advance(50)
    assert stream.getvalue() == "\r\x1b[Kx: 50 B of 100 B (50%), less than a minute left\r\x1b[K"
