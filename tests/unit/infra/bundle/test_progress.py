"""Progress: plain lines in a log, one line that is drawn over on a terminal."""

import io

import pytest

from govcloud_infra.bundle import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


PLAN = progress.Plan(names=("etcd", "kubernetes"), expected={"etcd": 60.0, "kubernetes": 600.0})


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["log", "terminal"])
def test_tells_position_stage_time_and_time_left(stream: io.StringIO) -> None:
    clock = Clock()
    shown = progress.Progress(PLAN, stream, clock)
    shown.component("etcd")
    shown.stage("compiling etcd")
    clock.now += 20
    assert shown.line() == "[1/2] etcd: compiling etcd … 20s, about 11 min left"
    shown.done("3.6.16: 3 files")
    assert stream.getvalue().endswith("[1/2] etcd: 3.6.16: 3 files, took 20s\n")


def test_a_log_holds_whole_lines_only() -> None:
    stream = io.StringIO()
    shown = progress.Progress(PLAN, stream, Clock())
    shown.component("kubernetes")
    shown.stage("compiling kubelet")
    shown.note("waiting for another build")
    assert "\r" not in stream.getvalue()
    assert stream.getvalue().splitlines() == [
        "[2/2] kubernetes: compiling kubelet … 0s, about 10 min left",
        "waiting for another build",
    ]


def test_a_terminal_line_is_drawn_over_completely() -> None:
    stream = Terminal()
    shown = progress.Progress(PLAN, stream, Clock())
    shown.component("kubernetes")
    shown.stage("compiling kube-controller-manager")
    shown.stage("linking")
    long, short = stream.getvalue().split("\r")[1:]
    assert len(short) == len(long)
    shown.done("done")
    assert stream.getvalue().endswith("\r[2/2] kubernetes: done, took 0s\n")
