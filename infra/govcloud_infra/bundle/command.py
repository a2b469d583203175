"""Runs the programs of a build: output to a log, a clear error with its last lines, all stopped when the build is."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from govcloud_api.errors import ToolFailed

_LAST_LINES = 15
_STOP_SECONDS = 10.0


class Processes:
    """The programs that run now, so that a failing or interrupted build leaves none behind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def start(self, process: subprocess.Popen[bytes]) -> None:
        """Take note of a started program; it is stopped at once when the build is stopping."""
        with self._lock:
            self._running.add(process)
            stopped = self._stopped
        if stopped:
            _signal(process, signal.SIGTERM)

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Forget a program that ended."""
        with self._lock:
            self._running.discard(process)

    def stop(self) -> None:
        """End every program and all of its children: SIGTERM, and SIGKILL after ten seconds."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            _signal(process, signal.SIGTERM)
        for process in running:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Runs programs for one component. `component` names it in errors, `log` collects what the programs print.

    `environment` is set for every program, over that of this process.
    """

    component: str
    log: Path
    processes: Processes
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(
        self, arguments: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        """Run to the end. Raises ToolFailed with the last lines of the log."""
        self._execute([str(a) for a in arguments], cwd, env, None)

    def write(
        self,
        arguments: Sequence[str | Path],
        output: Path,
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """As `run`, with the program's standard output in the file `output` instead of the log."""
        self._execute([str(a) for a in arguments], cwd, env, output)

    def _execute(
        self, arguments: list[str], cwd: Path | None, env: Mapping[str, str] | None, output: Path | None
    ) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log, (output or self.log).open("wb" if output else "ab") as out:
            log.write(f"\n$ {' '.join(arguments)}\n".encode())
            log.flush()
            process = subprocess.Popen(
                with_parent(arguments), cwd=cwd, env={**os.environ, **self.environment, **(env or {})},
                stdin=subprocess.DEVNULL, stdout=out, stderr=log, start_new_session=True,
            )  # fmt: skip
            self.processes.start(process)
            try:
                code = process.wait()
            finally:
                self.processes.end(process)
        if code != 0:
            raise ToolFailed(self._failure(arguments, code))

    def _failure(self, arguments: list[str], code: int) -> str:
        text = self.log.read_text(errors="replace")
        shown = "\n".join(f"    {line}" for line in text.splitlines()[-_LAST_LINES:])
        return (
            f"Component {self.component}: {Path(arguments[0]).name} {' '.join(arguments[1:3])} ended with code {code}. "
            f"Its last lines:\n{shown}\nThe whole log is {self.log}. Cure the cause, then run "
            f"`govcloud bundle build {self.component}`; what was finished is kept."
        )


def with_parent(arguments: list[str]) -> list[str]:
    """Let the kernel end the program when this one is killed, where setpriv (util-linux) can arrange that."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", *arguments] if setpriv else arguments


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
