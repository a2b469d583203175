"""Looks into the files and image layers of a component for what they are made of."""

import mmap
import re
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from govcloud_infra.bundle import debian
from govcloud_infra.bundle.sbom import buildinfo

_PROGRAM_LEAST_BYTES = 100_000  # no Go program is smaller
_ELF, _ZSTD, _GZIP = b"\x7fELF", b"\x28\xb5\x2f\xfd", b"\x1f\x8b"
_TAR_AT, _TAR = 257, b"ustar"
_COPYRIGHT = re.compile(r"usr/share/doc/([^/]+)/copyright")


@dataclass(slots=True)
class Findings:
    """What was found in a component, unread: programs by Go, METADATA of wheels, dpkg's status, copyright files."""

    programs: list[buildinfo.BuildInfo] = field(default_factory=list)
    wheels: list[str] = field(default_factory=list)
    packages: list[debian.Package] = field(default_factory=list)
    copyrights: dict[str, str] = field(default_factory=dict)


def look(path: Path, into: Findings) -> None:
    """Look into one blob: a program, or a tar, compressed or not. Anything else holds nothing."""
    with path.open("rb") as file:
        head = file.read(_TAR_AT + len(_TAR))
    if head.startswith(_ELF):
        _program(path, into)
    elif head.startswith((_ZSTD, _GZIP)) or head[_TAR_AT:] == _TAR:
        with _unpacked(path, head) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                if member.isreg():
                    _member(tar, member, into)


def _program(path: Path, into: Findings) -> None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = buildinfo.parse(content)
    if found is not None:
        into.programs.append(found)


def _member(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Findings) -> None:
    name = member.name.removeprefix("./")
    copyright_ = _COPYRIGHT.fullmatch(name)
    if copyright_ is not None:
        into.copyrights[copyright_[1]] = _content(tar, member).decode(errors="replace")
    elif name.endswith(".dist-info/METADATA"):
        into.wheels.append(_content(tar, member).decode(errors="replace"))
    elif name == "var/lib/dpkg/status":
        into.packages.extend(debian.packages(_content(tar, member).decode()))
    elif member.size >= _PROGRAM_LEAST_BYTES and member.mode & 0o111:
        content = _content(tar, member)
        found = buildinfo.parse(content) if content.startswith(_ELF) else None
        if found is not None:
            into.programs.append(found)


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = tar.extractfile(member)
    return opened.read() if opened is not None else b""


@contextmanager
def _unpacked(path: Path, head: bytes) -> Iterator[IO[bytes]]:
    """The content of a tar. Python reads no Zstandard yet, so the program that packed it unpacks it."""
    if not head.startswith((_ZSTD, _GZIP)):
        with path.open("rb") as file:
            yield file
        return
    tool = "zstd" if head.startswith(_ZSTD) else "gzip"
    with subprocess.Popen([tool, "-dc", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        if process.stdout is not None:
            yield process.stdout
            process.stdout.read()
