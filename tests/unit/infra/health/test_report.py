"""What `status` says about a site that is well, ill, or silent."""

from pathlib import Path
from typing import Any

import pytest

from govcloud_api.errors import ApiUnavailable, ConfigError, Forbidden
from govcloud_infra.deploy.context import Context, open_unmeasured
from govcloud_infra.health import health, report
from govcloud_infra.health.health import Condition
from govcloud_infra.health.report import SiteReport
from govcloud_kube.memory import MemoryCluster
from support.sites import LAB, LAB_HA

SERVER = "https://10.77.0.11:6443"
NOTHING = health.Expected(nodes=(), workloads=frozenset(), departments=frozenset())


def context(folder: Path, server: str = SERVER, file: Path = LAB) -> Context:
    found = open_unmeasured(file, {"GOVCLOUD_STATE": str(folder / "state"), "GOVCLOUD_CACHE": str(folder / "cache")})
    found.paths.state.mkdir(parents=True)
    found.paths.kubeconfig.write_text(f"clusters: [{{cluster: {{server: '{server}'}}}}]")
    return found


class Refusing(MemoryCluster):
    """An API server that fails whoever asks."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def raw(self, *_arguments: Any, **_named: Any) -> bytes:
        raise self._error


def test_the_quick_look_in_order(tmp_path: Path) -> None:
    cluster = MemoryCluster(raw_answers={"/readyz": b"ok"})
    found = report.quick(context(tmp_path), cluster, NOTHING)
    assert [item.type for item in found] == [*health.QUICK, "Ready"]
    assert (found[0].status, found[0].message) == ("True", f"{SERVER} answers and is ready")
    assert cluster.writes == []


@pytest.mark.parametrize(
    ("error", "reason"), [(ApiUnavailable("no answer"), "NoAnswer"), (Forbidden("who are you"), "CredentialsRefused")]
)
def test_an_api_server_that_does_not_answer_leaves_all_else_unknown(
    error: Exception, reason: str, tmp_path: Path
) -> None:
    found = report.quick(context(tmp_path), Refusing(error), NOTHING)
    assert (found[0].type, found[0].status, found[0].reason) == ("ApiReachable", "False", reason)
    assert str(error) in found[0].message
    assert {item.status for item in found[1:-1]} == {"Unknown"}
    whole = SiteReport(site="lab", conditions=tuple(found), endpoints={})
    assert (whole.ready, whole.exit_code) == (False, 9)


def test_credentials_for_another_address_are_no_way_to_the_site(tmp_path: Path) -> None:
    cluster = MemoryCluster(raw_answers={"/readyz": b"ok"})
    found = report.quick(context(tmp_path, "https://10.0.0.1:6443"), cluster, NOTHING)
    assert (found[0].status, found[0].reason) == ("False", "AnotherAddress")
    assert SiteReport(site="lab", conditions=tuple(found), endpoints={}).exit_code == 6


@pytest.mark.parametrize("text", ["", "[]", "clusters: []", "clusters: [{cluster: {}}]", ":", "\t"])
def test_a_file_that_is_no_kubeconfig_is_named(text: str, tmp_path: Path) -> None:
    found = context(tmp_path)
    found.paths.kubeconfig.write_text(text)
    with pytest.raises(ConfigError, match="is no kubeconfig; `govcloud deploy` writes it anew"):
        report.known_address(found)


@pytest.mark.parametrize(("file", "api"), [(LAB, SERVER), (LAB_HA, "https://{vip}:{port}")], ids=["one", "virtual"])
def test_endpoints(file: Path, api: str, tmp_path: Path) -> None:
    found = context(tmp_path, file=file)
    spec = found.site.spec.api
    first = found.site.control_planes[0].address
    assert report.endpoints(found) == {
        "kubernetes": api.format(vip=spec.vip, port=spec.port) if spec else api,
        "registry": f"https://{first}:5000",
        "prometheus": f"http://{first}:30090",
        "alertmanager": f"http://{first}:30093",
    }


def condition(kind: str, status: health.Status = "True", reason: str = "AllReady") -> Condition:
    return Condition(type=kind, status=status, reason=reason, message=f"about {kind}")


def test_conditions_stand_from_the_ground_up_and_ready_last() -> None:
    found = health.in_order([condition(kind) for kind in reversed(health.ORDER)])
    assert [item.type for item in found] == [*health.ORDER, "Ready"]


@pytest.mark.parametrize(
    ("status", "reason", "sign", "code"),
    [("True", "AllReady", "✓", 0), ("True", health.EXPIRING, "!", 0), ("False", "Expired", "✗", 6),
     ("Unknown", "NotVerified", "?", 6)],
)  # fmt: skip
def test_signs_for_people_and_codes_for_programs(status: health.Status, reason: str, sign: str, code: int) -> None:
    parts = health.in_order([condition("ApiReachable"), condition("CertificatesValid", status, reason)])
    found = SiteReport(site="lab", conditions=tuple(parts), endpoints={"prometheus": "http://a:1"})
    assert f"{sign} CertificatesValid  about CertificatesValid" in found.text()
    assert found.exit_code == code
    assert found.plain()["endpoints"] == {"prometheus": "http://a:1"}


def test_a_site_without_a_cluster_is_unreachable(tmp_path: Path) -> None:
    found = context(tmp_path)
    found.paths.kubeconfig.unlink()
    with pytest.raises(ApiUnavailable, match="no cluster yet; run: govcloud deploy"):
        report.full_report(found, 5, lambda _text: None)


def test_a_full_look_at_machines_that_are_all_off_ends_with_every_condition(tmp_path: Path) -> None:
    """No API server, no inventory: each condition says so, and the look ends."""
    found = context(tmp_path, "https://127.0.0.1:9")
    found.paths.kubeconfig.write_text(
        "current-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\nusers: [{name: a, user: {}}]\n"
        "clusters: [{name: a, cluster: {server: 'https://127.0.0.1:9'}}]\n"
    )
    whole = report.full_report(found, 5, lambda _text: None)
    assert [item.type for item in whole.conditions] == [*health.ORDER, "Ready"]
    assert not whole.ready
