"""The bundle's folder: blobs named by the SHA-256 of their content, one manifest, records of finished steps.

    blobs/sha256/<hex>    every file and every part of an image, never changed once there
    manifest.json         what the bundle holds (see manifest.py)
    steps/<key>.json      finished parts of a build, so that a killed build takes up where it was
    logs/, durations.json, lock, work/    of the builder alone

A consumer reads blobs and manifest only, so the folder may be mounted read-only. Every write is temp file, fsync,
rename: a kill at any instant leaves the old or the new content.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field

from govcloud_api.errors import BundleCorrupt
from govcloud_infra.bundle import manifest as manifests
from govcloud_infra.paths import cache_folder

_INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
_MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


def default_root(environment: Mapping[str, str], foreign: str | None = None) -> Path:
    """The bundle's folder on this host, in the cache folder of `paths.cache_folder`.

    A bundle for another architecture, `foreign`, has a folder of its own beside it.
    """
    return cache_folder(environment) / (f"bundle-{foreign}" if foreign else "bundle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A blob somebody needs: `owner` says for what, `size` in bytes where it is known.

    Without a `component` it belongs to the bundle as a whole.
    """

    component: str
    owner: str
    sha256: str
    size: int | None = None
    mode: str = "0644"
    is_image: bool = False
    """Whether it is the manifest of an image, which names further blobs."""


class _Part(BaseModel):
    media_type: str = Field(alias="mediaType")
    digest: str = Field(pattern="^sha256:[0-9a-f]{64}$")
    size: int


