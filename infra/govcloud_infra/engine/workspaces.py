"""Stacks of the Automation API, with fewer starts of the engine: what its state file says is read there.

Every start of the engine takes 0.2 to 0.8 s, and `up` alone would make three more of them to tell outputs and history.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pulumi import automation as auto
from pulumi.automation._stack import StackInitMode  # the SDK's own `select` makes its own class only

from govcloud_infra.engine import state

_KEPT_RUNS = 20


class Workspace(auto.LocalWorkspace):
    """The stack's folder. `files` tells where the engine keeps the stack."""

    def __init__(
        self,
        files: "Files",
        program: Callable[[], None],
        work_dir: Path,
        command: auto.PulumiCommand,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(work_dir=str(work_dir), program=program, pulumi_command=command, env_vars=environment)
        self.files = files

    def select_stack(self, stack_name: str) -> None:
        """Nothing: every command names its stack."""

    def stack_outputs(self, stack_name: str) -> auto.OutputMap:
        """Outputs of the program. Only the engine can read secret ones, so it is asked when there are any."""
        found = state.outputs(self.files.deployment())
        if any(map(state.is_secret, found.values())):
            outputs: auto.OutputMap = super().stack_outputs(stack_name)
            return outputs
        return {name: auto.OutputValue(value=value, secret=False) for name, value in found.items()}


class Stack(auto.Stack):
    """A stack whose runs are not looked up in the engine's history: the site's journal keeps them."""

    workspace: Workspace

    @classmethod
    def create(cls, stack_name: str, workspace: auto.Workspace) -> "Stack":
        """A new one; raises CommandError when it exists."""
        return cls(stack_name, workspace, StackInitMode.CREATE)

    @classmethod
    def select(cls, stack_name: str, workspace: auto.Workspace) -> "Stack":
        """One that exists; raises CommandError when it does not."""
        return cls(stack_name, workspace, StackInitMode.SELECT)

    def info(self, show_secrets: bool = True) -> auto.UpdateSummary:
        """That the last run succeeded: the SDK asks after every run, and one that failed has raised by then."""
        now = datetime.now(UTC)
        return auto.UpdateSummary(
            kind="update", start_time=now, end_time=now, message="", environment={}, config={}, result="succeeded"
        )

    def is_left_behind(self) -> bool:
        """Whether a killed run left a lock or an operation under way."""
        files = self.workspace.files
        return files.is_locked() or state.is_under_way(files.deployment())


@dataclass(frozen=True, slots=True)
class Files:
    """Where the engine keeps the stack `name` of `project`, below `folder` (format: its `file://` backend)."""

    folder: Path
    project: str
    name: str

    @property
    def checkpoint(self) -> Path:
        """The state."""
        return self.folder / "stacks" / self.project / f"{self.name}.json"

    def deployment(self) -> dict[str, Any]:
        """What `pulumi stack export` would say; raises ConfigError when the file is no state."""
        return state.read(self.checkpoint)

    def prune(self) -> None:
        """Keep the last runs only: the engine copies the whole state at every run and forgets none."""
        history = self.folder / "history" / self.project / self.name
        for old in sorted(history.glob("*.history.json"))[:-_KEPT_RUNS]:
            for file in history.glob(f"{old.name.split('.')[0]}.*"):
                file.unlink()

    def is_locked(self) -> bool:
        """Whether a run holds it, or one that was killed did."""
        return any((self.folder / "locks").glob(f"*/{self.project}/{self.name}/*.json"))
