"""House rules of roles: typed inputs, names of their own, nothing secret in the log, nothing undeclared."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govcloud_infra.paths import REPOSITORY
from support.manifests import documents, plays

PLAYBOOKS = REPOSITORY / "playbooks"
ROLES = sorted(folder for folder in (PLAYBOOKS / "roles").iterdir() if folder.is_dir())
PLAYS = plays(PLAYBOOKS / "deploy_cluster.yml")
OTHER_PLAYS = [play for file in sorted(PLAYBOOKS.glob("*.yml")) for play in plays(file) if play not in PLAYS]
# Started for moments by the module that needs it, or by its timer, with the files of that moment.
ON_DEMAND = {"registry-fill", "govcloud-etcd-backup", "govcloud-machine-metrics"}
role = pytest.mark.parametrize("folder", ROLES, ids=lambda folder: str(folder.name))


def options(folder: Path) -> dict[str, Any]:
    """Declared inputs of a role."""
    [specs] = documents(folder / "meta" / "argument_specs.yml")
    return dict(specs["argument_specs"]["main"]["options"])


def tasks(folder: Path) -> Iterator[dict[str, Any]]:
    """Every task, those in blocks too."""
    for file in sorted((folder / "tasks").glob("*.yml")):
        yield from _flat(documents(file)[0])


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
        if re.search(r"encryption_file|token create|registry\.key|(src|dest|path)': '\S*admin\.conf", text):
            assert task.get("no_log") or task.get("diff") is False, task["name"]


@role
def test_no_role_is_notified(folder: Path) -> None:
    """A handler runs at the end of a play: a run that is interrupted before has changed the file and forgets it."""
    notified = [task["name"] for task in tasks(folder) if {"notify", "listen"} & task.keys()]
    assert notified == []
    assert [file for file in (folder / "handlers").rglob("*") if file.is_file()] == []


def test_no_play_has_handlers() -> None:
    assert [play["name"] for play in PLAYS if "handlers" in play] == []


@role
def test_a_service_is_kept_fresh_for_every_unit_program_and_setting(folder: Path) -> None:
    placed = set(_placed(folder))
    services = {
        task["fresh_service"]["name"]: task["fresh_service"]["files"]
        for task in tasks(folder)
        if "fresh_service" in task
    }
    units = {Path(path).stem for path in placed if re.fullmatch(r"/etc/systemd/system/\S+\.service", path)}
    assert units - ON_DEMAND <= services.keys()
    for name, files in services.items():
        own = {f"/usr/local/bin/{name}", f"/etc/systemd/system/{name}.service"} & set(placed)
        assert own <= set(files)
        # A file that nobody puts there would count as absent, and never as new.
        assert [path for path in files if path not in placed] == []


def _placed(folder: Path) -> Iterator[str]:
    """Every path below which the role puts something, and every folder that it makes; loops are run."""
    for task in tasks(folder):
        yield from task.get("bundle_files", {}).get("files", {})
        for kind in ("copy", "template", "file"):
            words = task.get(f"ansible.builtin.{kind}", {})
            for item in task.get("loop", [""]):
                yield _with_item(words.get("dest") or words.get("path") or "", item)


def _with_item(text: str, item: Any) -> str:
    for key, value in item.items() if isinstance(item, dict) else []:
        text = text.replace(f"{{{{ item.{key} }}}}", value)
    return text.replace("{{ item }}", str(item))


def test_the_kernels_settings_that_hold_now_are_those_that_are_kept() -> None:
    found = list(tasks(PLAYBOOKS / "roles" / "machine"))
    [kept] = [task["ansible.builtin.copy"] for task in found if "sysctl.d" in str(task.get("ansible.builtin.copy"))]
    assert "machine_settings | dictsort" in kept["content"]
    [now] = [task["kernel_settings"] for task in found if "kernel_settings" in task]
    assert now["settings"] == "{{ machine_settings }}"


def test_the_playbook_gives_each_role_what_it_asks_for() -> None:
    given = [item for play in [*PLAYS, *OTHER_PLAYS] for item in play["roles"]]
    for item in given:
        wanted = options(PLAYBOOKS / "roles" / item["role"])
        assert item["vars"].keys() >= {name for name, spec in wanted.items() if spec.get("required")}
        assert item["vars"].keys() <= wanted.keys()
    assert {item["role"] for item in given} == {folder.name for folder in ROLES}


def test_templates_use_declared_inputs_or_ansibles_own() -> None:
    for folder in ROLES:
        made = {str(task.get("register")) for task in tasks(folder)} | options(folder).keys()
        made |= {name for task in tasks(folder) for name in task.get("vars", {})}
        for file in (folder / "templates").glob("*.j2"):
            used = set(re.findall(r"\{\{\s*([a-z_]+)", file.read_text()))
            own = {"ansible_host", "inventory_hostname", "hostvars", "item", "name", "address", "value"}
            assert used - made - own == set(), file
