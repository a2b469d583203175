"""`govcloud:kube:Refusal`: something that the API server must refuse, tried by dry run.

An admission policy takes effect some seconds after it was applied. Whatever depends on a Refusal comes after that
moment, and a policy that was taken away later shows as drift.
"""

import time
from collections.abc import Callable, Iterator

from govcloud_api.errors import Forbidden, InvalidSpec, Unhealthy
from govcloud_infra.provider import connection
from govcloud_infra.provider.kind import Change, Plain, Say
from govcloud_kube.cluster import Cluster

_WAIT_SECONDS = 60.0
_POLL_SECONDS = 0.5


class RefusalKind:
    """Inputs: kubeconfig (path), manifest (what to try), because (words that the refusal must contain)."""

    def __init__(self, connect: Callable[[str], Cluster] | None = None) -> None:
        self._connect = connect or connection.connect

    def faults(self, inputs: Plain) -> list[tuple[str, str]]:
        return [(key, "is needed") for key in ("kubeconfig", "manifest", "because") if not inputs.get(key)]

    def changes(self, state: Plain, inputs: Plain) -> Iterator[Change]:
        for key in ("manifest", "because"):
            if state.get(key) != inputs[key]:
                yield Change(path=key, action="update")

    def create(self, inputs: Plain, say: Say, *, preview: bool) -> tuple[str, Plain]:
        if not preview:
            self._wait(inputs, say)
        return inputs["manifest"]["metadata"]["name"], {}

    def update(self, state: Plain, inputs: Plain, say: Say, *, preview: bool) -> Plain:
        if not preview:
            self._wait(inputs, say)
        return {}

    def read(self, state: Plain) -> Plain | None:
        return state if self._is_refused(state) else None

    def delete(self, state: Plain, say: Say) -> None:
        """Nothing was made."""

    def _wait(self, inputs: Plain, say: Say) -> None:
        deadline = time.monotonic() + _WAIT_SECONDS
        say("wait until the API server refuses what it must")
        while not self._is_refused(inputs):
            if time.monotonic() > deadline:
                text = f"the API server does not refuse what it must ({inputs['because']}); are the policies applied?"
                raise Unhealthy(text)
            time.sleep(_POLL_SECONDS)

    def _is_refused(self, inputs: Plain) -> bool:
        try:
            self._connect(inputs["kubeconfig"]).create(inputs["manifest"], dry_run=True)
        except (Forbidden, InvalidSpec) as error:
            return str(inputs["because"]) in str(error)
        return False
