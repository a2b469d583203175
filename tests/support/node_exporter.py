"""The real node-exporter of the bundle as it is deployed, but for its address and where the machine's files are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from govcloud_infra.bundle import store
from support import apiserver as servers
from support.images import unpacked
from support.machine_metrics import ROLE, Machine
from support.manifests import documents
from support.mounted import Site
from support.waiting import is_open, wait

MANIFEST = ROLE.parents[2] / "monitoring" / "deploy" / "40-node-exporter.yaml"
_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all")


@contextmanager
def running(machine: Machine, site: Site, log: Path) -> Iterator[int]:
    """Its port on loopback, while it runs without any right, with the certificates of `site`."""
    port = servers.free_port()
    web = machine.root / "web"
    web.mkdir()
    places = {
        "$(NODE_ADDRESS):9100": f"127.0.0.1:{port}",
        "/etc/node-exporter/web": str(web),
        "/etc/node-exporter/tls": str(site.node_exporter.folder),
        "/host/root/var": f"{machine.root}/var",
        "/host/root": "/",
        "/host": "",
    }
    for name, text in _one("ConfigMap")["data"].items():
        (web / name).write_text(_placed(text, places))
    [container] = _one("DaemonSet")["spec"]["template"]["spec"]["containers"]
    arguments = [_placed(word, places) for word in container["args"]]
    with servers.process([*_NOBODY, str(_program(machine.root)), *arguments], log):
        wait(lambda: is_open(port))
        yield port


def _program(folder: Path) -> Path:
    """For a user who may not enter the folders of tests."""
    given = Path(os.environ.get("GOVCLOUD_TEST_BIN") or "/nonexistent") / "node-exporter"
    if given.exists():
        return Path(shutil.copy(given, folder / "node-exporter"))
    kept = store.Store(store.default_root(os.environ))
    return unpacked(kept, "node-exporter", folder / "image") / "usr/local/bin/node-exporter"


def _one(kind: str) -> dict[str, Any]:
    [found] = [item for item in documents(MANIFEST) if item["kind"] == kind]
    return dict(found)


def _placed(text: str, places: Mapping[str, str]) -> str:
    for place, here in places.items():
        text = text.replace(place, here)
    return text
