"""A machine's files and its command follow from its spec alone."""

from pathlib import Path

import pytest

from govcloud_infra.machines.spec import SHARED_BUNDLE, MachineSpec, machine_paths, nspawn_command, root_files
from govcloud_infra.paths import SitePaths

PATHS = SitePaths(state=Path("/state/lab"), cache=Path("/cache"))


def spec(site: str = "lab", name: str = "w1") -> MachineSpec:
    return MachineSpec(
        site=site,
        name=name,
        address="10.77.0.12/24",
        gateway="10.77.0.1",
        bridge="gc-lab",
        rootfs_sha256="ab12",
        authorized_key="ssh-ed25519 AAAA",
    )


def test_files_give_name_address_and_key() -> None:
    files = {file.path: file for file in root_files(spec())}
    assert files["etc/hostname"].text == "w1\n"
    assert files["etc/hosts"].text == "127.0.0.1 localhost\n10.77.0.12 w1\n"
    assert files["etc/govcloud-machine"].text == "ADDRESS=10.77.0.12/24\nGATEWAY=10.77.0.1\n"
    assert files["root/.ssh/authorized_keys"].text == "ssh-ed25519 AAAA\n"
    assert files["root/.ssh/authorized_keys"].mode == 0o600
    script = files["usr/local/sbin/govcloud-machine-network"]
    assert (script.mode, script.text[:9]) == (0o755, "#!/bin/sh")
    unit = files["etc/systemd/system/govcloud-machine-network.service"].text
    assert f"ExecStart=/{script.path}" in unit
    assert "EnvironmentFile=/etc/govcloud-machine" in unit


def test_no_file_lies_outside_the_machine() -> None:
    assert all(not file.path.startswith("/") and ".." not in file.path for file in root_files(spec()))


def test_the_command_ties_disk_network_and_bundle_to_the_machine() -> None:
    machine = machine_paths(spec(), PATHS)
    command = nspawn_command(spec(), machine)
    assert command[0] == "systemd-nspawn"
    assert {
        "--directory=/state/lab/machines/w1/root",
        "--bind=/state/lab/machines/w1/var:/var",
        "--bind=/state/lab/run/bpf-w1:/sys/fs/bpf",
        f"--bind-ro=/cache/bundle:{SHARED_BUNDLE}",
        "--network-bridge=gc-lab",
        "--machine=lab.w1",
        "--hostname=w1",
    } <= set(command)


def test_machines_share_the_system_they_start_from_and_nothing_else() -> None:
    one, two = machine_paths(spec(name="w1"), PATHS), machine_paths(spec(name="w2"), PATHS)
    assert one.base == two.base == Path("/cache/rootfs/ab12")
    own = {(paths.disk, paths.bpf, paths.log, paths.root, paths.var) for paths in (one, two)}
    assert len({path for paths in own for path in paths}) == 10


@pytest.mark.parametrize(("site", "name"), [("lab", "w1"), ("production1", "control-1")])
def test_names_are_of_the_site_and_the_machine(site: str, name: str) -> None:
    found = spec(site, name)
    assert found.full_name == f"{site}.{name}"
    assert found.control_group == f"govcloud-{site}.{name}"
    # Whole: nspawn shortens the link's own name by a hash, and keeps this one as its alternative.
    assert found.cable == f"vb-{site}.{name}"


def test_machines_of_different_sites_never_share_a_name() -> None:
    one, two = spec("a-b", "c"), spec("a", "b-c")
    assert one.full_name != two.full_name
    assert one.control_group != two.control_group
    assert one.cable != two.cable
