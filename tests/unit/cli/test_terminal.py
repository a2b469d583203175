"""On a real (pseudo-)terminal: the moving line, the question, the summary; and no leftovers of them in a pipe."""

import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from govcloud_cli import question, summary
from govcloud_infra.deploy.context import open_site
from govcloud_infra.site import deployed
from support.sites import LAB, lab

SCRIPT = """
import sys, threading
from govcloud_cli.progress import Progress
go_on = threading.Event()
with Progress() as progress:
    progress.phase("machines")
    progress.step("power on w1")
    sys.stdin.readline()
    progress.done(3)
    progress.phase("health")
    progress.done(0, "everything runs as promised")
print("Site lab is healthy; 3 changes.")
"""


class Terminal:
    """The other side of a terminal: what a person sees, and types."""

    def __init__(self, master: int) -> None:
        self._master = master
        self.text = ""

    def until(self, wanted: str) -> str:
        """Read until `wanted` is on the screen; fails at the end of the text."""
        while wanted not in self.text:
            try:
                piece = os.read(self._master, 4096)
            except OSError:  # the last process left the terminal
                piece = b""
            assert piece, f"{wanted!r} never came: {self.text!r}"
            self.text += piece.decode()
        return self.text

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())


@contextmanager
def terminal(
    *command: str, environment: dict[str, str] | None = None
) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    """A program on a terminal of its own; it is ended with the test."""
    master, slave = pty.openpty()
    ends = {"stdin": slave, "stdout": slave, "stderr": slave}
    process = subprocess.Popen(command, **ends, env={**os.environ, **(environment or {})}, start_new_session=True)
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    os.close(slave)
    try:
        yield Terminal(master), process
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        os.close(master)


def test_the_moving_line_is_seen_and_the_summary_is_last() -> None:
    with terminal(sys.executable, "-c", SCRIPT) as (screen, process):
        moving = screen.until("power on w1")
        assert re.search(r"\r\x1b\[2K\S machines +\d+\.\d s   power on w1", moving)
        screen.type("\n")
        text = screen.until("3 changes.\r\n")
        assert process.wait(30) == 0
    last = text.split("\x1b[2K")[-1]
    done, summed, rest = last.split("\r\n")
    assert re.fullmatch(r"\[ *\d+\.\d s\] ✓ health +\d+\.\d s   no changes: everything runs as promised", done)
    assert (summed, rest) == ("Site lab is healthy; 3 changes.", "")


GOVCLOUD = (sys.executable, "-c", "from govcloud_cli.main import main; main()")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """State and cache of the test's own; nothing can be deployed, there is no bundle."""
    return {"GOVCLOUD_STATE": str(tmp_path / "state"), "GOVCLOUD_CACHE": str(tmp_path / "cache")}


def test_a_person_is_asked_once_and_may_say_no(environment: dict[str, str], tmp_path: Path) -> None:
    with terminal(*GOVCLOUD, "deploy", str(LAB), environment=environment) as (screen, process):
        asked = screen.until("[Y/n]: ")
        for part in ("Site lab does not stand yet:", "control-plane", "10.77.0.12", "new", f"Deploy {LAB}?"):
            assert part in asked
        screen.type("n\n")
        screen.until("interrupted")
        assert process.wait(30) == 130
    assert not (tmp_path / "state").exists()


def until_it_reads(pid: int) -> None:
    """Python looks at signals before a call that blocks: one that comes just then waits for the next key."""
    asleep = 0
    while asleep < 100:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        asleep = asleep + 1 if state == "S" else 0


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_at_the_question_is_130(sent: signal.Signals, environment: dict[str, str], tmp_path: Path) -> None:
    with terminal(*GOVCLOUD, "deploy", str(LAB), environment=environment) as (screen, process):
        screen.until("[Y/n]: ")
        until_it_reads(process.pid)
        process.send_signal(sent)
        screen.until("interrupted; run the command again to go on")
        assert process.wait(30) == 130
    assert not (tmp_path / "state").exists()


def test_off_a_terminal_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        question.ask("Deploy?", yes=False)


def test_yes_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click, "confirm", lambda *_words, **_more: pytest.fail("asked"))
    question.ask("Deploy?", yes=True)


def test_the_question_says_what_is_new(environment: dict[str, str]) -> None:
    context = open_site(LAB, environment)
    context.paths.state.mkdir(parents=True)
    plain = [node.model_dump(mode="json", by_alias=True) for node in lab().spec.nodes]
    deployed.save(lab(nodes=plain[:2]), context.paths.deployed)
    lines = summary.question(context).splitlines()
    assert lines == [
        "Site lab stands:",
        "  cp1          control-plane  10.77.0.11",
        "  w1           worker         10.77.0.12",
        "  w2           worker         10.77.0.13       new",
        f"Deploy {LAB}?",
    ]
