"""`govcloud:infra:Machine`: a lab machine with its disk and its power."""

from collections.abc import Iterator
from pathlib import Path

from govcloud_api.errors import InvalidSpec
from govcloud_infra.machines import network, nspawn
from govcloud_infra.machines.spec import MachinePaths, MachineSpec, machine_paths
from govcloud_infra.paths import SitePaths
from govcloud_infra.provider.kind import Change, Plain, Say

_INPUTS = ("site", "name", "address", "gateway", "bridge", "authorizedKey", "rootfsSha256", "state", "cache", "power")
_IDENTITY = ("site", "name", "state")
# Certificates, etcd and every other node know a machine by these.
_PLACE = ("address", "gateway", "bridge")
# A machine keeps the system it was installed from: changing the layer below a used disk would corrupt it.
_KEPT = ("rootfsSha256",)


class MachineKind:
    """Inputs as in MachineSpec, the site's folders, and power (`on`). Output: hostKey."""

    def faults(self, inputs: Plain) -> list[tuple[str, str]]:
        return [(key, "is needed") for key in _INPUTS if not inputs.get(key)]

    def changes(self, state: Plain, inputs: Plain) -> Iterator[Change]:
        for key in _INPUTS:
            if key not in _KEPT and state.get(key) != inputs[key]:
                yield Change(path=key, action="update", replace=key in _IDENTITY)

    def create(self, inputs: Plain, say: Say, *, preview: bool) -> tuple[str, Plain]:
        if preview:
            return "", {}
        return f"{inputs['site']}-{inputs['name']}", self._ensure(inputs, say)

    def update(self, state: Plain, inputs: Plain, say: Say, *, preview: bool) -> Plain:
        _refuse_move(state, inputs)
        kept = {key: state[key] for key in _KEPT}
        return (
            {**kept, "hostKey": state.get("hostKey")} if preview else {**self._ensure({**inputs, **kept}, say), **kept}
        )

    def read(self, state: Plain) -> Plain | None:
        spec, paths = _places(state)
        if not nspawn.exists(paths):
            return None
        return {**state, "power": _power(spec), "hostKey": nspawn.host_key(paths)}

    def delete(self, state: Plain, say: Say) -> None:
        nspawn.remove(*_places(state))

    def _ensure(self, inputs: Plain, say: Say) -> Plain:
        spec, paths = _places(inputs)
        say("disk")
        blob = paths.bundle / "blobs" / "sha256" / spec.rootfs_sha256
        key = nspawn.create(spec, paths, blob)
        say("power on")
        nspawn.start(spec, paths)
        network.plug(spec.cable, spec.bridge)
        return {"hostKey": key}


def _power(spec: MachineSpec) -> str:
    if not nspawn.is_running(spec):
        return "off"
    # A bridge that was made anew has none of the cables that hung on the old one.
    return "on" if network.is_plugged(spec.cable, spec.bridge) else "unplugged"


def _refuse_move(state: Plain, inputs: Plain) -> None:
    for key in _PLACE:
        if state.get(key) != inputs[key]:
            what = f"{key} of machine {inputs['name']} cannot change from {state.get(key)} to {inputs[key]}"
            raise InvalidSpec(
                f"{what} once it is made; put the old value back into the site file, or destroy the site first"
            )


def _places(values: Plain) -> tuple[MachineSpec, MachinePaths]:
    spec = MachineSpec(
        site=values["site"],
        name=values["name"],
        address=values["address"],
        gateway=values["gateway"],
        bridge=values["bridge"],
        rootfs_sha256=values["rootfsSha256"],
        authorized_key=values["authorizedKey"],
    )
    return spec, machine_paths(spec, SitePaths(state=Path(values["state"]), cache=Path(values["cache"])))
