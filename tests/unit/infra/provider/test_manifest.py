"""One Kubernetes object as a resource, against a cluster in memory: preview, apply, drift, repair, removal."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govcloud_api.errors import NotFound
from govcloud_infra.provider.manifest import FIELD_MANAGER, ManifestKind, seen
from govcloud_kube.cluster import Ref, ref_of
from govcloud_kube.memory import MemoryCluster

CONFIG: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "namespace": "kube-system", "labels": {"a": "1"}},
    "data": {"x": "1"},
}
INPUTS: dict[str, Any] = {"kubeconfig": "/k", "manifest": CONFIG}


def ignore(_text: str) -> None:
    pass


def made(cluster: MemoryCluster, inputs: dict[str, Any] = INPUTS) -> tuple[ManifestKind, dict[str, Any]]:
    """The kind on this cluster, and the state after `create`."""
    kind = ManifestKind(lambda _kubeconfig: cluster)
    _, outputs = kind.create(inputs, ignore, preview=False)
    return kind, {**inputs, **outputs}


def with_data(**data: str) -> dict[str, Any]:
    return {**CONFIG, "data": data}


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        ({}, ["apiVersion is needed", "kind is needed", "metadata.name is needed"]),
        ({**CONFIG, "kind": ""}, ["kind is needed"]),
        ({**CONFIG, "metadata": {"generateName": "a-"}}, ["metadata.name is needed"]),
        (CONFIG, []),
    ],
)
def test_an_object_needs_a_kind_and_a_name(manifest: dict[str, Any], why: list[str]) -> None:
    assert [text for _, text in ManifestKind().faults({"manifest": manifest})] == why


def test_a_preview_asks_the_server_and_changes_nothing() -> None:
    cluster = MemoryCluster()
    kind = ManifestKind(lambda _: cluster)
    assert kind.create(INPUTS, ignore, preview=True)[1] == {}
    assert cluster.writes == []
    assert cluster.get(ref_of(CONFIG)) is None


def test_a_preview_in_a_namespace_that_this_run_will_make_is_fine() -> None:
    kind = ManifestKind(lambda _: MemoryCluster())
    later = {**INPUTS, "manifest": {**CONFIG, "metadata": {"name": "settings", "namespace": "not-yet"}}}
    assert kind.create(later, ignore, preview=True) == ("", {})
    assert kind.update({"uid": "u"}, later, ignore, preview=True) == {"uid": "u"}
    with pytest.raises(NotFound, match="namespace not-yet"):
        kind.create(later, ignore, preview=False)


def test_apply_then_read_is_no_change() -> None:
    cluster = MemoryCluster()
    kind, state = made(cluster)
    live = cluster.get(ref_of(CONFIG))
    assert live is not None
    assert state["uid"] == live["metadata"]["uid"] != ""
    assert kind.read(state) == state
    assert list(kind.changes(state, INPUTS)) == []


def test_the_kubeconfig_of_the_resource_is_the_one_that_is_used() -> None:
    used: list[str] = []
    cluster = MemoryCluster()

    def connect(kubeconfig: str) -> MemoryCluster:
        used.append(kubeconfig)
        return cluster

    kind = ManifestKind(connect)
    _, outputs = kind.create(INPUTS, ignore, preview=False)
    kind.read({**INPUTS, **outputs})
    assert used == ["/k", "/k"]


@pytest.mark.parametrize(
    ("foreign", "changes"),
    [
        (with_data(x="2"), ["manifest.data.x"]),
        ({**CONFIG, "metadata": {**CONFIG["metadata"], "labels": {"a": "2"}}}, ["manifest.metadata.labels.a"]),
        (with_data(x="1", y="2"), []),
        ({**CONFIG, "metadata": {**CONFIG["metadata"], "annotations": {"b": "1"}}}, []),
    ],
    ids=["a value", "a label", "a key that is not ours", "an annotation that is not ours"],
)
def test_drift_in_what_was_sent_is_seen_and_repaired(foreign: dict[str, Any], changes: list[str]) -> None:
    cluster = MemoryCluster()
    kind, state = made(cluster)
    cluster.apply(copy.deepcopy(foreign), field_manager="somebody")
    found = kind.read(state)
    assert found is not None
    assert [change.path for change in kind.changes(found, INPUTS)] == changes
    repaired = {**INPUTS, **kind.update(found, INPUTS, ignore, preview=False)}
    assert kind.read(repaired) == state


def test_a_field_that_is_no_longer_wished_is_removed() -> None:
    cluster = MemoryCluster()
    kind, state = made(cluster, {**INPUTS, "manifest": with_data(x="1", y="2")})
    assert [(change.path, change.action) for change in kind.changes(state, INPUTS)] == [("manifest.data.y", "delete")]
    kind.update(state, INPUTS, ignore, preview=False)
    live = cluster.get(ref_of(CONFIG))
    assert live is not None
    assert live["data"] == {"x": "1"}


def test_a_preview_of_an_update_changes_nothing() -> None:
    cluster = MemoryCluster()
    kind, state = made(cluster)
    before = cluster.get(ref_of(CONFIG))
    kind.update(state, {**INPUTS, "manifest": with_data(x="9")}, ignore, preview=True)
    assert cluster.get(ref_of(CONFIG)) == before


@pytest.mark.parametrize("change", [{"kind": "Secret"}, {"metadata": {"name": "other", "namespace": "kube-system"}}])
def test_another_object_is_a_replacement(change: dict[str, Any]) -> None:
    kind, state = made(MemoryCluster())
    [found] = kind.changes(state, {**INPUTS, "manifest": {**CONFIG, **change}})
    assert (found.path, found.replace) == ("manifest", True)


def test_what_is_gone_or_going_is_not_there() -> None:
    cluster = MemoryCluster()
    held = {**CONFIG, "metadata": {**CONFIG["metadata"], "finalizers": ["example.org/hold"]}}
    kind, state = made(cluster, {**INPUTS, "manifest": held})
    cluster.delete(ref_of(CONFIG))
    assert cluster.get(ref_of(CONFIG)) is not None
    assert kind.read(state) is None
    assert kind.read({**state, "manifest": {**CONFIG, "kind": "Secret"}}) is None


def test_removal_can_be_repeated() -> None:
    cluster = MemoryCluster()
    kind, state = made(cluster)
    kind.delete(state, ignore)
    kind.delete(state, ignore)
    assert cluster.get(ref_of(CONFIG)) is None


def test_fields_are_owned_under_one_name() -> None:
    cluster = MemoryCluster()
    made(cluster)
    assert cluster.writes == [("apply", Ref("v1", "ConfigMap", "settings", "kube-system"))]
    assert FIELD_MANAGER == "govcloud-platform"


@pytest.mark.parametrize(
    ("sent", "live", "result"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, {"a": 1}),
        ({"a": 1}, {}, {}),
        ({"port": 80}, {"port": "80"}, {"port": 80}),
        ({"on": "true"}, {"on": True}, {"on": True}),
        ([{"name": "c"}], [{"name": "c", "imagePullPolicy": "Always"}], [{"name": "c"}]),
        ([1], [1, 2], [1, 2]),
        ({"a": {"b": 1}}, {"a": "text"}, {"a": "text"}),
    ],
)
def test_only_what_was_sent_is_seen(sent: Any, live: Any, result: Any) -> None:
    assert seen(sent, live) == result


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=50)
@given(sent=VALUES)
def test_what_reads_as_it_was_sent_is_no_drift(sent: Any) -> None:
    assert seen(sent, copy.deepcopy(sent)) == sent


@settings(max_examples=50)
@given(
    sent=st.dictionaries(st.text(max_size=3), VALUES, max_size=3),
    more=st.dictionaries(st.text(max_size=3), VALUES, max_size=3),
)
def test_fields_of_others_are_never_seen(sent: dict[str, Any], more: dict[str, Any]) -> None:
    assert seen(sent, {**more, **sent}) == sent


class Anew(MemoryCluster):
    """A cluster that was made anew: it does not serve the kind."""

    def get(self, ref: Ref) -> dict[str, Any] | None:
        raise NotFound(f"{ref.kind} is not served")

    def delete(self, ref: Ref, *, uid: str | None = None, resource_version: str | None = None) -> bool:
        raise NotFound(f"{ref.kind} is not served")


def test_an_object_whose_kind_is_gone_is_gone() -> None:
    _, state = made(MemoryCluster())
    kind = ManifestKind(lambda _kubeconfig: Anew())
    assert kind.read(state) is None
    kind.delete(state, ignore)
