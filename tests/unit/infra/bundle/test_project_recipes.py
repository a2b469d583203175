"""The recipes of this project agree with their pins, with each other and with the project's version."""

import re
import tomllib
from itertools import chain

import pytest
import yaml

from govcloud_infra.bundle import build, recipe, rootfs

ALL = {r.name: r for r in recipe.load_all(build.RECIPES)}
PROJECT = tomllib.loads((build.RECIPES.parents[1] / "pyproject.toml").read_text())["project"]
GO = [r for r in ALL.values() if r.go is not None]
OURS = {"govcloud", "netprobe", "pause"}
TEXTS = [p for p in build.RECIPES.rglob("*") if p.is_file() and p.name != "go.sum"]


def test_the_urgent_ones_come_first() -> None:
    order = list(ALL)
    urgent = [
        "kubernetes",
        "etcd",
        "containerd",
        "cni-plugins",
        "pause",
        "pulumi",
        "machine-rootfs",
        "cilium",
        "coredns",
    ]
    assert [name for name in order if name in urgent] == urgent


@pytest.mark.parametrize("one", GO, ids=lambda r: r.name)
def test_go_components_pin_their_version(one: recipe.Recipe) -> None:
    pins = (one.folder / "go.mod").read_text()
    assert re.search(r"^go 1\.2[56]\.\d+$", pins, re.MULTILINE), "no Go beyond 1.26 may be needed"
    if one.name in OURS:
        return
    assert (one.folder / "go.sum").is_file()
    wanted = {"prometheus": "v0.316.0"}.get(one.name, one.version)
    assert re.search(rf" v?{re.escape(wanted.removeprefix('v'))}$", pins, re.MULTILINE), f"{wanted} is not in go.mod"


@pytest.mark.parametrize("one", GO, ids=lambda r: r.name)
def test_every_program_is_named_in_tools_go(one: recipe.Recipe) -> None:
    assert one.go is not None
    packages = {p.package for p in one.go.programs.values()} - {"."}
    imports = (one.folder / "go.mod").read_text()
    if (one.folder / "tools.go").is_file():
        imports += (one.folder / "tools.go").read_text()
    assert not [p for p in packages if p not in imports]


def test_the_charts_are_rendered_for_the_kubernetes_of_the_bundle() -> None:
    charts = [m.helm for r in ALL.values() for m in r.manifests.values() if m.helm]
    assert charts
    assert {c.kube_version for c in charts} == {ALL["kubernetes"].version}


def test_our_images_carry_the_version_of_the_project() -> None:
    assert set(ALL["govcloud"].images) == {f"govcloud:{PROJECT['version']}"}
    assert set(ALL["netprobe"].images) == {f"netprobe:{PROJECT['version']}"}


def test_the_images_that_kubeadm_asks_for_are_there() -> None:
    kubernetes = ALL["kubernetes"].version
    wanted = {f"{name}:{kubernetes}" for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")}
    wanted |= {"etcd:3.6.16-0", "coredns/coredns:v1.14.7", "pause:3.10.2"}
    assert wanted <= set(chain.from_iterable(r.images for r in ALL.values()))


def test_manifests_name_images_of_the_bundle_only() -> None:
    images = set(chain.from_iterable(r.images for r in ALL.values()))
    text = "\n".join(p.read_text() for p in TEXTS if p.suffix == ".yaml" and p.name != recipe.FILE)
    named = set(re.findall(r"registry\.govcloud\.internal/([\w./-]+:[\w.-]+)", text))
    assert named
    assert named <= images


def test_containers_do_not_run_as_root_unless_they_must() -> None:
    privileged = {"kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "cilium", "operator-generic"}
    privileged |= {"busybox", "local-path-provisioner"}  # both are given their user by the manifests that use them
    for ref, image in chain.from_iterable(r.images.items() for r in ALL.values()):
        name = ref.partition(":")[0]
        assert image.user.partition(":")[0] not in ("", "0", "root") or name in privileged, ref


def test_the_machine_holds_what_ansible_and_kubeadm_need() -> None:
    names = rootfs.packages((ALL["machine-rootfs"].folder / "packages.txt").read_text())
    assert {"systemd", "openssh-server", "python3", "acl", "sudo", "runc", "conntrack", "iptables"} <= set(names)
    assert len(names) == len(set(names))


def test_a_machine_of_somebody_else_gets_the_packages_of_ours() -> None:
    one = ALL["machine-packages"].rootfs["packages"]
    assert one.reads == ("../machine-rootfs/packages.txt",)  # one list, and a change of it makes both anew
    assert ALL["machine-packages"].inputs == ("infra/bundle/machine-rootfs/packages.txt",)


def test_local_path_is_the_default_class_and_stays_off_opt() -> None:
    overlay = ALL["local-path-provisioner"].folder / "overlay"
    config = yaml.safe_load((overlay / "config.yaml").read_text())
    assert "/var/lib/local-path" in config["data"]["config.json"]
    assert "is-default-class" in (overlay / "kustomization.yaml").read_text()


SERVICES = ("nats", "postgresql", "redis", "traefik", "versitygw")


@pytest.mark.parametrize("name", SERVICES)
def test_images_of_services_run_as_the_user_that_manifests_name(name: str) -> None:
    assert set(ALL[name].images) == {f"{name}:{ALL[name].version}"}
    assert {image.user for image in ALL[name].images.values()} == {"65532:65532"}


def test_images_of_databases_hold_no_interpreter() -> None:
    for name in ("postgresql", "redis"):
        folder = ALL[name].folder
        kept, left_out = (rootfs.packages((folder / f"{file}.txt").read_text()) for file in ("packages", "without"))
        assert not {"perl", "python3", "bash"} & set(kept)
        assert not set(kept) & set(left_out) - {"usr-is-merged"}  # that one is asked for in place of a larger one
        assert len(left_out) == len(set(left_out))


def test_what_stands_for_modules_that_cannot_be_had_is_named_by_their_path() -> None:
    pins = (ALL["traefik"].folder / "go.mod").read_text()
    replaced = dict(re.findall(r"^\t(\S+) => \./(\S+)$", pins, re.MULTILINE))
    assert set(replaced.values()) == {"lego", "httpauth", "ext"}
    for module, folder in replaced.items():
        assert (ALL["traefik"].folder / folder / "go.mod").read_text().startswith(f"module {module}\n")
