"""The event log of one run: one JSON line an event, written while it happens, for programs and for the day after.

A line has `time` (UTC), `run`, `phase`, `kind` and `text`; `done` has `changes` (how many). Kinds: phase, step,
changed, done, error. No secret is ever passed as a text; what looks like one is blotted out all the same.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from govcloud_infra.deploy.progress import PhaseResult, Reporter

_SECRETS = re.compile(
    r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b"  # a kubeadm token
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"  # a service account's token
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|(?i:(?<=bearer )|(?<=password=)|(?<=passphrase=)|(?<=token=))[^\s\"',;]+"
)


def redacted(text: str) -> str:
    """`text` without what looks like a key, token or password. Pure."""
    return _SECRETS.sub("[secret]", text)


def _now() -> datetime:
    return datetime.now(UTC)


class Recorder:
    """A `Reporter` that passes everything on to another one and writes it down.

    It keeps what each phase changed and how long it took, in seconds.
    """

    def __init__(self, watcher: Reporter, log: IO[str], run: str, *, clock: Callable[[], datetime] = _now) -> None:
        self._watcher, self._log, self._run, self._clock = watcher, log, run, clock
        self._phase, self._said, self._began = "", "", clock()
        self.results: list[PhaseResult] = []
        self.phase_seconds: dict[str, float] = {}

    def phase(self, name: str) -> None:
        """A phase begins."""
        self._phase, self._said, self._began = name, "", self._clock()
        self._write("phase", name)
        self._watcher.phase(name)

    def step(self, text: str) -> None:
        """What happens now; the same reason of waiting is written once."""
        if text != self._said:
            self._write("step", text)
        self._said = text
        self._watcher.step(text)

    def done(self, changes: int, detail: str = "") -> None:
        """The phase ended well."""
        self.phase_seconds[self._phase] = (self._clock() - self._began).total_seconds()
        self._write("done", detail, changes=changes)
        self._watcher.done(changes, detail)

    def finished(self, result: PhaseResult, detail: str = "") -> PhaseResult:
        """As `done`, with every change by name."""
        for change in result.changes:
            self._write("changed", change)
        self.results.append(result)
        self.done(len(result.changes), detail)
        return result

    def failed(self, text: str) -> None:
        """The run ends here."""
        self._write("error", text)

    def _write(self, kind: str, text: str, **more: Any) -> None:
        moment = self._clock().isoformat(timespec="milliseconds")
        line = {"time": moment, "run": self._run, "phase": self._phase, "kind": kind, "text": redacted(text), **more}
        self._log.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._log.flush()


def read(file: Path) -> list[dict[str, Any]]:
    """Every whole line of an event log; a run that was killed may leave half a line at the end."""
    lines = file.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
    return [json.loads(line) for line in lines]
