"""`govcloud:kube:Manifest`: one Kubernetes object, by server-side apply; a preview asks the API server (dry run).

State holds `uid` and the hash of what was sent, besides the inputs. Read back are only the fields that were sent.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from govcloud_api.errors import NotFound
from govcloud_infra.provider import connection
from govcloud_infra.provider.kind import Change, Plain, Say, compare
from govcloud_kube.cluster import Cluster, Object, Ref

FIELD_MANAGER = "govcloud-platform"
_IDENTITY = ("apiVersion", "kind")


class ManifestKind:
    """Inputs: kubeconfig (path), manifest. Output: uid."""

    def __init__(self, connect: Callable[[str], Cluster] | None = None) -> None:
        self._connect = connect or connection.connect

    def faults(self, inputs: Plain) -> list[tuple[str, str]]:
        manifest = inputs.get("manifest") or {}
        missing = [("manifest", f"{key} is needed") for key in _IDENTITY if not manifest.get(key)]
        if not (manifest.get("metadata") or {}).get("name"):
            missing.append(("manifest", "metadata.name is needed"))
        return missing

    def changes(self, state: Plain, inputs: Plain) -> Iterator[Change]:
        old, new = state["manifest"], inputs["manifest"]
        if _reference(old) != _reference(new):
            yield Change(path="manifest", action="update", replace=True)
            return
        yield from (Change(path=f"manifest.{item.path}", action=item.action) for item in compare(old, new))

    def create(self, inputs: Plain, say: Say, *, preview: bool) -> tuple[str, Plain]:
        applied = self._apply(inputs, say, preview=preview)
        return applied.get("uid", ""), {} if preview else applied

    def update(self, state: Plain, inputs: Plain, say: Say, *, preview: bool) -> Plain:
        return self._apply(inputs, say, preview=preview) or {"uid": state.get("uid", "")}

    def read(self, state: Plain) -> Plain | None:
        try:
            live = self._connect(state["kubeconfig"]).get(_reference(state["manifest"]))
        except NotFound:  # its kind is gone too: the cluster was made anew
            return None
        if live is None or live["metadata"].get("deletionTimestamp"):
            return None
        return {**state, "manifest": seen(state["manifest"], live), "uid": live["metadata"]["uid"]}

    def delete(self, state: Plain, say: Say) -> None:
        with contextlib.suppress(NotFound):  # its kind went first
            self._connect(state["kubeconfig"]).delete(_reference(state["manifest"]))

    def _apply(self, inputs: Plain, say: Say, *, preview: bool) -> Plain:
        say("dry run" if preview else "apply")
        cluster = self._connect(inputs["kubeconfig"])
        try:
            applied = cluster.apply(inputs["manifest"], field_manager=FIELD_MANAGER, dry_run=preview)
        except NotFound:
            if not preview:
                raise
            return {}  # its namespace or kind is made by this very run
        return {"uid": applied["metadata"].get("uid", "")}


def seen(sent: Any, live: Any) -> Any:
    """The live values of the fields that were sent.

    What only reads differently stays as sent: a number in quotes, and an empty value, which the API server leaves out.
    """
    if isinstance(sent, dict) and isinstance(live, dict):
        kept = {key: value for key, value in sent.items() if key in live or not value}
        return {key: seen(value, live[key]) if key in live else value for key, value in kept.items()}
    if isinstance(sent, list) and isinstance(live, list) and len(sent) == len(live):
        return [seen(one, other) for one, other in zip(sent, live, strict=True)]
    return sent if _same_text(sent, live) else live


def _same_text(sent: Any, live: Any) -> bool:
    return sent is not None and not isinstance(sent, dict | list) and str(sent) == str(live)


def _reference(manifest: Object) -> Ref:
    metadata = manifest["metadata"]
    return Ref(manifest["apiVersion"], manifest["kind"], metadata["name"], metadata.get("namespace"))
