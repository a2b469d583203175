"""What the bundle holds: components, their files and images, each by the SHA-256 of its content. Pure."""

import hashlib
import json
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from govcloud_api.errors import BundleCorrupt


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class FileEntry(_Value):
    """One file: `sha256` of its content (hex), `size` in bytes, `mode` in octal as a consumer should set it."""

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    size: int = Field(ge=0)
    mode: str = Field(default="0644", pattern="^0[0-7]{3}$")


class ImageEntry(_Value):
    """One OCI image: `manifest` is the SHA-256 of its manifest (hex), `size` all of its blobs in bytes."""

    manifest: str = Field(pattern="^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class Component(_Value):
    """What one recipe made; `key` is the hash of everything it was made from.

    `debian` holds, for each root file system, the record of its packages (debian.py). A record says where the content
    came from and is no content: the digest leaves it out.
    """

    version: str
    licence: str
    key: str
    files: Mapping[str, FileEntry] = Field(default_factory=dict)
    images: Mapping[str, ImageEntry] = Field(default_factory=dict)
    debian: Mapping[str, FileEntry] = Field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of all files and images; a blob that two images share counts twice."""
        return sum(e.size for e in self.files.values()) + sum(e.size for e in self.images.values())


class Manifest(_Value):
    """The whole bundle. `digest` changes exactly when a component changes; sites record it.

    `sbom` is the bill of materials of just these components: a change of one drops it.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    digest: str = ""
    components: Mapping[str, Component] = Field(default_factory=dict)
    sbom: FileEntry | None = None

    def component(self, name: str) -> Component:
        """The component `name`. Raises BundleCorrupt when it was never built."""
        if name not in self.components:
            raise BundleCorrupt(f"The bundle has no component {name}; run `govcloud bundle build {name}`.")
        return self.components[name]

    def file(self, component: str, name: str) -> FileEntry:
        """The file `name` of `component`. Raises BundleCorrupt when either is not in the bundle."""
        files = self.component(component).files
        if name not in files:
            raise BundleCorrupt(
                f"Component {component} of the bundle has no file {name}, only {', '.join(sorted(files)) or 'none'}; "
                f"run `govcloud bundle build {component}`."
            )
        return files[name]

    def images(self) -> dict[str, ImageEntry]:
        """Every image by its name and tag, without a registry: `etcd:3.6.16-0`."""
        return {ref: entry for c in self.components.values() for ref, entry in c.images.items()}

    def image(self, ref: str) -> ImageEntry:
        """The image `ref` (name:tag). Raises BundleCorrupt when it is not in the bundle."""
        images = self.images()
        if ref not in images:
            raise BundleCorrupt(f"The bundle has no image {ref}; run `govcloud bundle build`.")
        return images[ref]

    def with_component(self, name: str, component: Component) -> "Manifest":
        """A manifest in which `component` stands under `name`, with the digest that follows from it."""
        components = dict(sorted({**self.components, name: component}.items()))
        return Manifest(components=components, digest=_digest(components))

    def with_sbom(self, sbom: FileEntry) -> "Manifest":
        """The same bundle with this bill of materials."""
        return self.model_copy(update={"sbom": sbom})

    def to_json(self) -> str:
        """The text of manifest.json; the same content gives the same bytes."""
        content = self.model_dump(by_alias=True, exclude_none=True)
        for component in content["components"].values():
            if not component["debian"]:  # as bundles were written that had no records
                del component["debian"]
        return json.dumps(content, indent=1, sort_keys=True) + "\n"


def parse(text: str, where: str) -> Manifest:
    """Read manifest.json; `where` names it in messages. Raises BundleCorrupt when it is not a manifest."""
    try:
        found = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise BundleCorrupt(f"{where} is not a manifest of schema 1: {error}. {_REBUILD}") from error
    if found.components and found.digest != _digest(found.components):
        raise BundleCorrupt(f"{where} was changed by hand: its digest does not fit its components. {_REBUILD}")
    return found


_REBUILD = "Delete it and run `govcloud bundle build`; what is built already is taken over from the caches."


def _digest(components: Mapping[str, Component]) -> str:
    plain = {name: c.model_dump(exclude={"debian"}) for name, c in components.items()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
