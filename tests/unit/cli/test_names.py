"""Names from the cluster in completion: which are offered where; silent and quick when there is no cluster."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from click.shell_completion import ShellComplete

from govcloud_api import notices
from govcloud_cli import names
from govcloud_cli.main import cli
from support import tenants
from support.desk import Desk, OpenDesk

WHERE = "tax-forms-prod"
MOVE = {"metadata": {"name": "move", "namespace": "dept-health", "uid": "u"}, "spec": {}}
OFFER = notices.config_map(notices.TRANSFERS, "dept-tax", notices.of_transfers([notices.Offer(request=MOVE)]))
WORLD = (
    *map(tenants.namespace, ("dept-tax", "dept-civil", WHERE)), tenants.department(), tenants.department("civil"),
    tenants.tier(), tenants.offering(), tenants.offering("web", plans=[{"name": "tiny", "cpu": "1", "memory": "1Gi"}]),
    tenants.environment(), tenants.environment("x-dev", "dept-civil"), tenants.instance(), tenants.binding(),
    tenants.request("open"), tenants.request("over", status={"phase": "Ready"}), tenants.request("far", "dept-civil"),
    tenants.obj("PolicyExemption", "vendor", "dept-tax", spec={"environmentRef": "forms-prod"}), OFFER,
)  # fmt: skip


def offered(*words: str) -> list[str]:
    """For a line that ends with the last of the words, begun."""
    return [
        item.value for item in ShellComplete(cli, {}, "govcloud", "_X").get_completions(list(words[:-1]), words[-1])
    ]


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    """An owner of the department."""
    return open_desk(*WORLD)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("dept", "show", ""), ["civil", "tax"]),
        (("dept", "show", "t"), ["tax"]),
        (("env", "status", ""), ["forms-prod"]),
        (("env", "status", "--department", "civil", ""), ["x-dev"]),
        (("env", "transfer", "forms-prod", "--to", "c"), ["civil"]),
        (("env", "change", "forms-prod", "--tier", ""), ["standard"]),
        (("env", "cancel", ""), ["open"]),
        (("approvals", "show", ""), ["health/move", "open", "vendor"]),
        (("catalog", "show", "p"), ["postgresql"]),
        (("service", "create", "db", "--offering", ""), ["postgresql", "web"]),
        (("service", "create", "db", "--offering", "web", "--plan", ""), ["tiny"]),
        (("service", "create", "db", "--plan", ""), ["large", "small", "tiny"]),
        (("service", "show", ""), ["db"]),
        (("service", "show", "-e", "forms-prod", "d"), ["db"]),
        (("service", "show", "-e", "none", ""), []),
        (("service", "revoke", ""), ["forms-db"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_what_is_offered_where(words: tuple[str, ...], found: list[str], desk: Desk) -> None:
    assert offered(*words) == found


def test_the_platform_is_offered_requests_with_their_department(open_desk: OpenDesk) -> None:
    open_desk(*WORLD, department="")
    assert offered("approvals", "approve", "") == ["civil/far", "tax/open", "tax/vendor"]


def test_what_may_not_be_seen_is_not_offered(desk: Desk) -> None:
    desk.cluster.closed = {"Department in all"}
    assert offered("dept", "show", "") == []


def test_a_cluster_that_does_not_answer_in_time_offers_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(desk.cluster, "list", lambda *_words, **_more: time.sleep(0.5))
    assert offered("dept", "show", "") == []


def test_a_port_that_never_answers_costs_a_second_and_no_word(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        cluster = {"name": "c", "cluster": {"server": f"https://127.0.0.1:{silent.getsockname()[1]}"}}
        context = {"name": "x", "context": {"cluster": "c", "user": "u"}}
        user = {"name": "u", "user": {"token": "t"}}
        file = tmp_path / "kubeconfig"
        file.write_text(yaml.safe_dump(
            {"clusters": [cluster], "users": [user], "contexts": [context], "current-context": "x"}
        ))  # fmt: skip
        program = "import time; t = time.monotonic(); from govcloud_kube import real; print(time.monotonic() - t)"
        base = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        environment = {
            **os.environ, "KUBECONFIG": str(file), "_GOVCLOUD_COMPLETE": "bash_complete",
            "COMP_WORDS": "govcloud dept show ", "COMP_CWORD": "3",
        }  # fmt: skip
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", "from govcloud_cli.main import main; main()"],
            capture_output=True, text=True, check=False, env=environment, timeout=60,
        )  # fmt: skip
        took = time.monotonic() - began
    assert (done.stdout.strip(), done.stderr) == ("", "")
    assert took < 4 + 4 * float(base.stdout)  # one second of patience; the rest is what Python needs to start
