"""Run a playbook and follow it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from govcloud_api.errors import ApiUnavailable, PreflightFailed, ToolFailed
from govcloud_infra.deploy.lock import MARKER
from govcloud_infra.paths import REPOSITORY, SitePaths

PLAYBOOKS = REPOSITORY / "playbooks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One run. `variables` become extra variables and hold no secret; `paths` are those of the site.

    `check` changes nothing and tells what would change; `limit` is Ansible's pattern of hosts, None for all.
    """

    playbook: str
    inventory: dict[str, Any]
    variables: dict[str, Any]
    paths: SitePaths
    mitogen: bool = True
    check: bool = False
    limit: str | None = None

    @property
    def log(self) -> Path:
        """What Ansible itself prints."""
        return self.paths.logs / "ansible.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`changed` has one line a task and host that changed (or would); `reports` what tasks told, by host.

    `stopped`: why a check could not look further, None when it came to the end. What would change before makes the rest
    hard to foresee, so that is no error.
    """

    changed: tuple[str, ...]
    reports: dict[str, dict[str, Any]]
    stopped: str | None = None


@dataclass(slots=True, kw_only=True)
class _Progress:
    status: str = "stopped"
    changed: list[str] = field(default_factory=list)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unreachable: bool = False


def run(request: Request, step: Callable[[str], None]) -> Outcome:
    """Run to the end.

    Raises PreflightFailed with every `host: problem` when machines are not fit; ApiUnavailable when a machine cannot
    be reached; else ToolFailed. Each names every host that failed, its task and the reason.
    """
    request.log.parent.mkdir(parents=True, exist_ok=True)
    request.paths.run.mkdir(parents=True, exist_ok=True)
    with request.log.open("ab") as log, _child(request, log) as child:
        try:
            progress = _follow(child, request, step)
        except BrokenPipeError as error:
            raise ToolFailed(f"Ansible ended before it was told what to do; its last words: {request.log}") from error
        except BaseException:
            os.killpg(child.pid, signal.SIGTERM)  # a run must not go on behind a command that was interrupted
            raise
    return _judge(progress, request)


def _child(request: Request, log: IO[bytes]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "govcloud_infra.ansible.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
        env={**os.environ, MARKER: str(request.paths.state), "TMPDIR": str(request.paths.run)},
    )


def _follow(child: subprocess.Popen[str], request: Request, step: Callable[[str], None]) -> _Progress:
    stdin, stdout = _pipes(child)
    json.dump(_wire(request), stdin)
    stdin.close()
    progress = _Progress()
    for line in stdout:
        event = json.loads(line)
        if event["event"] == "task":
            step(event["text"])
        else:
            _note(progress, event)
    return progress


def _note(progress: _Progress, event: dict[str, Any]) -> None:
    match event["event"]:
        case "changed":
            progress.changed.append(f"{event['host']}: {event['task']}")
        case "report":
            told = progress.reports.setdefault(event["host"], {})
            told.update(event["report"])
        case "failed" if event["problems"]:
            progress.problems += [f"{event['host']}: {problem}" for problem in event["problems"]]
        case "failed":
            where = " / ".join(part for part in (event["host"], event["task"]) if part)
            progress.failures.append(f"{where}: {event['text']}" if where else event["text"])
            progress.unreachable = progress.unreachable or event["unreachable"]
        case "end":
            progress.status = event["status"]


def _pipes(child: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    if child.stdin is None or child.stdout is None:
        raise ToolFailed("the Ansible process has no pipes; try again")
    return child.stdin, child.stdout


def _wire(request: Request) -> dict[str, Any]:
    return {
        "playbook": str(PLAYBOOKS / request.playbook),
        "inventory": request.inventory,
        "variables": request.variables,
        "config": str(PLAYBOOKS / "ansible.cfg"),
        "scratch": str(request.paths.run),
        "options": ["--check"] if request.check else [],
        "limit": request.limit,
        "environment": {**_own_folders(request.paths), **(_mitogen() if request.mitogen else {})},
    }


def _own_folders(paths: SitePaths) -> dict[str, str]:
    # Nothing is left in the home of whoever runs the command.
    return {
        "ANSIBLE_HOME": str(paths.run / "ansible"),
        "ANSIBLE_LOCAL_TEMP": str(paths.run / "ansible" / "tmp"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(paths.run / "ssh"),
    }


def _mitogen() -> dict[str, str]:
    # One Python process a machine for the whole run: 7 CPU seconds where starting one a task takes 50.
    import ansible_mitogen

    plugins = Path(ansible_mitogen.__file__).parent / "plugins" / "strategy"
    return {"ANSIBLE_STRATEGY_PLUGINS": str(plugins), "ANSIBLE_STRATEGY": "mitogen_linear"}


def _judge(progress: _Progress, request: Request) -> Outcome:
    if progress.status == "successful":
        return Outcome(changed=tuple(progress.changed), reports=progress.reports)
    if progress.problems:
        lines = "\n".join(f"  - {problem}" for problem in [*progress.problems, *progress.failures])
        raise PreflightFailed(f"Machines cannot carry the site; nothing was changed on them:\n{lines}")
    why = "; ".join(progress.failures) or f"it ended with status {progress.status}"
    if request.check and progress.changed and not progress.unreachable:
        return Outcome(changed=tuple(progress.changed), reports=progress.reports, stopped=why)
    message = f"Playbook {request.playbook} stopped: {why}. Log: {request.log}. Run the command again to go on."
    raise ApiUnavailable(message) if progress.unreachable else ToolFailed(message)
