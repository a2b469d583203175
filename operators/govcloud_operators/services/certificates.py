"""Certificates of services: one authority of the site, a server's for each instance, the operator's own as a client.

EC P-256 in PEM, X.509 v3 (RFC 5280). Pure: keys come in and go out as values, where they are kept is `authority.py`.
A server's certificate may only serve, the operator's may only call: neither passes for the other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from govcloud_api import errors
from govcloud_operators.services.driver import CLUSTER_DOMAIN, child_name

AUTHORITY_DAYS = 3650
SERVER_DAYS = 90
CLIENT_DAYS = 2
OPERATOR_NAME = "govcloud_operator"
"""Common name of the operator's client certificate; services map it to their own administrative login."""
_BACKDATED = timedelta(minutes=5)
"""Clocks of two machines differ a little; a new certificate is good at once on both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A certificate and its private key, PEM."""

    certificate: str
    key: str = field(repr=False)

    @property
    def id(self) -> str:
        """Short name of this certificate: another one has another."""
        return hashlib.sha256(self.certificate.encode()).hexdigest()[:16]


def new_authority(now: datetime) -> Pair:
    """A new authority for services."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("govcloud services")
    certificate = (
        _builder(name, name, key, now, days=AUTHORITY_DAYS)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(ca=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _pair(certificate, key)


def server(authority: Pair, common_name: str, dns_names: list[str], now: datetime) -> Pair:
    """A server's certificate that answers to `dns_names`."""
    names = x509.SubjectAlternativeName([x509.DNSName(name) for name in dns_names])
    return _issue(authority, common_name, ExtendedKeyUsageOID.SERVER_AUTH, now, days=SERVER_DAYS, names=names)


def client(authority: Pair, common_name: str, now: datetime, *, days: int = CLIENT_DAYS) -> Pair:
    """A client's certificate; `common_name` says who calls."""
    return _issue(authority, common_name, ExtendedKeyUsageOID.CLIENT_AUTH, now, days=days)


def server_names(instance: str, namespace: str) -> list[str]:
    """Every name by which pods may call an instance: short inside its namespace, long from elsewhere."""
    name = child_name(instance)
    return [name, f"{name}.{namespace}", f"{name}.{namespace}.svc", f"{name}.{namespace}.{CLUSTER_DOMAIN}"]


def is_fresh(certificate: str, authority: Pair, dns_names: list[str], now: datetime) -> bool:
    """Of this authority, for exactly these names, and in the first half of its life; False for what is no PEM.

    A client has no names.
    """
    try:
        found = x509.load_pem_x509_certificate(certificate.encode())
        found.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate.encode()))
        names = _dns_names(found)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return names == dns_names and found.not_valid_before_utc <= now < half_life(certificate)


def is_pair(pair: Pair) -> bool:
    """The key is that of the certificate; False for what is no PEM."""
    try:
        key = serialization.load_pem_private_key(pair.key.encode(), password=None)
        found = x509.load_pem_x509_certificate(pair.certificate.encode())
        return key.public_key() == found.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False


def common_name(certificate: str) -> str:
    """Whose certificate it is, empty when it does not say. Raises ValueError for what is no PEM."""
    found = x509.load_pem_x509_certificate(certificate.encode()).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if len(found) == 1 else ""


def half_life(certificate: str) -> datetime:
    """When a certificate is to be renewed. Raises ValueError for what is no PEM."""
    found = x509.load_pem_x509_certificate(certificate.encode())
    return found.not_valid_before_utc + (found.not_valid_after_utc - found.not_valid_before_utc) / 2


def _dns_names(certificate: x509.Certificate) -> list[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return found.value.get_values_for_type(x509.DNSName)


def _issue(
    authority: Pair,
    common_name: str,
    usage: x509.ObjectIdentifier,
    now: datetime,
    *,
    days: int,
    names: x509.SubjectAlternativeName | None = None,
) -> Pair:
    issuer = x509.load_pem_x509_certificate(authority.certificate.encode())
    issuer_key = serialization.load_pem_private_key(authority.key.encode(), password=None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise errors.ConfigError("the services' authority has no EC key; look at Secret govcloud-system/services-ca")
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _builder(_name(common_name), issuer.subject, key, now, days=days)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    )
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    return _pair(builder.sign(issuer_key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, *, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
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


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return Pair(certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(), key=private.decode())
