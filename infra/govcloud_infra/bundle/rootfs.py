"""Debian root file systems, by mmdebstrap from the host's signed archive."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from govcloud_infra.bundle import archive, command, keys, recipe

SUITE = "bookworm"


def packages(text: str) -> list[str]:
    """The packages of a list, one a line; `#` starts a comment. Pure."""
    return [name for line in text.splitlines() if (name := line.partition("#")[0].strip())]


def arguments(one: recipe.Rootfs, names: list[str], folder: Path, output: Path) -> list[str]:
    """mmdebstrap's command line. Devices are left out: whoever starts the system brings its own. Pure."""
    stage = "extract" if one.variant == "extract" else "customize"  # the last stage that the variant has
    hooks = [f'--{stage}-hook=sh {shlex.quote(str(folder / hook))} "$1"' for hook in one.hooks]
    return [
        "mmdebstrap", f"--variant={one.variant}", f"--include={','.join(names)}", "--skip=output/mknod,output/dev",
        '--aptopt=APT::Install-Recommends "false"', "--format=tar", *hooks, SUITE, str(output),
    ]  # fmt: skip


def key(one: recipe.Recipe, name: str) -> str:
    """Key of the step that makes a root file system: its definition, package list and hooks."""
    described = one.rootfs[name]
    files = keys.sources([one.folder / f for f in (described.packages, *described.hooks)], one.folder)
    return keys.key({"rootfs": described.model_dump(), "files": files, "layered": one.layered(name)})


def build(one: recipe.Recipe, name: str, output: Path, shell: command.Shell) -> None:
    """Make the root file system `name` into `output`, a tar, compressed when it becomes a layer of an image."""
    described = one.rootfs[name]
    names = packages((one.folder / described.packages).read_text())
    raw = output.with_suffix(".raw") if one.layered(name) else output
    shell.run(arguments(described, names, one.folder, raw), env=_ENVIRONMENT)
    if raw != output:
        archive.compress(raw, output, shell)


_ENVIRONMENT: Mapping[str, str] = {"SOURCE_DATE_EPOCH": str(archive.TIME_SECONDS), "LC_ALL": "C.UTF-8"}
