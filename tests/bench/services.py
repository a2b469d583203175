"""Environments and services on a lab, with nothing but a department's credentials: how long people wait."""

from __future__ import annotations

import base64
import json
import re
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.departments import Name, Watched
from tests.bench.figure import Figure, figure

from govcloud_api import labels
from govcloud_infra.paths import REPOSITORY
from govcloud_kube import Ref, real
from support import lab as labs
from support import lab_run, probe, tenancy

ALONE = 5
AT_ONCE = 20
DEPARTMENTS = ("tax", "civil", "health")
TINY = {"quota": {"cpu": "250m", "memory": "512Mi", "storage": "1Gi", "pods": 5}}
LONG_SECONDS = 300.0
_OFFERING = REPOSITORY / "operators" / "deploy" / "41-offering-postgresql.yaml"
_ASK = 'exec psql "host=$0 port=$1 dbname=$2 user=$3 sslmode=require connect_timeout=2" -Atqc "$4"'


def on_a_lab() -> Iterator[Figure]:
    """A lab of its own, which goes however it ends."""
    with lab_run.running() as lab:
        lab.govcloud("deploy", str(lab.site))
        lab.govcloud("health", str(lab.site))
        environments = Watched(real.connect(lab.kubeconfig), "Environment")
        yield _alone(lab, environments)
        yield _at_once(lab, environments)
        environments.end()
        yield from _database(lab)


def _alone(lab: labs.Lab, environments: Watched) -> Figure:
    member = real.connect(lab.member("tax"))
    times = []
    for number in range(ALONE):
        began, name = time.monotonic(), _asked(member, "tax", f"alone{number}")
        environments.wait(lambda name=name: name in environments.ready, LONG_SECONDS, str(name))
        times.append(environments.ready[name] - began)
    how = f"median of {ALONE} sandboxes, one after another; from the member's request, which policy grants, to Ready; "
    return figure(
        "environment proven and Ready, alone", statistics.median(times), "s", 10, f"{how}worst {max(times):.1f} s"
    )


def _at_once(lab: labs.Lab, environments: Watched) -> Figure:
    members = {code: real.connect(lab.member(code)) for code in DEPARTMENTS}
    began = time.monotonic()
    turns = [DEPARTMENTS[number % len(DEPARTMENTS)] for number in range(AT_ONCE)]
    names = [_asked(members[code], code, f"many{number}") for number, code in enumerate(turns)]
    environments.wait(lambda: all(name in environments.ready for name in names), LONG_SECONDS, "all at once")
    last = max(environments.ready[name] for name in names) - began
    how = f"{AT_ONCE} sandboxes of {len(DEPARTMENTS)} departments, from the first request to the last Ready"
    return figure(f"{AT_ONCE} environments at once", last, "s", 60, how)


def _asked(member: real.RealCluster, code: str, product: str) -> Name:
    """A member's request; the name of the environment that comes of it."""
    home = labels.home_namespace(code)
    wish = tenancy.request(home, product, product=product)
    wish["spec"].pop("size")
    wish["spec"] |= TINY
    member.create(wish)
    return home, f"{product}-sandbox"


def _database(lab: labs.Lab) -> Iterator[Figure]:
    """A database that somebody works with, and whose access is taken away."""
    owner, where = lab.member("tax"), "tax-data-sandbox"
    wish = ["--product", "data", "--purpose", "sandbox", "--why", "measure", "--wait"]
    lab.govcloud("env", "request", *wish, "--kubeconfig", str(owner))
    lab.kubectl("-n", where, "apply", "-f", "-", kubeconfig=owner, given=json.dumps(_client()))
    lab.kubectl("-n", where, "wait", "--for=condition=Ready", "pod/client", "--timeout=120s", kubeconfig=owner)
    at = ["-e", "data-sandbox", "--kubeconfig", str(owner)]
    began = time.monotonic()
    lab.govcloud("service", "create", "db", "--offering", "postgresql", "--plan", "small", "--unprotected", *at)
    lab.govcloud("service", "bind", "app", "--instance", "db", *at)
    login = tenancy.eventually(lambda: _login(owner, where, "app"), "credentials", seconds=LONG_SECONDS)

    def answers() -> bool:
        return _ask(lab, owner, where, login, "select 1").wait(30) == 0

    tenancy.eventually(answers, "the first login", seconds=LONG_SECONDS)
    how = "from `service create` to the first answer of the database to a pod of the environment, image on the machines"
    yield figure("PostgreSQL usable", time.monotonic() - began, "s", 30, how)
    session = _ask(lab, owner, where, login, "select pg_sleep(3600)")
    time.sleep(3)
    if session.poll() is not None:
        raise RuntimeError("the session did not last until its access was revoked")
    began = time.monotonic()
    lab.govcloud("service", "revoke", "app", *at)
    session.wait(LONG_SECONDS)
    how = "from `service revoke` to the end of a session that was open"
    yield figure("revoked access: open sessions end", time.monotonic() - began, "s", 5, how)


def _client() -> dict[str, object]:
    """A pod that waits to be told what to ask, with the database's own client."""
    found = re.search(r"registry\.govcloud\.internal/postgresql:[\w.+-]+", _OFFERING.read_text())
    if found is None:
        raise RuntimeError(f"{_OFFERING} names no image")
    made = probe.pod("client", [])
    container = made["spec"]["containers"][0]
    container |= {"image": found[0], "command": ["/bin/sh", "-c", "sleep 3600"]}
    container["env"] = [{"name": "HOME", "value": "/tmp"}]
    container.pop("args")
    return made


def _login(owner: Path, where: str, secret: str) -> dict[str, str]:
    """Content of the Secret, empty while it is not there."""
    found = real.connect(owner).get(Ref("v1", "Secret", secret, where)) or {}
    return {key: base64.b64decode(value).decode() for key, value in (found.get("data") or {}).items()}


def _ask(lab: labs.Lab, owner: Path, where: str, login: dict[str, str], statement: str) -> subprocess.Popen[bytes]:
    """psql in the waiting pod; its password comes over standard input, so it is in no process list."""
    words = [login[key] for key in ("host", "port", "database", "username")]
    script = f"read -r PGPASSWORD; export PGPASSWORD; {_ASK}"
    kubectl = [str(lab.folder / "bin" / "kubectl"), "--kubeconfig", str(owner), "-n", where]
    command = [*kubectl, "exec", "-i", "client", "--", "/bin/sh", "-c", script, *words, statement]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert child.stdin is not None
    child.stdin.write(f"{login['password']}\n".encode())
    child.stdin.close()
    return child
