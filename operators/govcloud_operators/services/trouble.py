"""Why pods of a service do not run, in words that say what to do. Pure: reads what Kubernetes wrote on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from govcloud_api import conditions
from govcloud_api.objects import Object

MESSAGE_MAX_CHARS = 300
_PULL = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
_CONFIG = frozenset({"CreateContainerConfigError", "CreateContainerError"})
_ENDED = frozenset({"CrashLoopBackOff", "RunContainerError"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A CamelCase word and a sentence for a condition."""

    reason: str
    message: str


def of_pods(pods: Iterable[Object]) -> Trouble | None:
    """The first trouble of the youngest pod that has one; None when nothing but time is missing."""
    youngest_first = sorted(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), reverse=True)
    found = (trouble for pod in youngest_first if not _is_leaving(pod) for trouble in _troubles(pod))
    return next(found, None)


def of_workload(workload: Object) -> Trouble | None:
    """Pods that could not even be made: a quota that is used up, a policy that says no."""
    refused = conditions.find(workload, "ReplicaFailure")
    if refused is None or refused.get("status") != "True":
        return None
    return _refused(str(refused.get("message", "")))


def _is_leaving(pod: Object) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def _troubles(pod: Object) -> Iterator[Trouble]:
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    scheduled = conditions.find(pod, "PodScheduled")
    if scheduled is not None and scheduled.get("status") == "False":
        text = f"no machine has room for pod {name}: {_short(scheduled.get('message'))}; ask for less or wait"
        yield Trouble(reason="Unschedulable", message=text)
    everything = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    for container in everything:
        if trouble := _of_container(name, container):
            yield trouble


def _of_container(pod: str, container: dict[str, Any]) -> Trouble | None:
    waiting = (container.get("state") or {}).get("waiting") or {}
    reason, said = waiting.get("reason", ""), _short(waiting.get("message"))
    image = container.get("image", "")
    if reason in _PULL:
        text = f"image {image} cannot be pulled: {said}; push it to the site's registry or correct its name"
        return Trouble(reason="ImagePullFailed", message=text)
    if reason in _CONFIG:
        text = f"pod {pod} cannot be set up: {said}; correct the variables and their Secrets, or the image's user"
        return Trouble(reason="ConfigurationWrong", message=text)
    ended = _terminated(container)
    if reason in _ENDED or (ended and container.get("restartCount", 0) > 0 and not container.get("ready")):
        return _crashed(pod, container.get("restartCount", 0), ended)
    return None


def _terminated(container: dict[str, Any]) -> dict[str, Any]:
    for state in ("state", "lastState"):
        if ended := (container.get(state) or {}).get("terminated"):
            return dict(ended)
    return {}


def _crashed(pod: str, restarts: int, ended: dict[str, Any]) -> Trouble:
    if ended.get("reason") == "OOMKilled":
        text = f"pod {pod} needs more memory than its plan gives and was ended {restarts} times; take a larger plan"
        return Trouble(reason="OutOfMemory", message=text)
    how = f"with code {ended['exitCode']}" if "exitCode" in ended else "at once"
    said = f" ({_short(ended['message'])})" if ended.get("message") else ""
    text = f"the program in pod {pod} ended {how}{said} and was started again {restarts} times; read the pod's log"
    return Trouble(reason="Crashing", message=text)


def _refused(said: str) -> Trouble:
    if "exceeded quota" in said:
        text = f"the environment's quota is used up: {_short(said)}; free something or ask for more"
        return Trouble(reason="QuotaExceeded", message=text)
    return Trouble(reason="PodRefused", message=f"pods are refused: {_short(said)}")


def _short(text: object) -> str:
    said = " ".join(str(text or "no reason given").split())
    return said if len(said) <= MESSAGE_MAX_CHARS else f"{said[:MESSAGE_MAX_CHARS]}…"
