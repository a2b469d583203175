"""A stack's folder: what the engine reads there, and the shell of a person who runs it by hand."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud_api.errors import ConfigError
from govcloud_infra.engine.project import Project
from govcloud_infra.paths import SitePaths


@pytest.fixture
def project(tmp_path: Path) -> Project:
    # A quote and a space: every path is quoted where a shell reads it.
    found = Project(name="site", paths=SitePaths(state=tmp_path / "st ate's" / "lab", cache=tmp_path / "cache"))
    found.write()
    return found


def test_the_engine_keeps_no_logs_of_every_property(project: Project) -> None:
    logs = project.paths.pulumi / "home" / "logs"
    assert logs.is_file()
    logs.unlink()
    logs.mkdir()
    (logs / "organization+govcloud-site+site-20261128T214632.log").write_text("what older versions left")
    project.write()
    project.write()
    assert logs.read_bytes() == b""


def test_the_project_has_its_state_beside_it_and_our_provider(project: Project) -> None:
    found = yaml.safe_load((project.folder / "Pulumi.yaml").read_text())
    assert (found["name"], found["runtime"]) == ("govcloud-site", "python")
    assert found["backend"]["url"] == f"file://{project.paths.pulumi / 'state'}"
    [provider] = found["plugins"]["providers"]
    assert (Path(provider["path"]) / "pulumi-resource-govcloud").stat().st_mode & 0o111


def test_a_shell_learns_everything_but_the_secret(project: Project, tmp_path: Path) -> None:
    secret = project.paths.pulumi / "passphrase"
    secret.write_text("s3cret")
    engine = project.paths.pulumi / "engine"
    project.write_by_hand(project.environment(secret), engine, tmp_path / "site.yaml")
    lines = (project.folder / "env").read_text().splitlines()
    assert all(line.startswith("export ") for line in lines)
    assert "s3cret" not in "".join(lines)
    script = ". ./env && env -0"
    done = subprocess.run(
        ["/bin/sh", "-c", script], cwd=project.folder, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=True
    )
    found = dict(item.split("=", 1) for item in done.stdout.decode().split("\0") if item)
    assert found["PATH"] == f"{engine / 'bin'}:/usr/bin:/bin"
    assert found["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(secret)
    assert found["GOVCLOUD_STATE"] == str(project.paths.state.parent)
    assert found["GOVCLOUD_SITE_FILE"] == str(tmp_path / "site.yaml")
    assert found["PULUMI_STACK"] == "site"
    assert "GOVCLOUD_SITE_RUN" not in found  # a shell must not count as a program of an interrupted command
    assert (engine / "bin" / "pulumi-language-python").stat().st_mode & 0o111


def state(**latest: Any) -> str:
    return json.dumps({"version": 3, "checkpoint": {"stack": "site", "latest": latest or None}})


@pytest.mark.parametrize(
    ("text", "salt"),
    [
        (state(secrets_providers={"type": "passphrase", "state": {"salt": "v1:a:b"}}), "v1:a:b"),
        (state(secrets_providers=None), None),
        (state(), None),
        ("{}", None),
    ],
)
def test_how_a_state_is_encrypted_is_told_from_the_state(text: str, salt: str | None, project: Project) -> None:
    file = project.folder / "site.json"
    file.write_text(text)
    project.write_salt(file)
    told = project.folder / "Pulumi.site.yaml"
    assert (yaml.safe_load(told.read_text()) if told.exists() else None) == ({"encryptionsalt": salt} if salt else None)


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"'])
def test_what_is_no_state_is_refused(text: str, project: Project) -> None:
    file = project.folder / "site.json"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"site\.json is no state of the engine"):
        project.write_salt(file)
