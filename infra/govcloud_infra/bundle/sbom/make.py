"""Keeps the bundle's bill of materials beside the bundle: looks into what is new, remembers the rest."""

import json
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from govcloud_api.errors import BundleCorrupt
from govcloud_infra.bundle import debian, host, keys, manifest, store
from govcloud_infra.bundle.sbom import document, scan, wheel
from govcloud_infra.bundle.sbom.licences import STANDARD_LIBRARY, Reader
from govcloud_infra.bundle.sbom.parts import Inventory, Part, once

_OURS = "govcloud.internal/"
_VERSION = 2
"""Raised by hand when the same component gives another inventory; every component is then looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """`kept` gets the document; programs that are run come from `tools`, the bundle for this host's architecture."""

    kept: store.Store
    tools: store.Store
    tell: Callable[[str], None]

    def refresh(self) -> None:
        """Write the bill of materials unless it is there for just these components. Needs the lock."""
        found = self.kept.manifest()
        if found.sbom is not None and store.present(self.kept.path(found.sbom.sha256), found.sbom.size):
            return
        reader = _reader(self.tools)
        inventories = {name: self._inventory(name, one, reader) for name, one in found.components.items()}
        self.tell("writing the bill of materials")
        entry = _put(self.kept, document.write(found, inventories))
        self.kept.replace_manifest(found.with_sbom(entry))

    def _inventory(self, name: str, one: manifest.Component, reader: Reader) -> Inventory:
        records = sorted(entry.sha256 for entry in one.debian.values())
        content = {"files": [e.sha256 for e in one.files.values()], "images": [e.manifest for e in one.images.values()]}
        tool = reader.tool.name if reader.tool else None
        key = keys.key({"inventory": _VERSION, "content": content, "records": records, "tool": tool})
        entry = self.kept.step(key)
        if entry is not None:
            return Inventory.model_validate_json(self.kept.path(entry.sha256).read_text())
        self.tell(f"looking into {name} for its bill of materials")
        inventory, final = self._look(name, one, reader)
        if final:
            self.kept.finish_step(key, _put(self.kept, inventory.model_dump_json()))
        return inventory

    def _look(self, name: str, one: manifest.Component, reader: Reader) -> tuple[Inventory, bool]:
        """The inventory, and whether a later look would find nothing more."""
        found = scan.Findings()
        looked_at = {blob.sha256: blob for blob in self.kept.blobs(name, one)}
        for blob in looked_at.values():
            try:
                scan.look(self.kept.path(blob.sha256), found)
            except tarfile.TarError as error:
                what = f"not readable ({error})"
                raise BundleCorrupt(store.broken(blob, self.kept.path(blob.sha256), what)) from error
        modules = {module for program in found.programs for module in program.modules if _is_foreign(module.path)}
        known = reader.read(modules)
        parts = [
            Part(kind="go", name=m.path, version=m.version, checksum=m.checksum,
                 licences=known.get((m.path, m.version), ()))
            for m in modules
        ]  # fmt: skip
        parts += [
            Part(kind="go", name="stdlib", version=p.go.removeprefix("go"), licences=STANDARD_LIBRARY)
            for p in found.programs
        ]
        parts += [wheel.part(metadata) for metadata in found.wheels]
        parts += [_debian(package) for package in self._packages(one, found)]
        return Inventory(parts=once(parts)), reader.holds(modules)

    def _packages(self, one: manifest.Component, found: scan.Findings) -> list[debian.Package]:
        """From the records of the build; a component that was built without takes what its files show."""
        if one.debian:
            texts = [self.kept.path(entry.sha256).read_text() for entry in one.debian.values()]
            return [p for text in texts for p in debian.Record.model_validate_json(text).packages]
        return debian.with_licences(found.packages, found.copyrights)


def stored(kept: store.Store) -> tuple[str, dict[str, object]]:
    """The bill of materials as text and as data. Raises BundleCorrupt when there is none, or it was changed."""
    entry = kept.manifest().sbom
    if entry is None:
        raise BundleCorrupt(
            f"The bundle in {kept.root} has no bill of materials; run `govcloud bundle build`, which writes it."
        )
    path = kept.path(entry.sha256)
    if not path.is_file() or store.hash_file(path) != entry.sha256:
        raise BundleCorrupt(store.broken(store.sbom_blob(entry), path, "missing or changed"))
    text = path.read_text()
    return text, json.loads(text)


def _is_foreign(path: str) -> bool:
    return not path.startswith(_OURS)


def _debian(package: debian.Package) -> Part:
    return Part(
        kind="debian", name=package.name, version=package.version, architecture=package.architecture,
        source=package.source, checksum=package.sha256, licences=package.licences,
    )  # fmt: skip


def _put(kept: store.Store, text: str) -> manifest.FileEntry:
    with tempfile.NamedTemporaryFile("w", dir=kept.root, prefix=".sbom.", delete=False) as file:
        file.write(text)
    return kept.take(Path(file.name))


def _reader(tools: store.Store) -> Reader:
    found = tools.manifest_or_empty().components
    tool = tools.file("licensecheck", "licensecheck") if "licensecheck" in found else None
    return Reader(tool=tool, cache=_module_cache())


def _module_cache() -> Path | None:
    go = host.find_go()
    if go is None:
        return None
    done = subprocess.run([go, "env", "GOMODCACHE"], capture_output=True, text=True, check=False)
    return Path(done.stdout.strip()) if done.returncode == 0 and done.stdout.strip() else None
