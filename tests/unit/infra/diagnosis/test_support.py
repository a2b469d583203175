"""A support bundle holds what can be had, names what cannot, and no secret of the site, wherever one was planted."""

import json
import stat
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from govcloud_api.errors import ApiUnavailable, ConfigError
from govcloud_infra import inventory, pki
from govcloud_infra.deploy.context import Context, open_unmeasured
from govcloud_infra.diagnosis import support, support_parts
from govcloud_infra.diagnosis.support_parts import Part
from govcloud_kube.memory import MemoryCluster
from support.sites import LAB

Object = dict[str, Any]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
TOKEN = "abcdef.0123456789abcdef"


def silent(_text: str) -> None:
    """Nobody watches."""


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """The lab's site with keys, passphrase, credentials and logs, and no machine that answers."""
    environ = {"GOVCLOUD_STATE": str(tmp_path / "state"), "GOVCLOUD_CACHE": str(tmp_path / "cache")}
    found = open_unmeasured(LAB, environ)
    paths = found.paths
    for folder in (paths.logs, paths.run, paths.pulumi, paths.pki):
        folder.mkdir(parents=True)
    pki.ensure_ssh_key(paths.ssh_key)
    pki.ensure_ca(paths.pki, "lab", NOW)
    pki.ensure_encryption_config(paths.pki / "encryption.yaml")
    (paths.pulumi / "passphrase").write_text("correct-horse-battery-staple-1234")
    return found


def planted(context: Context) -> list[str]:
    """Every secret of the site, in pieces as long as a line."""
    paths = context.paths
    texts = [(paths.pulumi / "passphrase").read_text(), paths.ssh_key.read_text(), (paths.pki / "ca.key").read_text()]
    config = (paths.pki / "encryption.yaml").read_text()
    lines = [line for text in texts for line in text.splitlines() if "-----" not in line]
    return [*lines, config.partition("secret: ")[2].split()[0], TOKEN]


def unpacked(file: Path) -> dict[str, str]:
    with tarfile.open(file) as archive:
        members = {entry.name.partition("/")[2]: archive.extractfile(entry) for entry in archive.getmembers()}
        return {name: content.read().decode() for name, content in members.items() if content}


def test_no_secret_of_the_site_leaves_wherever_it_was_planted(context: Context, tmp_path: Path) -> None:
    secrets = planted(context)
    everything = "\n".join(secrets) + "\n"
    (context.paths.logs / "ansible.log").write_text(f"joined the node {everything} and went on")
    (context.paths.logs / "run-1.ndjson").write_text(json.dumps({"kind": "step", "text": everything}) + "\n")
    (context.paths.journal).write_text(json.dumps({"id": "1", "error": everything}) + "\n")
    (context.paths.run / "w1.log").write_text(everything)
    written = support.make(context, tmp_path / "s.tar.gz", silent, probe=True)
    found = unpacked(written.file)
    assert {"logs/ansible.log", "logs/run-1.ndjson", "logs/w1.log", "journal.ndjson", "site.yaml"} <= set(found)
    assert [secret for secret in secrets for text in found.values() if secret in text] == []
    assert "joined the node" in found["logs/ansible.log"]
    assert json.loads(found["logs/run-1.ndjson"])["kind"] == "step"


