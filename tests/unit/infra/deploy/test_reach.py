"""Why a machine cannot be used, in words that help; with real ssh on loopback, where nobody listens."""

import dataclasses
import shutil
import socket
from pathlib import Path

import pytest

from govcloud_infra.deploy import reach
from govcloud_infra.deploy.reach import Answer, Door
from govcloud_infra.inventory import Host, SshAccess

DOOR = Door(
    name="m1", address="127.0.0.1", port=22, user="ops", key=Path("/keys/ops"), known_hosts=Path("/keys/known_hosts")
)


@pytest.mark.parametrize(
    ("code", "errors", "says"),
    [
        (0, "Warning: something", ""),
        (66, "", "run there: apt-get install python3"),
        (1, "sudo: a password is required", "ops may not use sudo without a password"),
        (255, "Host key verification failed.", "shows another SSH host key"),
        (255, "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nPermission denied", "do not go on"),
        (255, "ops@127.0.0.1: Permission denied (publickey).", "put its public line (/keys/ops.pub) into ~ops/.ssh"),
        (255, "WARNING: UNPROTECTED PRIVATE KEY FILE!\nPermission denied", "run: chmod 600 /keys/ops"),
        (
            255,
            "ssh: connect to host 127.0.0.1 port 22: Connection refused",
            "no way in by SSH at 127.0.0.1:22 (ssh: con",
        ),
        (255, "no end after 30 s", "(no end after 30 s); is it on"),
        (1, "", "it ended with 1"),
    ],
)
def test_what_is_wrong_and_what_to_do(code: int, errors: str, says: str) -> None:
    found = reach.explain(DOOR, Answer(code=code, output="", errors=errors))
    assert says in found if says else found == ""


def test_each_machine_is_entered_as_ansible_does() -> None:
    access = SshAccess(user="ops", private_key=Path("/k/ops"), site_key=Path("/k/site"), known_hosts=Path("/k/known"))
    hosts = [
        Host(name="a", role="worker", address="10.0.0.1", host_key="x y", provider="static", port=2222),
        Host(name="b", role="worker", address="10.0.0.2", host_key="x y"),
    ]
    doors = [(door.name, door.user, str(door.key), door.port) for door in reach.doors(hosts, access)]
    assert doors == [("a", "ops", "/k/ops", 2222), ("b", "root", "/k/site", 22)]


def test_a_key_that_is_not_there_is_the_first_thing_to_say() -> None:
    assert reach.knock([DOOR]) == {
        "m1": "the key /keys/ops is not on this host; correct spec.ssh.privateKeyFile, or put the key there"
    }


def test_all_that_do_not_answer_are_named_at_once(tmp_path: Path) -> None:
    assert shutil.which("ssh"), "deploy needs it too"
    with socket.create_server(("127.0.0.1", 0)) as server:
        shut = server.getsockname()[1]
    (tmp_path / "key").touch(mode=0o600)
    doors = [dataclasses.replace(DOOR, name=name, port=shut, key=tmp_path / "key") for name in ("m1", "m2")]
    found = reach.knock(doors)
    assert set(found) == {"m1", "m2"}
    assert all("Connection refused" in text and f"127.0.0.1:{shut}" in text for text in found.values())
    assert reach.knock([]) == {}
