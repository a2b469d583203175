"""Tars that are the same, byte for byte, for the same content: sorted, one time, owner root."""

import io
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from govcloud_infra.bundle import command

TIME_SECONDS = 1_700_000_000
"""The one modification time (Unix seconds) of everything the bundle makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One member of a tar: a file with the content of `source`, a symbolic link to `link`, or else a folder."""

    path: str
    mode: int
    source: Path | None = None
    link: str | None = None


def tree(source: Path, path: str, mode: int | None = None) -> list[Entry]:
    """Entries for a file, or for all files below a folder; without `mode` a file is 0755 or 0644, as it is found."""
    if source.is_file():
        return [Entry(path=path, mode=mode or _plain_mode(source), source=source)]
    files = [file for file in sorted(source.rglob("*")) if file.is_file()]
    return [
        Entry(path=f"{path}/{file.relative_to(source)}", mode=mode or _plain_mode(file), source=file) for file in files
    ]


def write(output: Path, entries: Iterable[Entry], *, parents: bool) -> None:
    """Write the tar. `parents` adds the folders above each entry; over another layer they are left as they are."""
    members = {_clean(entry.path): entry for entry in entries}
    if parents:
        members = {**_parents(members), **members}
    with tarfile.open(output, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(members):
            _add(tar, path, members[path])


def compress(source: Path, output: Path, shell: command.Shell) -> None:
    """Zstandard: unpacks several times faster than gzip; the same input gives the same bytes on any number of cores."""
    shell.run(["zstd", "-q", "-f", "-T0", "-6", source, "-o", output])
    source.unlink()


def member(tar: Path, path: str, output: Path) -> None:
    """Copy one file out of a tar; links are followed within it."""
    with tarfile.open(tar) as opened:
        wanted = _clean(path)
        content = next((opened.extractfile(m) for m in opened if _clean(m.name) == wanted), None)
        output.write_bytes(content.read() if content else b"")


def _parents(members: Mapping[str, Entry]) -> dict[str, Entry]:
    above = {str(p) for path in members for p in PurePosixPath(path).parents if str(p) != "."}
    return {path: Entry(path=path, mode=0o755) for path in above}


def _add(tar: tarfile.TarFile, path: str, entry: Entry) -> None:
    info = tarfile.TarInfo(path)
    info.mtime, info.mode = TIME_SECONDS, entry.mode
    if entry.link is not None:
        info.type, info.linkname = tarfile.SYMTYPE, entry.link
        tar.addfile(info)
    elif entry.source is None:
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
    else:
        with entry.source.open("rb") as file:
            info.size = file.seek(0, io.SEEK_END)
            file.seek(0)
            tar.addfile(info, file)


def _clean(path: str) -> str:
    return str(PurePosixPath("/", path)).lstrip("/")


def _plain_mode(file: Path) -> int:
    return 0o755 if file.stat().st_mode & 0o100 else 0o644
