"""`pulumi-language-python` for people who run `pulumi` by hand in a stack's folder.

The engine starts it, reads its port, and asks it to run the program. What runs is the same inline program as in a
`govcloud` command, in the SDK's own server for such programs (hence the one private import).
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent import futures
from importlib import metadata
from typing import Any

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

_POLL_SECONDS = 1.0


class Host(LanguageServer):
    """Runs one program for one engine."""

    def __init__(self, engine: str) -> None:
        super().__init__(_program)
        self._engine = engine

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        self._engine = request.engine_address or self._engine
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802  # gRPC's name
        request.args[:] = [self._engine]  # where the server of inline programs looks for it
        inline: Callable[[Any, Any], Any] = super().Run
        return inline(request, context)


def _program() -> None:
    from govcloud_infra.programs import by_hand

    by_hand.run(os.environ)


def _serve(engine: str) -> None:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Host(engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    parent, ended = os.getppid(), threading.Event()
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, lambda *_: ended.set())
    while not ended.wait(_POLL_SECONDS) and os.getppid() == parent:
        continue  # it ends with the engine, also when that was killed
    server.stop(0)


if __name__ == "__main__":
    _serve(next((argument for argument in reversed(sys.argv[1:]) if not argument.startswith("-")), ""))
