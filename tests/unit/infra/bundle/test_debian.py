"""Debian's texts are read as they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_infra.bundle import debian, rootfs

STATUS = """Package: runc
Status: install ok installed
Architecture: amd64
Version: 1.1.5+ds1-1
Description: runs containers
 in a sandbox
 .
 Source: not a field

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: libsystemd0
Status: install ok installed
Source: systemd (252)
Architecture: amd64
Version: 252.39-1
"""
INDEX = """Package: runc
Version: 1.1.5+ds1-1
Architecture: amd64
SHA256: aa

Package: runc
Version: 1.1.6
Architecture: amd64
SHA256: bb

Package: other
Version: 1
Architecture: all
SHA256: cc
"""
COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: x

Files: *
Copyright: some
License: GPL-2+

Files: a b
License: Expat or GPL-2
 Permission is hereby granted
License: Weird
 text
"""


def test_packages_of_a_status_are_those_that_are_installed() -> None:
    found = debian.packages(STATUS)
    assert [(p.name, p.version, p.source) for p in found] == [
        ("runc", "1.1.5+ds1-1", "runc"), ("libsystemd0", "252.39-1", "systemd"),
    ]  # fmt: skip


def test_hashes_are_those_of_just_the_installed_versions() -> None:
    found = debian.with_hashes(debian.packages(STATUS), ["", INDEX])
    assert {p.name: p.sha256 for p in found} == {"runc": "aa", "libsystemd0": ""}


def test_a_package_takes_the_licence_of_its_source_when_it_has_none_of_its_own() -> None:
    several = [
        debian.Package(name=name, version="1", architecture="all", source=source)
        for name, source in (("lib", "x"), ("lib-data", "x"), ("other", "y"), ("free", "z"))
    ]
    copyrights = {"lib": COPYRIGHT, "free": "This is free software, see the GPL."}
    found = {p.name: p.licences for p in debian.with_licences(several, copyrights)}
    assert found == {"lib": found["lib"], "lib-data": found["lib"], "other": (), "free": ()}
    assert found["lib"] == ("GPL-2.0-or-later", "Weird")


@pytest.mark.parametrize(
    ("short", "expression"),
    [
        ("Expat", "MIT"),
        ("GPL-2", "GPL-2.0-only"),
        ("GPL-2+", "GPL-2.0-or-later"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("GFDL-1.3+", "GFDL-1.3-or-later"),
        ("Apache-2.0", "Apache-2.0"),
        ("GPL-2+ or Expat", "GPL-2.0-or-later OR MIT"),
        ("BSD-3-clause and ISC", "BSD-3-Clause AND ISC"),
        ("GPL-2+ or Expat and ISC", "GPL-2+ or Expat and ISC"),
        ("GPL-2+ with OpenSSL exception", "GPL-2+ with OpenSSL exception"),
        ("public-domain", "public-domain"),
    ],
)
def test_short_names(short: str, expression: str) -> None:
    assert debian.spdx(short) == expression


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(debian.licences("Format: x\n" + text), tuple)
    assert all(fields for fields in debian.stanzas(text))


def test_a_release_says_its_name_its_date_and_what_was_signed() -> None:
    text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\nLabel: Debian\nCodename: bookworm\n"
    text += "Date: Sat, 11 Jul 2026 10:16:37 UTC\nSHA256:\n aa 1 main/x\n"
    found = debian.release(text)
    assert (found.name, found.date) == ("Debian bookworm", "Sat, 11 Jul 2026 10:16:37 UTC")
    assert found.sha256 != debian.release(text + "changed").sha256


def test_recorded_versions_are_pinned_against_newer_ones() -> None:
    text = rootfs.preferences({"runc": "1.1.5", "acl": "1:2"})
    assert list(debian.stanzas(text)) == [
        {"package": "acl", "pin": "version 1:2", "pin-priority": "1001"},
        {"package": "runc", "pin": "version 1.1.5", "pin-priority": "1001"},
    ]
