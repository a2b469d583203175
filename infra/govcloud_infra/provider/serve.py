"""The provider's process: the engine's gRPC on one side, kinds on the other.

Started by the engine as `pulumi-resource-govcloud ADDRESS`; ends with it, also when the engine was killed.
"""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Sequence

import grpc
import pulumi.provider.experimental.provider as p
from pulumi.provider.experimental.server import main
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from govcloud_infra.provider import wire
from govcloud_infra.provider.endpoint import EndpointKind
from govcloud_infra.provider.kind import Change, Kind, Say
from govcloud_infra.provider.machine import MachineKind
from govcloud_infra.provider.manifest import ManifestKind
from govcloud_infra.provider.network import NetworkKind
from govcloud_infra.provider.refusal import RefusalKind
from govcloud_infra.provider.static import StaticMachineKind

VERSION = "0.1.0"
_SINGLE = {"add": p.PropertyDiffKind.ADD, "delete": p.PropertyDiffKind.DELETE, "update": p.PropertyDiffKind.UPDATE}


class Provider(p.Provider):
    """Translates; every decision is a kind's."""

    def __init__(self, engine: engine_pb2_grpc.EngineStub) -> None:
        super().__init__()
        self._engine = engine
        self._kinds: dict[str, Kind] = {
            "govcloud:infra:Network": NetworkKind(),
            "govcloud:infra:Machine": MachineKind(),
            "govcloud:infra:StaticMachine": StaticMachineKind(),
            "govcloud:infra:Endpoint": EndpointKind(),
            "govcloud:kube:Manifest": ManifestKind(),
            "govcloud:kube:Refusal": RefusalKind(),
        }

    async def check(self, request: p.CheckRequest) -> p.CheckResponse:
        failures = []
        if not wire.has_unknown(request.new_inputs):
            faults = self._kind(request.type).faults(wire.plain(request.new_inputs))
            failures = [p.CheckFailure(name, why) for name, why in faults]
        return p.CheckResponse(inputs=wire.outgoing(request.new_inputs), failures=failures)

    async def diff(self, request: p.DiffRequest) -> p.DiffResponse:
        if wire.has_unknown(request.new_inputs):
            return p.DiffResponse(changes=True)
        kind = self._kind(request.type)
        changes = list(kind.changes(wire.plain(request.old_state), wire.plain(request.new_inputs)))
        return _diff_response(changes)

    async def create(self, request: p.CreateRequest) -> p.CreateResponse:
        if request.preview and wire.has_unknown(request.properties):
            return p.CreateResponse(properties=wire.outgoing(request.properties))
        kind, inputs = self._kind(request.type), wire.plain(request.properties)
        say = self._say(request.urn)
        identity, found = await asyncio.to_thread(lambda: kind.create(inputs, say, preview=request.preview))
        state = wire.outgoing({**request.properties, **wire.properties(found)})
        return p.CreateResponse(None if request.preview else identity, state)

    async def update(self, request: p.UpdateRequest) -> p.UpdateResponse:
        if request.preview and wire.has_unknown(request.news):
            return p.UpdateResponse(properties=wire.outgoing(request.news))
        kind, old, new = self._kind(request.type), wire.plain(request.olds), wire.plain(request.news)
        say = self._say(request.urn)
        found = await asyncio.to_thread(lambda: kind.update(old, new, say, preview=request.preview))
        return p.UpdateResponse(wire.outgoing({**request.news, **wire.properties(found)}))

    async def read(self, request: p.ReadRequest) -> p.ReadResponse:
        kind, state = self._kind(request.type), wire.plain(request.properties)
        found = await asyncio.to_thread(kind.read, state)
        if found is None:
            return p.ReadResponse(None)
        return p.ReadResponse(request.resource_id, wire.properties(found), request.inputs)

    async def delete(self, request: p.DeleteRequest) -> None:
        kind, state = self._kind(request.type), wire.plain(request.properties)
        await asyncio.to_thread(kind.delete, state, self._say(request.urn))

    def _kind(self, type_token: str) -> Kind:
        # The SDK passes the type as the URN has it: with those of the parents before it, joined by "$".
        return self._kinds[type_token.rsplit("$", 1)[-1]]

    def _say(self, urn: str) -> Say:
        def say(text: str) -> None:
            line = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=urn, ephemeral=True)
            self._engine.Log(line)

        return say


def _diff_response(changes: Sequence[Change]) -> p.DiffResponse:
    replaced = [change.path for change in changes if change.replace]
    detail = {
        change.path: p.PropertyDiff(
            p.PropertyDiffKind.UPDATE_REPLACE if change.replace else _SINGLE[change.action], True
        )
        for change in changes
    }
    return p.DiffResponse(
        changes=bool(changes),
        replaces=replaced,
        diffs=sorted({change.path.split(".")[0] for change in changes}),
        detailed_diff=detail,
        delete_before_replace=True,
    )


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    address = next(argument for argument in sys.argv[1:] if not argument.startswith("-"))
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
    main(sys.argv[1:], VERSION, Provider(stub))
