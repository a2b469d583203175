"""Puts OCI images together without a daemon: the bundle's own crane against the bundle's own registry on loopback."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from govcloud_api.errors import ToolFailed
from govcloud_infra.bundle import command, host, manifest, recipe, store

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_START_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A crane and a running registry at `address` (host:port)."""

    crane: Path
    address: str
    scratch: Path
    shell: command.Shell

    def build(self, ref: str, image: recipe.Image, layers: Sequence[Path], into: store.Store) -> manifest.ImageEntry:
        """Make the image `ref` (name:tag) of layers (tars, lowest first) and move its blobs into the store."""
        target = f"{self.address}/{ref}"
        files = [argument for layer in layers for argument in ("-f", str(layer))]
        self.shell.run([self.crane, "append", "--oci-empty-base", *files, "-t", target])
        self.shell.run([self.crane, "mutate", target, *configuration(image), "-t", target])
        folder = self.scratch / "layout"
        shutil.rmtree(folder, ignore_errors=True)
        self.shell.run([self.crane, "pull", "--format=oci", target, folder])
        return _take(folder, into)


def configuration(image: recipe.Image) -> list[str]:
    """crane mutate's flags for what a container of the image runs. Pure."""
    flags = [f"--env={name}={value}" for name, value in {"PATH": PATH, **image.env}.items()]
    flags += [f"--entrypoint={','.join(image.entrypoint)}"] if image.entrypoint else []
    flags += [f"--cmd={','.join(image.cmd)}"] if image.cmd else []
    flags += [f"--user={image.user}"] if image.user else []
    flags += [f"--workdir={image.workdir}"] if image.workdir else []
    return [*flags, f"--set-platform=linux/{host.architecture()}"]


@contextmanager
def open_bench(crane: Path, registry: Path, scratch: Path, shell: command.Shell) -> Iterator[Bench]:
    """Start a registry that listens on loopback only and keeps its data in `scratch`; stop it at the end."""
    address = f"127.0.0.1:{_free_port()}"
    scratch.mkdir(parents=True, exist_ok=True)
    settings = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(scratch / "registry")}},
        "http": {"addr": address, "secret": "loopback"},
    }
    file = scratch / "registry.json"
    file.write_text(json.dumps(settings))  # JSON is YAML, which the registry reads
    with shell.log.open("ab") as log:
        process = subprocess.Popen(
            command.with_parent([str(registry), "serve", str(file)]), stdout=log, stderr=log, start_new_session=True,
            env={"OTEL_TRACES_EXPORTER": "none", "PATH": PATH},
        )  # fmt: skip
        shell.processes.start(process)
        try:
            _wait_until_up(address, process, shell.log)
            yield Bench(crane=crane, address=address, scratch=scratch, shell=shell)
        finally:
            process.terminate()
            process.wait()
            shell.processes.end(process)


def _take(folder: Path, into: store.Store) -> manifest.ImageEntry:
    index = json.loads((folder / "index.json").read_text())
    digest = index["manifests"][0]["digest"].removeprefix("sha256:")
    blobs = folder / "blobs" / "sha256"
    described = json.loads((blobs / digest).read_text())
    parts = [described["config"], *described["layers"]]
    names = dict.fromkeys([*(p["digest"].removeprefix("sha256:") for p in parts), digest])
    size = sum(into.take(blobs / name).size for name in names)
    return manifest.ImageEntry(manifest=digest, size=size)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                f"http://{address}/v2/", timeout=1
            ).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise ToolFailed(f"The bundle's registry did not start on {address}; see the end of {log}, then run again.")
