"""Renders Kubernetes manifests from charts and folders inside pinned Go modules."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from govcloud_infra.bundle import command, recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """What a manifest is rendered from: the recipe's folder and the folder of the Go module."""

    recipe_folder: Path
    module_folder: Path
    scratch: Path


def helm(tool: Path, chart: recipe.HelmChart, upstream: Upstream, output: Path, shell: command.Shell) -> None:
    """`helm template`, with nobody's settings; without --kube-version helm believes in a Kubernetes long gone."""
    home = upstream.scratch / "helm"
    environment = {f"HELM_{kind}_HOME": str(home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
    shell.write(
        [
            tool, "template", chart.release, upstream.module_folder / chart.path, "--namespace", chart.namespace,
            "--kube-version", chart.kube_version, "--values", upstream.recipe_folder / chart.values,
        ],
        output, env=environment,
    )  # fmt: skip


def kustomize(kubectl: Path, one: recipe.Kustomization, upstream: Upstream, output: Path, shell: command.Shell) -> None:
    """`kubectl kustomize` over a copy of the upstream folder, since kustomize reads below its own folder only."""
    work = upstream.scratch / "kustomize"
    shutil.rmtree(work, ignore_errors=True)
    copy_tree(upstream.module_folder / one.path, work / "upstream")
    copy_tree(upstream.recipe_folder / one.overlay, work / "overlay")
    shell.write([kubectl, "kustomize", work / "overlay"], output)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder out of the read-only module cache so that the copy can be removed again."""
    shutil.copytree(source, target, copy_function=shutil.copyfile)
    for folder in (target, *(p for p in target.rglob("*") if p.is_dir())):
        folder.chmod(0o755)
