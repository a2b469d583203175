"""What works for us ends before we do."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from govcloud_api.errors import ToolFailed
from govcloud_infra.deploy import interrupt, lock

WAITS = "import signal; print(flush=True); signal.pause()"


def test_the_result_or_the_error_is_passed_on(tmp_path: Path) -> None:
    assert interrupt.ending_first(lambda: 17, tmp_path) == 17
    with pytest.raises(ToolFailed, match="stopped"):
        interrupt.ending_first(lambda: failing("stopped"), tmp_path)


def failing(text: str) -> None:
    raise ToolFailed(text)


def test_an_interrupt_ends_the_program_first(tmp_path: Path) -> None:
    codes: list[int] = []
    environment = {**os.environ, lock.MARKER: str(tmp_path)}

    def work() -> None:
        command = [sys.executable, "-c", WAITS]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(command, env=environment, **pipes) as process:
            assert process.stdout is not None
            process.stdout.readline()
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            codes.append(process.wait())

    with pytest.raises(KeyboardInterrupt):
        interrupt.ending_first(work, tmp_path)
    assert codes == [-signal.SIGINT]
    assert lock.leftovers(tmp_path) == []
