"""A secret that a gateway and the operator share although everything they exchange is public. Pure.

versitygw knows its administrator by a secret key, which a pod can only be given through objects that owners of the
environment read. So the key is given to nobody: the pod makes a key pair when it starts and shows the public half in
its status, the operator's half is made from the instance's secret, and X25519 (RFC 7748) with HKDF (RFC 5869) gives
both sides the same key. Whoever reads both public halves knows nothing.
"""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_PURPOSE = b"govcloud bucket administrator 1"


def operator_key(secret: str) -> X25519PrivateKey:
    """The operator's half for an instance, always the same for the same secret."""
    return X25519PrivateKey.from_private_bytes(hmac.new(secret.encode(), b"bucket agreement", "sha256").digest())


def public(key: X25519PrivateKey) -> str:
    """What may be shown of a half, 64 hexadecimal digits."""
    return key.public_key().public_bytes_raw().hex()


def shared(own: X25519PrivateKey, operators: str, pods: str) -> str:
    """The administrator's secret key, 64 hexadecimal digits; `own` is one of the two public halves.

    Raises ValueError when a half is no key.
    """
    theirs = pods if public(own) == operators else operators
    agreed = own.exchange(X25519PublicKey.from_public_bytes(bytes.fromhex(theirs)))
    about = _PURPOSE + bytes.fromhex(operators) + bytes.fromhex(pods)
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=about).derive(agreed).hex()
