"""A bundle as one file: a plain tar with manifest.json first, then the manifests of images, then every other blob.

The order lets a reader know, for each member as it comes, whether the bundle has such a blob: manifest.json names
files and image manifests, and those name the rest. The same bundle gives the same file.
"""

import errno
import hashlib
import io
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from typing_extensions import Buffer

from govcloud_api.errors import BundleCorrupt, ConfigError, ToolFailed
from govcloud_infra.bundle import archive, manifest, store

_MANIFEST = "manifest.json"
_MANIFEST_MOST_BYTES = 64 * 2**20
_IMAGE_MANIFEST_MOST_BYTES = 4 * 2**20
_BLOB = re.compile(r"blobs/sha256/([0-9a-f]{64})")
_CHUNK_BYTES = 2**20


class Meter(Protocol):
    """What is told of each piece that was copied."""

    def advance(self, count: int) -> None:
        """So many bytes more are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What went through: blobs, bytes of the file, its SHA-256 (hex; of an import none), and the bundle's digest."""

    blobs: int
    new: int
    size: int
    digest: str
    sha256: str = ""


def size_of(kept: store.Store) -> int:
    """Bytes that an export is going to read, for a meter. Raises BundleCorrupt."""
    return sum(kept.path(blob.sha256).stat().st_size for blob in _wanted(kept, kept.manifest()))


def write(kept: store.Store, file: Path, meter: Meter) -> Passed:
    """Export the bundle into `file`; every blob is hashed on its way. Raises BundleCorrupt, ToolFailed (disk full).

    The file appears under its name when it is whole. Raises ConfigError when its folder does not exist.
    """
    if not file.parent.is_dir():
        raise ConfigError(f"There is no folder {file.parent}; name a file in a folder that exists.")
    found = kept.manifest()
    wanted = _wanted(kept, found)
    incoming = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with _room_on(file.parent, "export the bundle"), incoming.open("wb") as raw:
            hashed = _Hashed(raw)
            with tarfile.open(fileobj=hashed, mode="w|", format=tarfile.USTAR_FORMAT) as tar:
                text = found.to_json().encode()
                tar.addfile(_member(_MANIFEST, len(text)), io.BytesIO(text))
                for blob in wanted:
                    _add(tar, kept, blob, meter)
            raw.flush()
            os.fsync(raw.fileno())
        incoming.replace(file)
    finally:
        incoming.unlink(missing_ok=True)
    return Passed(
        blobs=len(wanted), new=0, size=file.stat().st_size, digest=found.digest, sha256=hashed.sum.hexdigest()
    )


def read(kept: store.Store, file: Path, meter: Meter) -> Passed:
    """Import `file` into a store, which may hold a bundle. Needs the lock.

    Raises BundleCorrupt, ToolFailed (disk full), ConfigError.

    Every blob is hashed before it takes its place; one that is there and sound is kept. The manifest is replaced last:
    until then the store holds what it held, and a second run takes over what the first one brought.
    """
    if not file.is_file():
        raise ConfigError(f"{file} is no file; name a file that `govcloud bundle export` wrote.")
    with _room_on(kept.root, "import the bundle"), file.open("rb") as raw:
        try:
            with tarfile.open(fileobj=raw, mode="r|") as tar:
                return _Import(kept, file, meter).all(tar)
        except (tarfile.TarError, EOFError) as error:
            raise BundleCorrupt(f"{file} is damaged or no export of a bundle ({error}). {_AGAIN}") from error


