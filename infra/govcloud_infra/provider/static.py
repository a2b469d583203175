"""`govcloud:infra:StaticMachine`: a machine that exists already. Nothing is made there: its SSH host key is pinned.

A machine that shows another key later is refused, for it may be another machine, or somebody in between.
"""

from collections.abc import Callable, Iterator, Sequence

from govcloud_api.errors import ApiUnavailable, InvalidSpec
from govcloud_infra.machines import static
from govcloud_infra.provider.kind import Change, Plain, Say

_NEEDED = ("site", "name", "address", "port")
_IDENTITY = ("site", "name")
# Certificates, etcd and every other node know a machine by its address.
_PLACE = "address"


class StaticMachineKind:
    """Inputs: site, name, address, port, hostKey (`type base64`; empty: the first one found is kept).

    Outputs: hostKey, the one that is pinned, and foundKey, the one seen last.
    """

    def __init__(self, look: Callable[[str, int], Sequence[str]] = static.host_keys) -> None:
        self._look = look

    def faults(self, inputs: Plain) -> list[tuple[str, str]]:
        return [(key, "is needed") for key in _NEEDED if not inputs.get(key)]

    def changes(self, state: Plain, inputs: Plain) -> Iterator[Change]:
        for key in _NEEDED:
            if state.get(key) != inputs[key]:
                yield Change(path=key, action="update", replace=key in _IDENTITY)
        wanted = inputs.get("hostKey") or state.get("hostKey")
        if wanted != state.get("hostKey") or wanted != state.get("foundKey"):
            yield Change(path="hostKey", action="update")

    def create(self, inputs: Plain, say: Say, *, preview: bool) -> tuple[str, Plain]:
        found = self._pinned(inputs, inputs.get("hostKey") or "", say)
        return f"{inputs['site']}-{inputs['name']}", {} if preview else found

    def update(self, state: Plain, inputs: Plain, say: Say, *, preview: bool) -> Plain:
        if state.get(_PLACE) != inputs[_PLACE]:
            raise InvalidSpec(
                f"address of machine {inputs['name']} cannot change from {state.get(_PLACE)} to {inputs[_PLACE]} once "
                "it is part of the site; put the old value back into the site file, or remove the node and add it again"
            )
        return self._pinned(inputs, inputs.get("hostKey") or state.get("hostKey") or "", say)

    def read(self, state: Plain) -> Plain | None:
        try:
            keys = self._look(state["address"], state["port"])
        except ApiUnavailable:
            return state  # it is off, not gone: whoever needs it will say so
        return {**state, "foundKey": _chosen(keys, state.get("hostKey") or "")}

    def delete(self, state: Plain, say: Say) -> None:
        """It is forgotten; the machine itself stays as it is."""

    def _pinned(self, inputs: Plain, wanted: str, say: Say) -> Plain:
        say(f"SSH host key of {inputs['address']} port {inputs['port']}")
        try:
            key = _chosen(self._look(inputs["address"], inputs["port"]), wanted)
        except ApiUnavailable as error:
            raise ApiUnavailable(f"machine {inputs['name']}: {error}") from error
        if wanted and key != wanted:
            raise InvalidSpec(
                f"machine {inputs['name']} ({inputs['address']}) shows the SSH host key {key}, known is {wanted}: it "
                "was replaced, or somebody answers in its place. If it was replaced, remove the node and add it again; "
                "if only its key is new, write the new one as hostKey of the node into the site file"
            )
        return {"hostKey": key, "foundKey": key}


def _chosen(keys: Sequence[str], wanted: str) -> str:
    same_type = [key for key in keys if wanted and key.split()[0] == wanted.split()[0]]
    return (same_type or list(keys))[0]
