"""Stacks through Pulumi's Automation API: file state, our engine, our provider, nothing downloaded.

The engine asks the network for updates and missing plugins unless told not to, hence the environment below.
"""

import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation as auto

from govcloud_api.errors import ToolFailed
from govcloud_infra import engine_events, engine_state, pki
from govcloud_infra.deploy.lock import MARKER
from govcloud_infra.paths import SitePaths

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`changes` counts resources that were (or would be) created, updated, replaced or deleted."""

    changes: int
    outputs: dict[str, Any]
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One program with its state. Every method reports steps as short lines."""

    name: str
    handle: auto.Stack

    def preview(self, step: Step) -> Outcome:
        """What `up` would do, drift included."""
        listener = self._ready(step)
        self._run(lambda: self.handle.preview(refresh=True, on_event=listener), listener)
        return Outcome(changes=len(listener.changes), outputs={}, details=tuple(listener.changes))

    def up(self, step: Step) -> Outcome:
        """Look at the world, then make it as wished."""
        listener = self._ready(step)
        result = self._run(lambda: self.handle.up(refresh=True, on_event=listener), listener)
        outputs = {name: item.value for name, item in result.outputs.items()}
        return Outcome(changes=len(listener.changes), outputs=outputs, details=tuple(listener.changes))

    def destroy(self, step: Step) -> Outcome:
        """Remove everything and the stack itself."""
        listener = self._ready(step)
        self._run(lambda: self.handle.destroy(on_event=listener), listener)
        self._run(lambda: self.handle.workspace.remove_stack(self.handle.name), listener)
        return Outcome(changes=len(listener.changes), outputs={}, details=tuple(listener.changes))

    def _ready(self, step: Step) -> engine_events.Listener:
        listener = engine_events.Listener(step)
        self._run(self._unlock, listener)
        return listener

    def _unlock(self) -> None:
        # Ours is the only command that runs (the site's lock is held), so a lock in the state, or an operation
        # still pending there, is what a killed run left behind.
        self.handle.cancel()
        found = self.handle.export_stack()
        settled = engine_state.recovered(found.deployment or {})
        if settled != found.deployment:
            self.handle.import_stack(auto.Deployment(version=found.version, deployment=settled))

    def _run(self, call: Callable[[], Any], listener: engine_events.Listener) -> Any:
        return _checked(self.name, call, listener)


def _checked(name: str, call: Callable[[], Any], listener: engine_events.Listener) -> Any:
    try:
        return call()
    except auto.CommandError as error:
        why = "; ".join(listener.errors) or str(error).strip().splitlines()[-1]
        raise ToolFailed(f"Pulumi program `{name}` stopped: {why}") from error


def open_stack(name: str, program: Callable[[], None], paths: SitePaths, engine_root: Path) -> Stack:
    """Select or make a stack. `engine_root` has the engine in `bin/`."""
    work = paths.pulumi / name
    passphrase = _passphrase(paths.pulumi)
    (paths.pulumi / "state").mkdir(parents=True, exist_ok=True)
    _write_project(name, work, paths.pulumi / "state")
    environment = {
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        "PULUMI_HOME": str(paths.pulumi / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DIY_BACKEND_NO_LEGACY_WARNING": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        "PULUMI_DIY_BACKEND_RETAIN_CHECKPOINTS": "false",
        "PULUMI_PYTHON_CMD": sys.executable,
        MARKER: str(paths.state),
    }
    command = auto.PulumiCommand(root=str(engine_root))
    options = auto.LocalWorkspaceOptions(pulumi_command=command, work_dir=str(work), env_vars=environment)
    project = f"govcloud-{name}"

    def select() -> auto.Stack:
        return auto.create_or_select_stack(name, project_name=project, program=program, opts=options)

    return Stack(name=name, handle=_checked(name, select, engine_events.Listener(lambda _: None)))


def _write_project(name: str, work: Path, state: Path) -> None:
    plugin = work / "plugin" / "pulumi-resource-govcloud"
    plugin.parent.mkdir(parents=True, exist_ok=True)
    plugin.write_text(f'#!/bin/sh\nexec "{sys.executable}" -u -m govcloud_infra.provider.serve "$@"\n')
    plugin.chmod(0o755)
    project = {
        "name": f"govcloud-{name}",
        "runtime": "python",
        "backend": {"url": f"file://{state}"},
        "plugins": {"providers": [{"name": "govcloud", "path": str(plugin.parent)}]},
    }
    (work / "Pulumi.yaml").write_text(yaml.safe_dump(project, sort_keys=False))


def _passphrase(folder: Path) -> Path:
    file = folder / "passphrase"
    if not file.exists():
        pki.write_private(file, secrets.token_urlsafe(32).encode())
    return file
