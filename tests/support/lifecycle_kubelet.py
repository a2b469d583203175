"""Who acts in a cluster besides the operator: a thread that runs probe pods and deployments as a kubelet would."""

from __future__ import annotations

import json
import threading
from typing import Any

from govcloud_api import errors, labels
from govcloud_kube import Cluster, Object
from support.tenancy import SILENT_ADDRESS

PAUSE_SECONDS = 0.2
PROBE = "govcloud-probe"


class Kubelet(threading.Thread):
    """Acts until told to end; `with` it. Faults that are not the API server's end it, and are raised at the end."""

    def __init__(self, admin: Cluster) -> None:
        super().__init__(name="kubelet", daemon=True)
        self._admin = admin
        self._stop_now = threading.Event()
        self._fault: BaseException | None = None

    def __enter__(self) -> Kubelet:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_now.set()
        self.join()
        if self._fault is not None:
            raise self._fault

    def run(self) -> None:
        """Look at all pods and deployments, over and over."""
        try:
            while not self._stop_now.wait(PAUSE_SECONDS):
                self._look()
        except Exception as fault:  # noqa: BLE001 - raised where the test sees it
            self._fault = fault

    def _look(self) -> None:
        try:
            pods = self._admin.list("v1", "Pod", field_selector=f"metadata.name={PROBE}")
            deployments = self._admin.list("apps/v1", "Deployment")
            known = _ingress_known(self._admin) if pods else frozenset()
        except errors.GovcloudError:
            return
        for obj, status in [(pod, pod_status(pod, known)) for pod in pods] + [
            (deployment, deployment_status(deployment)) for deployment in deployments
        ]:
            if status is not None:
                self._write(obj, status)

    def _write(self, obj: Object, status: dict[str, Any]) -> None:
        try:
            self._admin.patch_status({**obj, "status": status}, field_manager="kubelet")
        except errors.GovcloudError:
            return  # it went meanwhile, or changed: the next look sees it as it is


def pod_status(pod: Object, known: frozenset[str]) -> dict[str, Any] | None:
    """The next step of a probe pod: Running, then its result once the operator tried to get in. None: nothing new."""
    phase = (pod.get("status") or {}).get("phase")
    if phase in (None, "Pending"):
        return {"phase": "Running", "podIP": SILENT_ADDRESS, "podIPs": [{"ip": SILENT_ADDRESS}]}
    if phase != "Running" or pod["metadata"]["uid"] not in known:
        return None
    words = pod["spec"]["containers"][0]["args"]
    denied = [words[index + 1] for index, word in enumerate(words) if word == "--deny"]
    results = [{"target": target, "expect": "deny", "ok": True, "message": "timeout"} for target in denied]
    ended = {"exitCode": 0, "message": json.dumps({"results": results, "ok": True})}
    container = {"name": "probe", "image": "x", "imageID": "", "ready": False, "restartCount": 0}
    state = {"state": {"terminated": ended}}
    return {"phase": "Succeeded", "podIP": SILENT_ADDRESS, "containerStatuses": [container | state]}


def deployment_status(deployment: Object) -> dict[str, Any] | None:
    """As many replicas as are wanted, all of them well. None: it says so already."""
    wanted, generation = deployment["spec"].get("replicas", 1), deployment["metadata"]["generation"]
    before = deployment.get("status") or {}
    if (before.get("observedGeneration"), before.get("replicas", 0)) == (generation, wanted):
        return None
    counted = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas", "readyReplicas"), wanted)
    return counted | {"observedGeneration": generation}


def _ingress_known(admin: Cluster) -> frozenset[str]:
    """UIDs of probe pods that the operator tried to get into."""
    found = admin.list(labels.API_VERSION, "Environment")
    probes = [(environment.get("status") or {}).get("isolationProbe") or {} for environment in found]
    return frozenset(probe["podUid"] for probe in probes if probe.get("podUid") and probe.get("ingress"))
