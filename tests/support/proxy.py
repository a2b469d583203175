"""A proxy on loopback between a program and an API server: it records, and does to requests what a rule says.

Plain HTTP in front, TLS with the program's own certificate behind. Answers pass piece by piece, so watches stream.
A rule is a coroutine that is given each exchange and ends it in one way: `relay`, `give`, `cut`, `hang`, or `send` and
then one of the last three. Rules run in the proxy's own thread.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qsl, urlsplit

import yaml

from support import proxy_wire
from support.apiserver import ApiServer
from support.certificates import Pair
from support.proxy_wire import Head

CALL_SECONDS = 20
"""What is asked of the proxy's thread is done by then."""
BACKLOG = 100
LINE_BYTES = 2**22
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
Got = TypeVar("Got")


class Exchange:
    """One request, and what became of it."""

    def __init__(self, link: _Link, head: Head, body: bytes, number: int) -> None:
        self._link = link
        self._head = head
        self.number = number
        self.at_seconds = time.monotonic()
        self.method, target, _ = head.first.split(" ")
        self.url: SplitResult = urlsplit(target)
        self.query = dict(parse_qsl(self.url.query))
        self.body = body
        self.status: int | None = None
        """What the API server said; None: it was not asked, or did not say."""
        self.given: int | None = None
        """What the program was told."""
        self.fate = "runs"
        """`relayed`, `given`, `cut`, `hung` or `broken`, as soon as it is over."""
        self.answer: bytes = b""
        """The API server's body, of a write."""

    @property
    def path(self) -> str:
        """Without the query."""
        return self.url.path

    @property
    def watches(self) -> bool:
        """Does it ask for a stream?"""
        return self.query.get("watch") in ("true", "1")

    @property
    def writes(self) -> bool:
        """Does it change the world? A dry run and a question in the form of an object (a review) do not."""
        return self.method not in _READING and "dryRun" not in self.query and not self.path.endswith("reviews")

    @property
    def document(self) -> Any:
        """The body as an object; {} when there is none."""
        return json.loads(self.body) if self.body else {}

    async def relay(self) -> None:
        """To the API server and back; a stream piece by piece."""
        head, stream = await self._link.ask(self._head.raw + self.body)
        self.status = self.given = head.status
        if self.watches:
            await self._link.tell(head.raw)
            await self._stream(head, stream)
            self.fate = "relayed"
            return
        body = await proxy_wire.read_body(stream, head)
        self.answer, self.fate = body if self.writes else b"", "relayed"
        await self._link.tell(head.raw + (proxy_wire.whole(body) if head.chunked else body))

    async def _stream(self, head: Head, stream: asyncio.StreamReader) -> None:
        async for piece in self._link.while_present(proxy_wire.pieces(stream, head)):
            if not self._link.silent:
                await self._link.tell(proxy_wire.chunk(piece) if head.chunked else piece)
        if head.chunked and not self._link.silent:
            await self._link.tell(proxy_wire.LAST_CHUNK)

    async def send(self) -> None:
        """To the API server; the program is told nothing yet."""
        head, stream = await self._link.ask(self._head.raw + self.body)
        self.answer = await proxy_wire.read_body(stream, head)
        self.status = head.status

    async def give(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        """An answer of our own."""
        self.given, self.fate = status, "given"
        await self._link.tell(proxy_wire.answer(status, body, headers))

    async def refuse(self, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        """An error of our own, in an API server's form."""
        await self.give(status, proxy_wire.refusal(status, reason, "the test says so"), headers)

    async def cut(self) -> None:
        """No answer: the connection is reset."""
        self.fate = "cut"
        self._link.abort()

    async def hang(self) -> None:
        """No answer, and no end: the connection stays open until the program leaves."""
        self.fate = "hung"
        await self._link.absent()

    def say(self, event: Any) -> None:
        """Put an event of our own into a stream that runs. Call it in the proxy's thread."""
        self._link.say(proxy_wire.chunk(json.dumps(event).encode() + b"\n"))


Rule = Callable[[Exchange], Awaitable[None]]


async def relay(exchange: Exchange) -> None:
    """The rule of a proxy that only looks."""
    await exchange.relay()


class Proxy:
    """Made by `running`. Its methods may be called from any thread; they return when it is done."""

    def __init__(self, upstream: str, tls: ssl.SSLContext, loop: asyncio.AbstractEventLoop) -> None:
        self.upstream = urlsplit(upstream)
        self.tls = tls
        self.rule: Rule = relay
        self.exchanges: list[Exchange] = []
        """All of them, in the order they came."""
        self.port = 0
        self._loop = loop
        self._listener: socket.socket | None = None
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        """One for each accepted connection."""

    @property
    def url(self) -> str:
        """Where programs find it."""
        return f"http://127.0.0.1:{self.port}"

    def kubeconfig(self, path: Path) -> Path:
        """A kubeconfig file that leads here."""
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "proxy", "cluster": {"server": self.url}}],
            "users": [{"name": "nobody", "user": {}}],
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "nobody"}}],
            "current-context": "proxy",
        }
        path.write_text(yaml.safe_dump(document))
        return path

    def writes(self) -> list[Exchange]:
        """Exchanges that change the world."""
        return [exchange for exchange in tuple(self.exchanges) if exchange.writes]

    def watches(self) -> list[Exchange]:
        """Streams that run."""
        return [exchange for exchange in tuple(self.exchanges) if exchange.watches and exchange.fate == "runs"]

    def close(self) -> None:
        """Nobody listens any more, and every connection is reset."""
        self._call(self._close())

    def open(self) -> None:
        """Listen, at the same address as before."""
        self._call(self._open())

    def drop(self) -> None:
        """Every connection is reset, streams too; who comes back is served."""
        self._call(self._drop())

    def silence(self, *, streams_only: bool) -> None:
        """Connections of now stay open and say nothing more; new ones are as good as ever."""
        self._call(self._silence(streams_only))

    def say(self, event: Any) -> int:
        """An event into every stream that runs; how many there were."""
        return self._call(self._say(event))

    def _call(self, work: Coroutine[Any, Any, Got]) -> Got:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_SECONDS)

    async def _open(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=BACKLOG)
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])
        self._loop.add_reader(self._listener, self._accept, self._listener)

    def _accept(self, listener: socket.socket) -> None:
        """By hand: an asyncio.Server of Python 3.11 that is closed loses sight of what it accepted a moment before."""
        with suppress(BlockingIOError, ConnectionAbortedError):
            accepted, _ = listener.accept()
            task = self._loop.create_task(self._serve(accepted))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _close(self) -> None:
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None
        while self._tasks:  # one that was accepted a moment ago becomes a link in the next turns of the loop
            await self._drop()
            await asyncio.sleep(0)

    async def _drop(self) -> None:
        links = tuple(self._links)
        for link in links:
            link.abort()
        await asyncio.gather(*(link.ended.wait() for link in links))

    async def _silence(self, streams_only: bool) -> None:
        streams = {exchange._link for exchange in self.watches()}
        for link in self._links:
            link.silent = link.silent or link in streams or not streams_only

    async def _say(self, event: Any) -> int:
        streams = self.watches()
        for exchange in streams:
            exchange.say(event)
        return len(streams)

    async def _serve(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=accepted, limit=LINE_BYTES)
        link = _Link(self, reader, writer)
        self._links.add(link)
        try:
            with suppress(OSError, asyncio.CancelledError):
                await link.serve()
        finally:
            link.abort()
            self._links.discard(link)
            link.ended.set()


