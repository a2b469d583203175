"""inventory.json survives a round trip; another schema is refused; Ansible and SSH get exactly what is in it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govcloud_api.errors import ConfigError
from govcloud_infra import inventory
from govcloud_infra.paths import SitePaths
from govcloud_infra.site.model import Ssh
from support.sites import lab

KEY = "ssh-ed25519 AAAAC3Nza"
CP = inventory.Host(name="cp1", role="control-plane", address="10.77.0.11", host_key=f"{KEY}1")
W1 = inventory.Host(name="w1", role="worker", address="10.77.0.12", host_key=f"{KEY}2")
W2 = inventory.Host(
    name="w2", role="worker", address="10.77.0.13", host_key=f"{KEY}3", provider="static", failure_domain="rack-b",
    port=2222,
)  # fmt: skip
LAB = inventory.Inventory(site="lab", hosts=(CP, W1))
MIXED = inventory.Inventory(site="lab", hosts=(CP, W1, W2))
HOSTS = st.builds(
    inventory.Host,
    name=st.text(max_size=8),
    role=st.sampled_from(["control-plane", "worker"]),
    address=st.ip_addresses(v=4).map(str),
    host_key=st.text(max_size=20),
    provider=st.sampled_from(["nspawn", "static"]),
    failure_domain=st.none() | st.text(max_size=8),
    port=st.integers(1, 65535),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inventory")


@settings(max_examples=40)
@given(site=st.text(max_size=8), hosts=st.lists(HOSTS, min_size=1, max_size=4))
def test_what_was_saved_is_loaded(site: str, hosts: list[inventory.Host], folder: Path) -> None:
    made = inventory.Inventory(site=site, hosts=tuple(hosts))
    inventory.save(made, folder / "inventory.json")
    assert inventory.load(folder / "inventory.json") == made
    assert [file.name for file in folder.iterdir()] == ["inventory.json"]


def with_change(**changes: Any) -> str:
    return json.dumps({**json.loads(LAB.model_dump_json()), **changes})


@pytest.mark.parametrize(
    "text",
    [
        with_change(schema_version=3), with_change(hosts=[]), with_change(hosts=[{"name": "a"}]),
        with_change(extra=1), "[]", "{", "", "\x00",
    ],
)  # fmt: skip
def test_another_form_is_refused_with_the_way_out(text: str, tmp_path: Path) -> None:
    file = tmp_path / "inventory.json"
    file.write_text(text)
    with pytest.raises(
        ConfigError, match=r"inventory\.json cannot be used .*`govcloud deploy` writes it anew"
    ) as caught:
        inventory.load(file)
    assert "errors.pydantic.dev" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="govcloud deploy"):
        inventory.load(tmp_path / "inventory.json")


def test_a_file_of_version_1_is_read_as_lab_machines(tmp_path: Path) -> None:
    host = {"name": "cp1", "role": "control-plane", "address": "10.77.0.11", "host_key": f"{KEY}1"}
    file = tmp_path / "inventory.json"
    file.write_text(json.dumps({"schema_version": 1, "site": "lab", "hosts": [host]}))
    assert inventory.load(file) == inventory.Inventory(site="lab", hosts=(CP,))


def test_the_inventory_of_a_site_has_its_nodes_and_the_keys_they_showed() -> None:
    described = lab(
        nodes=[
            {"name": "cp1", "role": "control-plane", "address": "10.77.0.11"},
            {"name": "w1", "role": "worker", "address": "10.77.0.12"},
            {"name": "w2", "role": "worker", "address": "10.77.0.13", "provider": "static", "failureDomain": "rack-b"},
        ]
    )
    spec = described.spec.model_copy(update={"ssh": Ssh.model_validate({"port": 2222})})
    keys = {"cp1": f"{KEY}1", "w1": f"{KEY}2", "w2": f"{KEY}3"}
    assert inventory.made(described.model_copy(update={"spec": spec}), keys) == MIXED


def test_ssh_knows_exactly_the_hosts_of_the_site() -> None:
    assert inventory.known_hosts(MIXED) == (
        f"10.77.0.11 {KEY}1\n10.77.0.12 {KEY}2\n[10.77.0.13]:2222 {KEY}3\n"
    )  # fmt: skip


def access(**changes: Any) -> inventory.SshAccess:
    keys = {"private_key": Path("/k/theirs"), "site_key": Path("/k/id"), "known_hosts": Path("/k/known")}
    return inventory.SshAccess(**{"user": "root", **keys, **changes})


def test_ansible_gets_groups_and_refuses_unknown_keys() -> None:
    found = inventory.for_ansible(LAB, access())["all"]
    assert {name: list(group["hosts"]) for name, group in found["children"].items()} == {
        "control_plane": ["cp1"], "workers": ["w1"], "existing": [],
    }  # fmt: skip
    assert found["children"]["workers"]["hosts"]["w1"] == {
        "ansible_host": "10.77.0.12", "ansible_port": 22, "ansible_user": "root",
        "ansible_ssh_private_key_file": "/k/id", "govcloud_provider": "nspawn",
    }  # fmt: skip
    assert found["vars"]["ansible_ssh_common_args"] == "-o UserKnownHostsFile=/k/known -o StrictHostKeyChecking=yes"


@pytest.mark.parametrize(
    ("user", "become"), [("root", {}), ("ops", {"ansible_become": True, "ansible_become_method": "sudo"})]
)
def test_static_machines_are_entered_as_the_site_file_says(user: str, become: dict[str, Any]) -> None:
    groups = inventory.for_ansible(MIXED, access(user=user))["all"]["children"]
    assert list(groups["existing"]["hosts"]) == ["w2"]
    workers = groups["workers"]["hosts"]
    assert workers["w2"] == {
        "ansible_host": "10.77.0.13", "ansible_port": 2222, "ansible_user": user,
        "ansible_ssh_private_key_file": "/k/theirs", "govcloud_provider": "static",
        "govcloud_failure_domain": "rack-b", **become,
    }  # fmt: skip
    assert workers["w1"]["ansible_user"] == "root"
    assert "ansible_become" not in workers["w1"]


@pytest.mark.parametrize(
    ("named", "key"),
    [
        (None, "/state/lab/ssh/id_ed25519"),
        ("keys/ops", "/sites/a/keys/ops"),
        ("/etc/keys/ops", "/etc/keys/ops"),
        ("~/.ssh/id", "/home/ops/.ssh/id"),
    ],
)
def test_the_key_lies_where_the_site_file_says(named: str | None, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ops")
    described = lab()
    ssh = Ssh.model_validate({"privateKeyFile": named, "user": "ops"})
    described = described.model_copy(update={"spec": described.spec.model_copy(update={"ssh": ssh})})
    paths = SitePaths(state=Path("/state/lab"), cache=Path("/cache"))
    found = inventory.ssh_access(described, Path("/sites/a/site.yaml"), paths)
    assert found == inventory.SshAccess(
        user="ops", private_key=Path(key), site_key=paths.ssh_key, known_hosts=paths.known_hosts
    )
