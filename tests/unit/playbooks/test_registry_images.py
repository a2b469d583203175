"""Images reach the registry through its writer on the loopback, which runs for no longer than that takes."""

import hashlib
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_infra.paths import REPOSITORY
from support.modules import Ansible, Answer, EndedError, module

registry_images = module("registry_images")
READER, AUTHORITY = "192.0.2.11:5000", "/etc/ca.crt"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def stored(content: dict[str, Any], store: Path) -> str:
    """Put an image manifest into the store; returns its digest."""
    data = json.dumps(content).encode()
    blob = store / "blobs" / "sha256" / sha256(data)
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(data)
    return sha256(data)


DOCKER = "application/vnd.docker.distribution.manifest.v2+json"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ({"mediaType": DOCKER}, DOCKER),
        ({"schemaVersion": 2}, "application/vnd.oci.image.manifest.v1+json"),
    ],
)
def test_a_layout_is_one_image_over_the_blobs_of_the_store(
    content: dict[str, Any], media_type: str, tmp_path: Path
) -> None:
    digest, data = stored(content, tmp_path / "store"), json.dumps(content).encode()
    folder = tmp_path / "layout"
    folder.mkdir()
    registry_images.layout(tmp_path / "store", digest, folder)
    index = json.loads((folder / "index.json").read_text())
    descriptor = {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}
    assert index == {"schemaVersion": 2, "manifests": [descriptor]}
    assert (folder / "blobs" / "sha256" / digest).read_bytes() == data
    assert json.loads((folder / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}


class Machine:
    """Services that listen while they run, and crane, which can only push to one that does."""

    def __init__(self, *, deaf: bool = False, full: bool = False) -> None:
        self._deaf, self._full = deaf, full
        self._listener: socket.socket | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.pushed: dict[str, str] = {}
        self.started = 0

    @property
    def writes(self) -> bool:
        """Could anybody write now?"""
        return self._listener is not None

    def __call__(self, words: list[str]) -> Answer:
        program, verb, *rest = words
        if program == "crane":
            return self._push(*rest)
        assert (program, rest) == ("systemctl", ["registry-fill"])
        if verb == "start":
            self.started += 1
            self._listener = socket.create_server(("127.0.0.1", 0 if self._deaf else self.port))
        elif self._listener is not None:
            self._listener.close()
            self._listener = None
        return 0, "", ""

    def _push(self, folder: str, reference: str) -> Answer:
        registry, image = reference.split("/", 1)
        if self._full:
            return 1, "", "no space left"
        if not self.writes or registry != f"127.0.0.1:{self.port}":
            return 1, "", f"{registry} is read-only"
        index = json.loads((Path(folder) / "index.json").read_text())
        self.pushed[image] = index["manifests"][0]["digest"]
        return 0, "", ""


class Registry:
    """What the site's registry answers: the digests that it has."""

    def __init__(self, digests: dict[str, str], status: int = 200) -> None:
        self._digests, self._status = digests, status
        self.reason = "as told"
        self.closed = False

    def __call__(self, address: str, *, context: str, timeout: float) -> "Registry":
        assert (address, context, timeout > 0) == (READER, AUTHORITY, True)
        return self

    def request(self, method: str, path: str, headers: dict[str, str]) -> None:
        assert method == "HEAD"
        assert "oci.image.manifest" in headers["Accept"]
        found = re.fullmatch("/v2/(.+)/manifests/(.+)", path)
        assert found
        digest = self._digests.get(f"{found[1]}:{found[2]}")
        self.headers = {"Docker-Content-Digest": digest} if digest else {}
        self.status = self._status if digest or self._status != 200 else 404

    def getresponse(self) -> "Registry":
        return self

    def read(self) -> bytes:
        return b""

    def close(self) -> None:
        self.closed = True


class Site:
    """The module's whole world: the store, the registry as it answers, and the machine."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = folder / "store"
        self.images = {name: stored({"config": name}, self.store) for name in ("a:1", "group/b:2")}
        self._patch = monkeypatch

    def filled(self, machine: Machine, registry: Registry, *, check_mode: bool = False) -> EndedError:
        """Run the module; returns its last word."""
        params = {
            "store": str(self.store), "registry": READER, "ca_file": AUTHORITY, "writer": "registry-fill",
            "writer_port": machine.port, "images": self.images,
        }  # fmt: skip
        ansible = Ansible(params=params, machine=machine, check_mode=check_mode)
        self._patch.setattr(registry_images, "AnsibleModule", lambda **_: ansible)
        self._patch.setattr(registry_images.http.client, "HTTPSConnection", registry)
        self._patch.setattr(registry_images.ssl, "create_default_context", lambda *, cafile: cafile)
        with pytest.raises(EndedError) as ended:
            registry_images.main()
        assert registry.closed
        assert not machine.writes
        return ended.value


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(registry_images, "WRITER_SECONDS", -1.0)
    return Site(tmp_path, monkeypatch)


def digests(images: dict[str, str]) -> dict[str, str]:
    return {name: f"sha256:{digest}" for name, digest in images.items()}


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ({}, ["a:1", "group/b:2"]),
        ({"a:1": "own"}, ["group/b:2"]),
        ({"a:1": "sha256:other", "group/b:2": "own"}, ["a:1"]),
        ({"a:2": "own"}, ["a:1", "group/b:2"]),
    ],
    ids=["none", "one", "an older one", "another tag"],
)
def test_what_is_missing_is_pushed_through_the_writer(there: dict[str, str], missing: list[str], site: Site) -> None:
    known = {
        name: f"sha256:{site.images[name]}" if text == "own" and name in site.images else text
        for name, text in there.items()
    }
    machine = Machine()
    ended = site.filled(machine, Registry(known))
    assert ended.said == {"changed": True, "pushed": missing}
    assert machine.pushed == digests({name: site.images[name] for name in missing})
    assert machine.started == 1


def test_nobody_may_write_when_nothing_is_missing(site: Site) -> None:
    machine = Machine()
    assert site.filled(machine, Registry(digests(site.images))).said == {"changed": False, "pushed": []}
    assert machine.started == 0


def test_a_dry_run_says_what_is_missing_and_pushes_nothing(site: Site) -> None:
    machine = Machine()
    ended = site.filled(machine, Registry({}), check_mode=True)
    assert ended.said == {"changed": True, "pushed": ["a:1", "group/b:2"]}
    assert (machine.pushed, machine.started) == ({}, 0)


@pytest.mark.parametrize(
    ("machine", "says"),
    [
        (Machine(full=True), "cannot push a:1: no space left"),
        (Machine(deaf=True), "registry-fill does not answer on port .*; see: journalctl -u registry-fill"),
    ],
    ids=["crane fails", "the writer does not answer"],
)
def test_the_writer_is_stopped_when_a_push_fails(machine: Machine, says: str, site: Site) -> None:
    ended = site.filled(machine, Registry({}))
    assert ended.failed
    assert re.search(says, ended.said["msg"])
    assert machine.pushed == {}


def test_a_registry_that_cannot_say_what_it_has_is_named(site: Site) -> None:
    machine = Machine()
    ended = site.filled(machine, Registry({}, status=503))
    assert ended.failed
    assert ended.said["msg"] == f"registry {READER}: it answers 503 as told when asked for a:1"
    assert machine.started == 0


def test_the_writer_listens_on_the_loopback_only_and_the_reader_refuses_writes() -> None:
    folder = REPOSITORY / "playbooks" / "roles" / "registry" / "templates"
    fill = yaml.safe_load(re.sub(r"\{\{.*?\}\}", "1", (folder / "fill.yml.j2").read_text()))
    config = yaml.safe_load(re.sub(r"\{\{.*?\}\}", "1", (folder / "config.yml.j2").read_text()))
    assert fill["http"] == {"addr": "127.0.0.1:1"}
    assert config["storage"]["maintenance"] == {"readonly": {"enabled": True}}
    assert config["http"]["tls"]["minimumtls"] == "tls1.3"
    assert fill["storage"]["filesystem"] == config["storage"]["filesystem"]
