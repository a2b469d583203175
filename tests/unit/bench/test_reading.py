"""What the benchmark of readers compares: the same bytes, and no figures when answers differ."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from bench import exporter
from bench.exporter import Run
from bench.reading import canned, measuring
from govcloud_kube import real
from govcloud_monitoring.kubernetes.reader import PODS, KubernetesReader
from govcloud_monitoring.watch.follower import Follower, Terms
from govcloud_monitoring.watch.restarts import Restarts

SIZE = canned.Size(pods=1200, namespaces=30, departments=30)


def terms(config: Path) -> Terms:
    return Terms(api=real.connect(config), now=lambda: 0.0, stale_seconds=25, restarts=Restarts(["Pod"]))


def test_lists_of_the_fake_add_up(tmp_path: Path):
    with canned.serving(tmp_path, canned.answers(SIZE)) as config:
        reader = KubernetesReader(terms(config))
        for follower in reader.followers:
            follower.turn()
    found = {key[0]: amount.cpu_milli for key, amount in reader.read().requested.items()}
    expected: Counter[str] = Counter()
    for number in range(SIZE.pods):
        expected[f"d{number % 30}"] += number % 900 + 1
    assert found == expected


def test_events_of_the_fake_end_with_what_was_not_deleted(tmp_path: Path):
    events = canned.events(300, SIZE)
    with canned.serving(tmp_path, canned.answers(canned.Size(pods=0)), events) as config:
        follower = Follower(PODS, terms(config))
        follower.turn()
    left: dict[tuple[str, str], int] = {}
    for event in map(json.loads, events):
        metadata = event["object"]["metadata"]
        if event["type"] == "DELETED":
            del left[metadata["namespace"], metadata["name"]]
        elif event["type"] != "BOOKMARK":
            asked = event["object"]["spec"]["containers"][0]["resources"]["requests"]["cpu"]
            left[metadata["namespace"], metadata["name"]] = measuring.cpu_milli(asked)
    assert sorted(pod.request.cpu_milli for pod in follower.store.values()) == sorted(left.values())
    assert {event.split(b'"')[3] for event in events} == {b"ADDED", b"MODIFIED", b"DELETED"}


@pytest.mark.parametrize("theirs", [{"d1": 2}, {"d1": 1, "d2": 1}, {}])
def test_ways_that_disagree_give_no_figures(theirs: dict[str, int]):
    one, other = (Run(cpu_seconds=1, peak_mib=1, sums=sums) for sums in ({"d1": 1}, theirs))
    exporter._require_same({"a": [one], "b": [one]})
    with pytest.raises(RuntimeError, match="'b'"):
        exporter._require_same({"a": [one], "b": [one, other, one]})
