"""The services' authority and what it signs."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from govcloud_api import errors, labels
from govcloud_kube.memory import MemoryCluster
from govcloud_operators.services import authority, certificates

NOW = datetime(2026, 5, 3, tzinfo=UTC)
NAMES = certificates.server_names("main", "tax-portal-dev")


def usage(certificate: str) -> list[x509.ObjectIdentifier]:
    found = x509.load_pem_x509_certificate(certificate.encode())
    return list(found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def cluster() -> MemoryCluster:
    return MemoryCluster([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": labels.SYSTEM_NAMESPACE}}])


def test_names_of_a_server() -> None:
    assert NAMES == [
        "svc-main",
        "svc-main.tax-portal-dev",
        "svc-main.tax-portal-dev.svc",
        "svc-main.tax-portal-dev.svc.cluster.local",
    ]


def test_a_server_only_serves_and_a_client_only_calls() -> None:
    made = certificates.new_authority(NOW)
    assert usage(certificates.server(made, "svc-main", NAMES, NOW).certificate) == [ExtendedKeyUsageOID.SERVER_AUTH]
    client = certificates.client(made, certificates.OPERATOR_NAME, NOW)
    assert usage(client.certificate) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    ssl.create_default_context(cadata=made.certificate)


@pytest.mark.parametrize(
    ("days", "names", "foreign", "fresh"),
    [
        (0, NAMES, False, True),
        (44, NAMES, False, True),
        (46, NAMES, False, False),
        (0, NAMES[:2], False, False),
        (0, NAMES, True, False),
    ],
)
def test_is_fresh(days: int, names: list[str], foreign: bool, fresh: bool) -> None:
    made = certificates.new_authority(NOW)
    judge = certificates.new_authority(NOW) if foreign else made
    pair = certificates.server(made, "svc-main", NAMES, NOW)
    assert certificates.is_fresh(pair.certificate, judge, names, NOW + timedelta(days=days)) == fresh


@pytest.mark.parametrize("text", ["", "no PEM", "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_not_fresh(text: str) -> None:
    assert not certificates.is_fresh(text, certificates.new_authority(NOW), NAMES, NOW)


def test_the_authority_is_made_once() -> None:
    world = cluster()
    first = authority.Authority(world, lambda: NOW).pair()
    second = authority.Authority(world, lambda: NOW + timedelta(days=1)).pair()
    assert first == second
    found = world.get(authority.SECRET)
    assert found is not None
    assert found["type"] == "kubernetes.io/tls"
    assert first.key not in repr(first)


def test_a_race_for_the_authority_has_one_winner() -> None:
    world = cluster()
    other = authority.Authority(world, lambda: NOW).pair()

    class Late:
        """Sees nothing at first, as one who read before the other wrote."""

        blind = True

        def get(self, ref: object) -> object:
            if self.blind:
                self.blind = False
                return None
            return world.get(authority.SECRET)

        def __getattr__(self, name: str) -> object:
            return getattr(world, name)

    assert authority.Authority(Late(), lambda: NOW).pair() == other


def test_an_authority_that_was_spoilt_is_not_replaced() -> None:
    world = cluster()
    spoilt = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "services-ca", "namespace": "govcloud-system"}}
    world.seed(spoilt | {"data": {"tls.crt": "!"}})
    with pytest.raises(errors.ConfigError, match="restore it from the site's backup"):
        authority.Authority(world, lambda: NOW).pair()
    assert world.writes == []


def test_the_operators_own_certificate_is_renewed_in_time() -> None:
    now = NOW
    kept = authority.Authority(cluster(), lambda: now)
    first = kept.client()
    assert kept.client() == first
    now = NOW + timedelta(days=1, hours=1)
    assert kept.client() != first
