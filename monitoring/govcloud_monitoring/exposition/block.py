"""Some lines of a page, and the same lines compressed. Pages are joined out of these."""

from __future__ import annotations

import threading
import zlib

GZIP_LEVEL = 1
"""A tenth of level 9's time for a quarter more bytes: the way to Prometheus is short."""
_GZIP_WRAPPER = 31
"""Largest window (15), in a gzip header and trailer (16). Source: zlib.h, deflateInit2."""


class Block:
    """Whole lines that never change. Blocks may be shared by pages and threads."""

    __slots__ = ("_lock", "_member", "plain")

    def __init__(self, plain: bytes) -> None:
        self.plain = plain
        self._lock = threading.Lock()
        self._member: bytes | None = None

    def gzip(self) -> bytes:
        """`plain` as one gzip member, made when first asked for and kept; the same bytes every time, without a date.

        Members one after another are a gzip file again (RFC 1952, 2.2), and so are the bodies joined out of them.
        """
        with self._lock:
            if self._member is None:
                self._member = zlib.compress(self.plain, GZIP_LEVEL, _GZIP_WRAPPER)
            return self._member
