"""Commands on a site that is not there or not right: what they print, where, and their code. Nothing is deployed."""

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from govcloud_api.errors import ConfigError
from govcloud_cli import access, run, summary
from govcloud_cli.main import cli
from govcloud_infra.deploy.context import Context
from govcloud_infra.deploy.progress import PhaseResult
from govcloud_infra.health.health import Condition
from govcloud_infra.health.report import SiteReport
from govcloud_infra.paths import SitePaths
from govcloud_infra.site import deployed
from support.sites import LAB, lab, replaced, written

NOT_READ = "only files called *.yaml are read; rename it, or move it elsewhere"
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


def test_validate_for_programs(govcloud: Govcloud) -> None:
    code, out, _ = govcloud("validate", LAB, "-o", "json")
    assert (code, json.loads(out)) == (0, {
        "file": str(LAB), "valid": True, "site": "lab", "kubernetes": "v1.36.3", "controlPlanes": 1, "workers": 2,
        "departments": 3, "faults": [],
    })  # fmt: skip


def test_validate_gives_programs_the_faults_on_stdout(govcloud: Govcloud, tmp_path: Path) -> None:
    (tmp_path / "departments").mkdir()
    (tmp_path / "departments" / "tax.yml").write_text("kind: Department")
    file = written(replaced("address: 10.77.0.13", "address: 10.77.0.12"), tmp_path)
    code, out, err = govcloud("validate", file, "-o", "json")
    assert (code, err) == (3, "")
    found = json.loads(out)
    assert (found["valid"], found["site"], found["workers"]) == (False, "lab", 2)
    assert found["faults"] == [
        {
            "file": str(file), "line": 18, "column": 32, "path": "spec.nodes[2].address",
            "message": "10.77.0.12 is taken by spec.nodes[1]; choose another",
        },
        {"message": f"{tmp_path}/departments/tax.yml: {NOT_READ}"},
    ]  # fmt: skip
    code, out, err = govcloud("validate", file)
    assert (code, out) == (3, "")
    assert f"{file}:18:32: spec.nodes[2].address: " in err
    assert "tax.yml: only files" in err


def test_validate_of_a_file_without_form_knows_no_counts(govcloud: Govcloud, tmp_path: Path) -> None:
    code, out, _ = govcloud("validate", written("kind: Site", tmp_path), "-o", "json")
    assert code == 3
    assert (json.loads(out)["site"], json.loads(out)["workers"]) == (None, None)


@pytest.mark.parametrize("profile", ["lab", "lab-ha", "static"])
def test_init_writes_a_site_that_validates(govcloud: Govcloud, profile: str, tmp_path: Path) -> None:
    folder = tmp_path / "north"
    code, out, err = govcloud("init", folder, "--profile", profile)
    assert code == 0
    assert out.splitlines() == [
        str(folder / name) for name in ("departments/example.yaml", "site.schema.json", "site.yaml")
    ]
    assert f"govcloud validate {folder}" in err
    code, out, _ = govcloud("validate", folder)
    assert code == 0
    assert "site north" in out
    code, out, err = govcloud("init", folder)
    assert (code, out) == (3, "")
    assert "nothing was written" in err


def test_init_without_a_folder_writes_below_sites(
    govcloud: Govcloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert govcloud("init")[0] == 0
    assert govcloud("init", "--name", "south")[0] == 0
    assert sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("site.yaml")) == [
        "sites/my-site/site.yaml", "sites/south/site.yaml",
    ]  # fmt: skip


def test_init_refuses_a_name_that_cannot_be(govcloud: Govcloud, tmp_path: Path) -> None:
    code, _, err = govcloud("init", tmp_path / "North_1")
    assert code == 3
    assert "give another with --name" in err
    assert list(tmp_path.iterdir()) == []


def test_a_site_that_no_longer_fits_what_stands_can_still_be_destroyed(govcloud: Govcloud, tmp_path: Path) -> None:
    record = tmp_path / "state" / "lab" / "deployed.json"
    record.parent.mkdir(parents=True)
    deployed.save(lab(bridge="gc-before"), record)
    (tmp_path / "departments").mkdir()
    file = written(LAB.read_text(), tmp_path)
    code, _, err = govcloud("validate", file)
    assert code == 3
    assert f"{file}:11:5: spec.network.bridge: is gc-lab, the site stands with gc-before; put back gc-before" in err
    assert govcloud("destroy", file, "--confirm", "lab")[0] == 0
    assert not record.exists()
    assert govcloud("validate", file)[0] == 0


