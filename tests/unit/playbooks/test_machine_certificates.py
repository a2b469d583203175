"""When a certificate ends, read from its bytes: the same that openssl and cryptography read."""

from __future__ import annotations

import base64
import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.machine_metrics import pem, script

certificates = script("certificates")
LATER = datetime(2030, 6, 1, 12, 30, 15, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(1961, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # a range


@settings(max_examples=60)
@given(MOMENTS.map(lambda moment: moment.replace(microsecond=0)), st.integers(1, 400))
@example(datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), 64)
@example(datetime(2050, 1, 1, tzinfo=UTC), 64)
@example(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), 200)
def test_every_end_is_read_whatever_stands_before_it(ends: datetime, letters: int) -> None:
    assert certificates.not_after(pem(ends, "n" * letters).decode()) == ends.timestamp()


@pytest.mark.parametrize("key", ["rsa:2048", "ec -pkeyopt ec_paramgen_curve:P-384", "ed25519"])
def test_it_is_what_openssl_says(key: str, tmp_path: Path) -> None:
    made = tmp_path / "made.pem"
    words = ["openssl", "req", "-x509", "-nodes", "-subj", "/O=a/CN=b", "-days", "400", "-newkey", *key.split()]
    subprocess.run([*words, "-keyout", tmp_path / "key", "-out", made], check=True, capture_output=True)
    said = subprocess.run(["openssl", "x509", "-noout", "-enddate", "-in", made], check=True, capture_output=True)
    end = said.stdout.decode().strip().removeprefix("notAfter=")
    assert certificates.not_after(made.read_text()) == ssl.cert_time_to_seconds(end)


def test_a_certificate_of_the_first_version_has_an_end_too(tmp_path: Path) -> None:
    request, key, made = (tmp_path / name for name in ("request", "key", "made"))
    words = ["openssl", "req", "-new", "-nodes", "-subj", "/CN=a", "-newkey", "ed25519", "-keyout", key]
    subprocess.run([*words, "-out", request], check=True, capture_output=True)
    subprocess.run(
        ["openssl", "x509", "-req", "-in", request, "-signkey", key, "-days", "9", "-out", made],
        check=True,
        capture_output=True,
    )
    shown = subprocess.run(["openssl", "x509", "-noout", "-text", "-in", made], check=True, capture_output=True)
    assert b"Version: 1 (" in shown.stdout
    assert certificates.not_after(made.read_text()) > 0


def kubeconfig(certificate: bytes) -> str:
    user = f"    client-certificate-data: {base64.b64encode(certificate).decode()}\n    client-key-data: a2V5\n"
    return f"clusters:\n- cluster:\n    certificate-authority-data: {'QUJD' * 200}\nusers:\n- user:\n{user}"


def test_where_a_certificate_is_not_alone() -> None:
    first, second = pem(LATER), pem(datetime(2040, 1, 1, tzinfo=UTC))
    key = b"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n"
    for text in (first + second, first + key, key + first, b"subject=x\n" + first, first.replace(b"\n", b"\r\n")):
        assert certificates.not_after(text.decode()) == LATER.timestamp()
    assert certificates.not_after(kubeconfig(first)) == LATER.timestamp()


WHOLE = pem(LATER)
LINES = WHOLE.decode().splitlines()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "client-certificate-data: x",
        "client-certificate-data: /w==",
        "\n".join([LINES[0], *LINES[2:]]),
        kubeconfig(b"none"),
    ],
)
def test_what_is_none_has_no_end(text: str) -> None:
    assert certificates.not_after(text) == 0


@given(st.integers(0, len(WHOLE)), st.binary(max_size=4))
def test_a_damaged_one_never_stops_the_others(at: int, put: bytes) -> None:
    damaged = WHOLE[:at] + put + WHOLE[at + len(put) :]
    assert isinstance(certificates.not_after(damaged.decode(errors="replace")), int)
    assert isinstance(certificates.not_after(kubeconfig(damaged)), int)


@given(st.binary(max_size=200))
def test_any_bytes_in_place_of_one_are_read_to_their_end(content: bytes) -> None:
    text = f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(content).decode()}\n-----END CERTIFICATE-----\n"
    assert isinstance(certificates.not_after(text), int)


def test_names_are_a_closed_set_and_each_is_read_where_it_lies(tmp_path: Path) -> None:
    for path in certificates.FILES.values():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(kubeconfig(WHOLE).encode() if path.endswith(".conf") else WHOLE)
    for other in ("pki/sa.pub", "pki/mine.crt", "pki/etcd/other.crt", "kubelet.conf"):
        (tmp_path / "etc/kubernetes" / other).write_bytes(WHOLE)
    assert certificates.ends(tmp_path) == dict.fromkeys(certificates.FILES, LATER.timestamp())
    assert {"apiserver", "etcd-peer", "kubelet-server", "registry", "admin"} < set(certificates.FILES)
    assert len(certificates.FILES) == 18


def test_the_kubelets_newest_certificate_is_behind_a_link(tmp_path: Path) -> None:
    folder = tmp_path / "var/lib/kubelet/pki"
    folder.mkdir(parents=True)
    (folder / "kubelet-client-2026.pem").write_bytes(WHOLE)
    (folder / "kubelet-client-current.pem").symlink_to("kubelet-client-2026.pem")
    assert certificates.ends(tmp_path) == {"kubelet-client": LATER.timestamp()}
    (folder / "kubelet-client-2026.pem").unlink()
    assert certificates.ends(tmp_path) == {}
