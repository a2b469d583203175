"""House rules of roles: typed inputs, names of their own, nothing secret in the log, nothing undeclared."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_infra.paths import REPOSITORY

PLAYBOOKS = REPOSITORY / "playbooks"
ROLES = sorted(folder for folder in (PLAYBOOKS / "roles").iterdir() if folder.is_dir())
PLAYS: list[dict[str, Any]] = yaml.safe_load((PLAYBOOKS / "deploy_cluster.yml").read_text())
role = pytest.mark.parametrize("folder", ROLES, ids=lambda folder: str(folder.name))


def options(folder: Path) -> dict[str, Any]:
    """Declared inputs of a role."""
    specs = yaml.safe_load((folder / "meta" / "argument_specs.yml").read_text())
    return dict(specs["argument_specs"]["main"]["options"])


def tasks(folder: Path) -> Iterator[dict[str, Any]]:
    """Every task, those in blocks too."""
    for file in sorted([*(folder / "tasks").glob("*.yml"), *(folder / "handlers").glob("*.yml")]):
        yield from _flat(yaml.safe_load(file.read_text()))


def _flat(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        yield item
        for part in ("block", "rescue", "always"):
            yield from _flat(item.get(part, []))


def text_of(folder: Path) -> str:
    """Everything that Ansible reads of a role."""
    return "\n".join(file.read_text() for file in sorted(folder.rglob("*")) if file.is_file())


@role
def test_every_input_is_typed_described_and_prefixed(folder: Path) -> None:
    for name, spec in options(folder).items():
        assert name.startswith(f"{folder.name}_")
        assert spec["description"].strip()
        assert spec["type"]
        assert spec.get("required") is True or "default" in spec


@role
def test_every_variable_that_a_role_makes_is_prefixed(folder: Path) -> None:
    made = []
    for task in tasks(folder):
        made += [task["register"]] if "register" in task else []
        made += [name for name in task.get("vars", {}) if not name.startswith("ansible_")]
        made += list(task.get("ansible.builtin.set_fact", {}))
        made += [task["loop_control"]["loop_var"]] if "loop_var" in task.get("loop_control", {}) else []
    assert [name for name in made if not name.startswith(f"{folder.name}_")] == []


@role
def test_a_role_uses_its_own_inputs_only_and_all_of_them(folder: Path) -> None:
    text = text_of(folder)
    foreign = [other.name for other in ROLES if other != folder and not folder.name.startswith(other.name)]
    for name in foreign:
        used = set(re.findall(rf"\b{name}_[a-z_]+", text)) & options(PLAYBOOKS / "roles" / name).keys()
        assert used == set()
    body = text.replace((folder / "meta" / "argument_specs.yml").read_text(), "")
    assert [name for name in options(folder) if name not in body] == []
    assert "govcloud." not in re.sub(r"\S*govcloud\.(internal|conf)\S*|/\S*", "", body)


@role
def test_every_task_has_a_name_and_commands_say_when_they_change(folder: Path) -> None:
    for task in tasks(folder):
        assert task.get("name", "")[:1].isupper()
        if "ansible.builtin.command" in task:
            assert "changed_when" in task
        assert "ansible.builtin.shell" not in task


@role
def test_secrets_stay_out_of_the_log(folder: Path) -> None:
    for task in tasks(folder):
        text = str({key: value for key, value in task.items() if key not in ("name", "block")})
        if re.search(r"encryption_file|admin\.content|token create|registry\.key", text):
            assert task.get("no_log") or task.get("diff") is False, task["name"]


def test_the_playbook_gives_each_role_what_it_asks_for() -> None:
    for play in PLAYS:
        for item in play["roles"]:
            wanted = options(PLAYBOOKS / "roles" / item["role"])
            assert item["vars"].keys() == {name for name, spec in wanted.items() if spec.get("required")}
    assert {item["role"] for play in PLAYS for item in play["roles"]} == {folder.name for folder in ROLES}


def test_templates_use_declared_inputs_or_ansibles_own() -> None:
    for folder in ROLES:
        made = {str(task.get("register")) for task in tasks(folder)} | options(folder).keys()
        made |= {name for task in tasks(folder) for name in task.get("vars", {})}
        for file in (folder / "templates").glob("*.j2"):
            used = set(re.findall(r"\{\{\s*([a-z_]+)", file.read_text()))
            assert used - made - {"ansible_host", "inventory_hostname", "item", "name", "address"} == set(), file
