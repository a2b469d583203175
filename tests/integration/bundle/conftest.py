"""A throw-away bundle: the project's own crane and registry, and a tiny component that a test may change."""

import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from govcloud_infra.bundle import build, store

HELLO = """package main

import "fmt"

func main() { fmt.Println("hello from the bundle") }
"""
RECIPE = {
    "version": "v1.0.0",
    "licence": "Apache-2.0",
    "priority": 50,
    "usual_seconds": 5,
    "uses": ["crane", "registry"],
    "go": {"programs": {"hello": {"package": "."}}},
    "files": {"hello": "go:hello"},
    "images": {
        "hello:v1.0.0": {
            "layers": [
                {"folders": {"tmp": "1777"}, "files": {"usr/local/bin/hello": "go:hello"}},
                {
                    "files": {"etc/motd": {"from": "recipe:motd", "mode": "0600"}},
                    "links": {"usr/bin/hi": "../local/bin/hello"},
                },
            ],
            "entrypoint": ["/usr/local/bin/hello"],
            "user": "65532:65532",
            "env": {"LANG": "C.UTF-8"},
        }
    },
}  # fmt: skip

Tree = Callable[[str], Path]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Makes a work tree by name with the recipes of crane, registry and hello; returns the folder of recipes."""

    def make(name: str) -> Path:
        recipes = tmp_path / name / "infra" / "bundle"
        for tool in ("crane", "registry"):
            shutil.copytree(build.RECIPES / tool, recipes / tool)
        hello = recipes / "hello"
        hello.mkdir()
        (hello / "main.go").write_text(HELLO)
        (hello / "go.mod").write_text("module hello\n\ngo 1.26.0\n")
        (hello / "motd").write_text("welcome\n")
        (hello / "component.yaml").write_text(yaml.safe_dump(RECIPE))
        return recipes

    return make


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that holds crane and registry, built once."""
    root = tmp_path_factory.mktemp("tools") / "bundle"
    build.build(build.Order(root=root, stream=io.StringIO(), names=["crane", "registry"]))
    return root


@pytest.fixture
def bundle(tools: Path, tmp_path: Path) -> Callable[[str], store.Store]:
    """Makes a bundle by name that holds crane and registry already."""

    def make(name: str) -> store.Store:
        # Links: blobs are never changed in place, and every other file is replaced whole, but for the lock.
        shutil.copytree(tools, tmp_path / name, copy_function=os.link, ignore=shutil.ignore_patterns("lock"))
        return store.Store(tmp_path / name)

    return make
