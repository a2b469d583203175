"""Roles that make a machine fit, on Debian systems booted for it: seen from outside, not from what Ansible says."""

import dataclasses
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_api.errors import PreflightFailed, ToolFailed
from govcloud_infra.ansible import playbook
from govcloud_infra.paths import cache_folder
from support.lab import eventually
from support.machine_metrics import volume_name
from support.machines import Machines, booted

CONTROL_PLANE, WORKER = "c1", "w1"
VARIABLES = {
    "govcloud": {
        "time": {"servers": [], "max_skew_seconds": 2.0},
        "endpoint": {"vip": "10.94.0.10", "port": 8443, "router_id": 94},
        "registry": {"port": 5000},
    }
}
LISTEN = "import socket, time; s = socket.create_server(('', {port})); time.sleep(300)"
# Settings of the whole kernel, which a machine shares with this host.
KERNEL = [Path("/proc/sys/kernel") / name for name in ("kptr_restrict", "dmesg_restrict", "unprivileged_bpf_disabled")]


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    with (
        tempfile.TemporaryDirectory(prefix="govcloud-roles-") as folder,
        booted(Path(folder) / "site", cache_folder(os.environ), CONTROL_PLANE, WORKER) as made,
    ):
        yield made


def time_sync(machines: Machines) -> dict[str, Any]:
    control_planes = [machines.addresses[CONTROL_PLANE]]
    return {
        "role": "time_sync",
        "vars": {
            "time_sync_in_container": True,
            "time_sync_control_planes": control_planes,
            "time_sync_clients": ["10.94.0.0/24"],
        },
    }


def hardening(**given: Any) -> dict[str, Any]:
    return {
        "role": "hardening",
        "vars": {f"hardening_{name}": value for name, value in {"in_container": True, **given}.items()},
    }


def request(machines: Machines, *roles: dict[str, Any], mitogen: bool = True, check: bool = False) -> playbook.Request:
    """A run of roles on both machines."""
    file = machines.paths.state / "play.yml"
    file.write_text(yaml.safe_dump([{"hosts": "all", "any_errors_fatal": True, "roles": list(roles)}]))
    return playbook.Request(
        playbook=str(file),
        inventory=machines.inventory(control_plane=[CONTROL_PLANE], workers=[WORKER]),
        variables=VARIABLES,
        paths=machines.paths,
        mitogen=mitogen,
        check=check,
    )


def on_worker(machines: Machines, *roles: dict[str, Any], **how: bool) -> playbook.Request:
    """A run of roles on the worker alone."""
    return dataclasses.replace(request(machines, *roles, **how), limit=WORKER)


def preflight(machines: Machines, **more: Any) -> playbook.Request:
    return playbook.Request(
        playbook="preflight_machines.yml",
        inventory=machines.inventory(control_plane=[CONTROL_PLANE], workers=[WORKER]),
        variables={**VARIABLES, **more},
        paths=machines.paths,
    )


def test_fit_machines_say_what_they_have(machines: Machines) -> None:
    outcome = playbook.run(preflight(machines), print)
    assert outcome.changed == ()
    assert set(outcome.reports) == {CONTROL_PLANE, WORKER}
    found = outcome.reports[WORKER]["machine"]
    assert (found["system"], found["member"], found["clock_ahead_seconds"]) == ("debian 12", False, 0.0)
    assert machines.output(WORKER, "ls -d /var/lib/node-check-* 2>/dev/null || true") == ""


def test_every_machine_says_everything_that_it_lacks(machines: Machines) -> None:
    for name, port in ((CONTROL_PLANE, 8443), (WORKER, 10250), (WORKER, 6443)):
        source = LISTEN.format(port=port)
        machines.output(name, f'systemd-run --quiet --unit=squatter-{port} /usr/bin/python3 -c "{source}"')
    machines.output(WORKER, "mv /usr/bin/openssl /usr/bin/openssl.away")
    try:
        with pytest.raises(PreflightFailed) as caught:
            playbook.run(preflight(machines, preflight_min_memory_bytes=2**50), print)
    finally:
        machines.output(WORKER, "mv /usr/bin/openssl.away /usr/bin/openssl")
        for name in (CONTROL_PLANE, WORKER):
            machines.run(name, "systemctl stop 'squatter-*'")
    told = str(caught.value)
    assert "port 8443 is taken by /usr/bin/python3" in told
    assert "port 10250 is taken by /usr/bin/python3" in told
    assert "port 6443" not in told, "a worker needs it not"
    assert "run `apt-get install openssl` on the machine" in told
    assert told.count("of memory, at least 1048576.0 GiB is needed") == 2


def test_a_dry_run_foretells_and_changes_nothing(machines: Machines) -> None:
    look = "cat /etc/chrony/chrony.conf; sshd -T; getent shadow root; ls /etc/sysctl.d /etc/profile.d"
    before = machines.output(WORKER, look)
    outcome = playbook.run(on_worker(machines, time_sync(machines), hardening(), check=True), print)
    assert f"{WORKER}: Change the settings" in outcome.changed
    assert f"{WORKER}: Say where the time comes from, and whether it may set the clock" in outcome.changed
    assert machines.output(WORKER, look) == before


