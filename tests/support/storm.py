"""Many who scrape at the same time."""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from support import mounted

REQUEST = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
HANDSHAKE_SECONDS = 90


async def scrape(port: int, how: ssl.SSLContext) -> int:
    """Bytes of the answer; 0 for a connection that was refused."""
    place = {"host": "127.0.0.1", "port": port, "server_hostname": mounted.NAME}
    try:
        reader, writer = await asyncio.open_connection(**place, ssl=how, ssl_handshake_timeout=HANDSHAKE_SECONDS)
        writer.write(REQUEST)
        length = 0
        while part := await reader.read(65536):
            length += len(part)
        writer.close()
    except OSError:
        return 0
    return length


def elsewhere(count: int, port: int, folder: Path, authority: str) -> list[int]:
    """So many scrapes at once, from a process of their own: what they hold is none of the server's."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_storm, count, port, folder, authority).result()


def _storm(count: int, port: int, folder: Path, authority: str) -> list[int]:
    async def all_of_them() -> list[int]:
        how = mounted.context(folder, authority)
        return await asyncio.gather(*(scrape(port, how) for _ in range(count)))

    return asyncio.run(all_of_them())
