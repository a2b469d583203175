"""Nodes of the file, of the site that stands, and of the cluster, side by side."""

from typing import Any

import pytest

from govcloud_infra.nodes import node_list
from govcloud_infra.site.model import Site
from support.sites import lab


def live(name: str, status: str = "True", **spec: Any) -> dict[str, Any]:
    info = {"nodeInfo": {"kubeletVersion": "v1.36.3"}}
    conditions = [{"type": "Ready", "status": status}]
    return {"metadata": {"name": name}, "spec": spec, "status": {"conditions": conditions, **info}}


def with_nodes(*names: str) -> Site:
    found = [node.model_dump(mode="json", by_alias=True) for node in lab().spec.nodes]
    extra = [{"name": n, "role": "worker", "address": f"10.77.0.{50 + i}"} for i, n in enumerate(names)]
    return lab(nodes=[*found, *extra])


@pytest.mark.parametrize(
    ("site", "deployed", "nodes", "states"),
    [
        (lab(), None, None, {"cp1": "planned", "w1": "planned", "w2": "planned"}),
        (lab(), lab(), None, {"cp1": "unknown", "w1": "unknown", "w2": "unknown"}),
        (lab(), lab(), [live("cp1"), live("w1", "Unknown")], {"cp1": "ready", "w1": "not ready", "w2": "not ready"}),
        (with_nodes("w9"), lab(), [live("cp1"), live("w1", unschedulable=True), live("w2")],
         {"cp1": "ready", "w1": "closed", "w2": "ready", "w9": "planned"}),
        (lab(), with_nodes("w9"), [live("cp1"), live("w1"), live("w2"), live("w9")],
         {"cp1": "ready", "w1": "ready", "w2": "ready", "w9": "leaving"}),
        (lab(), None, [live("cp1"), live("w1"), live("w2")], {"cp1": "ready", "w1": "ready", "w2": "ready"}),
    ],
    ids=["new", "silent", "lost", "added", "left", "no record"],
)  # fmt: skip
def test_states(site: Site, deployed: Site | None, nodes: list[dict[str, Any]] | None, states: dict[str, str]) -> None:
    found = node_list.rows(site, deployed, nodes)
    assert {row.node.name: row.state for row in found} == states


def test_a_row_for_programs() -> None:
    row = node_list.rows(lab(), lab(), [live("cp1")])[0]
    assert row.plain() == {
        "name": "cp1", "role": "control-plane", "address": "10.77.0.11", "provider": "nspawn", "failureDomain": None,
        "state": "ready", "version": "v1.36.3",
    }  # fmt: skip
