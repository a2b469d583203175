"""Keys of NATS: Ed25519 in a text form that says what the key is for. Pure.

Format: https://github.com/nats-io/nkeys#readme (base32 of prefix, key and CRC-16, without padding).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Use = Literal["operator", "account", "user"]
_PREFIX: dict[Use, int] = {"operator": 14 << 3, "account": 0, "user": 20 << 3}
"""First byte: the first letter of the text is O, A or U."""
_SEED_PREFIX = 18 << 3
"""First letter S."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A private key and what it is for."""

    use: Use
    seed: bytes = field(repr=False)
    """32 bytes."""

    @property
    def public(self) -> str:
        """The public key as NATS writes it."""
        raw = self._private().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return _text(bytes([_PREFIX[self.use]]) + raw)

    @property
    def secret(self) -> str:
        """The seed as NATS writes it; never in a log."""
        prefix = _PREFIX[self.use]
        return _text(bytes([_SEED_PREFIX | (prefix >> 5), (prefix & 31) << 3]) + self.seed)

    def sign(self, content: bytes) -> bytes:
        """Signature of 64 bytes."""
        return self._private().sign(content)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def derived(use: Use, secret: str, purpose: str) -> Key:
    """The same key for the same secret and purpose, always; the secret cannot be found from it."""
    return Key(use=use, seed=hmac.new(secret.encode(), f"nats {purpose}".encode(), "sha256").digest())


def _text(content: bytes) -> str:
    checked = content + binascii.crc_hqx(content, 0).to_bytes(2, "little")
    return base64.b32encode(checked).decode().rstrip("=")
