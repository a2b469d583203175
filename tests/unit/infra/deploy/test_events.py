"""The event log: what was seen is what was written; no secret gets there."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from govcloud_infra.deploy import events
from govcloud_infra.deploy.progress import PhaseResult

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


class Watcher:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.seen: list[tuple[object, ...]] = []

    def phase(self, name: str) -> None:
        self.seen.append(("phase", name))

    def step(self, text: str) -> None:
        self.seen.append(("step", text))

    def done(self, changes: int, detail: str = "") -> None:
        self.seen.append(("done", changes, detail))


def recorded() -> tuple[events.Recorder, Watcher, io.StringIO]:
    watcher, log = Watcher(), io.StringIO()
    return events.Recorder(watcher, log, "run-1", clock=lambda: NOON), watcher, log


def lines(log: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_everything_is_passed_on_and_written_down() -> None:
    run, watcher, log = recorded()
    run.phase("machines")
    run.step("create w1")
    result = run.finished(PhaseResult(phase="machines", changes=("create Machine w1", "create Machine w2")))
    run.phase("health")
    run.step("not ready: w1")
    run.done(0, "well")
    run.failed("stopped")
    assert run.results == [result]
    assert watcher.seen == [
        ("phase", "machines"), ("step", "create w1"), ("done", 2, ""),
        ("phase", "health"), ("step", "not ready: w1"), ("done", 0, "well"),
    ]  # fmt: skip
    assert [(line["phase"], line["kind"], line["text"]) for line in lines(log)] == [
        ("machines", "phase", "machines"), ("machines", "step", "create w1"),
        ("machines", "changed", "create Machine w1"), ("machines", "changed", "create Machine w2"),
        ("machines", "done", ""), ("health", "phase", "health"), ("health", "step", "not ready: w1"),
        ("health", "done", "well"), ("health", "error", "stopped"),
    ]  # fmt: skip
    assert {(line["time"], line["run"]) for line in lines(log)} == {("2026-11-25T12:00:00.000+00:00", "run-1")}
    assert [line["changes"] for line in lines(log) if line["kind"] == "done"] == [2, 0]


def test_a_reason_of_waiting_is_written_once_and_shown_each_time() -> None:
    run, watcher, log = recorded()
    run.phase("health")
    for text in ("wait for a", "wait for a", "wait for b", "wait for a"):
        run.step(text)
    assert [line["text"] for line in lines(log)[1:]] == ["wait for a", "wait for b", "wait for a"]
    assert len(watcher.seen) == 5


def test_it_is_known_how_long_each_phase_took() -> None:
    moments = iter(NOON + timedelta(seconds=number) for number in range(100))
    run = events.Recorder(Watcher(), io.StringIO(), "run-1", clock=lambda: next(moments))
    for name, steps in (("bundle", 1), ("machines", 3)):
        run.phase(name)
        for number in range(steps):
            run.step(str(number))
        run.done(0)
    run.phase("cluster")
    # Each line that is written reads the clock once, too.
    assert run.phase_seconds == {"bundle": 3.0, "machines": 5.0}


KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("kubeadm join --token abcdef.0123456789abcdef cp1", "kubeadm join --token [secret] cp1"),
        (f"wrote {KEY} there", "wrote [secret] there"),
        ("cut -----BEGIN PRIVATE KEY-----\nMHc", "cut [secret]"),
        ("Authorization: Bearer s3cret-word", "Authorization: Bearer [secret]"),
        ("token=s3cret password=pass passphrase=x y", "token=[secret] password=[secret] passphrase=[secret] y"),
        ("eyJhbGciOiJSUzI1.eyJpc3MiOiJr.c2lnbmF0dXJl end", "[secret] end"),
        (
            "w1: Install kubelet v1.36.3 (sha256 0123456789abcdef)",
            "w1: Install kubelet v1.36.3 (sha256 0123456789abcdef)",
        ),
        ("wait for registry.govcloud.internal", "wait for registry.govcloud.internal"),
        ("update Machine w2 (power)", "update Machine w2 (power)"),
    ],
)
def test_what_looks_like_a_secret_is_blotted_out(text: str, kept: str) -> None:
    assert events.redacted(text) == kept
    run, _, log = recorded()
    run.step(text)
    assert lines(log)[0]["text"] == kept


def test_half_a_line_of_a_killed_run_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "1.ndjson"
    file.write_text('{"kind": "phase"}\n{"kind": "st')
    assert events.read(file) == [{"kind": "phase"}]
