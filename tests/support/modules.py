"""The project's Ansible modules as Python sees them, and the Ansible that they see."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NoReturn

from govcloud_infra.paths import REPOSITORY

MODULES = REPOSITORY / "playbooks" / "plugins" / "modules"
Answer = tuple[int, str, str]


def module(name: str) -> ModuleType:
    """The module's file; Ansible sends it alone to the machine."""
    spec = importlib.util.spec_from_file_location(name, MODULES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


class EndedError(Exception):
    """The module has said its last word."""

    def __init__(self, *, failed: bool, said: dict[str, Any]) -> None:
        super().__init__(str(said))
        self.failed = failed
        self.said = said


@dataclass(frozen=True, slots=True, kw_only=True)
class Ansible:
    """What a module asks of Ansible; `machine` answers its commands with (exit code, stdout, stderr)."""

    params: dict[str, Any]
    machine: Callable[[list[str]], Answer]
    check_mode: bool = False

    def run_command(
        self, words: list[str], *, check_rc: bool = False, data: str | None = None, handle_exceptions: bool = True
    ) -> Answer:
        # Nobody asks for what is not answered: `data` is for programs that are really run, in integration tests.
        assert data is None
        assert handle_exceptions or not check_rc
        code, out, err = self.machine(words)
        if check_rc and code:
            self.fail_json(msg=err)
        return code, out, err

    def exit_json(self, **said: Any) -> NoReturn:
        raise EndedError(failed=False, said=said)

    def fail_json(self, **said: Any) -> NoReturn:
        raise EndedError(failed=True, said=said)
