"""What is said about a control plane follows from what its programs say; values of Secrets are not told."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from support.modules import Ansible, module

report = module("control_plane_report")
ENCRYPTED = b"k8s:enc:secretbox:v1:key1:\x00\xff"


def member(name: str, number: int, **more: Any) -> dict[str, Any]:
    return {"ID": number, "name": name, "clientURLs": [f"https://{name}:2379"], **more}


def test_members_and_their_health() -> None:
    listed = {"members": [member("c1", 255), member("c2", 2), member("c3", 3, isLearner=True), {"ID": 4}]}
    health = [{"endpoint": "https://c1:2379", "health": True}, {"endpoint": "https://c2:2379", "health": False}]
    found = report.members(listed, health)
    assert [(item["name"], item["id"], item["is_learner"], item["healthy"]) for item in found] == [
        ("c1", "ff", False, True),
        ("c2", "2", False, False),
        ("c3", "3", True, False),
        ("", "4", False, False),
    ]
    counted = report.etcd_report(found)
    assert (counted["voters"], counted["healthy"]) == (3, 1)


@pytest.mark.parametrize(
    ("values", "encrypted"),
    [
        ([ENCRYPTED], True),
        ([ENCRYPTED, ENCRYPTED], True),
        ([ENCRYPTED, b"k8s\x00\n\x0c\n\x02v1"], False),
        ([b"k8s:enc:aescbc:v1:key1:"], False),
        ([b""], False),
        ([], False),
    ],
    ids=["one", "all", "not all", "another cipher", "empty", "nothing to look at"],
)
def test_encryption(values: list[bytes], encrypted: bool) -> None:
    assert report.all_encrypted(values) is encrypted


@pytest.mark.parametrize(
    ("text", "days"),
    [("notAfter=Jan  2 00:00:00 1970 GMT\n", 1.0), ("notAfter=Jan  1 00:00:00 1970 GMT", 0.0)],
)
def test_days_left(text: str, days: float) -> None:
    assert report.days_left(text, 0.0) == days
    assert report.days_left(text, 86400 * 3) == days - 3


def test_every_certificate_of_a_control_plane_is_found(tmp_path: Path) -> None:
    kubernetes, kubelet = tmp_path / "kubernetes", tmp_path / "kubelet"
    (kubernetes / "pki" / "etcd").mkdir(parents=True)
    kubelet.mkdir()
    for name in ("pki/apiserver.crt", "pki/etcd/server.crt", "pki/apiserver.key"):
        (kubernetes / name).write_text(name)
    (kubelet / "kubelet-client-current.pem").write_text("client")
    embedded = base64.b64encode(b"admin").decode()
    (kubernetes / "admin.conf").write_text(f"    client-certificate-data: {embedded}\n")
    (kubernetes / "kubelet.conf").write_text(
        "    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n"
    )
    assert dict(report.certificates(kubernetes, kubelet)) == {
        "apiserver": "pki/apiserver.crt",
        "etcd/server": "pki/etcd/server.crt",
        "kubelet-client": "client",
        "admin.conf": "admin",
    }


def test_the_newest_snapshot(tmp_path: Path) -> None:
    assert report.newest_snapshot(tmp_path / "none", 0.0) == {"age_seconds": None, "file": None}
    for name in ("snapshot-1.db", "snapshot-2.db", ".unfinished.db"):
        (tmp_path / name).touch()
    written = (tmp_path / "snapshot-2.db").stat().st_mtime
    assert report.newest_snapshot(tmp_path, written + 60) == {"age_seconds": 60.0, "file": "snapshot-2.db"}
    assert report.newest_snapshot(tmp_path, written - 60)["age_seconds"] == 0.0


def test_an_audit_log_grows_by_what_is_asked(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"

    def ask(text: str, *, answered: bool = True) -> bool:
        log.write_text(log.read_text() + text if log.exists() else text)
        return answered

    assert report.grows(log, lambda: ask("line\n"), 0.0)
    assert report.grows(log, lambda: ask("line\n"), 0.0)
    assert not report.grows(log, lambda: ask(""), 0.0)
    assert not report.grows(log, lambda: ask("line\n", answered=False), 0.0)
    assert not report.grows(tmp_path / "none", lambda: True, 0.0)


def rotated(log: Path) -> bool:
    log.rename(log.with_suffix(".old"))
    log.write_text("same length")
    return True


def test_a_rotated_audit_log_has_grown(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_text("same length")
    assert report.grows(log, lambda: rotated(log), 0.0)


HEALTHY = {"name": "c1", "id": "1", "is_learner": False, "healthy": True}
ILL = {**HEALTHY, "name": "", "healthy": False}


@pytest.mark.parametrize(
    ("members", "encryption", "says"),
    [
        ([HEALTHY], {"secretbox": True}, []),
        ([HEALTHY, {**ILL, "is_learner": True}], {"secretbox": True}, []),
        ([HEALTHY, ILL], {"secretbox": True}, ["only 1 of 2 voting members of etcd are healthy; look at 1"]),
        ([HEALTHY], {"secretbox": False}, ["Secrets or ConfigMaps lie in etcd unencrypted"]),
        ([HEALTHY], None, ["Secrets or ConfigMaps lie in etcd unencrypted"]),
        ([], None, ["etcd does not answer on this machine"]),
    ],
    ids=["good", "a learner is on its way", "an unhealthy voter", "plain text", "nobody could look", "silent"],
)
def test_faults(members: list[dict[str, Any]], encryption: dict[str, bool] | None, says: list[str]) -> None:
    found = {"etcd": report.etcd_report(members), **({"encryption": encryption} if encryption else {})}
    faults = list(report.faults(found))
    assert len(faults) == len(says)
    assert all(text.startswith(start) for text, start in zip(faults, says, strict=True))


def test_no_value_leaves_the_module() -> None:
    secret = base64.b64encode(b"k8s\x00 password=hunter2").decode()

    params = {"etcdctl": "etcdctl", "etcd_endpoint": "https://127.0.0.1:2379", "etcd_login": {}}
    answer = json.dumps({"kvs": [{"key": "", "value": secret}]})
    plane = report.ControlPlane(Ansible(params=params, machine=lambda _: (0, answer, "")))
    assert plane.encryption() == {"encryption": {"secretbox": False}}
