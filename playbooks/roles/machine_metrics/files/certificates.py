"""When the certificates of a machine end. Which there can be is a closed set: they are values of a label.

A reader of a few bytes of DER instead of openssl, which would be started twenty times a minute.
"""

import base64
import calendar
import re
import time
from collections.abc import Iterator
from pathlib import Path

_PKI, _KUBELET, _REGISTRY = "etc/kubernetes/pki", "var/lib/kubelet/pki", "etc/govcloud/registry"
# kubeadm's, the kubelet's and the registry's. A kubeconfig file holds the certificate of whoever uses it.
FILES = {
    **{f"apiserver{use}": f"{_PKI}/apiserver{use}.crt" for use in ("", "-etcd-client", "-kubelet-client")},
    **{name: f"{_PKI}/{name}.crt" for name in ("ca", "front-proxy-ca", "front-proxy-client")},
    **{f"etcd-{name}": f"{_PKI}/etcd/{name}.crt" for name in ("ca", "healthcheck-client", "peer", "server")},
    **{name: f"etc/kubernetes/{name}.conf" for name in ("admin", "controller-manager", "scheduler", "super-admin")},
    **{f"kubelet-{side}": f"{_KUBELET}/kubelet-{side}-current.pem" for side in ("client", "server")},
    "registry": f"{_REGISTRY}/registry.crt",
    "registry-ca": f"{_REGISTRY}/ca.crt",
}
_VERSION, _GENERALIZED_TIME = 0xA0, 0x18


def ends(root: Path) -> dict[str, int]:
    """When each certificate that is there ends, in seconds since 1970; 0 for one that cannot be read."""
    files = {name: root / path for name, path in FILES.items()}
    return {name: not_after(file.read_text(errors="replace")) for name, file in files.items() if file.exists()}


def not_after(text: str) -> int:
    """When the first certificate in PEM, or that of a kubeconfig, ends; 0 when it cannot be read."""
    try:
        if embedded := re.search(r"client-certificate-data:\s*(\S+)", text):
            text = base64.b64decode(embedded[1]).decode()
        pem = text.partition("-----BEGIN CERTIFICATE-----")[2].partition("-----END")[0]
        tag, moment = _end_of_validity(base64.b64decode(pem))
        digits = moment.decode()
        century = "" if tag == _GENERALIZED_TIME else "20" if digits < "50" else "19"
        return calendar.timegm(time.strptime(century + digits, "%Y%m%d%H%M%SZ"))
    except (ValueError, IndexError):
        return 0


def _end_of_validity(der: bytes) -> tuple[int, bytes]:
    """Source: RFC 5280, 4.1: version, serial number, signature, issuer, validity. Raises ValueError, IndexError."""
    [(_, signed)] = _values(der)
    (_, certificate), *_ = _values(signed)
    _, _, _, validity, *_ = (content for tag, content in _values(certificate) if tag != _VERSION)
    _, end = _values(validity)
    return end


def _values(der: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag, content) of values that follow each other. Source: ITU-T X.690, 8.1 and 10.1. Raises IndexError."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at : at + size], "big"), at + size
        yield tag, der[at : at + length]
        at += length
