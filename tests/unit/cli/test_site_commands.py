"""Commands on a site that is not there or not right: what they print, where, and their code. Nothing is deployed."""

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from govcloud_api.errors import ConfigError
from govcloud_cli import access, run, summary
from govcloud_cli.main import cli
from govcloud_infra.deploy.conductor import PhaseResult
from govcloud_infra.deploy.context import Context
from govcloud_infra.deploy.health import Condition
from govcloud_infra.deploy.report import SiteReport
from govcloud_infra.paths import SitePaths
from support.sites import LAB, lab, replaced, written

Govcloud = Callable[..., tuple[int, str, str]]


@pytest.fixture
def govcloud(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Govcloud:
    """Run the command line with a state and a cache of its own; returns code, stdout and stderr."""
    monkeypatch.setenv("GOVCLOUD_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("GOVCLOUD_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBECONFIG", raising=False)

    def command(*arguments: str | Path) -> tuple[int, str, str]:
        code = run.run(cli, [str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def test_validate_a_good_site(govcloud: Govcloud) -> None:
    assert govcloud("validate", LAB) == (
        0, f"{LAB} is valid: site lab, 1 control plane, 2 workers, 3 departments, Kubernetes v1.36.3\n", "",
    )  # fmt: skip
    assert govcloud("validate", LAB.parent)[0] == 0


def test_validate_names_every_fault_on_stderr(govcloud: Govcloud, tmp_path: Path) -> None:
    file = written(replaced("kind: Site", "kind: Town").replace("gc-lab", "GC"), tmp_path)
    code, out, err = govcloud("validate", file)
    assert (code, out) == (3, "")
    assert err.splitlines()[0] == f"error: {file} is not a valid site file (2 faults):"
    assert [line.split(": ")[0].strip() for line in err.splitlines()[1:]] == [f"{file}:3:1", f"{file}:10:5"]
    assert "Traceback" not in err


@pytest.mark.parametrize("verb", ["validate", "plan", "deploy", "status", "kubeconfig"])
def test_every_command_refuses_a_broken_site_file_alike(govcloud: Govcloud, verb: str, tmp_path: Path) -> None:
    code, out, err = govcloud(verb, written("[", tmp_path))
    assert (code, out) == (3, "")
    assert "not YAML" in err
    assert not (tmp_path / "state").exists()


def test_departments_must_have_their_folder(govcloud: Govcloud, tmp_path: Path) -> None:
    code, _, err = govcloud("validate", written(LAB.read_text(), tmp_path))
    assert code == 3
    assert f"there is no folder of departments {tmp_path}/departments; make it, or change spec.departments" in err


@pytest.mark.parametrize("verb", ["validate", "plan", "deploy", "status"])
def test_every_command_that_needs_them_refuses_a_stowaway_among_the_departments(
    govcloud: Govcloud, verb: str, tmp_path: Path
) -> None:
    file = tmp_path / "departments" / "tax.yaml"
    file.parent.mkdir()
    file.write_text("apiVersion: v1\nkind: Secret\nmetadata: {name: tax}\n")
    code, out, err = govcloud(verb, written(LAB.read_text(), tmp_path))
    assert (code, out) == (3, "")
    assert f"{file}: holds a Secret (v1); only Departments belong here" in err
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "arguments", [("status",), ("kubeconfig",), ("dept", "ls"), ("env", "ls"), ("env", "status", "x")]
)
def test_a_site_without_a_cluster_is_unreachable(govcloud: Govcloud, arguments: tuple[str, ...]) -> None:
    code, out, err = govcloud(*arguments)
    assert (code, out) == (9, "")
    assert "govcloud deploy" in err


def test_destroy_needs_the_name_of_the_site(govcloud: Govcloud, tmp_path: Path) -> None:
    assert govcloud("destroy", LAB)[0] == 2
    code, _, err = govcloud("destroy", LAB, "--confirm", "prod")
    assert code == 2
    assert "describes site lab; nothing was changed" in err
    assert not (tmp_path / "state").exists()


def test_version_needs_no_bundle(govcloud: Govcloud) -> None:
    code, out, _ = govcloud("version", "-o", "json")
    assert code == 0
    assert json.loads(out)["bundle"] == {}


def test_a_kubeconfig_that_is_none_is_a_wrong_setting(
    govcloud: Govcloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "missing"))
    code, _, err = govcloud("env", "status", "x")
    assert code == 3
    assert "$KUBECONFIG names" in err


@pytest.mark.parametrize("text", ["", "just text", "contexts: [1]", "[", "contexts: {a: b}", "contexts: [{name: a}]"])
def test_a_file_that_is_no_kubeconfig_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(ConfigError, match=f"{tmp_path}/config is no kubeconfig"):
        access.home_namespace(LAB, tmp_path / "config", None)


KUBECONFIG = """
current-context: anna@tax
contexts:
- {name: anna@tax, context: {namespace: dept-tax}}
- {name: admin, context: {cluster: lab}}
"""


def test_a_members_credentials_say_which_department(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(KUBECONFIG)
    assert access.home_namespace(LAB, file, None) == "dept-tax"
    assert access.home_namespace(LAB, file, "civil") == "dept-civil"


def test_an_administrator_must_name_a_department(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(KUBECONFIG.replace("current-context: anna@tax", "current-context: admin"))
    with pytest.raises(click.UsageError, match="which department"):
        access.home_namespace(LAB, file, None)


def test_results_of_deploy_and_plan() -> None:
    paths = SitePaths(state=Path("/s"), cache=Path("/c"))
    context = Context(site=lab(), paths=paths, departments=Path("/d"), environ={"SECRET": "s3cret"})
    nothing = [PhaseResult(phase="machines", changes=())]
    some = [*nothing, PhaseResult(phase="cluster", changes=("a", "b"))]
    assert "nothing was changed" in summary.text(context, nothing, LAB)
    assert "2 changes" in summary.text(context, some, LAB)
    assert f"govcloud status {LAB}" in summary.text(context, some, LAB)
    assert "govcloud status\n" in summary.text(context, some, Path("sites/lab/site.yaml"))
    assert summary.plan_text(nothing) == "No changes: the world is as the site file says."
    assert summary.plan_text(some) == "cluster: a\ncluster: b"
    assert summary.data(context, some)["changed"] == {"machines": [], "cluster": ["a", "b"]}
    assert summary.data(context, some)["endpoints"]["kubernetes"] == "https://10.77.0.11:6443"
    assert "s3cret" not in repr(context)


def test_status_for_people_and_programs() -> None:
    parts = (
        Condition(type="NodesReady", status="True", reason="AllReady", message="3 nodes"),
        Condition(type="Ready", status="Unknown", reason="X", message="no answer"),
    )
    found = SiteReport(site="lab", conditions=parts, endpoints={"prometheus": "http://a:1"})
    assert not found.ready
    assert found.text().splitlines() == [
        "Site lab", "✓ NodesReady         3 nodes", "? Ready              no answer", "Endpoints",
        "  prometheus         http://a:1",
    ]  # fmt: skip
    assert found.plain()["ready"] is False
    assert [item["type"] for item in found.plain()["conditions"]] == ["NodesReady", "Ready"]


def test_the_default_site_is_the_lab_wherever_one_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert run.run(cli, ["validate"]) == 0
    (tmp_path / "sites" / "lab").mkdir(parents=True)
    written("[", tmp_path / "sites" / "lab")
    assert run.run(cli, ["validate"]) == 3
