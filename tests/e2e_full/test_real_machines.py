"""A site of machines that exist and are reached by SSH only: no bundle, no packages, nothing of ours on them."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from govcloud_infra.paths import cache_folder
from support import lab as labs
from support.machines import Machines, booted

pytestmark = pytest.mark.e2e
NAMES = ("cp1", "w1")
SITE = "e2e-real"


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    folder = Path(mkdtemp(prefix="govcloud-machines-"))
    with booted(folder, cache_folder(os.environ), *NAMES) as found:
        for name in NAMES:  # as somebody else may have installed them
            found.output(name, "dpkg --purge --force-depends haproxy keepalived socat conntrack")
        yield found
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def site(machines: Machines) -> Iterator[labs.Lab]:
    folder = Path(mkdtemp(prefix="govcloud-static-"))
    made = labs.of_machines(folder, SITE, machines.addresses, machines.paths.ssh_key)
    try:
        yield made
    finally:
        made.govcloud("destroy", str(made.site), "--confirm", SITE)
        shutil.rmtree(folder)


def test_a_wrong_key_and_an_absent_machine_are_named(site: labs.Lab, machines: Machines) -> None:
    text = site.site.read_text()
    other = site.folder / "other"
    shutil.copy(machines.paths.pki.parent / "ssh" / "known_hosts", other)
    other.chmod(0o600)
    site.site.write_text(text.replace(str(machines.paths.ssh_key), str(other)))
    assert "cp1" in site.refused("preflight", code=9)
    site.site.write_text(text.replace(machines.addresses["w1"], "10.94.0.99"))
    assert "10.94.0.99" in site.refused("deploy", code=9)
    site.site.write_text(text)


def test_what_stands_in_the_way_is_told_at_once_and_nothing_is_changed(site: labs.Lab, machines: Machines) -> None:
    machines.output("cp1", "systemd-run --unit taken --quiet python3 -m http.server 6443")
    machines.output("w1", "systemd-run --unit taken --quiet python3 -m http.server 10250")
    told = site.refused("deploy", code=4)
    assert re.search(r"cp1: .*6443", told)
    assert re.search(r"w1: .*10250", told)
    assert "containerd" not in machines.output("cp1", "ls /usr/local/bin")
    for name in NAMES:
        machines.output(name, "systemctl stop taken")


def test_they_become_a_cloud(site: labs.Lab, machines: Machines) -> None:
    site.govcloud("deploy", str(site.site))
    assert sorted(item["metadata"]["name"] for item in site.get("nodes")["items"]) == sorted(NAMES)
    report = json.loads(site.govcloud("health", str(site.site), "-o", "json"))
    assert {item["type"]: item["message"] for item in report["conditions"] if item["status"] != "True"} == {}
    assert "installed" in machines.output("w1", "dpkg-query -W -f '${db:Status-Status}' socat")


def test_the_second_run_changes_nothing(site: labs.Lab) -> None:
    changed = json.loads(site.govcloud("deploy", str(site.site), "-o", "json"))["changed"]
    assert changed == {"machines": [], "cluster": [], "platform": []}


def test_another_machine_in_its_place_is_refused(site: labs.Lab, machines: Machines) -> None:
    machines.output("w1", "rm /etc/ssh/ssh_host_*; ssh-keygen -A >/dev/null; systemctl restart ssh")
    assert "w1" in site.refused("deploy", code=5)
