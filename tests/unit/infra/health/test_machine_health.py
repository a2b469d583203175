"""What control planes say about themselves, judged."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_infra.health import machine_health
from govcloud_infra.health.health import Condition
from govcloud_infra.health.machine_health import Promised, longest_gap_hours

HOUR = 3600.0
EVERY_SIX = "*-*-* 00/6:00:00"


def member(name: str, *, healthy: bool = True, learner: bool = False) -> dict[str, Any]:
    return {"name": name, "id": f"id-{name}", "is_learner": learner, "healthy": healthy}


def told(*, members: list[dict[str, Any]] | None = None, days: float = 365, age: float | None = HOUR) -> dict[str, Any]:
    members = [member("cp1")] if members is None else members
    voters = [item for item in members if not item["is_learner"]]
    healthy = sum(item["healthy"] for item in voters)
    return {
        "etcd": {"members": members, "voters": len(voters), "healthy": healthy},
        "certificates": {"apiserver": days, "etcd-server": days + 1},
        "snapshot": {"age_seconds": age, "file": None if age is None else "/x"},
        "encryption": {"secretbox": True},
        "audit": {"written": True},
    }


def judged(
    reports: dict[str, dict[str, Any]], names: tuple[str, ...] = ("cp1",), schedule: str = EVERY_SIX
) -> dict[str, Condition]:
    found = machine_health.conditions(reports, Promised(control_planes=names, schedule=schedule))
    return {item.type: item for item in found}


def test_all_is_well() -> None:
    found = judged({"cp1": told()})
    assert tuple(found) == machine_health.TYPES
    assert {item.status for item in found.values()} == {"True"}
    assert found["EtcdHealthy"].message == "1 of 1 member vote and are healthy"
    assert found["CertificatesValid"].message == "apiserver on cp1 is good for 365 days, all others longer"
    assert found["SnapshotRecent"].message == "the newest is 1.0 h old, on cp1"


THREE = ("cp1", "cp2", "cp3")
ALL = [member(name) for name in THREE]


@pytest.mark.parametrize(
    ("reports", "names", "expected"),
    [
        ({"cp1": told(members=ALL)}, THREE, ("True", "AllHealthy", "3 of 3 members")),
        ({"cp1": told(members=[*ALL[:2], member("cp3", healthy=False)])}, THREE,
         ("False", "MemberUnhealthy", "unhealthy: cp3; is the machine on?")),
        ({"cp1": told(members=[*ALL[:2], member("", healthy=False)])}, THREE, ("False", "MemberUnhealthy", "id-")),
        ({"cp1": told(members=ALL), "cp2": told(members=[*ALL[:2], member("cp3", healthy=False)])}, THREE,
         ("False", "MemberUnhealthy", "unhealthy: cp3")),
        ({"cp1": told(members=[*ALL[:2], member("cp3", learner=True)])}, THREE,
         ("False", "VotersMissing", "2 of 3 members vote (cp3 still learn)")),
        ({"cp1": told(members=ALL)}, ("cp1",), ("False", "TooManyVoters", "3 of 1 member")),
        ({"cp1": told(members=ALL), "cp2": told(members=[])}, THREE,
         ("False", "MemberSilent", "etcd does not answer on cp2")),
        ({}, THREE, ("Unknown", "NotVerified", "no control plane said anything")),
    ],
    ids=["whole", "one ill", "nameless", "two views", "a learner", "one too many", "one is mute", "silence"],
)  # fmt: skip
def test_etcd(reports: dict[str, Any], names: tuple[str, ...], expected: tuple[str, str, str]) -> None:
    found = judged(reports, names)["EtcdHealthy"]
    assert (found.status, found.reason) == expected[:2]
    assert expected[2] in found.message


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (30, ("True", "AllValid")),
        (29.9, ("True", "ExpiresSoon")),
        (0, ("False", "Expired")),
        (-3, ("False", "Expired")),
    ],
)
def test_certificates_by_the_first_that_ends(days: float, expected: tuple[str, str]) -> None:
    found = judged({"cp1": told(days=days)})["CertificatesValid"]
    assert (found.status, found.reason) == expected
    assert "apiserver on cp1" in found.message


def test_a_certificate_that_is_none_is_named() -> None:
    report = {**told(), "certificates": {"apiserver": None, "ca": 300.0}}
    found = judged({"cp1": report})["CertificatesValid"]
    assert (found.status, found.message) == ("False", "no certificate that can be read: apiserver on cp1")


def test_a_machine_whose_etcd_is_mute_says_nothing_about_what_lies_there() -> None:
    report = {**told(members=[]), "encryption": {"secretbox": False}}
    assert judged({"cp1": report})["SecretsEncrypted"].status == "Unknown"
    both = judged({"cp1": told(), "cp2": report}, ("cp1", "cp2"))
    assert both["SecretsEncrypted"].status == "True"


@pytest.mark.parametrize(
    ("ages", "expected", "says"),
    [
        ({"cp1": None}, ("False", "NoSnapshot"), f"the schedule is {EVERY_SIX}"),
        ({"cp1": 7 * HOUR}, ("True", "Recent"), "7.0 h old"),
        ({"cp1": 7 * HOUR + 60}, ("False", "TooOld"), "one is due every 6 h"),
        ({"cp1": HOUR, "cp2": None}, ("True", "StaleInPart"), "none that recent on cp2"),
        ({"cp1": HOUR, "cp2": 9 * HOUR}, ("True", "StaleInPart"), "1.0 h old, on cp1; none that recent on cp2"),
        ({}, ("Unknown", "NotVerified"), "no control plane"),
    ],
)
def test_snapshots(ages: dict[str, float | None], expected: tuple[str, str], says: str) -> None:
    found = judged({host: told(age=age) for host, age in ages.items()})["SnapshotRecent"]
    assert (found.status, found.reason) == expected
    assert says in found.message


@pytest.mark.parametrize(("kind", "part"), [("SecretsEncrypted", "encryption"), ("AuditWritten", "audit")])
def test_what_must_be_so_on_every_control_plane(kind: str, part: str) -> None:
    bad = {**told(), part: {}}
    assert judged({"cp1": told(), "cp2": bad}, ("cp1", "cp2"))[kind].message.startswith("not so on cp2: ")
    silent = judged({"cp1": told()}, ("cp1", "cp2"))[kind]
    assert (silent.status, silent.reason, silent.message) == (
        "Unknown", "MachineSilent", "cp2 did not answer; is it on?",
    )  # fmt: skip
    assert judged({"cp1": {}})[kind].status == "Unknown"


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        (EVERY_SIX, 6), ("hourly", 1), ("daily", 24), ("weekly", 168), ("*-*-* *:00:00", 1), ("*:0/15", 1),
        ("02:30", 24), ("*-*-* 0,6,20:00:00", 14), ("*-*-* 08..18:00:00", 14), ("*-*-* 8..18/2:00", 14),
        ("Sun *-*-* 03:00:00", 168), ("Mon..Fri 03:00", 168), ("*-*-01 03:00:00", 744), ("*-1,7-01", 8784),
        ("2030-01-01 00:00:00", 8784), ("*-*-* x/y:00", 24), ("monthly", 744), ("*-*-* 03:00 UTC", 24),
    ],
)  # fmt: skip
def test_how_long_a_schedule_may_stay_silent(schedule: str, hours: int) -> None:
    assert longest_gap_hours(schedule) == hours


@given(st.from_regex(r"[A-Za-z0-9*/:.,~ -]{1,64}", fullmatch=True))
def test_whatever_a_site_file_may_hold_as_schedule_has_an_answer(schedule: str) -> None:
    assert 1 <= longest_gap_hours(schedule) <= 366 * 24


def test_machines_that_cannot_be_asked() -> None:
    found = machine_health.unknown("no way in", "MachineSilent")
    assert [item.type for item in found] == list(machine_health.TYPES)
    assert {(item.status, item.reason, item.message) for item in found} == {("Unknown", "MachineSilent", "no way in")}