def test_validate_names_every_fault_on_stderr(govcloud: Govcloud, tmp_path: Path) -> None:
    file = written(replaced("kind: Site", "kind: Town").replace("gc-lab", "GC"), tmp_path)
    code, out, err = govcloud("validate", file)
    assert (code, out) == (3, "")
    assert err.splitlines()[0] == f"error: {file} is not a valid site file (2 faults):"
    assert [line.split(": ")[0].strip() for line in err.splitlines()[1:]] == [f"{file}:4:1", f"{file}:11:5"]
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


def test_a_node_goes_only_when_its_name_is_said_twice(govcloud: Govcloud, tmp_path: Path) -> None:
    assert govcloud("node", "remove", "w1", LAB)[0] == 2
    code, _, err = govcloud("node", "remove", "w1", LAB, "--confirm", "w2")
    assert code == 2
    assert "nothing was changed" in err
    code, _, err = govcloud("node", "remove", "w1", LAB, "--confirm", "w1")
    assert code == 3
    assert "w1 was never deployed" in err
    assert not (tmp_path / "state").exists()


def test_nodes_of_a_site_that_does_not_stand_are_planned(govcloud: Govcloud, tmp_path: Path) -> None:
    code, out, err = govcloud("node", "list", LAB)
    assert (code, err) == (0, "")
    assert out.splitlines()[:2] == [
        "NAME   ROLE            ADDRESS      PROVIDER   DOMAIN   STATE     VERSION",
        "cp1    control-plane   10.77.0.11   nspawn     -        planned   -",
    ]
    code, out, _ = govcloud("node", "list", LAB, "-o", "json")
    assert [row["state"] for row in json.loads(out)] == ["planned"] * 3
    assert not (tmp_path / "state").exists()


def test_an_api_that_does_not_answer_shows_as_unknown(govcloud: Govcloud, tmp_path: Path) -> None:
    state = tmp_path / "state" / "lab"
    state.mkdir(parents=True)
    deployed.save(lab(), state / "deployed.json")
    cluster = {"server": "http://127.0.0.1:9"}
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "a", "users": [{"name": "a", "user": {}}],
        "clusters": [{"name": "a", "cluster": cluster}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
    }  # fmt: skip
    (state / "kubeconfig").write_text(json.dumps(config))
    code, out, err = govcloud("node", "list", LAB, "-o", "json")
    assert code == 9
    assert [row["state"] for row in json.loads(out)] == ["unknown"] * 3
    assert "no answer from http://127.0.0.1:9" in err


def test_a_node_that_does_not_fit_is_refused_with_its_line(govcloud: Govcloud, tmp_path: Path) -> None:
    (tmp_path / "departments").symlink_to(LAB.parent / "departments")
    file = written(LAB.read_text(), tmp_path)
    code, _, err = govcloud("node", "add", "w3", file, "--role", "worker", "--address", "10.77.0.12")
    assert code == 3
    assert f"{file}:19:" in err
    assert file.read_text() == LAB.read_text()


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


def test_results_of_deploy() -> None:
    paths = SitePaths(state=Path("/s"), cache=Path("/c"))
    folder = Path("/d")
    context = Context(site=lab(), site_file=folder / "s", paths=paths, departments=folder, environ={"SECRET": "s3cret"})
    nothing = [PhaseResult(phase="machines", changes=())]
    some = [*nothing, PhaseResult(phase="cluster", changes=("a", "b"))]
    assert "nothing was changed" in summary.text(context, nothing, LAB)
    assert "2 changes" in summary.text(context, some, LAB)
    assert f"govcloud status {LAB}" in summary.text(context, some, LAB)
    assert "govcloud status\n" in summary.text(context, some, Path("sites/lab/site.yaml"))
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


def test_the_default_site_is_the_lab_wherever_one_stands(
    govcloud: Govcloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert govcloud("validate")[0] == 0
    (tmp_path / "sites" / "lab").mkdir(parents=True)
    written("[", tmp_path / "sites" / "lab")
    assert govcloud("validate")[0] == 3
