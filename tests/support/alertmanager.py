"""The real Alertmanager of the bundle and the window beside it, as they are deployed, but for addresses."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from govcloud_infra.paths import REPOSITORY
from support import apiserver as servers
from support import calling, mounted
from support.manifests import documents
from support.mounted import Mount, Site
from support.waiting import is_open, wait

MANIFEST = REPOSITORY / "monitoring" / "deploy" / "33-alertmanager.yaml"
NAME = mounted.ALERTMANAGER.dns_names[0]
_CHROOT = ("chroot", "--userspec=65534:65534")


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """A running one, in its image's folder `root`."""

    root: Path
    port: int
    site: Site

    @property
    def server(self) -> Mount:
        """What is mounted from its Secret."""
        return Mount(self.root / "etc/tls/server")

    @property
    def client(self) -> Mount:
        """What window and amtool have."""
        return Mount(self.root / "etc/tls/client")

    def how(self) -> ssl.SSLContext:
        """As Prometheus asks."""
        return mounted.context(self.site.prometheus.folder, self.site.authority.certificate)

    def tell(self, *alerts: dict[str, Any]) -> None:
        """As Prometheus does."""
        status, body = calling.ask(self.port, "/api/v2/alerts", self.how(), NAME, post=json.dumps(alerts))
        assert (status, body) == (200, "")

    def get(self, path: str) -> Any:
        """What the API answers."""
        status, body = calling.ask(self.port, path, self.how(), NAME)
        assert status == 200, body
        return json.loads(body)

    def amtool(self, *words: str) -> subprocess.CompletedProcess[str]:
        """As somebody runs it who entered the pod."""
        command = [*_CHROOT, str(self.root), "/usr/bin/amtool", *words]
        env = dict(os.environ) | {"HOME": "/tmp"}
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20, env=env)


@contextmanager
def serving(root: Path, log: Path, configuration: Mapping[str, Any], site: Site) -> Iterator[Alertmanager]:
    """It never comes up with a configuration that is wrong. Without a copy: who is alone needs no gossip."""
    running = Alertmanager(root, servers.free_port(), site)
    for mount, wanted in ((running.server, mounted.ALERTMANAGER), (running.client, mounted.WINDOW)):
        mount.issue(wanted, site.authority)
    _furnish(root, configuration, running.port)
    program = [*_CHROOT, str(root), "/usr/bin/prometheus-alertmanager"]
    with servers.process([*program, *_arguments(running.port)], log):
        wait(lambda: is_open(running.port))
        wait(lambda: calling.ask(running.port, "/-/ready", running.how(), NAME)[0] == 200)
        yield running
    for folder in (running.server.folder, running.client.folder, root / "alertmanager"):
        shutil.rmtree(folder)
    (root / "alertmanager").mkdir(mode=0o777)
    (root / "alertmanager").chmod(0o777)


@contextmanager
def window(behind: Alertmanager, log: Path) -> Iterator[int]:
    """The port of a window on it."""
    port = servers.free_port()
    given = {each["name"]: each["value"] for each in _container("window")["env"]}
    own = {
        "GOVCLOUD_WINDOW_TARGET": given["GOVCLOUD_WINDOW_TARGET"].replace(":9093", f":{behind.port}"),
        "GOVCLOUD_WINDOW_TLS_FOLDER": f"{behind.root}{given['GOVCLOUD_WINDOW_TLS_FOLDER']}",
        "GOVCLOUD_WINDOW_PORT": str(port),
    }
    module = _container("window")["command"][1:]
    with servers.process([sys.executable, *module], log, dict(os.environ) | given | own):
        wait(lambda: is_open(port))
        yield port


def _container(name: str) -> dict[str, Any]:
    [deployed] = [each for each in documents(MANIFEST) if each["kind"] == "StatefulSet"]
    [found] = [each for each in deployed["spec"]["template"]["spec"]["containers"] if each["name"] == name]
    return dict(found)


def _furnish(root: Path, configuration: Mapping[str, Any], port: int) -> None:
    """ConfigMaps where the pod mounts them; the one with the site's configuration is written by deploy."""
    data = {each["metadata"]["name"]: each["data"] for each in documents(MANIFEST) if each["kind"] == "ConfigMap"}
    data["alertmanager-config"] = {"alertmanager.yml": yaml.safe_dump(dict(configuration))}
    [deployed] = [each for each in documents(MANIFEST) if each["kind"] == "StatefulSet"]
    volumes = deployed["spec"]["template"]["spec"]["volumes"]
    maps = {each["name"]: each["configMap"]["name"] for each in volumes if "configMap" in each}
    for mount in _container("alertmanager")["volumeMounts"]:
        if mount["name"] in maps:
            folder = root / mount["mountPath"].lstrip("/")
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in data[maps[mount["name"]]].items():
                (folder / name).write_text(text.replace(":9093", f":{port}"))


def _arguments(port: int) -> list[str]:
    deployed = [word for word in _container("alertmanager")["args"] if not word.startswith("--cluster.")]
    placed = [word.replace("=:9093", f"=127.0.0.1:{port}") for word in deployed]
    return [*placed, "--cluster.listen-address="]
