"""`node add` and `node remove` as far as they go without machines: who is refused, and that nothing was changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from govcloud_api.errors import ConfigError, PreflightFailed
from govcloud_infra.deploy import conductor, journal, preflight
from govcloud_infra.deploy.context import Context, open_unmeasured
from govcloud_infra.deploy.events import Recorder
from govcloud_infra.deploy.progress import PhaseResult, Silent
from govcloud_infra.nodes import drain, nodes, site_edit
from govcloud_infra.site import deployed
from govcloud_infra.site.faults import SiteInvalid
from govcloud_kube import real
from govcloud_kube.cluster import Object
from govcloud_kube.memory import MemoryCluster
from support.sites import LAB, lab, written

W3 = {"name": "w3", "role": "worker", "address": "10.77.0.14"}
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
OFF = {"conditions": [{"type": "Ready", "status": "Unknown"}]}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"GOVCLOUD_STATE": str(tmp_path / "state"), "GOVCLOUD_CACHE": str(tmp_path / "cache")}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A site file of the test's own, with departments."""
    (tmp_path / "departments").symlink_to(LAB.parent / "departments")
    return written(LAB.read_text(), tmp_path)


@pytest.fixture
def converged(monkeypatch: pytest.MonkeyPatch) -> list[Context]:
    """Sites that were made as they should be; no host and no machine is looked at."""
    seen: list[Context] = []

    def converge(ctx: Context, run: Recorder, limit: str | None = None) -> list[PhaseResult]:
        seen.append(ctx)
        return run.results

    monkeypatch.setattr(preflight, "check", lambda _site, _paths: None)
    monkeypatch.setattr(conductor, "converge", converge)
    return seen


def test_a_node_is_written_into_the_file_and_the_site_is_deployed_with_it(
    file: Path, environ: dict[str, str], converged: list[Context]
) -> None:
    nodes.add(file, {**W3, "failureDomain": "rack-2"}, environ, Silent())
    wanted = "    - {name: w3, role: worker, address: 10.77.0.14, failureDomain: rack-2}\n"
    assert file.read_text() == LAB.read_text().replace("  departments:", f"{wanted}  departments:")
    (ctx,) = converged
    assert [node.name for node in ctx.site.spec.nodes] == ["cp1", "w1", "w2", "w3"]
    assert ctx.site.spec.nodes[3].failure_domain == "rack-2"
    nodes.add(file, {**W3, "failureDomain": "rack-2"}, environ, Silent())  # as after a kill
    assert file.read_text().count("name: w3") == 1
    assert [run.begin.verb for run in journal.runs(ctx.paths.journal)] == ["node add w3"] * 2


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({**W3, "address": "10.77.0.13"}, r"spec\.nodes\[3\]\.address: 10\.77\.0\.13 is taken by spec\.nodes\[2\]"),
        ({**W3, "address": "10.9.9.9"}, "outside spec.network.nodeCidr"),
        ({**W3, "name": "W_3"}, "must be at most 11"),
        ({**W3, "role": "control-plane"}, "control-plane nodes"),
        ({**W3, "name": "w2"}, "has a node w2 already, with other values"),
    ],
)
def test_a_file_that_would_not_be_valid_stays_as_it_is(
    entry: dict[str, str], says: str, file: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=says):
        nodes.add(file, entry, environ, Silent())
    assert file.read_text() == LAB.read_text()
    assert not (tmp_path / "state").exists()


def standing(file: Path, environ: dict[str, str], *extra: dict[str, str]) -> Context:
    """The lab as it was deployed, with further nodes that the file does not have (any more)."""
    ctx = open_unmeasured(file, environ)
    ctx.paths.state.mkdir(parents=True)
    plain = [node.model_dump(mode="json", by_alias=True) for node in lab().spec.nodes]
    deployed.save(lab(nodes=[*plain, *extra]), ctx.paths.deployed)
    return ctx