class _Import:
    """One run through a file."""

    def __init__(self, kept: store.Store, file: Path, meter: Meter) -> None:
        self._kept, self._file, self._meter = kept, file, meter
        self._expected: dict[str, store.Blob] = {}
        self._seen: set[str] = set()
        self._new = 0

    def all(self, tar: tarfile.TarFile) -> Passed:
        members = iter(tar)
        found = self._manifest(tar, next(members, None))
        for member in members:
            self._blob(tar, member)
        missing = [blob for sha256, blob in self._expected.items() if sha256 not in self._seen]
        if missing:
            raise self._bad(
                f"blobs/sha256/{missing[0].sha256}", f"is missing, of {len(missing)}: the file is cut short"
            )
        self._kept.replace_manifest(found)
        return Passed(blobs=len(self._seen), new=self._new, size=self._file.stat().st_size, digest=found.digest)

    def _manifest(self, tar: tarfile.TarFile, member: tarfile.TarInfo | None) -> manifest.Manifest:
        if member is None or member.name != _MANIFEST or not member.isreg() or member.size > _MANIFEST_MOST_BYTES:
            raise self._bad(member.name if member else _MANIFEST, "is not the manifest that comes first")
        content = b"".join(self._chunks(tar, member))
        found = manifest.parse(content.decode(errors="replace"), f"{_MANIFEST} in {self._file}")
        for name, component in found.components.items():
            for blob in self._kept.named(name, component):
                self._expect(blob)
        if found.sbom is not None:
            self._expect(store.sbom_blob(found.sbom))
        return found

    def _expect(self, blob: store.Blob) -> None:
        self._expected[blob.sha256] = store.stricter(self._expected.get(blob.sha256), blob)

    def _blob(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        match = _BLOB.fullmatch(member.name)
        blob = self._expected.get(match[1]) if match else None
        if blob is None or not member.isreg() or blob.sha256 in self._seen:
            raise self._bad(member.name, "does not belong there")
        most = blob.size if blob.size is not None else _IMAGE_MANIFEST_MOST_BYTES
        if member.size > most or (blob.size is not None and member.size != most):
            raise self._bad(member.name, f"has {member.size} bytes, which is not the size that the manifest promises")
        self._take(tar, member, blob)
        self._seen.add(blob.sha256)
        if blob.is_image:
            for part in self._kept.parts(blob):
                self._expect(part)

    def _take(self, tar: tarfile.TarFile, member: tarfile.TarInfo, blob: store.Blob) -> None:
        target = self._kept.path(blob.sha256)
        there = store.present(target, member.size) and store.hash_file(target) == blob.sha256
        incoming = target.with_name(f".{blob.sha256}.incoming")
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        try:
            with incoming.open("wb") as output:
                for chunk in self._chunks(tar, member):
                    digest.update(chunk)
                    if not there:
                        output.write(chunk)
            if digest.hexdigest() != blob.sha256:
                raise self._bad(member.name, "is damaged: its content has another hash")
            if not there:
                self._kept.settle(incoming, blob)
                self._new += 1
        finally:
            incoming.unlink(missing_ok=True)

    def _chunks(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
        opened = tar.extractfile(member)
        left = member.size
        while opened is not None and left:
            try:
                chunk = opened.read(min(left, _CHUNK_BYTES))
            except tarfile.ReadError:
                chunk = b""
            if not chunk:
                raise self._bad(member.name, "is cut short")
            left -= len(chunk)
            self._meter.advance(len(chunk))
            yield chunk

    def _bad(self, member: str, what: str) -> BundleCorrupt:
        return BundleCorrupt(f"{self._file}: {member} {what}. The bundle of this host is as it was. {_AGAIN}")


class _Hashed(io.RawIOBase):
    """Passes on what is written and keeps the hash of it."""

    def __init__(self, output: IO[bytes]) -> None:
        self._output, self.sum = output, hashlib.sha256()

    def write(self, content: Buffer) -> int:
        self.sum.update(content)
        return self._output.write(content)


def _wanted(kept: store.Store, found: manifest.Manifest) -> list[store.Blob]:
    """Every blob of the bundle in the order of an export. Raises BundleCorrupt with all that is wrong."""
    needed, faults = kept.needed(found)
    faults += [
        store.broken(blob, kept.path(blob.sha256), "missing or cut short")
        for blob in needed.values()
        if not store.present(kept.path(blob.sha256), blob.size)
    ]
    if faults:
        raise BundleCorrupt("\n".join(dict.fromkeys(faults)))
    return sorted(needed.values(), key=lambda blob: (not blob.is_image, blob.sha256))


def _add(tar: tarfile.TarFile, kept: store.Store, blob: store.Blob, meter: Meter) -> None:
    path = kept.path(blob.sha256)
    with path.open("rb") as source:
        read = _Counted(source, meter)
        tar.addfile(_member(f"blobs/sha256/{blob.sha256}", path.stat().st_size), read)
    if read.sum.hexdigest() != blob.sha256:
        raise BundleCorrupt(store.broken(blob, path, "not what was built: its content has another hash"))


class _Counted(io.RawIOBase):
    """A file that is read once: tells the meter, keeps the hash."""

    def __init__(self, source: IO[bytes], meter: Meter) -> None:
        self._source, self._meter, self.sum = source, meter, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._source.read(size)
        self.sum.update(content)
        self._meter.advance(len(content))
        return content


def _member(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o644, archive.TIME_SECONDS
    return info


@contextmanager
def _room_on(folder: Path, purpose: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise ToolFailed(
            f"The disk of {folder} is full, so govcloud could not {purpose}; free some and run it again."
        ) from error


_AGAIN = (
    "Copy the file again, or export it again, and run the import again; parts that came through need no second copy."
)
