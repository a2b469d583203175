"""The two programs under the SDK's own mocks: which resources, with which properties, in which order."""

import asyncio
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime.stack import get_root_resource, run_pulumi_func

from govcloud_infra.components import platform as platform_component
from govcloud_infra.components.platform import PlatformArgs
from govcloud_infra.components.site import SiteArgs, properties
from govcloud_infra.paths import REPOSITORY, SitePaths
from govcloud_infra.programs import platform, site
from govcloud_infra.site.model import Site, Spec, Ssh
from support.sites import LAB, LAB_HA, STATIC, lab


def args_of(described: Site) -> SiteArgs:
    return SiteArgs(
        site=described,
        paths=SitePaths(state=Path("/state/lab"), cache=Path("/cache")),
        authorized_key="ssh-ed25519 AAAA",
        rootfs_sha256="ab12",
    )


def with_spec(described: Site, **changes: Any) -> Site:
    """The same site with other parts of its spec."""
    spec: Spec = described.spec.model_copy(update=changes)
    return described.model_copy(update={"spec": spec})


def node(name: str, last: int, role: str = "worker", **more: Any) -> dict[str, Any]:
    return {"name": name, "role": role, "address": f"10.77.0.{last}", **more}


ARGS = args_of(lab())
CONTROL, WORKER = node("cp1", 11, "control-plane"), node("w1", 12)
MACHINE = {
    "site": "lab",
    "gateway": "10.77.0.1",
    "bridge": "gc-lab",
    "authorizedKey": "ssh-ed25519 AAAA",
    "rootfsSha256": "ab12",
    "state": "/state/lab",
    "cache": "/cache",
    "power": "on",
}


class World(pulumi.runtime.Mocks):
    """Remembers what was asked for; machines get a host key."""

    def __init__(self) -> None:
        self.asked: list[pulumi.runtime.MockResourceArgs] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.asked.append(args)
        key = {"hostKey": f"key of {args.name}"} if args.typ.endswith("Machine") else {}
        url = {"url": f"https://{args.inputs['host']}"} if args.typ.endswith(":Endpoint") else {}
        return f"{args.name}-id", {**args.inputs, **key, **url}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        raise AssertionError(f"a program asks nobody: {args.token}")


def run(program: Callable[[], None]) -> tuple[list[pulumi.runtime.MockResourceArgs], dict[str, Any]]:
    """Resources in the order in which they were asked for, and what the program exports."""
    world, loops = World(), [asyncio.new_event_loop() for _ in range(4)]

    async def inside() -> dict[str, Any]:
        # The mocks make an event loop a thread and leave it open: they get loops that are closed afterwards.
        waiting = iter(loops)
        threads = ThreadPoolExecutor(len(loops), initializer=lambda: asyncio.set_event_loop(next(waiting)))
        asyncio.get_running_loop().set_default_executor(threads)
        pulumi.runtime.set_mocks(world, project="govcloud-site", stack="site", preview=False)
        await run_pulumi_func(program)
        exports = get_root_resource().outputs
        return {name: await pulumi.Output.from_input(value).future() for name, value in exports.items()}

    try:
        exported = asyncio.run(inside())
    finally:
        for loop in loops:
            loop.close()
    return [item for item in world.asked if item.typ != "pulumi:pulumi:Stack"], exported


def test_the_lab_is_one_bridge_its_machines_and_an_endpoint() -> None:
    asked, exported = run(site.program(ARGS))
    assert [(item.typ, item.name) for item in asked] == [
        ("govcloud:site:Site", "lab"),
        ("govcloud:infra:Network", "network"),
        ("govcloud:infra:Machine", "cp1"),
        ("govcloud:infra:Machine", "w1"),
        ("govcloud:infra:Machine", "w2"),
        ("govcloud:infra:Endpoint", "endpoint"),
    ]
    found = {item.name: item.inputs for item in asked}
    assert found["network"] == {"bridge": "gc-lab", "address": "10.77.0.1/24"}
    assert found["w1"] == {**MACHINE, "name": "w1", "address": "10.77.0.12/24"}
    assert found["endpoint"] == {
        "site": "lab", "host": "10.77.0.11", "port": 6443, "routerId": 0, "members": ["10.77.0.11"],
    }  # fmt: skip
    keys = {name: f"key of {name}" for name in ("cp1", "w1", "w2")}
    assert exported == {"hostKeys": keys, "url": "https://10.77.0.11"}


def example(file: Path) -> Site:
    return Site.model_validate(yaml.safe_load(file.read_text()))