class Store:
    """Reads and writes one bundle folder. Writing needs the lock (lock.py); reading does not."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """Where the blob with this hash lies, whether or not it is there."""
        return self.root / "blobs" / "sha256" / sha256

    def manifest(self) -> manifests.Manifest:
        """What the bundle holds. Raises BundleCorrupt when there is no bundle or its manifest is broken."""
        file = self.root / "manifest.json"
        if not file.is_file():
            raise BundleCorrupt(
                f"There is no bundle in {self.root} (no manifest.json); build or import one: `govcloud bundle build`."
            )
        return manifests.parse(file.read_text(), str(file))

    def manifest_or_empty(self) -> manifests.Manifest:
        """As `manifest`, for a builder: no bundle is an empty one."""
        return self.manifest() if (self.root / "manifest.json").is_file() else manifests.Manifest()

    def versions(self) -> dict[str, str]:
        """Version of each component; empty when there is no bundle. Raises BundleCorrupt when it is broken."""
        return {name: component.version for name, component in self.manifest_or_empty().components.items()}

    def file(self, component: str, name: str) -> Path:
        """Path of a file of the bundle. Raises BundleCorrupt when it is not there with the promised size."""
        entry = self.manifest().file(component, name)
        path = self.path(entry.sha256)
        if not path.is_file() or path.stat().st_size != entry.size:
            blob = Blob(component=component, owner=f"file {name}", sha256=entry.sha256)
            raise BundleCorrupt(broken(blob, path, "missing or cut short"))
        return path

    def blobs(self, name: str, component: manifests.Component) -> Iterator[Blob]:
        """All blobs of a component: what `named` yields, and config and layers of its images."""
        for blob in self.named(name, component):
            yield blob
            if blob.is_image:
                yield from self.parts(blob)

    def named(self, name: str, component: manifests.Component) -> Iterator[Blob]:
        """The blobs that a component itself names: files, records, manifests of images. None of them is read."""
        for file, entry in component.files.items():
            yield Blob(component=name, owner=f"file {file}", sha256=entry.sha256, size=entry.size, mode=entry.mode)
        for rootfs, entry in component.debian.items():
            owner = f"record of the Debian packages of {rootfs}"
            yield Blob(component=name, owner=owner, sha256=entry.sha256, size=entry.size)
        for ref, image in component.images.items():
            yield Blob(component=name, owner=f"image {ref}, manifest", sha256=image.manifest, is_image=True)

    def parts(self, image: Blob) -> Iterator[Blob]:
        """Config and layers of an image, of which `image` is the manifest. Raises BundleCorrupt when it is broken."""
        ref = image.owner.removesuffix(", manifest")
        for part in self._parts(image):
            kind = "config" if "config" in part.media_type else "layer"
            sha256 = part.digest.removeprefix("sha256:")
            yield Blob(component=image.component, owner=f"{ref}, {kind}", sha256=sha256, size=part.size)

    def is_whole(self, name: str, component: manifests.Component) -> bool:
        """Whether every blob is there with its size. Quick: contents are not read (see `verify`)."""
        try:
            return all(present(self.path(b.sha256), b.size) for b in self.blobs(name, component))
        except BundleCorrupt:
            return False

    def verify(self) -> int:
        """Hash every blob; returns how many. Raises BundleCorrupt with component, file and path of each bad one."""
        needed, faults = self.needed(self.manifest())
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            faults.extend(fault for fault in pool.map(self._fault, needed.values()) if fault)
        if faults:
            raise BundleCorrupt("\n".join(dict.fromkeys(faults)))
        return len(needed)

    def needed(self, found: manifests.Manifest) -> tuple[dict[str, Blob], list[str]]:
        """Every blob of a bundle by its hash, and what is wrong with image manifests that name others."""
        needed: dict[str, Blob] = {}
        faults: list[str] = []
        for name, component in found.components.items():
            try:
                for blob in self.blobs(name, component):
                    needed[blob.sha256] = stricter(needed.get(blob.sha256), blob)
            except BundleCorrupt as error:
                faults.append(str(error))
        if found.sbom is not None:
            needed.setdefault(found.sbom.sha256, sbom_blob(found.sbom))
        return needed, faults

    def write_layout(self, image: str, folder: Path) -> None:
        """Make `folder` an OCI layout of one image, whose blobs are this store's: `crane push FOLDER REF` takes it.

        A few hundred bytes are written; `folder` must lie outside the store, which may be read-only.
        Raises BundleCorrupt when the image is not in the bundle.
        """
        entry = self.manifest().image(image)
        size = self.path(entry.manifest).stat().st_size
        described = {"mediaType": _MANIFEST_TYPE, "digest": f"sha256:{entry.manifest}", "size": size}
        index = {"schemaVersion": 2, "mediaType": _INDEX_TYPE, "manifests": [described]}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (folder / "index.json").write_text(json.dumps(index))
        blobs = folder / "blobs"
        blobs.unlink(missing_ok=True)
        blobs.symlink_to((self.root / "blobs").resolve())

    def place(self, component: str, folder: Path) -> None:
        """Put the files of a component into `folder` by name: links to the blobs on the same disk, else copies."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in self.manifest().component(component).files:
            blob, target = self.file(component, name), folder / name
            if target.is_file() and target.samefile(blob):
                continue
            fresh = folder / f".{name}.{os.getpid()}"
            fresh.unlink(missing_ok=True)
            try:
                fresh.hardlink_to(blob)
            except OSError:  # another disk, or a file system without hard links
                shutil.copy2(blob, fresh)
            fresh.replace(target)

    def take(self, source: Path, mode: str = "0644") -> manifests.FileEntry:
        """Move a file into the store (it is gone from `source` afterwards) and describe it."""
        sha256, size = hash_file(source), source.stat().st_size
        target = self.path(sha256)
        if not present(target, size):
            target.parent.mkdir(parents=True, exist_ok=True)
            incoming = target.with_name(f".{sha256}.incoming")
            shutil.move(source, incoming)
            self.settle(incoming, Blob(component="", owner="", sha256=sha256, mode=mode))
        source.unlink(missing_ok=True)
        return manifests.FileEntry(sha256=sha256, size=size, mode=mode)

    def settle(self, incoming: Path, blob: Blob) -> None:
        """Give a whole and checked blob its place; `incoming` lies beside it."""
        target = self.path(blob.sha256)
        incoming.chmod(0o555 if int(blob.mode, 8) & 0o111 else 0o444)
        sync(incoming)
        incoming.replace(target)
        sync(target.parent)

    def step(self, key: str) -> manifests.FileEntry | None:
        """What the step with this key made, if it was finished and its blob is still there."""
        file = self.root / "steps" / f"{key}.json"
        if not file.is_file():
            return None
        entry = manifests.FileEntry.model_validate_json(file.read_text())
        return entry if present(self.path(entry.sha256), entry.size) else None

    def finish_step(self, key: str, entry: manifests.FileEntry) -> None:
        """Remember that the step with this key made this blob."""
        write_whole(self.root / "steps" / f"{key}.json", entry.model_dump_json())

    def record(self, name: str, component: manifests.Component) -> None:
        """Write a finished component into the manifest."""
        self.replace_manifest(self.manifest_or_empty().with_component(name, component))

    def replace_manifest(self, found: manifests.Manifest) -> None:
        """From now on the bundle holds just what `found` says, whose blobs are there."""
        write_whole(self.root / "manifest.json", found.to_json())

    def sweep(self) -> None:
        """Remove what a killed build left half-written. Only for the holder of the lock."""
        shutil.rmtree(self.root / "work", ignore_errors=True)
        for folder in (self.root, self.root / "steps", self.root / "blobs" / "sha256"):
            for leftover in folder.glob(".*"):
                leftover.unlink()

    def _parts(self, image: Blob) -> list[_Part]:
        path = self.path(image.sha256)
        try:
            content = json.loads(path.read_bytes())
            return [_Part.model_validate(part) for part in (content["config"], *content["layers"])]
        except (OSError, ValueError, KeyError, TypeError) as error:
            what = "missing" if isinstance(error, FileNotFoundError) else f"not readable ({error})"
            raise BundleCorrupt(broken(image, path, what)) from error

    def _fault(self, blob: Blob) -> str | None:
        path = self.path(blob.sha256)
        if not path.is_file():
            return broken(blob, path, "missing")
        if hash_file(path) != blob.sha256:
            return broken(blob, path, "not what was built: its content has another hash")
        return None


def hash_file(path: Path) -> str:
    """SHA-256 (hex) of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that a kill or power loss leaves either the old or the new content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh = Path(file.name)
    fresh.chmod(0o644)
    fresh.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Have the disk keep a file's content, or a folder's names, through a power loss."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def present(path: Path, size: int | None) -> bool:
    """Whether a file is there, with its size in bytes where that is known. Quick: its content is not read."""
    return path.is_file() and (size is None or path.stat().st_size == size)


def sbom_blob(entry: manifests.FileEntry) -> Blob:
    """The bill of materials as a blob."""
    return Blob(component="", owner="bill of materials", sha256=entry.sha256, size=entry.size)


def broken(blob: Blob, path: Path, what: str) -> str:
    """What is wrong with a blob, whose it is, and the way out."""
    whose = f"Component {blob.component}, {blob.owner}" if blob.component else f"The {blob.owner} of the bundle"
    again = f"govcloud bundle build {blob.component}".rstrip()
    return f"{whose}: {path} is {what}; delete that file, then run `{again}`, or import the bundle again."


def stricter(one: Blob | None, two: Blob) -> Blob:
    """Of two uses of one blob the one that needs it to be a program; the first otherwise."""
    return two if one is None or (int(two.mode, 8) & 0o111 and not int(one.mode, 8) & 0o111) else one
