"""Keys and certificates: made once, private, verified against the site's authority, renewed when they no longer fit."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from govcloud_infra import pki

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOME = IPv4Address("10.77.0.11")


def server(folder: Path, *, address: IPv4Address = HOME, now: datetime = NOW) -> x509.Certificate:
    """The registry's certificate after it was asked for."""
    pki.ensure_server(folder, "registry", ["registry.govcloud.internal"], [address], now)
    return x509.load_pem_x509_certificate((folder / "registry.crt").read_bytes())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an authority."""
    pki.ensure_ca(tmp_path / "pki", "lab", NOW)
    return tmp_path / "pki"


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_private_files_are_the_owners_only(folder: Path) -> None:
    server(folder)
    pki.ensure_encryption_config(folder / "encryption.yaml")
    pki.ensure_ssh_key(folder.parent / "ssh" / "id_ed25519")
    private = [folder / "ca.key", folder / "registry.key", folder / "encryption.yaml"]
    private.append(folder.parent / "ssh" / "id_ed25519")
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in private} == dict.fromkeys(
        [file.name for file in private], "0o600"
    )
    assert {oct(file.parent.stat().st_mode & 0o777) for file in private} == {"0o700"}


def test_nothing_is_made_twice(folder: Path) -> None:
    server(folder)
    pki.ensure_encryption_config(folder / "encryption.yaml")
    before = contents(folder)
    later = NOW + timedelta(days=400)
    pki.ensure_ca(folder, "lab", later)
    server(folder, now=later)
    pki.ensure_encryption_config(folder / "encryption.yaml")
    assert contents(folder) == before
    assert sorted(before) == ["ca.crt", "ca.key", "encryption.yaml", "registry.crt", "registry.key"]


def test_a_client_that_trusts_the_authority_accepts_the_server(folder: Path) -> None:
    certificate = server(folder)
    authority = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    for name in (x509.DNSName("registry.govcloud.internal"), x509.IPAddress(HOME)):
        verifier = PolicyBuilder().store(Store([authority])).time(NOW).build_server_verifier(name)
        assert verifier.verify(certificate, []) == [certificate, authority]
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert key_of(folder / "registry.key") == certificate.public_key().public_numbers()


def key_of(file: Path) -> Any:
    key: Any = serialization.load_pem_private_key(file.read_bytes(), password=None)
    return key.public_key().public_numbers()


def test_another_address_makes_another_certificate(folder: Path) -> None:
    first = server(folder)
    other = server(folder, address=IPv4Address("10.77.0.99"))
    names = other.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [IPv4Address("10.77.0.99")]
    assert other.serial_number != first.serial_number
    assert key_of(folder / "registry.key") == other.public_key().public_numbers()


@pytest.mark.parametrize(("days", "renewed"), [(825 - 31, False), (825 - 29, True)])
def test_a_certificate_is_renewed_before_it_ends(folder: Path, days: int, renewed: bool) -> None:
    first = server(folder)
    again = server(folder, now=NOW + timedelta(days=days))
    assert (again.serial_number != first.serial_number) is renewed


@pytest.mark.parametrize("lost", [("ca.crt",), ("registry.key",), ("registry.crt",)])
def test_what_was_lost_is_made_so_that_all_fits_again(folder: Path, lost: tuple[str, ...]) -> None:
    server(folder)
    for name in lost:
        (folder / name).unlink()
    pki.ensure_ca(folder, "lab", NOW)
    certificate = server(folder)
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes()))
    assert key_of(folder / "registry.key") == certificate.public_key().public_numbers()


def test_the_authority_signs_servers_and_no_authorities(folder: Path) -> None:
    authority = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    assert not server(folder).extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_encryption_at_rest_uses_a_key_of_32_bytes_for_secrets_first(tmp_path: Path) -> None:
    file = tmp_path / "pki" / "encryption.yaml"
    pki.ensure_encryption_config(file)
    [rule] = yaml.safe_load(file.read_text())["resources"]
    assert "secrets" in rule["resources"]
    assert list(rule["providers"][0]) == ["secretbox"]
    [key] = rule["providers"][0]["secretbox"]["keys"]
    assert len(key["secret"]) == 44
    pki.ensure_encryption_config(tmp_path / "other" / "encryption.yaml")
    assert file.read_text() != (tmp_path / "other" / "encryption.yaml").read_text()


def test_the_ssh_key_stays_and_its_public_half_is_written_anew(tmp_path: Path) -> None:
    private = tmp_path / "ssh" / "id_ed25519"
    line = pki.ensure_ssh_key(private)
    assert line.startswith("ssh-ed25519 AAAA")
    private.with_name("id_ed25519.pub").unlink()
    assert pki.ensure_ssh_key(private) == line
    assert private.with_name("id_ed25519.pub").read_text() == f"{line}\n"


def test_a_private_file_is_whole_and_replaces_what_a_killed_run_left(tmp_path: Path) -> None:
    (tmp_path / ".secret.new").write_bytes(b"half")
    pki.write_private(tmp_path / "secret", b"whole")
    assert contents(tmp_path) == {"secret": b"whole"}