def test_with_three_control_planes_the_endpoint_is_the_virtual_address() -> None:
    asked, exported = run(site.program(args_of(example(LAB_HA))))
    kinds = [item.typ.rsplit(":", 1)[1] for item in asked]
    assert kinds == ["Site", "Network", *["Machine"] * 5, "Endpoint"]
    assert asked[-1].inputs == {
        "site": "lab-ha", "host": "10.80.0.10", "port": 8443, "routerId": 77,
        "members": ["10.80.0.11", "10.80.0.12", "10.80.0.13"],
    }  # fmt: skip
    assert sorted(exported["hostKeys"]) == ["cp1", "cp2", "cp3", "w1", "w2"]


def test_the_example_of_real_machines_makes_nothing_on_this_host() -> None:
    asked, _ = run(site.program(args_of(example(STATIC))))
    assert [item.typ.rsplit(":", 1)[1] for item in asked] == ["Site", *["StaticMachine"] * 5, "Endpoint"]
    assert {item.inputs["port"] for item in asked if item.typ.endswith("Machine")} == {22}


def test_machines_that_exist_already_need_no_bridge() -> None:
    key = "ssh-ed25519 " + "A" * 44
    nodes = [
        node("cp1", 11, "control-plane", provider="static", hostKey=key),
        node("w1", 12, provider="static"),
    ]
    described = with_spec(lab(nodes=nodes, bridge=None), ssh=Ssh.model_validate({"port": 2222, "user": "ops"}))
    asked, exported = run(site.program(args_of(described)))
    assert [(item.typ, item.name) for item in asked] == [
        ("govcloud:site:Site", "lab"),
        ("govcloud:infra:StaticMachine", "cp1"),
        ("govcloud:infra:StaticMachine", "w1"),
        ("govcloud:infra:Endpoint", "endpoint"),
    ]
    found = {item.name: item.inputs for item in asked}
    assert found["cp1"] == {"site": "lab", "name": "cp1", "address": "10.77.0.11", "port": 2222, "hostKey": key}
    assert found["w1"] == {"site": "lab", "name": "w1", "address": "10.77.0.12", "port": 2222, "hostKey": ""}
    assert exported["hostKeys"] == {"cp1": "key of cp1", "w1": "key of w1"}


def test_a_lab_machine_beside_static_ones_gets_its_bridge() -> None:
    asked, _ = run(site.program(args_of(lab(nodes=[CONTROL, {**WORKER, "provider": "static"}]))))
    assert [item.typ.rsplit(":", 1)[1] for item in asked] == ["Site", "Network", "Machine", "StaticMachine", "Endpoint"]


@pytest.mark.parametrize("node", ARGS.site.spec.nodes, ids=lambda node: str(node.name))
def test_properties_of_a_machine(node: Any) -> None:
    found = properties(node, ARGS)
    assert found == {**MACHINE, "name": node.name, "address": f"{node.address}/24"}
    assert all(type(value) is str for value in found.values())


def test_the_platform_is_its_groups_one_after_another(tmp_path: Path) -> None:
    (tmp_path / "operators" / "deploy" / "admission").mkdir(parents=True)
    (tmp_path / "operators" / "crds").mkdir()
    (tmp_path / "departments").mkdir()
    for file in platform_component.ledger_files(REPOSITORY):
        copy = tmp_path / file.relative_to(REPOSITORY)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    object_of = "apiVersion: v1\nkind: {}\nmetadata: {{name: {}}}\n"
    (tmp_path / "operators" / "crds" / "a.yaml").write_text(object_of.format("CustomResourceDefinition", "kind"))
    (tmp_path / "operators" / "deploy" / "a.yaml").write_text(
        object_of.format("Service", "operator") + "---\n" + object_of.format("Namespace", "home")
    )
    (tmp_path / "operators" / "deploy" / "admission" / "a.yaml").write_text(object_of.format("Policy", "stamp"))
    tax = (LAB.parent / "departments" / "tax.yaml").read_text()
    (tmp_path / "departments" / "a.yaml").write_text(tax)
    args = PlatformArgs(
        kubeconfig=Path("/k"), repository=tmp_path, departments=tmp_path / "departments", version="1", images={},
        node_cidr="10.77.0.0/24",
        pod_cidr="10.78.0.0/16",
        service_cidr="10.79.0.0/16",
        webhook_url=None,
    )  # fmt: skip
    asked, _ = run(platform.program(args))
    manifests = [item for item in asked if item.typ in ("govcloud:kube:Manifest", "govcloud:kube:Refusal")]
    assert [item.name for item in manifests] == [
        "CustomResourceDefinition kind", "Namespace home", "Policy stamp", "admission acts", "Service operator",
        "ConfigMap govcloud-monitoring/prometheus-rules", "ConfigMap govcloud-monitoring/ledger-files",
        "ConfigMap govcloud-monitoring/alertmanager-config",
        "Department tax",
    ]  # fmt: skip
    assert manifests[1].inputs == {
        "kubeconfig": "/k",
        "manifest": {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "home"}},
    }
    assert manifests[-1].inputs == {"kubeconfig": "/k", "manifest": yaml.safe_load(tax)}
