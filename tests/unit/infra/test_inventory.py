"""inventory.json survives a round trip; another schema is refused; Ansible and SSH get exactly what is in it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govcloud_api.errors import ConfigError
from govcloud_infra import inventory

KEY = "ssh-ed25519 AAAAC3Nza"
CP = inventory.Host(name="cp1", role="control-plane", address="10.77.0.11", host_key=f"{KEY}1")
W1 = inventory.Host(name="w1", role="worker", address="10.77.0.12", host_key=f"{KEY}2")
LAB = inventory.Inventory(site="lab", hosts=(CP, W1))
HOSTS = st.builds(
    inventory.Host,
    name=st.text(max_size=8),
    role=st.sampled_from(["control-plane", "worker"]),
    address=st.ip_addresses(v=4).map(str),
    host_key=st.text(max_size=20),
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
        with_change(schema_version=2), with_change(hosts=[]), with_change(hosts=[{"name": "a"}]),
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


def test_ssh_knows_exactly_the_hosts_of_the_site() -> None:
    assert inventory.known_hosts(LAB) == f"10.77.0.11 {KEY}1\n10.77.0.12 {KEY}2\n"


def test_ansible_gets_two_groups_and_refuses_unknown_keys() -> None:
    found = inventory.for_ansible(LAB, Path("/k/id"), Path("/k/known"))["all"]
    assert found["children"] == {
        "control_plane": {"hosts": {"cp1": {"ansible_host": "10.77.0.11"}}},
        "workers": {"hosts": {"w1": {"ansible_host": "10.77.0.12"}}},
    }
    assert found["vars"]["ansible_ssh_private_key_file"] == "/k/id"
    assert found["vars"]["ansible_ssh_common_args"] == "-o UserKnownHostsFile=/k/known -o StrictHostKeyChecking=yes"
