"""`govcloud:infra:Network`: the lab's bridge."""

from collections.abc import Iterator

from govcloud_infra.machines import network
from govcloud_infra.provider.kind import Change, Plain, Say


class NetworkKind:
    """Inputs: bridge, address (with prefix length)."""

    def faults(self, inputs: Plain) -> list[tuple[str, str]]:
        return [(key, "is needed") for key in ("bridge", "address") if not inputs.get(key)]

    def changes(self, state: Plain, inputs: Plain) -> Iterator[Change]:
        for key in ("bridge", "address"):
            if state.get(key) != inputs[key]:
                yield Change(path=key, action="update", replace=key == "bridge")

    def create(self, inputs: Plain, say: Say, *, preview: bool) -> tuple[str, Plain]:
        return inputs["bridge"], self.update({}, inputs, say, preview=preview)

    def update(self, state: Plain, inputs: Plain, say: Say, *, preview: bool) -> Plain:
        if not preview:
            say(f"bridge {inputs['bridge']} with {inputs['address']}")
            network.ensure(network.BridgeSpec(name=inputs["bridge"], address=inputs["address"]))
        return {}

    def read(self, state: Plain) -> Plain | None:
        found = network.state(state["bridge"])
        return None if found is None else {**state, "address": found.address}

    def delete(self, state: Plain, say: Say) -> None:
        network.remove(state["bridge"])
