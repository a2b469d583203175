"""`govcloud:infra:Endpoint`: where the API server is reached. It states; Ansible makes it so."""

from collections.abc import Iterator

from govcloud_api.errors import InvalidSpec
from govcloud_infra.provider.kind import Change, Plain, Say

_NEEDED = ("site", "host", "port", "members")
# Every kubeconfig and certificate of the site names these.
_PLACE = ("host", "port")


class EndpointKind:
    """Inputs: site, host, port, routerId (0: no virtual address), members (addresses behind it). Output: url."""

    def faults(self, inputs: Plain) -> list[tuple[str, str]]:
        return [(key, "is needed") for key in _NEEDED if not inputs.get(key)]

    def changes(self, state: Plain, inputs: Plain) -> Iterator[Change]:
        for key in (*_NEEDED, "routerId"):
            if state.get(key) != inputs[key]:
                yield Change(path=key, action="update", replace=key == "site")
        if not state.get("url"):  # a run was killed before it was written down
            yield Change(path="url", action="add")

    def create(self, inputs: Plain, say: Say, *, preview: bool) -> tuple[str, Plain]:
        return f"{inputs['site']}-endpoint", {"url": _url(inputs)}

    def update(self, state: Plain, inputs: Plain, say: Say, *, preview: bool) -> Plain:
        for key in _PLACE:
            if state.get(key) != inputs[key]:
                raise InvalidSpec(
                    f"the API server's {key} cannot change from {state.get(key)} to {inputs[key]} once the site is "
                    "deployed; put the old value back into the site file, or destroy the site first"
                )
        return {"url": _url(inputs)}

    def read(self, state: Plain) -> Plain | None:
        return state  # a statement: whether somebody answers there is health's to say

    def delete(self, state: Plain, say: Say) -> None:
        """Nothing was made."""


def _url(inputs: Plain) -> str:
    return f"https://{inputs['host']}:{inputs['port']}"