@pytest.mark.parametrize(
    ("name", "says"),
    [("w9", "has no node w9, only cp1, w1, w2"), ("w3", "w3 was never deployed; take it out of .* by hand")],
)
def test_only_nodes_that_stand_can_be_removed(name: str, says: str, file: Path, environ: dict[str, str]) -> None:
    standing(file, environ)
    site_edit.write(file, site_edit.with_node(file.read_text(), W3))
    with pytest.raises(ConfigError, match=says):
        nodes.remove(open_unmeasured(file, environ), nodes.Removal(name=name), Silent())


def node(name: str, status: dict[str, Any] = READY) -> Object:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {}, "status": status}


def lonely(name: str, where: str) -> Object:
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"nodeName": where}}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> MemoryCluster:
    found = MemoryCluster([node("cp1"), node("w1", OFF), node("w2", OFF), lonely("once", "w2")])
    monkeypatch.setattr(real, "connect", lambda _kubeconfig: found)
    return found


def test_a_worker_goes_from_cluster_and_file(
    file: Path, environ: dict[str, str], cluster: MemoryCluster, converged: list[Context]
) -> None:
    ctx = standing(file, environ)
    results = nodes.remove(ctx, nodes.Removal(name="w1"), Silent())
    assert [item["metadata"]["name"] for item in cluster.list("v1", "Node")] == ["cp1", "w2"]
    assert file.read_text() == LAB.read_text().replace("    - {name: w1, role: worker, address: 10.77.0.12}\n", "")
    assert [item.name for item in converged[0].site.spec.nodes] == ["cp1", "w2"]
    assert results == [
        PhaseResult(phase="drain", changes=("w1: emptied, 0 pods moved",)),
        PhaseResult(phase="forget", changes=("w1: out of the cluster",)),
    ]
    assert json.loads(ctx.paths.lock.read_text())["command"] == "govcloud node remove w1"


def test_what_a_killed_run_began_is_completed(
    file: Path, environ: dict[str, str], cluster: MemoryCluster, converged: list[Context]
) -> None:
    ctx = standing(file, environ)
    cluster.delete(drain.node_ref("w1"))
    site_edit.write(file, site_edit.without_node(file.read_text(), "w1"))
    results = nodes.remove(ctx, nodes.Removal(name="w1"), Silent())
    assert [result.changes for result in results] == [(), ()]
    assert cluster.get(drain.node_ref("w1")) is None
    assert [item.name for item in converged[0].site.spec.nodes] == ["cp1", "w2"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("cp1", "cp1 cannot be removed: cp1 is the only control plane; .*govcloud destroy"),
        ("w2", "with w2 this would be lost.*\n  - pod default/once"),
    ],
)
def test_a_node_that_must_not_go_stays_and_so_does_the_file(
    name: str, says: str, file: Path, environ: dict[str, str], cluster: MemoryCluster, converged: list[Context]
) -> None:
    ctx = standing(file, environ)
    with pytest.raises(PreflightFailed, match=says):
        nodes.remove(ctx, nodes.Removal(name=name), Silent())
    assert file.read_text() == LAB.read_text()
    assert cluster.writes == []
    assert converged == []


def test_local_data_is_lost_only_when_that_was_said(
    file: Path, environ: dict[str, str], cluster: MemoryCluster, converged: list[Context]
) -> None:
    ctx = standing(file, environ)
    results = nodes.remove(ctx, nodes.Removal(name="w2", delete_local_data=True), Silent())
    assert results[0].changes[-1] == "w2: lost pod default/once (nothing starts it again)"
    assert len(converged) == 1


def test_a_file_with_faults_is_refused_before_anything_is_changed(
    file: Path, environ: dict[str, str], cluster: MemoryCluster, converged: list[Context]
) -> None:
    standing(file, environ)
    file.write_text(file.read_text().replace("10.79.0.0/16", "10.78.0.0/16"))
    with pytest.raises(SiteInvalid):
        nodes.remove(open_unmeasured(file, environ), nodes.Removal(name="w1"), Silent())
    assert (cluster.writes, converged) == ([], [])
