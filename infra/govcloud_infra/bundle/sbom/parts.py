"""What a component is made of: Go modules, Debian packages, wheels. Pure."""

from collections.abc import Iterable
from typing import Literal

from packageurl import PackageURL
from pydantic import BaseModel, ConfigDict

NOT_KNOWN = "NOASSERTION"
"""SPDX' word for a licence that nobody found out."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Value):
    """One thing of somebody else's. `checksum` as its own world writes it: `h1:…` of a module, SHA-256 of a package.

    `licences` are SPDX expressions, or the words of its authors where SPDX has none; empty when nobody found out.
    """

    kind: Literal["go", "debian", "wheel"]
    name: str
    version: str
    licences: tuple[str, ...] = ()
    checksum: str = ""
    architecture: str = ""
    source: str = ""

    @property
    def purl(self) -> PackageURL:
        """The name that every tool for bills of materials knows it by."""
        if self.kind == "go":
            namespace, _, name = self.name.rpartition("/")
            return PackageURL(type="golang", namespace=namespace or None, name=name, version=self.version)
        if self.kind == "wheel":
            return PackageURL(type="pypi", name=self.name, version=self.version)
        qualifiers = {"arch": self.architecture, "distro": "debian-12"}
        return PackageURL(type="deb", namespace="debian", name=self.name, version=self.version, qualifiers=qualifiers)


class Inventory(_Value):
    """The parts of one component, each once."""

    parts: tuple[Part, ...]


def once(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Each part once, in order of name; of two that differ in what is known, the one that says more."""
    best: dict[str, Part] = {}
    for part in parts:
        key = part.purl.to_string()
        if key not in best or _said(part) > _said(best[key]):
            best[key] = part
    return tuple(best[key] for key in sorted(best))


def _said(part: Part) -> tuple[bool, bool]:
    return bool(part.licences), bool(part.checksum)
