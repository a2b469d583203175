"""HTTP/1.1 as bytes, as far as a proxy needs it: heads, bodies, chunks. Source: RFC 9112."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

BLANK = b"\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
PIECE_BYTES = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """First line and headers of a message; `raw` is what was read, with the blank line."""

    first: str
    headers: Mapping[str, str]
    """By name in lower case; of several with one name the last."""
    raw: bytes

    @property
    def length_bytes(self) -> int:
        """Of the body, as it is announced; 0 when it is not."""
        return int(self.headers.get("content-length") or 0)

    @property
    def chunked(self) -> bool:
        """Is the body as long as it will be?"""
        return "chunked" in self.headers.get("transfer-encoding", "")

    @property
    def status(self) -> int:
        """Of an answer."""
        return int(self.first.split(" ")[1])


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The next message's head; None when the other side has nothing more to say. Raises OSError when it breaks off."""
    try:
        raw = await reader.readuntil(BLANK)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise ConnectionResetError("broken off within a head") from error
        return None
    first, *lines = raw.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Head(first=first, headers={name.strip().lower(): value.strip() for name, _, value in pairs}, raw=raw)


async def pieces(reader: asyncio.StreamReader, head: Head) -> AsyncIterator[bytes]:
    """The body as it comes: a chunk, or what has arrived of an announced length. Raises OSError when it breaks off."""
    try:
        if head.chunked:
            while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
                yield (await reader.readexactly(size + 2))[:-2]
            await reader.readuntil(b"\r\n")
            return
        left = head.length_bytes
        while left:
            piece = await reader.read(min(left, PIECE_BYTES))
            if not piece:
                raise ConnectionResetError("broken off within a body")
            left -= len(piece)
            yield piece
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError("broken off within a chunk") from error


async def read_body(reader: asyncio.StreamReader, head: Head) -> bytes:
    """The whole body. Raises OSError when it breaks off."""
    return b"".join([piece async for piece in pieces(reader, head)])


def chunk(piece: bytes) -> bytes:
    """A piece of a body whose length nobody knows yet."""
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def whole(body: bytes) -> bytes:
    """A whole body in chunks."""
    return (chunk(body) if body else b"") + LAST_CHUNK


def answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole answer with a JSON body."""
    payload = json.dumps(body).encode()
    given = {"Content-Type": "application/json", "Content-Length": str(len(payload)), **(headers or {})}
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join(lines).encode("latin-1") + BLANK + payload


def refusal(status: int, reason: str, message: str) -> dict[str, Any]:
    """A metav1.Status as an API server answers it."""
    return {
        "apiVersion": "v1",
        "kind": "Status",
        "metadata": {},
        "status": "Failure",
        "code": status,
        "reason": reason,
        "message": message,
    }
