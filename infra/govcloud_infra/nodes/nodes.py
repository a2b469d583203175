"""`node add` and `node remove`: cluster and site file change together; each step may be repeated after a kill."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from govcloud_api.errors import ConfigError, PreflightFailed
from govcloud_infra import inventory
from govcloud_infra.ansible import playbook
from govcloud_infra.bundle.store import Store
from govcloud_infra.components import departments
from govcloud_infra.deploy import conductor, machine_playbook, phases, preflight, runs
from govcloud_infra.deploy.context import Context, against_what_stands, open_unmeasured
from govcloud_infra.deploy.events import Recorder
from govcloud_infra.deploy.progress import PhaseResult, Reporter
from govcloud_infra.nodes import drain, scale, site_edit
from govcloud_infra.site import deployed
from govcloud_infra.site.load import check
from govcloud_infra.site.model import Node, Site
from govcloud_kube import real
from govcloud_kube.cluster import Cluster

_MEMBERSHIP_PLAYBOOK = "remove_node.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Which node goes; `delete_local_data`: what lies on its disk only may be lost."""

    name: str
    delete_local_data: bool = False
    patience: drain.Patience = field(default_factory=drain.Patience)


def add(site_file: Path, entry: Mapping[str, str], environ: Mapping[str, str], reporter: Reporter) -> list[PhaseResult]:
    """Write the node into the site file and deploy. A file that would not be valid stays as it is (SiteInvalid)."""
    text = with_entry(site_file, entry)
    site = check(text.encode(), site_file, against_what_stands(environ))
    ctx = dataclasses.replace(open_unmeasured(site_file, environ), site=site)
    standing = deployed.load(ctx.paths.deployed)
    scale.refuse_removed(site, standing, site_file)
    departments.read(ctx.departments)
    if not ctx.paths.lock.exists():
        preflight.check(site, ctx.paths)
    with runs.recorded(ctx, f"node add {entry['name']}", reporter) as run:
        phases.host(ctx, run)
        site_edit.write(site_file, text)
        # Other workers have nothing to do with it: growth costs the same, however many there are.
        is_all = scale.only_more(site, standing, entry["name"])
        return conductor.converge(ctx, run, limit=f"control_plane:{entry['name']}" if is_all else None)


def with_entry(site_file: Path, entry: Mapping[str, str]) -> str:
    """Text of the file with the node; as it is when it says so already. Raises ConfigError for another of that name."""
    text = site_edit.read(site_file)
    found = site_edit.node_in(text, entry["name"])
    if found is None:
        return site_edit.with_node(text, entry)
    if {key: str(value) for key, value in found.items()} != dict(entry):
        raise ConfigError(f"{site_file} has a node {entry['name']} already, with other values; choose another name")
    return text


def remove(ctx: Context, removal: Removal, reporter: Reporter) -> list[PhaseResult]:
    """Empty the node, take it out of etcd and the cluster, out of the site file, and remove its machine.

    Raises PreflightFailed before anything is changed when etcd would lose its majority or data would be lost.
    """
    standing = deployed.load(ctx.paths.deployed)
    node = _standing(ctx, standing, removal.name)
    with runs.recorded(ctx, f"node remove {node.name}", reporter) as run:
        cluster = real.connect(ctx.paths.kubeconfig)
        run.phase("preflight")
        leaving = _guarded(cluster, standing, removal)
        text = site_edit.without_node(site_edit.read(ctx.site_file), node.name)
        site = check(text.encode(), ctx.site_file, against_what_stands(ctx.environ))
        run.done(0, f"{node.name} may go")
        empty(cluster, removal, leaving, run)
        if node.role == "control-plane":
            _leave_etcd(ctx, node, scale.ready_nodes(cluster.list("v1", "Node")), run)
        _forget(cluster, node, run)
        site_edit.write(ctx.site_file, text)
        return conductor.converge(dataclasses.replace(ctx, site=site), run)


def empty(cluster: Cluster, removal: Removal, leaving: scale.OnNode, run: Recorder) -> None:
    """Phase `drain`: closed, then emptied. Raises ToolFailed when pods do not go in time."""
    run.phase("drain")
    changes: list[str] = []
    if cluster.get(drain.node_ref(removal.name)) is not None:
        drain.cordon(cluster, removal.name)
        drain.evict(cluster, removal.name, run.step, removal.patience)
        changes = [f"{removal.name}: emptied, {len(leaving.evicted)} pods moved"]
    drain.delete_claims(cluster, leaving.claims, run.step)
    changes += [f"{removal.name}: lost {item}" for item in leaving.lost]
    run.finished(PhaseResult(phase="drain", changes=tuple(changes)))


def _standing(ctx: Context, standing: Site | None, name: str) -> Node:
    found = next((node for node in (standing.spec.nodes if standing else ()) if node.name == name), None)
    if found is not None:
        return found
    if any(node.name == name for node in ctx.site.spec.nodes):
        raise ConfigError(f"{name} was never deployed; take it out of {ctx.site_file} by hand")
    names = ", ".join(node.name for node in (standing or ctx.site).spec.nodes)
    advice = f"if it was removed just now, this completes what is left: govcloud deploy {ctx.site_file}"
    raise ConfigError(f"site {ctx.site.name} has no node {name}, only {names}; {advice}")


def _guarded(cluster: Cluster, standing: Site | None, removal: Removal) -> scale.OnNode:
    healthy = scale.ready_nodes(cluster.list("v1", "Node"))
    voters = [node.name for node in (standing.control_planes if standing else ())]
    if problem := scale.quorum_problem(voters, healthy, removal.name):
        raise PreflightFailed(f"{removal.name} cannot be removed: {problem}. Nothing was changed.")
    found = drain.look(cluster, removal.name)
    scale.refuse_loss(removal.name, found, accepted=removal.delete_local_data)
    return found


def _leave_etcd(ctx: Context, node: Node, healthy: set[str], run: Recorder) -> None:
    run.phase("etcd")
    made = scale.reachable(inventory.load(ctx.paths.inventory), node.name, healthy)
    manifest = Store(ctx.paths.bundle).manifest()
    gone = {"name": node.name, "address": str(node.address), "role": node.role}
    variables = {**machine_playbook.told(ctx, made, manifest), "govcloud_removed": gone}
    outcome = playbook.run(machine_playbook.request(ctx, _MEMBERSHIP_PLAYBOOK, made, variables), run.step)
    run.finished(PhaseResult(phase="etcd", changes=outcome.changed))


def _forget(cluster: Cluster, node: Node, run: Recorder) -> None:
    run.phase("forget")
    was_there = cluster.get(drain.node_ref(node.name)) is not None
    drain.forget(cluster, node.name)
    run.finished(PhaseResult(phase="forget", changes=(f"{node.name}: out of the cluster",) if was_there else ()))
