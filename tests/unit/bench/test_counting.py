"""What benchmarks count: never better than the truth, and never the operator's own upkeep."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from bench import counting, outcome
from govcloud_api import labels
from govcloud_kube.memory import MemoryCluster

INF = float("inf")


@pytest.mark.parametrize(("part", "bound"), [(0.5, 0.1), (0.9, 0.1), (0.91, 1.0), (0.99, 1.0), (1.0, INF)])
def test_a_percentile_is_the_upper_bound_of_its_bucket(part: float, bound: float) -> None:
    before = {0.1: 100.0, 1.0: 100.0, INF: 100.0}
    after = {0.1: 190.0, 1.0: 199.0, INF: 200.0}
    assert counting.percentile_seconds(before, after, part) == bound


def test_only_writes_are_counted_over_all_kinds_and_answers() -> None:
    line = 'apiserver_request_duration_seconds_bucket{{component="apiserver",resource="{0}",verb="{1}",le="{2}"}} {3}'
    rows = [
        ("pods", "POST", "0.1", 3),
        ("envs", "PATCH", "0.1", 4),
        ("pods", "GET", "0.1", 9),
        ("pods", "POST", "+Inf", 5),
    ]
    page = "\n".join(line.format(*row) for row in rows)
    assert counting.durations(MemoryCluster(raw_answers={"/metrics": page.encode()})) == {0.1: 7.0, INF: 5.0}


def event(verb: str, resource: str, user: str, *, code: int = 200, subresource: str = "") -> dict[str, Any]:
    about = {"resource": resource} | ({"subresource": subresource} if subresource else {})
    return {"verb": verb, "objectRef": about, "user": {"username": user}, "responseStatus": {"code": code}}


def test_writes_of_one_user_since_a_moment(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_text(json.dumps(event("create", "namespaces", "operator")) + "\n")
    audit = counting.Audit(log)
    mark = audit.mark()
    later = [
        event("patch", "environments", "operator", subresource="status"),
        event("patch", "environments", "operator", code=409, subresource="status"),
        event("patch", "environments", "somebody"),
        event("patch", "leases", "operator"),
    ]
    with log.open("a") as lines:
        lines.writelines(json.dumps(each) + "\n" for each in later)
    assert audit.writes(mark, "operator") == {"patch environments/status": 1}


def test_requests_of_one_user_are_counted_once_and_when_they_begin(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    ended = event("watch", "pods", "exporter") | {"stage": "ResponseComplete"}
    log.write_text("")
    audit = counting.Audit(log)
    mark = audit.mark()
    later = [
        ended,
        event("watch", "pods", "exporter") | {"stage": "ResponseStarted"},
        ended,
        event("list", "pods", "exporter", code=403) | {"stage": "ResponseComplete"},
        event("list", "pods", "somebody") | {"stage": "ResponseComplete"},
    ]
    log.write_text("".join(json.dumps(each) + "\n" for each in later))
    assert audit.verbs(mark, "exporter") == {"watch": 1, "list": 1}


def test_processor_time_of_threads_is_that_of_their_process() -> None:
    until = time.process_time() + 0.3
    before, whole = counting.threads_cpu_seconds(os.getpid()), counting.cpu_seconds(os.getpid())
    while time.process_time() < until:
        pass
    took = counting.threads_cpu_seconds(os.getpid()) - before
    assert 0.25 < took < 0.4
    assert abs(took - (counting.cpu_seconds(os.getpid()) - whole)) < 0.1


def test_outcomes_differ_by_what_was_wanted_and_by_nothing_else() -> None:
    notes = {labels.OWNER_UID: "1", "kubectl.kubernetes.io/last-applied-configuration": "{}"}
    one = {
        "kind": "Namespace",
        "metadata": {"name": "a", "uid": "1", "annotations": notes},
        "status": {"phase": "Active"},
    }
    two = {
        "kind": "Namespace",
        "metadata": {"name": "a", "annotations": {labels.OWNER_UID: "2"}},
        "spec": {"finalizers": []},
    }
    assert outcome.plain(one) == outcome.plain(two)
    labelled = two | {"metadata": two["metadata"] | {"labels": {"a": "b"}}}
    assert outcome.plain(one) != outcome.plain(labelled)
