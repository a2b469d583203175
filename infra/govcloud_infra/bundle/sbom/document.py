"""The bill of materials as CycloneDX 1.6, by the library of its authors. The same bundle gives the same text."""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, License, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6

from govcloud_infra.bundle import manifest
from govcloud_infra.bundle.sbom.parts import NOT_KNOWN, Inventory, Part, once

_SPACE = uuid.UUID("5b3c1c9e-6a0a-5f5e-9a5d-7d1f0c8f6c11")  # of the serial numbers, which follow from digests


def write(found: manifest.Manifest, inventories: Mapping[str, Inventory]) -> str:
    """The document for the components of a bundle and what each is made of."""
    root = Component(name="govcloud-bundle", type=ComponentType.PLATFORM, version=found.digest, bom_ref="bundle")
    parts = {p.purl.to_string(): _part(p) for p in once(p for one in inventories.values() for p in one.parts)}
    components = {name: _component(name, one) for name, one in found.components.items()}
    bom = Bom(
        components=[*components.values(), *parts.values()], metadata=BomMetaData(component=root),
        serial_number=uuid.uuid5(_SPACE, found.digest),
    )  # fmt: skip
    bom.register_dependency(root, components.values())
    for name, component in components.items():
        made_of = inventories[name].parts if name in inventories else ()
        bom.register_dependency(component, [parts[part.purl.to_string()] for part in made_of])
    content = json.loads(JsonV1Dot6(bom).output_as_string())
    content["metadata"].pop("timestamp", None)  # of this run; the bundle is the same tomorrow
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def summary(content: Mapping[str, Any]) -> str:
    """How many parts of each kind there are, how many name each licence, and of which nobody knows it."""
    parts = [part for part in content["components"] if part["type"] == "library"]
    kinds = Counter(part["purl"].partition("/")[0].removeprefix("pkg:") for part in parts)
    named = Counter(name for part in parts for name in names(part))
    lines = [f"{count:6}  {name}" for name, count in sorted(named.items(), key=lambda pair: (-pair[1], pair[0]))]
    unknown = [f"  {part['purl']}" for part in parts if names(part) == [NOT_KNOWN]]
    head = ", ".join(f"{kinds[kind]} {_WORDS[kind]}" for kind in _WORDS)
    behind = ["", f"Nobody found out the licences of these {len(unknown)}; read their texts:", *unknown]
    return "\n".join([f"CycloneDX 1.6: {head}.", "", " PARTS  NAME THE LICENCE", *lines, *(behind if unknown else [])])


def names(component: Mapping[str, Any]) -> list[str]:
    """The licences of a component of the document, as one reads them."""
    found = component.get("licenses", [])
    return [one.get("expression") or one["license"].get("id") or one["license"]["name"] for one in found]


_WORDS = {"golang": "Go modules", "deb": "Debian packages", "pypi": "Python packages"}


def _component(name: str, one: manifest.Component) -> Component:
    files = [
        Component(name=file, type=ComponentType.FILE, bom_ref=f"{name}/{file}", hashes=[_sha256(entry.sha256)])
        for file, entry in one.files.items()
    ]
    images = [
        Component(name=ref, type=ComponentType.CONTAINER, bom_ref=f"{name}/{ref}", hashes=[_sha256(entry.manifest)])
        for ref, entry in one.images.items()
    ]
    return Component(
        name=name, type=ComponentType.APPLICATION, version=one.version, bom_ref=f"component/{name}",
        licenses=_licences((one.licence,)), components=[*files, *images],
    )  # fmt: skip


def _part(part: Part) -> Component:
    hashed = part.kind == "debian" and part.checksum
    told = {"source": part.source, "go.sum": part.checksum if part.kind == "go" else ""}
    return Component(
        name=part.name, type=ComponentType.LIBRARY, version=part.version, bom_ref=part.purl.to_string(),
        purl=part.purl, licenses=_licences(part.licences or (NOT_KNOWN,)),
        hashes=[_sha256(part.checksum)] if hashed else [],
        properties=[Property(name=f"govcloud:{name}", value=value) for name, value in told.items() if value],
    )  # fmt: skip


def _licences(words: Iterable[str]) -> list[License]:
    """CycloneDX takes one expression, or any number of single licences."""
    made = [LicenseFactory().make_from_string(word) for word in words]
    if len(made) == 1:
        return [*made]
    return [DisjunctiveLicense(name=one.value) if isinstance(one, LicenseExpression) else one for one in made]


def _sha256(content: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=content)
