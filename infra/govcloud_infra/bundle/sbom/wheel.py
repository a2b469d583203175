"""The METADATA of an installed wheel. Pure."""

from email.parser import HeaderParser

from govcloud_infra.bundle.sbom.parts import Part

_LONGEST_NAME = 80  # some authors put the whole text where the name of the licence belongs
_CLASSIFIERS = {
    "MIT License": "MIT", "Apache Software License": "Apache-2.0", "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}  # fmt: skip
_LOOSE = {"apache 2.0": "Apache-2.0", "apache-2": "Apache-2.0", "apache license, version 2.0": "Apache-2.0",
          "apache license 2.0": "Apache-2.0", "apache software license": "Apache-2.0", "mit license": "MIT",
          "apache": "Apache-2.0"}  # fmt: skip


def part(metadata: str) -> Part:
    """Name, version and licence: its expression, else its short text, else what its classifiers say."""
    found = HeaderParser().parsestr(metadata)
    return Part(kind="wheel", name=found["Name"].lower(), version=found["Version"], licences=_licences(metadata))


def _licences(metadata: str) -> tuple[str, ...]:
    found = HeaderParser().parsestr(metadata)
    if found["License-Expression"]:
        return (found["License-Expression"],)
    short = (found["License"] or "").strip()
    if short and "\n" not in short and len(short) <= _LONGEST_NAME and short != "UNKNOWN":
        return (_LOOSE.get(short.lower(), short),)
    last = [c.rpartition(" :: ")[2] for c in found.get_all("Classifier", []) if c.startswith("License :: OSI")]
    return tuple(sorted({_CLASSIFIERS.get(name, name) for name in last}))
