"""Progress off a terminal is plain lines; on one, a moving line that never buries what has ended."""

import io
import re
import threading

import pytest

from govcloud_cli import progress as progresses
from govcloud_cli.progress import Progress

PLAIN = re.compile(r"^\[ *\d+\.\d s\] ")


class Screen(io.StringIO):
    """A stream that tells when something was drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = threading.Event()

    def write(self, text: str) -> int:
        if "\x1b" in text:
            self.drawn.set()
        return super().write(text)


def plain(stream: io.StringIO) -> list[str]:
    lines = stream.getvalue().splitlines()
    assert all(PLAIN.match(line) for line in lines)
    return [re.sub(r" +\d+\.\d s  ", " T", PLAIN.sub("", line)) for line in lines]


def test_plain_lines_for_the_begin_and_end_of_each_phase() -> None:
    stream = io.StringIO()
    with Progress(stream) as progress:
        for name, changes, detail in (("machines", 0, ""), ("cluster", 1, "joined"), ("platform", 2, "")):
            progress.phase(name)
            progress.step("something")
            progress.done(changes, detail)
    assert plain(stream) == [
        "▶ machines", "✓ machines T no changes",
        "▶ cluster", "✓ cluster T 1 change: joined",
        "▶ platform", "✓ platform T 2 changes",
    ]  # fmt: skip
    assert "\x1b" not in stream.getvalue()


def broken(stream: io.StringIO, *, step: str = "", done: bool = False) -> None:
    """A command that fails within a phase, or after it."""
    with Progress(stream) as progress:
        progress.phase("cluster")
        progress.step(step)
        if done:
            progress.done(0)
        raise ValueError("broken")


@pytest.mark.parametrize(("step", "last"), [("join w1", "✗ cluster: join w1"), ("", "✗ cluster")])
def test_the_phase_that_failed_is_named_with_its_last_step(step: str, last: str) -> None:
    stream = io.StringIO()
    with pytest.raises(ValueError, match="broken"):
        broken(stream, step=step)
    assert plain(stream)[-1] == last


def test_an_error_between_phases_adds_nothing() -> None:
    stream = io.StringIO()
    with pytest.raises(ValueError, match="broken"):
        broken(stream, done=True)
    assert plain(stream)[-1].startswith("✓ cluster")


def test_a_moving_line_on_a_terminal() -> None:
    screen = Screen()
    with Progress(screen, live=True) as progress:
        progress.phase("machines")
        progress.step("power on w1")
        assert screen.drawn.wait(5)
        progress.done(3)
    text = screen.getvalue()
    assert re.search(r"\r\x1b\[2K\S machines +\d+\.\d s   power on w1", text)
    assert "▶" not in text
    assert re.fullmatch(r"\[ *\d+\.\d s\] ✓ machines +\d+\.\d s   3 changes\n", text.split("\r\x1b[2K")[-1])


class Closed(io.StringIO):
    """A pipe whose reader has left."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(text)


def test_work_goes_on_when_nobody_watches() -> None:
    done = False
    with Progress(Closed()) as progress:
        progress.phase("machines")
        progress.done(1)
        done = True
    assert done


class Page(io.StringIO):
    """A stream that tells when a reason of waiting was written."""

    def __init__(self) -> None:
        super().__init__()
        self.told = threading.Event()

    def write(self, text: str) -> int:
        if "wait for w1" in text:
            self.told.set()
        return super().write(text)


def test_the_reason_of_waiting_is_told_when_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progresses, "_QUIET_SECONDS", 0.0)
    page = Page()
    with Progress(page) as progress:
        progress.phase("health")
        progress.step("wait for w1")
        assert page.told.wait(5)
        progress.done(0)
    assert re.fullmatch(r"  health: wait for w1 \(\d+ s\)", plain(page)[1])
