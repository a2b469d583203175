"""What counts as a write: what the API server took, once each."""

from __future__ import annotations

from collections import Counter

import pytest

from govcloud_api import errors
from govcloud_kube.cluster import Ref
from govcloud_kube.counted import Counted
from govcloud_kube.memory import MemoryCluster

BODY = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}}
REF = Ref("v1", "ConfigMap", "a", "default")


def counting(**answers: bytes) -> tuple[Counted, Counter[tuple[str, str]]]:
    counts = Counter[tuple[str, str]]()
    cluster = MemoryCluster(raw_answers={f"/{name}": answer for name, answer in answers.items()})
    return Counted(cluster, lambda kind, verb: counts.update([(kind, verb)])), counts


def test_each_verb_is_counted_once_whoever_it_is_done_as() -> None:
    cluster, counts = counting(thing=b"{}")
    cluster.create(BODY)
    made = cluster.apply(BODY | {"data": {"a": "b"}}, field_manager="me")
    cluster.acting_as("somebody").apply(BODY, field_manager="me")
    cluster.patch_status(made | {"status": {"a": 1}}, field_manager="me")
    assert cluster.delete(REF)
    assert cluster.raw("POST", "/thing") == b"{}"
    assert counts == {
        ("ConfigMap", "create"): 1,
        ("ConfigMap", "apply"): 2,
        ("ConfigMap", "patch_status"): 1,
        ("ConfigMap", "delete"): 1,
        ("raw", "post"): 1,
    }


def test_reads_tries_and_what_was_refused_or_not_there_are_no_writes() -> None:
    cluster, counts = counting(thing=b"{}")
    cluster.get(REF)
    cluster.list("v1", "ConfigMap")
    cluster.raw("GET", "/thing")
    cluster.apply(BODY, field_manager="me", dry_run=True)
    cluster.create(BODY, dry_run=True)
    assert not cluster.delete(REF)
    with pytest.raises(errors.NotFound):
        cluster.patch_status(BODY | {"status": {}}, field_manager="me")
    with pytest.raises(errors.Conflict):
        cluster.apply(BODY | {"metadata": BODY["metadata"] | {"uid": "gone"}}, field_manager="me")
    assert counts == {}
