"""Debian root file systems, by mmdebstrap from the host's signed archive, each with a record of what went into it."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from govcloud_api.errors import ToolFailed
from govcloud_infra.bundle import archive, command, debian, keys, recipe

SUITE = "bookworm"
_PINS = "/etc/apt/preferences.d/recorded"


def packages(text: str) -> list[str]:
    """The packages of a list, one a line; `#` starts a comment. Pure."""
    return [name for line in text.splitlines() if (name := line.partition("#")[0].strip())]


def arguments(
    one: recipe.Rootfs, names: list[str], folder: Path, output: Path, unwanted: Sequence[str] = ()
) -> list[str]:
    """mmdebstrap's command line. Devices are left out: whoever starts the system brings its own. Pure.

    Beside `output` lie `pins`, the preferences that apt is given, and `record/`, which takes apt's indexes before the
    recipe's hooks and dpkg's status and the licences behind them. The files of packages `unwanted` are removed again.
    """
    stage = "extract" if one.variant == "extract" else "customize"  # the last stage that the variant has
    pins, record = output.with_name("pins"), output.with_name("record")
    archives = " /var/cache/apt/archives" if one.variant == "extract" else ""
    hooks = [
        f"copy-out /var/lib/apt/lists{archives} {shlex.quote(str(record))}",
        *(removal(name) for name in unwanted),
        *(f'sh {shlex.quote(str(folder / hook))} "$1"' for hook in one.hooks),
        f'rm -f "$1{_PINS}"',
        f"copy-out /var/lib/dpkg/status /usr/share/doc {shlex.quote(str(record))}",
    ]
    return [
        "mmdebstrap", f"--variant={one.variant}", f"--include={','.join(names)}", "--skip=output/mknod,output/dev",
        '--aptopt=APT::Install-Recommends "false"', "--format=tar",
        f"--setup-hook=upload {shlex.quote(str(pins))} {_PINS}", *(f"--{stage}-hook={hook}" for hook in hooks),
        SUITE, str(output),
    ]  # fmt: skip


def removal(name: str) -> str:
    """The hook that takes the files of an unpacked package out of the root again; folders stay. Pure.

    A package of that name that was not unpacked is an error, so that a list does not outlive its reason.
    """
    return (
        f'cd "$1" && dpkg-deb --fsys-tarfile var/cache/apt/archives/{shlex.quote(name)}_*.deb > .unwanted && '
        "tar --list --file .unwanted | grep -v '/$' | tr '\\n' '\\0' | xargs -0 rm -f .unwanted"
    )


def preferences(versions: Mapping[str, str]) -> str:
    """What has apt take these versions, older ones too, while the archive still has them. Pure."""
    return "".join(
        f"Package: {name}\nPin: version {version}\nPin-Priority: 1001\n\n" for name, version in sorted(versions.items())
    )


def key(one: recipe.Recipe, name: str) -> str:
    """Key of the step that makes a root file system: its definition, package list and hooks."""
    described = one.rootfs[name]
    named = (*described.lists, *described.hooks, *described.reads)
    files = keys.sources([one.folder / file for file in named], one.folder)
    later = {"reads": described.reads, "without": described.without}  # fields that came later change no older key
    definition = described.model_dump(exclude={field for field, value in later.items() if not value})
    return keys.key({"rootfs": definition, "files": files, "layered": one.layered(name)})


def record_key(one: recipe.Recipe, name: str) -> str:
    """Key of the step that holds the record of a root file system."""
    return keys.key({"record of": key(one, name)})


def build(
    one: recipe.Recipe, name: str, output: Path, shell: command.Shell, versions: Mapping[str, str]
) -> debian.Record:
    """Make the root file system `name` into `output`, a tar, compressed when it becomes a layer of an image.

    Packages are taken in these versions where the archive has them. When they do not fit together any more, the
    newest are taken. Raises ToolFailed.
    """
    try:
        _make(one, name, output, shell, versions)
    except ToolFailed:
        if not versions:
            raise
        _make(one, name, output, shell, {})
    record = _record(output.with_name("record"), one.rootfs[name].variant, unwanted(one, name))
    if one.layered(name):
        raw = output.rename(output.with_suffix(".raw"))
        archive.compress(raw, output, shell)
    return record


def _make(one: recipe.Recipe, name: str, output: Path, shell: command.Shell, versions: Mapping[str, str]) -> None:
    described = one.rootfs[name]
    output.with_name("record").mkdir(parents=True, exist_ok=True)
    output.with_name("pins").write_text(preferences(versions))
    names = packages((one.folder / described.packages).read_text())
    shell.run(arguments(described, names, one.folder, output, unwanted(one, name)), env=_ENVIRONMENT)


def unwanted(one: recipe.Recipe, name: str) -> list[str]:
    """The packages that the root file system `name` is to do without."""
    file = one.rootfs[name].without
    return packages((one.folder / file).read_text()) if file else []


def _record(folder: Path, variant: str, unwanted: Sequence[str]) -> debian.Record:
    lists = sorted((folder / "lists").iterdir())
    if variant == "extract":  # nothing is installed, so dpkg knows of nothing: the files of the packages say what it is
        unpacked = [_package(file.name) for file in sorted((folder / "archives").glob("*.deb"))]
        installed = [package for package in unpacked if package.name not in unwanted]
    else:
        installed = debian.packages((folder / "status").read_text())
    index = (file.read_text() for file in lists if file.name.endswith("_Packages"))
    copyrights = {file.parent.name: file.read_text(errors="replace") for file in (folder / "doc").glob("*/copyright")}
    found = debian.with_licences(debian.with_hashes(installed, index), copyrights)
    releases = [debian.release(file.read_text()) for file in lists if file.name.endswith("_InRelease")]
    return debian.Record(releases=tuple(releases), packages=tuple(sorted(found, key=lambda one: one.name)))


def _package(file: str) -> debian.Package:
    name, version, architecture = file.removesuffix(".deb").replace("%3a", ":").split("_")
    return debian.Package(name=name, version=version, architecture=architecture, source=name)


_ENVIRONMENT: Mapping[str, str] = {"SOURCE_DATE_EPOCH": str(archive.TIME_SECONDS), "LC_ALL": "C.UTF-8"}