class _Link:
    """One connection of the program, and its twin to the API server."""

    def __init__(self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.silent = False
        self.ended = asyncio.Event()
        self._proxy = proxy
        self._reader, self._writer = reader, writer
        self._up: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._task = asyncio.current_task()

    async def serve(self) -> None:
        """One exchange after the other, until somebody leaves."""
        while (head := await proxy_wire.read_head(self._reader)) is not None:
            body = await proxy_wire.read_body(self._reader, head)
            exchange = Exchange(self, head, body, len(self._proxy.exchanges))
            self._proxy.exchanges.append(exchange)
            try:
                await (exchange.hang() if self.silent else self._proxy.rule(exchange))
            finally:
                exchange.fate = "broken" if exchange.fate == "runs" else exchange.fate
            if exchange.fate in ("cut", "hung"):
                return

    async def ask(self, message: bytes) -> tuple[Head, asyncio.StreamReader]:
        """Send to the API server; its answer's head, and where the body comes from."""
        if self._up is None or self._up[0].at_eof():
            self._drop()
            host, port = self._proxy.upstream.hostname, self._proxy.upstream.port
            self._up = await asyncio.open_connection(host, port, ssl=self._proxy.tls, limit=LINE_BYTES)
        reader, writer = self._up
        writer.write(message)
        await writer.drain()
        head = await proxy_wire.read_head(reader)
        if head is None:
            raise ConnectionResetError("the API server left")
        return head, reader

    async def tell(self, message: bytes) -> None:
        """To the program."""
        self._writer.write(message)
        await self._writer.drain()

    def say(self, message: bytes) -> None:
        """To the program, without waiting."""
        self._writer.write(message)

    async def absent(self) -> None:
        """Wait until the program leaves. What it says meanwhile is not heard."""
        while await self._reader.read(proxy_wire.PIECE_BYTES):
            pass

    async def while_present(self, pieces: Any) -> Any:
        """The pieces, as long as the program listens. Raises OSError when it leaves."""
        left = asyncio.ensure_future(self.absent())
        try:
            while True:
                following = asyncio.ensure_future(anext(pieces))
                await asyncio.wait([left, following], return_when=asyncio.FIRST_COMPLETED)
                if left.done():
                    following.cancel()
                    await asyncio.gather(following, left, return_exceptions=True)
                    raise ConnectionResetError("the program left")
                try:
                    yield following.result()
                except StopAsyncIteration:
                    return
        finally:
            left.cancel()
            await asyncio.gather(left, return_exceptions=True)

    def abort(self) -> None:
        """Reset both connections; whoever waits for them is told."""
        self._writer.transport.abort()
        self._drop()
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()

    def _drop(self) -> None:
        if self._up is not None:
            self._up[1].transport.abort()
            self._up = None


def client_context(authority: Path, login: Pair) -> ssl.SSLContext:
    """TLS as a client of an authority's server, with a client certificate."""
    context = ssl.create_default_context(cafile=str(authority))
    context.load_cert_chain(str(login.certificate), str(login.key))
    return context


def before(server: ApiServer, user: str, *groups: str) -> ssl.SSLContext:
    """TLS to an API server as a user with these groups."""
    return client_context(server.authority.certificate, server.authority.client(user, *groups))


@contextmanager
def running(upstream: str, tls: ssl.SSLContext) -> Iterator[Proxy]:
    """A proxy in a thread of its own; all connections are reset at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="proxy", daemon=True)
    thread.start()
    proxy = Proxy(upstream, tls, loop)
    try:
        proxy.open()
        yield proxy
    finally:
        proxy.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(CALL_SECONDS)
        loop.close()