def test_files_of_keys_are_not_in_it_and_only_its_owner_may_read_it(context: Context, tmp_path: Path) -> None:
    context.paths.kubeconfig.write_text("users: [{user: {client-key-data: abc}}]")
    written = support.make(context, tmp_path / "s.tar.gz", silent, probe=False)
    assert not [name for name in written.holds if any(word in name for word in ("key", "pki", "pass", "kube", "ssh"))]
    assert stat.S_IMODE(written.file.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []
    assert set(unpacked(written.file)) == set(written.holds)
    assert json.loads(unpacked(written.file)["CONTENTS.json"])["missing"] == dict(written.missing)


def test_a_site_that_never_was_says_what_is_missing(tmp_path: Path) -> None:
    environ = {"GOVCLOUD_STATE": str(tmp_path / "state"), "GOVCLOUD_CACHE": str(tmp_path / "cache")}
    written = support.make(open_unmeasured(LAB, environ), tmp_path / "s.tgz", silent, probe=True)
    assert {"cluster", "status.json", "health.json", "inventory.json", "journal.ndjson", "logs"} <= set(written.missing)
    assert "no cluster yet" in written.missing["cluster"]
    assert {"site.yaml", "doctor.json", "host.txt"} <= set(written.holds)
    assert "Missing:" in written.text()
    assert not (tmp_path / "state").exists()


def test_the_inventory_has_no_keys(context: Context, tmp_path: Path) -> None:
    keys = {node.name: f"ssh-ed25519 AAAA{node.name}" for node in context.site.spec.nodes}
    inventory.save(inventory.made(context.site, keys), context.paths.inventory)
    parts = [part for part in support_parts.parts(context, silent, probe=False) if part.name == "inventory.json"]
    found = support.gather(parts, [], silent).files["inventory.json"].decode()
    assert [host["name"] for host in json.loads(found)["hosts"]] == ["cp1", "w1", "w2"]
    assert "AAAA" not in found


@pytest.mark.parametrize("error", [ApiUnavailable("no answer"), OSError("gone"), ValueError("odd"), KeyError("x")])
def test_a_part_that_fails_never_keeps_the_rest_out(error: Exception) -> None:
    def fail() -> dict[str, Any]:
        raise error

    parts = [Part(name="bad", make=fail), Part(name="good", make=lambda: {"a.txt": "text", "b.json": {"n": 1}})]
    found = support.gather(parts, [], silent)
    assert set(found.files) == {"a.txt", "b.json"}
    assert found.missing == {"bad": str(error)}


@pytest.mark.parametrize(
    ("target", "says"), [("there.tar.gz", "is there already"), ("nowhere/s.tar.gz", "there is no folder")]
)
def test_a_file_that_cannot_be_written_is_refused(context: Context, tmp_path: Path, target: str, says: str) -> None:
    (tmp_path / "there.tar.gz").write_text("mine")
    with pytest.raises(ConfigError, match=says):
        support.make(context, tmp_path / target, silent, probe=False)
    assert (tmp_path / "there.tar.gz").read_text() == "mine"


def pod(name: str, namespace: str = "kube-system", *, ready: bool = True) -> Object:
    env = [{"name": "DB", "value": "s3cret-of-the-pod"}, {"name": "NODE", "valueFrom": {"fieldRef": {}}}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [{"name": "main", "env": env, "args": ["--token", "s3cret-of-the-pod"]}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "main", "ready": ready}]},
    }


def dumped(*objects: Object, answers: dict[str, bytes] | None = None) -> dict[str, str]:
    spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "tax-forms-sandbox"}}]
    raw = {"/version": b'{"gitVersion": "v1.36.3"}', **(answers or {})}
    cluster = MemoryCluster([*spaces, *objects], raw_answers=raw)
    part = Part(name="cluster", make=lambda: support_parts.cluster(cluster))
    found = support.gather([part], [], silent)
    assert cluster.writes == []
    assert found.missing == {}
    return {name: content.decode() for name, content in found.files.items()}


def test_objects_of_the_platform_without_secrets_and_without_tenants() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "kube-system"}, "data": {}}
    found = dumped(pod("coredns"), pod("web", "tax-forms-sandbox"), secret)
    pods = json.loads(found["cluster/pods.json"])
    assert [item["metadata"]["name"] for item in pods] == ["coredns"]
    assert [item["name"] for item in pods[0]["spec"]["containers"][0]["env"]] == ["DB", "NODE"]
    assert not [name for name in found if "secret" in name or "configmap" in name]
    assert "s3cret-of-the-pod" not in "".join(found.values())


def test_logs_of_containers_that_are_not_well() -> None:
    path = "/api/v1/namespaces/kube-system/pods/ill/log?container=main&tailLines=300&previous="
    found = dumped(pod("ill", ready=False), pod("well"), answers={f"{path}false": f"no token {TOKEN}".encode()})
    logs = {name: text for name, text in found.items() if name.startswith("cluster/logs/")}
    assert set(logs) == {"cluster/logs/kube-system_ill_main.log", "cluster/logs/kube-system_ill_main-before.log"}
    assert TOKEN not in "".join(logs.values())


def test_the_end_of_a_long_log_in_whole_lines(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("first line\nsecond line\nthird line\n")
    assert support_parts.tail(tmp_path / "log", 20) == "third line\n"
    assert support_parts.tail(tmp_path / "log").startswith("first")
