"""Keys and certificates of a site that must exist before the first machine: made once, kept, never printed.

EC P-256 certificates in PEM; private keys in files with mode 0600 below a folder with mode 0700.
"""

import base64
import os
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CA_DAYS = 3650
_SERVER_DAYS = 825
_RENEWAL_DAYS = 30


def ensure_ssh_key(private: Path) -> str:
    """An ed25519 key pair in OpenSSH form; returns the public line."""
    public = private.with_name(f"{private.name}.pub")
    if not private.exists():
        key = ed25519.Ed25519PrivateKey.generate()
        form = serialization.PrivateFormat.OpenSSH
        write_private(private, key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    kept = serialization.load_ssh_private_key(private.read_bytes(), password=None)
    openssh = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    line = kept.public_key().public_bytes(*openssh).decode()
    public.write_text(f"{line}\n")
    return line


def ensure_encryption_config(file: Path) -> None:
    """Encryption at rest for the API server (secretbox): the key is made once and must outlive the machines."""
    if file.exists():
        return
    key = base64.b64encode(os.urandom(32)).decode()
    providers = [{"secretbox": {"keys": [{"name": "key1", "secret": key}]}}, {"identity": {}}]
    config = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets", "configmaps"], "providers": providers}],
    }
    write_private(file, yaml.safe_dump(config, sort_keys=False).encode())


def ensure_ca(folder: Path, site: str, now: datetime) -> None:
    """The site's certificate authority: `ca.crt` and `ca.key` in `folder`."""
    if (folder / "ca.crt").exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"govcloud site {site}")])
    certificate = (
        _builder(name, name, key, now, days=_CA_DAYS)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(ca=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write_key(folder / "ca.key", key)
    _write_atomic(folder / "ca.crt", certificate.public_bytes(serialization.Encoding.PEM))


def ensure_server(folder: Path, name: str, dns_names: list[str], addresses: list[IPv4Address], now: datetime) -> None:
    """A server certificate of the site's authority, `NAME.crt` and `NAME.key`.

    Made anew for other names or addresses, by another authority, and in its last 30 days.
    """
    alternatives: list[x509.GeneralName] = [*map(x509.DNSName, dns_names), *map(x509.IPAddress, addresses)]
    file = folder / f"{name}.crt"
    authority = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    if file.exists() and (folder / f"{name}.key").exists() and _fits(file, authority, alternatives, now):
        return
    authority_key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
    if not isinstance(authority_key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{folder / 'ca.key'} is not an EC key")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        _builder(subject, authority.subject, key, now, days=_SERVER_DAYS)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(ca=False), critical=True)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    _write_key(folder / f"{name}.key", key)
    _write_atomic(file, certificate.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, *, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=days))
    )


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _fits(file: Path, authority: x509.Certificate, alternatives: list[x509.GeneralName], now: datetime) -> bool:
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, InvalidSignature):
        return False
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return list(names) == alternatives and certificate.not_valid_after_utc > now + timedelta(days=_RENEWAL_DAYS)


def _write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    form = serialization.PrivateFormat.PKCS8
    write_private(file, key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))


def write_private(file: Path, data: bytes) -> None:
    """Whole or not at all, for the owner's eyes only (0600, in a folder that is made with 0700)."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_atomic(file, data, mode=0o600)


def _write_atomic(file: Path, data: bytes, *, mode: int = 0o644) -> None:
    unfinished = file.with_name(f".{file.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(file)
