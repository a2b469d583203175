"""Debian's own texts: indexes, dpkg's status, releases, copyright files; and the record of a root file system. Pure."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

from pydantic import BaseModel, ConfigDict, Field


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Package(_Value):
    """One package as it was installed; `sha256` is that of its file in the archive, by the signed index."""

    name: str
    version: str
    architecture: str
    source: str
    sha256: str = ""
    licences: tuple[str, ...] = ()


class Release(_Value):
    """One signed index that packages came from: what it says of itself, and the SHA-256 of the signed text."""

    name: str
    date: str
    sha256: str


class Record(_Value):
    """Where the content of a root file system came from."""

    releases: tuple[Release, ...] = Field(description="signed indexes at the time")
    packages: tuple[Package, ...]

    @property
    def versions(self) -> dict[str, str]:
        """Version of each package by its name."""
        return {package.name: package.version for package in self.packages}


def stanzas(text: str) -> Iterator[dict[str, str]]:
    """The paragraphs of a control file, each field by its name in lower case; lines that go on keep their breaks."""
    fields: dict[str, str] = {}
    name = ""
    for line in text.split("\n"):
        if not line.strip():
            if fields:
                yield fields
            fields, name = {}, ""
        elif line[0] in " \t":
            if name:
                fields[name] += "\n" + line.strip()
        else:
            name, _, value = line.partition(":")
            name = name.lower()
            fields[name] = value.strip()
    if fields:
        yield fields


def packages(text: str) -> list[Package]:
    """The packages of an index, or those of dpkg's status that are installed."""
    found = []
    for fields in stanzas(text):
        if "version" in fields and not fields.get("status", "").endswith(("not-installed", "config-files")):
            found.append(
                Package(
                    name=fields["package"], version=fields["version"], architecture=fields["architecture"],
                    source=fields.get("source", fields["package"]).partition(" ")[0], sha256=fields.get("sha256", ""),
                )
            )  # fmt: skip
    return found


def release(text: str) -> Release:
    """What an InRelease file says of itself."""
    head = text.partition("\nSHA256:")[0]
    fields = dict(line.split(": ", 1) for line in head.splitlines() if re.match(r"(Label|Codename|Date): ", line))
    return Release(
        name=f"{fields.get('Label', '?')} {fields.get('Codename', '?')}", date=fields.get("Date", ""),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )  # fmt: skip


def with_hashes(installed: Iterable[Package], index: Iterable[str]) -> list[Package]:
    """The installed packages with the sources and hashes that the index files (texts) have for just those versions.

    An index of the whole archive is large, so only the paragraphs of installed packages are read as such.
    """
    wanted = {(one.name, one.version, one.architecture): one for one in installed}
    names = {one.name for one in wanted.values()}
    for text in index:
        for paragraph in text.split("\n\n"):
            if paragraph.lstrip("\n").partition("\n")[0].removeprefix("Package: ") in names:
                for one in packages(paragraph):
                    if (one.name, one.version, one.architecture) in wanted:
                        wanted[one.name, one.version, one.architecture] = one
    return list(wanted.values())


def with_licences(several: Iterable[Package], copyrights: Mapping[str, str]) -> list[Package]:
    """The packages with the licences of their copyright files, which are given by the name of the package.

    A package without one has a link to that of another package of the same source, so it takes that one's.
    """
    known = list(several)
    named = {one.name: licences(copyrights[one.name]) for one in known if one.name in copyrights}
    of_source = {one.source: named[one.name] for one in known if one.name in named}
    return [one.model_copy(update={"licences": named.get(one.name, of_source.get(one.source, ()))}) for one in known]


def licences(copyright_text: str) -> tuple[str, ...]:
    """The licences that a machine-readable copyright file names, as SPDX where it knows them; else none."""
    if not re.match(r"\s*Format:", copyright_text):
        return ()
    short = [fields["license"].partition("\n")[0] for fields in stanzas(copyright_text) if "license" in fields]
    return tuple(sorted({spdx(one) for one in short if one}))


def spdx(short: str) -> str:
    """The SPDX expression for a short name of Debian's, such as `GPL-2+ or Expat`; itself when it has none."""
    text = short.strip()
    names = [_one(name) for name in re.split(r"\s+(?:and|or)\s+", text)]
    operators = set(re.findall(r"\s(and|or)\s", text))
    known = [name for name in names if name is not None]
    if len(known) < len(names) or len(operators) > 1:  # of both, Debian's order of reading is another than SPDX's
        return text
    return f" {operators.pop().upper()} ".join(known) if operators else known[0]


def _one(name: str) -> str | None:
    plain = name.lower().removesuffix(" license")
    if plain in _NAMES:
        return _NAMES[plain]
    family = re.fullmatch(r"(gpl|lgpl|agpl|gfdl)-?v?([123](?:\.[0-9])?)(\.0)?(\+)?", plain)
    if family is None:
        return None
    version = family[2] if "." in family[2] else f"{family[2]}.0"
    if family[1] == "gfdl":
        version = family[2] if "." in family[2] else f"{family[2]}.1"
    return f"{family[1].upper()}-{version}-{'or-later' if family[4] else 'only'}"


_NAMES = {
    "expat": "MIT", "mit": "MIT", "isc": "ISC", "zlib": "Zlib", "apache-2.0": "Apache-2.0", "apache-2": "Apache-2.0",
    "bsd-2-clause": "BSD-2-Clause", "bsd-3-clause": "BSD-3-Clause", "bsd-4-clause": "BSD-4-Clause",
    "mpl-1.1": "MPL-1.1", "mpl-2.0": "MPL-2.0", "artistic": "Artistic-1.0-Perl", "artistic-2.0": "Artistic-2.0",
    "psf-2": "PSF-2.0", "psf-2.0": "PSF-2.0", "cc0-1.0": "CC0-1.0", "cc0": "CC0-1.0", "openldap-2.8": "OLDAP-2.8",
    "bsl-1.0": "BSL-1.0", "unlicense": "Unlicense", "x11": "X11", "curl": "curl", "openssl": "OpenSSL",
    "unicode-dfs-2016": "Unicode-DFS-2016", "sil-1.1": "OFL-1.1", "ofl-1.1": "OFL-1.1", "0bsd": "0BSD",
}  # fmt: skip
