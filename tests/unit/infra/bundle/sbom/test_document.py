"""The document is what its standard says, names every part, and the same bundle gives the same text."""

import json

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from govcloud_infra.bundle import manifest
from govcloud_infra.bundle.sbom import document
from govcloud_infra.bundle.sbom.parts import Inventory, Part

HASH = "ab" * 32
PARTS = (
    Part(kind="go", name="example.org/m", version="v1.0.0", licences=("MIT",), checksum="h1:abc="),
    Part(kind="go", name="example.org/n", version="v2.0.0", licences=("Apache-2.0", "BSD-3-Clause")),
    Part(kind="debian", name="runc", version="1.1", architecture="amd64", source="runc", checksum=HASH,
         licences=("GPL-2.0-only OR MIT", "odd licence")),
    Part(kind="debian", name="libc6", version="2.36", architecture="amd64", source="glibc"),
    Part(kind="wheel", name="click", version="8.1", licences=("MIT OR Apache-2.0",)),
)  # fmt: skip


def bundle() -> manifest.Manifest:
    file = manifest.FileEntry(sha256=HASH, size=1)
    image = manifest.ImageEntry(manifest=HASH, size=1)
    tool = manifest.Component(
        version="v1", licence="Apache-2.0", key="0" * 64, files={"tool": file}, images={"tool:v1": image}
    )
    other = manifest.Component(version="v2", licence="of each package", key="0" * 64, files={"other": file})
    return manifest.Manifest().with_component("tool", tool).with_component("other", other)


def written() -> str:
    return document.write(bundle(), {"tool": Inventory(parts=PARTS), "other": Inventory(parts=PARTS[:1])})


def test_it_is_valid_cyclonedx() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written()) is None


def test_the_same_bundle_gives_the_same_text() -> None:
    assert written() == written()
    assert "timestamp" not in written()


def test_every_part_is_there_once_with_name_and_licence() -> None:
    content = json.loads(written())
    found = {c["purl"]: document.names(c) for c in content["components"] if "purl" in c}
    assert found == {
        "pkg:golang/example.org/m@v1.0.0": ["MIT"],
        "pkg:golang/example.org/n@v2.0.0": ["Apache-2.0", "BSD-3-Clause"],
        "pkg:deb/debian/runc@1.1?arch=amd64&distro=debian-12": ["GPL-2.0-only OR MIT", "odd licence"],
        "pkg:deb/debian/libc6@2.36?arch=amd64&distro=debian-12": ["NOASSERTION"],
        "pkg:pypi/click@8.1": ["MIT OR Apache-2.0"],
    }
    assert content["metadata"]["component"]["version"] == bundle().digest


def test_what_is_in_what() -> None:
    depends = {d["ref"]: d.get("dependsOn", []) for d in json.loads(written())["dependencies"]}
    assert sorted(depends["bundle"]) == ["component/other", "component/tool"]
    assert depends["component/other"] == ["pkg:golang/example.org/m@v1.0.0"]
    assert len(depends["component/tool"]) == len(PARTS)


def test_the_summary_counts_and_names_what_nobody_knows() -> None:
    text = document.summary(json.loads(written()))
    lines = text.splitlines()
    assert lines[0] == "CycloneDX 1.6: 2 Go modules, 2 Debian packages, 1 Python packages."
    assert "     1  Apache-2.0" in lines
    assert "Nobody found out the licences of these 1; read their texts:" in lines
    assert lines[-1] == "  pkg:deb/debian/libc6@2.36?arch=amd64&distro=debian-12"
