"""Probes of `health` on a real API server with every policy in place; its nodes are played."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from govcloud_api.errors import GovcloudError
from govcloud_infra.diagnosis import support, support_parts
from govcloud_infra.diagnosis.support_parts import Part
from govcloud_infra.health import probe_manifests, probe_results, probes
from govcloud_kube import Cluster, Ref
from support import tenancy

Object = dict[str, Any]
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "probed", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    "provisioner": "example.internal/none",
}


@pytest.fixture(scope="module")
def nodes(admin: Cluster) -> Iterator[None]:
    """Two workers that are ready, and a default storage class."""
    admin.apply(CLASS, field_manager="test")
    refs = [Ref("v1", "Node", name) for name in ("probe-w1", "probe-w2")]
    for ref in refs:
        made = admin.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": ref.name}}, field_manager="test")
        admin.patch_status(made | {"status": READY}, field_manager="test-kubelet")
        # The server taints a new node until a controller has seen it ready, which nobody here is.
        taint = {"spec": {"taints": None}}
        admin.raw("PATCH", f"/api/v1/nodes/{ref.name}", taint, "application/merge-patch+json")
    yield
    for ref in refs:
        admin.delete(ref)
    admin.delete(Ref("storage.k8s.io/v1", "StorageClass", "probed"))


class Kubelet:
    """Runs every pod of a probe to its good end, from a thread of its own."""

    def __init__(self, admin: Cluster) -> None:
        self._admin, self._over = admin, threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        label = "app.kubernetes.io/name=govcloud-probe"
        while not self._over.wait(0.1):
            for pod in self._admin.list("v1", "Pod", label_selector=label):
                if (pod.get("status") or {}).get("phase") == "Pending":
                    self._end(pod)

    def _end(self, pod: Object) -> None:
        try:
            self._admin.patch_status(pod | {"status": _status(pod)}, field_manager="test-kubelet")
        except GovcloudError:  # its namespace went meanwhile
            return


def _status(pod: Object) -> Object:
    name, container = pod["metadata"]["name"], pod["spec"]["containers"][0]
    if name == "server":
        return {"phase": "Running", "podIP": "224.0.0.78", "podIPs": [{"ip": "224.0.0.78"}], **READY}
    words = container.get("args", [])
    targets = [words[place + 1] for place, word in enumerate(words) if word in ("--allow", "--deny")]
    results = json.dumps({"results": [{"target": item, "ok": True, "message": "played"} for item in targets]})
    message = {"writer": "", "reader": pod["metadata"]["namespace"]}.get(name, results)
    terminated = {"exitCode": 0, "message": message}
    state = {"name": "probe", "image": "x", "imageID": "", "ready": False, "restartCount": 0}
    return {"phase": "Succeeded", "containerStatuses": [state | {"state": {"terminated": terminated}}]}


def _left(admin: Cluster) -> list[str]:
    found = admin.list("v1", "Namespace", label_selector="app.kubernetes.io/name=govcloud-probe")
    return [item["metadata"]["name"] for item in found if "deletionTimestamp" not in item["metadata"]]


@pytest.mark.usefixtures("nodes")
def test_every_object_of_a_probe_is_taken_and_all_of_it_goes(admin: Cluster) -> None:
    began = time.monotonic()
    with Kubelet(admin):
        outcome = probes.run(admin, "test", probes.Deadline(60), lambda _text: None)
    assert {item.type: item.status for item in probe_results.conditions(outcome)} == dict.fromkeys(
        probe_results.TYPES, "True"
    )
    assert (outcome.server, outcome.client) == ("probe-w1", "probe-w2")
    assert _left(admin) == []
    assert time.monotonic() - began < 30


@pytest.mark.usefixtures("nodes")
def test_what_a_killed_run_left_goes_with_the_next(admin: Cluster) -> None:
    name = f"{probe_manifests.PREFIX}killed"
    admin.apply(probe_manifests.namespace(name, owner="elsewhere/1", until=1), field_manager="test")
    with Kubelet(admin):
        probes.run(admin, "test", probes.Deadline(60), lambda _text: None)
    ref = Ref("v1", "Namespace", name)
    tenancy.eventually(lambda: admin.get(ref) is None, "the leftover is gone")


def test_the_dump_of_a_support_bundle_is_whole_and_holds_no_secret(admin: Cluster) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hidden", "namespace": "default"}}
    admin.apply(secret | {"stringData": {"a": "correct-horse-battery"}}, field_manager="test")
    gathered = support.gather([Part(name="cluster", make=lambda: support_parts.cluster(admin))], [], lambda _text: None)
    assert gathered.missing == {}
    text = b"".join(gathered.files.values()).decode()
    assert "correct-horse" not in text
    assert json.loads(gathered.files["cluster/version.json"])["gitVersion"].startswith("v1.")
    kinds = [json.loads(content) for name, content in gathered.files.items() if name.endswith("s.json")]
    assert [item for items in kinds for item in items if "error" in item] == []
