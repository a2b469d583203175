"""Stacks through Pulumi's Automation API: file state, our engine, our provider, nothing downloaded."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi import automation as auto

from govcloud_api import errors
from govcloud_infra.deploy.lock import MARKER
from govcloud_infra.engine import events, installed, passphrase, state, workspaces
from govcloud_infra.engine.project import Project
from govcloud_infra.paths import SitePaths, unwritable

Step = Callable[[str], None]
# What these say about the world is told as what it is (the exit code follows from it); all else is a failed tool.
_PASSED_ON = (errors.ApiUnavailable, errors.Forbidden, errors.Unhealthy, errors.ConfigError)
_WRONG_PASSPHRASE = "incorrect passphrase"  # noqa: S105  # the engine's words, no secret


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
    handle: workspaces.Stack
    passphrase: Path

    def preview(self, step: Step) -> Outcome:
        """What `up` would do, drift included."""
        listener = self._ready(step)
        self._run(lambda: self.handle.preview(refresh=True, on_event=listener), listener)
        return Outcome(changes=len(listener.changes), outputs={}, details=tuple(listener.changes))

    def up(self, step: Step) -> Outcome:
        """Look at the world, then make it as wished."""
        listener = self._ready(step)
        result = self._run(lambda: self.handle.up(refresh=True, on_event=listener), listener)
        self.handle.workspace.files.prune()
        outputs = {name: item.value for name, item in result.outputs.items()}
        return Outcome(changes=len(listener.changes), outputs=outputs, details=tuple(listener.changes))

    def destroy(self, step: Step) -> Outcome:
        """Remove everything and the stack itself."""
        listener = self._ready(step)
        self._run(lambda: self.handle.destroy(on_event=listener), listener)
        self._run(lambda: self.handle.workspace.remove_stack(self.handle.name), listener)
        return Outcome(changes=len(listener.changes), outputs={}, details=tuple(listener.changes))

    def _ready(self, step: Step) -> events.Listener:
        listener = events.Listener(step)
        self._run(self._unlock, listener)
        return listener

    def _unlock(self) -> None:
        # Ours is the only command that runs (the site's lock is held), so a lock in the state, or an operation
        # still pending there, is what a killed run left behind.
        if not self.handle.is_left_behind():
            return
        self.handle.cancel()
        found = self.handle.export_stack()
        settled = state.recovered(found.deployment or {})
        if settled != found.deployment:
            self.handle.import_stack(auto.Deployment(version=found.version, deployment=settled))

    def _run(self, call: Callable[[], Any], listener: events.Listener) -> Any:
        return _checked(_Opened(name=self.name, passphrase=self.passphrase, listener=listener), call)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    name: str
    passphrase: Path
    listener: events.Listener


def _checked(opened: _Opened, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except auto.CommandError as error:
        if _WRONG_PASSPHRASE in str(error):
            raise passphrase.wrong(opened.passphrase) from error
        said = opened.listener
        why = "; ".join(said.errors) or str(error).strip().splitlines()[-1]
        kind = next((kind for kind in _PASSED_ON if kind.__name__ in said.raised), errors.ToolFailed)
        raise kind(f"Pulumi program `{opened.name}` stopped: {why}") from error


def open_stack(
    name: str, program: Callable[[], None], paths: SitePaths, engine_root: Path, site_file: Path | None = None
) -> Stack:
    """Select or make a stack. `engine_root` has the engine in `bin/`; with `site_file` it can be run by hand, too.

    Raises ConfigError when the state does not open, PreflightFailed when it cannot be written.
    """
    project, command = Project(name=name, paths=paths), installed.command(engine_root)
    files = workspaces.Files(project.backend / ".pulumi", project.title, name)
    try:
        secret = passphrase.file(paths.pulumi)
        environment = project.environment(secret)
        project.write()
        exists = files.checkpoint.exists()
        if exists:
            project.write_salt(files.checkpoint)
        if site_file is not None:
            project.write_by_hand(environment, engine_root, site_file)
    except OSError as error:
        raise unwritable(error, paths.pulumi) from error
    environment = {**environment, MARKER: str(paths.state)}
    workspace = workspaces.Workspace(files, program, project.folder, command, environment)
    # The SDK waits for the engine to take each of its debug messages, four a resource, which the engine drops.
    pulumi.log.debug = _nothing
    # Never "create or select": a stack made anew beside one that does not open would hide it.
    choose = workspaces.Stack.select if exists else workspaces.Stack.create
    opened = _Opened(name=name, passphrase=secret, listener=events.Listener(lambda _: None))
    handle = _checked(opened, lambda: choose(name, workspace))
    return Stack(name=name, handle=handle, passphrase=secret)


def _nothing(*_: object, **__: object) -> None:
    """What is said to nobody."""
