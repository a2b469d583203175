"""Parts by their common name, licences of wheels, and where modules lie."""

import pytest

from govcloud_infra.bundle.sbom import licences, wheel
from govcloud_infra.bundle.sbom.buildinfo import Module
from govcloud_infra.bundle.sbom.parts import Part, once


@pytest.mark.parametrize(
    ("part", "purl"),
    [
        (Part(kind="go", name="github.com/A/b", version="v1.0.0"), "pkg:golang/github.com/A/b@v1.0.0"),
        (Part(kind="go", name="stdlib", version="1.26.8"), "pkg:golang/stdlib@1.26.8"),
        (Part(kind="wheel", name="click", version="8.1"), "pkg:pypi/click@8.1"),
        (
            Part(kind="debian", name="runc", version="1.1.5+ds1-1", architecture="amd64"),
            "pkg:deb/debian/runc@1.1.5%2Bds1-1?arch=amd64&distro=debian-12",
        ),
    ],
)
def test_purl(part: Part, purl: str) -> None:
    assert part.purl.to_string() == purl


def test_each_part_once_and_the_one_that_says_more() -> None:
    bare, known = (Part(kind="go", name="b", version="v1", licences=licence) for licence in ((), ("MIT",)))
    other = Part(kind="go", name="a", version="v1")
    assert once([bare, known, other, bare]) == (other, known)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: x\n", ("MIT OR Apache-2.0",)),
        ("License: Apache 2.0\n", ("Apache-2.0",)),
        ("License: BSD-3-Clause\n", ("BSD-3-Clause",)),
        (f"License: {'word ' * 40}\nClassifier: License :: OSI Approved :: MIT License\n", ("MIT",)),
        ("Classifier: License :: OSI Approved :: Odd License\n", ("Odd License",)),
        ("License: UNKNOWN\n", ()),
        ("", ()),
    ],
)
def test_licence_of_a_wheel(fields: str, expected: tuple[str, ...]) -> None:
    found = wheel.part(f"Metadata-Version: 2.4\nName: PyX\nVersion: 1.0\n{fields}\nbody\nLicense: GPL\n")
    assert (found.name, found.version, found.licences) == ("pyx", "1.0", expected)


def test_a_module_lies_where_go_puts_it() -> None:
    module = Module(path="github.com/BurntSushi/toml", version="v1.5.0", checksum="")
    assert licences.folder(module) == "github.com/!burnt!sushi/toml@v1.5.0"


def test_without_the_tool_nothing_is_known() -> None:
    reader = licences.Reader(tool=None, cache=None)
    module = Module(path="a", version="v1", checksum="")
    assert reader.read([module]) == {}
    assert not reader.holds([module])
