"""What the fault suite takes for the same, and what it must never take for the same."""

from __future__ import annotations

from typing import Any

import pytest

from support import lifecycle_dump, lifecycle_log, lifecycle_words

POD = "11111111-2222-3333-4444-555555555555"


def write(code: str, **body: Any) -> lifecycle_words.Write:
    return lifecycle_words.write("PATCH", f"/api/v1/namespaces/{code}-portal/pods/a", "us", body, code)


def test_names_times_and_uids_differ_from_run_to_run() -> None:
    one = write("k001", at="2026-01-01T00:00:00Z", uid="a", owner=POD, metadata={"resourceVersion": "7"})
    two = write("lara", at="2027-02-02T00:00:00Z", uid="b", owner=POD.replace("1", "9"), metadata={})
    assert one == two
    assert one.path == "/api/v1/namespaces/CODE-portal/pods/a"


@pytest.mark.parametrize(
    "other",
    [
        write("k001", phase="Failed"),
        write("k001", phase="Ready", more=1),
        lifecycle_words.write("PATCH", "/api/v1/namespaces/k001-portal/pods/a", "them", {"phase": "Ready"}, "k001"),
        lifecycle_words.write("DELETE", "/api/v1/namespaces/k001-portal/pods/a", "us", {"phase": "Ready"}, "k001"),
    ],
)
def test_what_is_said_by_whom_does_not(other: lifecycle_words.Write) -> None:
    assert write("k001", phase="Ready") != other


def test_secrets_differ_and_their_keys_do_not() -> None:
    one, two = (write("k001", kind="Secret", data={"password": word}) for word in ("YQ==", "Yg=="))
    assert one == two
    assert one != write("k001", kind="Secret", data={"user": "YQ=="})
    assert write("k001", kind="ConfigMap", data={"a": "1"}) != write("k001", kind="ConfigMap", data={"a": "2"})


@pytest.mark.parametrize(
    ("path", "body", "mine"),
    [
        ("/api/v1/namespaces/dept-k001/pods", b"", True),
        ("/api/v1/pods", b'{"name": "k001-portal"}', True),
        ("/api/v1/namespaces/dept-k0010/pods", b'{"name": "ak001"}', False),
    ],
)
def test_a_department_is_not_taken_for_another(path: str, body: bytes, mine: bool) -> None:
    assert lifecycle_words.about("k001", path, body) is mine


def test_differences_name_what_is_too_much_missing_or_other() -> None:
    wanted = {"Pod a": {"spec": 1, "deleting": False}, "Pod b": {}}
    assert lifecycle_dump.differences(wanted, wanted) == []
    found = {"Pod a": {"spec": 2, "deleting": False}, "Pod c": {}}
    assert lifecycle_dump.differences(found, wanted) == [
        "too much: Pod c",
        "missing: Pod b",
        "other: Pod a: spec is 2, not 1",
    ]


@pytest.mark.parametrize("mark", lifecycle_log.MARKS)
def test_what_nobody_thought_of_is_found_in_a_log(mark: str) -> None:
    (found,) = lifecycle_log.unhandled(f"INFO all is well\nERROR {mark}: x\n  its cause")
    assert found.endswith("its cause")
    assert lifecycle_log.unhandled("WARNING cannot renew the lease: no answer") == []