def test_a_machine_is_hardened_once_and_keeps_the_time(machines: Machines) -> None:
    of_the_host = [file.read_text() for file in KERNEL]
    roles = (time_sync(machines), hardening())
    assert playbook.run(request(machines, *roles), print).changed != ()
    assert playbook.run(request(machines, *roles), print).changed == ()
    settings = machines.output(CONTROL_PLANE, "sshd -T")
    assert "passwordauthentication no\n" in settings
    assert "maxauthtries 4\n" in settings
    assert machines.output(CONTROL_PLANE, "getent shadow root").startswith("root:!")
    assert machines.output(CONTROL_PLANE, "sysctl --values net.ipv4.conf.all.accept_redirects") == "0\n"
    assert machines.output(CONTROL_PLANE, "systemctl list-timers --no-legend govcloud-*") == ""
    assert [file.read_text() for file in KERNEL] == of_the_host
    password = ["-o", "PreferredAuthentications=password,keyboard-interactive"]
    assert "Permission denied (publickey)" in ssh(machines, *password).stderr
    # The worker follows the control plane, and neither may set the clock that is this host's.
    address = machines.addresses[CONTROL_PLANE]
    eventually(lambda: f"^* {address}" in machines.output(WORKER, "chronyc -n sources"), 30, "the worker follows")
    assert " -x\n" in machines.output(WORKER, "ps -C chronyd -o args=")
    assert f"{address}:123" in machines.output(CONTROL_PLANE, "ss -lnup")
    assert ":123 " not in machines.output(WORKER, "ss -lnup")


def test_a_machine_tells_what_only_it_knows_and_is_set_up_for_it_once(machines: Machines) -> None:
    role = {"role": "machine_metrics", "vars": {"machine_metrics_volumes": "/var/lib/local-path"}}
    page, volume = "/var/lib/govcloud/metrics/machine.prom", f"/var/lib/local-path/{volume_name('tax', 'data')}"
    machines.output(WORKER, f"install -d -m 0700 -o 1000 {volume} && head -c 900000 /dev/urandom > {volume}/file")
    machines.output(WORKER, f"chown 1000 {volume}/file && chmod 0 {volume}/file")
    assert playbook.run(on_worker(machines, role, check=True), print).changed != ()
    assert machines.run(WORKER, f"test -e {page}").returncode == 1
    assert playbook.run(on_worker(machines, role), print).changed != ()
    eventually(lambda: machines.run(WORKER, f"test -s {page}").returncode == 0, 60, "the page is there")
    assert playbook.run(on_worker(machines, role), print).changed == ()
    assert machines.output(WORKER, "systemctl show --property=Result --value govcloud-machine-metrics") == "success\n"
    assert machines.output(WORKER, f"stat -c %a {page}") == "644\n"
    size = machines.output(WORKER, f"du -sx --block-size=1 {volume}").split()[0]
    shown = f'govcloud_volume_used_bytes{{namespace="tax",persistentvolumeclaim="data"}} {size}\n'
    assert shown in machines.output(WORKER, f"cat {page}")
    first = machines.output(WORKER, f"stat -c %Y {page}")
    eventually(lambda: machines.output(WORKER, f"stat -c %Y {page}") != first, 90, "it looks again")


def test_settings_that_shut_us_out_are_taken_back(machines: Machines) -> None:
    before = machines.output(WORKER, "sshd -T")
    bad = hardening(ssh_settings={"AllowUsers": "nobody"}, ssh_tries=1)
    with pytest.raises(ToolFailed, match=r"SSH of w1 could not be hardened and is as it was before.*Permission denied"):
        playbook.run(on_worker(machines, bad, mitogen=False), print)
    assert machines.output(WORKER, "sshd -T") == before


# A run of its own, given as a pickle of the request.
RUN = """
import pickle, sys
from govcloud_infra.ansible import playbook
playbook.run(pickle.load(sys.stdin.buffer), print)
"""


@pytest.mark.long
def test_a_run_that_dies_before_the_proof_does_not_shut_the_door(machines: Machines) -> None:
    before = machines.output(WORKER, "sshd -T")
    bad = hardening(ssh_settings={"AllowUsers": "nobody"}, ssh_tries=100, ssh_return_seconds=10)
    wanted = on_worker(machines, bad)
    settings = machines.paths.machines / WORKER / "root" / "etc/ssh/sshd_config.d/00-govcloud.conf"
    with subprocess.Popen([sys.executable, "-c", RUN], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
        assert child.stdin is not None
        child.stdin.write(pickle.dumps(wanted))
        child.stdin.close()
        eventually(lambda: settings.exists() and "AllowUsers" in settings.read_text(), 60, "the settings are on trial")
        os.kill(child.pid, signal.SIGKILL)
    eventually(lambda: "AllowUsers" not in settings.read_text(), 60, "the machine takes them back")
    eventually(lambda: ssh(machines).returncode == 0, 60, "it lets us in")
    assert machines.output(WORKER, "sshd -T") == before


@pytest.mark.long
def test_without_mitogen_it_is_the_same(machines: Machines) -> None:
    roles = (time_sync(machines), hardening())
    playbook.run(request(machines, *roles), print)
    assert playbook.run(request(machines, *roles, mitogen=False), print).changed == ()


@pytest.mark.long
def test_no_profile_takes_all_of_it_back(machines: Machines) -> None:
    playbook.run(on_worker(machines, hardening()), print)
    assert playbook.run(on_worker(machines, hardening(profile="none")), print).changed != ()
    assert playbook.run(on_worker(machines, hardening(profile="none")), print).changed == ()
    assert "maxauthtries 6\n" in machines.output(WORKER, "sshd -T")
    assert machines.output(WORKER, "ls -d /etc/*/*govcloud* /usr/local/sbin/govcloud-ssh* 2>/dev/null || true") == ""


def ssh(machines: Machines, *options: str) -> subprocess.CompletedProcess[str]:
    """Try to get in, as an operator would."""
    key = ["-i", str(machines.paths.ssh_key), "-o", f"UserKnownHostsFile={machines.paths.known_hosts}"]
    words = ["ssh", "-F", "none", "-n", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", *key, *options]
    door = f"root@{machines.addresses[WORKER]}"
    return subprocess.run([*words, door, "true"], capture_output=True, text=True, check=False, timeout=30)
