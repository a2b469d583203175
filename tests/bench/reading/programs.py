"""The peers, from their pins into the cache once: a Python with other clients, and a program of client-go's."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from govcloud_infra.bundle import host

BENCH = Path(__file__).parents[1]
REQUIREMENTS = BENCH / "peers.txt"
"""Pinned by hash. After a change of peers.in: uv pip compile --generate-hashes --no-header --no-annotate peers.in."""
CLIENT_GO = BENCH / "clientgo"


def peers_python() -> Path:
    """A Python of this version that has the other clients, and nothing of ours."""
    made = _place("peers", [REQUIREMENTS])
    if not made.exists():
        fresh = made.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        _run([sys.executable, "-m", "venv", fresh])
        pip = [fresh / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "--require-hashes", "-r", REQUIREMENTS])
        fresh.rename(made)
    return made / "bin" / "python"


def client_go() -> Path:
    """The program in `clientgo`."""
    built = _place("clientgo", [CLIENT_GO / name for name in ("go.mod", "go.sum", "main.go")])
    if not built.exists():
        go = host.find_go()
        if go is None:
            raise RuntimeError("there is no Go; run `make env`")
        fresh = built.with_suffix(".new")
        environment = {**os.environ, **host.go_environment(go)}
        subprocess.run([str(go), "build", "-o", str(fresh), "."], cwd=CLIENT_GO, env=environment, check=True)
        fresh.rename(built)
    return built


def versions() -> str:
    """Of the peers."""
    pinned = dict(line.split()[0].split("==") for line in REQUIREMENTS.read_text().splitlines() if "==" in line)
    modules = dict(line.split()[:2] for line in (CLIENT_GO / "go.mod").read_text().splitlines() if "k8s.io/" in line)
    named = [f"{name} {pinned[name]}" for name in ("kubernetes", "lightkube", "kr8s")]
    return ", ".join([*named, f"client-go {modules['k8s.io/client-go']}"])


def _place(name: str, pins: Iterable[Path]) -> Path:
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in pins)).hexdigest()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "govcloud" / "bench"
    cache.mkdir(parents=True, exist_ok=True)
    return cache / f"{name}-{digest[:16]}"


def _run(command: Iterable[object]) -> None:
    subprocess.run([str(word) for word in command], check=True)
