"""`python -m govcloud_infra.ansible.child`: one playbook; JSON in, one JSON line an event out.

A process of its own: ansible-runner forks a terminal, which does not go together with the gRPC threads of Pulumi.
"""

import contextlib
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import ansible_runner

from govcloud_infra.deploy import lock

_END_SECONDS = 10.0
_UNTOLD = "Validating arguments against arg spec"  # Ansible's own, before every role
_FAILURES = ("runner_on_failed", "runner_on_unreachable")


def main(request: dict[str, Any], out: TextIO, is_cancelled: Callable[[], bool]) -> None:
    """Run `request` (as `playbook._wire` builds it) and write events to `out`."""

    def say(line: dict[str, Any]) -> None:
        # A parent that is gone reads nothing; `is_cancelled` then ends the playbook in an orderly way.
        with contextlib.suppress(BrokenPipeError):
            out.write(json.dumps(line) + "\n")
            out.flush()

    def event(data: dict[str, Any]) -> bool:
        for line in lines_of(data):
            say(line)
        return False

    search = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"ANSIBLE_CONFIG": request["config"], "PATH": search, **request["environment"]}
    # Workers of a cancelled run may still write there while it is removed.
    scratch = tempfile.TemporaryDirectory(prefix="ansible-run-", dir=request["scratch"], ignore_cleanup_errors=True)
    with scratch as folder:
        run = ansible_runner.run(
            private_data_dir=folder,
            project_dir=str(Path(request["playbook"]).parent),
            playbook=request["playbook"],
            inventory=request["inventory"],
            extravars=request["variables"],
            envvars=environment,
            cmdline=" ".join(request["options"]) or None,
            limit=request["limit"],
            event_handler=event,
            cancel_callback=is_cancelled,
            settings={"pexpect_timeout": 1},
            quiet=True,
        )
    say({"event": "end", "status": run.status})


def cancellation(parent: int) -> Callable[[], bool]:
    """True once this process was told to end, or its parent was killed outright."""
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    return lambda: told.is_set() or os.getppid() != parent


def end_workers(state: Path) -> None:
    """Ansible's workers lead sessions of their own and outlive it: end whatever was started for this site's run."""
    deadline = time.monotonic() + _END_SECONDS
    while others := [pid for pid in lock.leftovers(state) if pid != os.getpid()]:
        for pid in others:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return
        time.sleep(0.05)  # one that was being started while we looked is found by the next look


def lines_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    """What the parent wants to know of one of ansible-runner's events. Pure."""
    kind, details = data["event"], data.get("event_data", {})
    if kind == "playbook_on_task_start":
        task = str(details.get("task", ""))
        return [] if task.startswith(_UNTOLD) else [{"event": "task", "text": task}]
    if kind in _FAILURES and not details.get("ignore_errors"):
        return [_failure(details, unreachable=kind == "runner_on_unreachable")]
    if kind == "runner_on_ok":
        return list(_results(details))
    if kind in ("error", "verbose") and "ERROR" in data.get("stdout", ""):
        nowhere: dict[str, Any] = {"host": None, "task": None, "unreachable": False, "problems": []}
        return [{"event": "failed", **nowhere, "text": data["stdout"].strip()[:600]}]
    return []


def _results(details: dict[str, Any]) -> Iterator[dict[str, Any]]:
    result, host = details.get("res") or {}, details.get("host")
    if result.get("changed"):
        yield {"event": "changed", "host": host, "task": details.get("task")}
    if isinstance(result.get("report"), dict):
        yield {"event": "report", "host": host, "report": result["report"]}


def _failure(details: dict[str, Any], *, unreachable: bool) -> dict[str, Any]:
    problems = (details.get("res") or {}).get("problems") or []
    where = {"host": details.get("host"), "task": details.get("task"), "unreachable": unreachable}
    return {"event": "failed", **where, "problems": [str(item) for item in problems], "text": _reason(details)}


def _reason(details: dict[str, Any]) -> str:
    result = details.get("res") or {}
    parts = [str(result.get(key, "")).strip() for key in ("msg", "stderr")]
    failed_items = [str(item.get("msg", "")) for item in result.get("results", []) if item.get("failed")]
    return "; ".join(dict.fromkeys(part for part in [*parts, *failed_items] if part))[-900:]


if __name__ == "__main__":
    cancelled = cancellation(os.getppid())
    events = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not mix with the events
    try:
        main(json.load(sys.stdin), events, cancelled)
    finally:
        if cancelled():
            end_workers(Path(os.environ[lock.MARKER]))
