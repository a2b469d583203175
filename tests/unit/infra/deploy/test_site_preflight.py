"""Host and machines together: who is asked, what is said, and with which code it ends."""

import socket
from pathlib import Path

import pytest
import yaml

from govcloud_api.errors import PreflightFailed
from govcloud_infra.bundle.manifest import Manifest
from govcloud_infra.deploy import site_preflight
from govcloud_infra.deploy.context import Context, open_unmeasured
from govcloud_infra.deploy.site_preflight import Findings, Problem
from support.sites import LAB, written


def silent(_text: str) -> None:
    """Nobody watches."""


def opened(file: Path, folder: Path, *, bundle: bool = True) -> Context:
    cache = folder / "cache"
    if bundle:
        (cache / "bundle").mkdir(parents=True, exist_ok=True)
        (cache / "bundle" / "manifest.json").write_text(Manifest().to_json())
    return open_unmeasured(file, {"GOVCLOUD_STATE": str(folder / "state"), "GOVCLOUD_CACHE": str(cache)})


def static(folder: Path, port: int, **ssh: str) -> Path:
    data = yaml.safe_load(LAB.read_text())
    data["spec"]["network"] = {"nodeCidr": "127.0.0.0/8", "podCidr": "10.78.0.0/16", "serviceCidr": "10.79.0.0/16"}
    data["spec"]["ssh"] = {"port": port, **ssh}
    data["spec"]["nodes"] = [
        {"name": f"m{number}", "role": role, "address": f"127.0.0.{number}", "provider": "static"}
        for number, role in ((2, "control-plane"), (3, "worker"))
    ]
    return written(yaml.safe_dump(data), folder)


def test_a_lab_that_never_was_is_a_matter_of_this_host(tmp_path: Path) -> None:
    found = site_preflight.look(opened(LAB, tmp_path), silent)
    assert found.looked_at == ("this host",)
    assert {problem.where for problem in found.problems} <= {"this host"}
    assert not (tmp_path / "state").exists()


def test_a_missing_bundle_is_said_with_the_rest(tmp_path: Path) -> None:
    found = site_preflight.look(opened(LAB, tmp_path, bundle=False), silent)
    assert "There is no bundle in" in [problem.text for problem in found.problems][-1]
    assert found.exit_code == 4


def test_every_machine_that_does_not_answer_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        shut = server.getsockname()[1]
    found = site_preflight.look(opened(static(tmp_path, shut), tmp_path), silent)
    assert [(problem.where, problem.unreachable) for problem in found.problems] == [("m2", True), ("m3", True)]
    assert all("no SSH server answers on 127.0.0." in problem.text for problem in found.problems)
    assert found.exit_code == 9


HOST, SHUT = Problem(where="this host", text="bad"), Problem(where="m2", text="silent", unreachable=True)


@pytest.mark.parametrize(
    ("problems", "code"), [((), 0), ((HOST,), 4), ((SHUT,), 9), ((HOST, SHUT), 9)], ids=["fit", "unfit", "shut", "both"]
)
def test_codes(problems: tuple[Problem, ...], code: int) -> None:
    found = Findings(site="lab", looked_at=("this host", "m3"), problems=problems)
    assert found.exit_code == code
    assert found.plain()["ok"] is not bool(problems)
    assert len(found.plain()["problems"]) == len(problems)


def test_for_people() -> None:
    found = Findings(site="lab", looked_at=("this host", "m3"), problems=(HOST, SHUT))
    assert found.text().splitlines() == ["Site lab", "✓ m3", "✗ this host: bad", "✗ m2: silent"]


def test_problems_of_machines_are_told_apart_by_host() -> None:
    error = PreflightFailed("Machines cannot carry the site:\n  - m2: port 6443 is taken: by nginx\n  - m3: no disk")
    assert site_preflight.parsed(error, {"m2", "m3"}) == [
        Problem(where="m2", text="port 6443 is taken: by nginx"), Problem(where="m3", text="no disk"),
    ]  # fmt: skip
    odd = PreflightFailed("something else: entirely")
    assert site_preflight.parsed(odd, {"m2"}) == [Problem(where="machines", text="something else: entirely")]
