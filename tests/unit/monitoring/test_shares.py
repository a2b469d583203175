"""Granted, reserved, used and wasted by department, from answers of Prometheus."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api.errors import ApiUnavailable, NotReady
from govcloud_monitoring import prometheus, shares
from govcloud_monitoring.prometheus import Sample, Vector
from govcloud_monitoring.shares import Share

GRANTED = "sum by (department) (max by (department, purpose) (govcloud_cpu_quota_cores))"
RESERVED = "sum by (department) (department_purpose:govcloud_cpu_requested_cores:sum)"
USED = "sum by (department) (department_purpose:container_cpu_usage_seconds:rate5m)"
STORED = "sum by (department) (department_purpose:govcloud_volume_used_bytes:sum)"
CLAIMED = "sum by (department) (max by (department, purpose, storage_class) (govcloud_storage_provisioned_bytes))"


def answers(values: dict[str, dict[str, float]], stale: tuple[str, ...] = ()) -> prometheus.Ask:
    """A Prometheus that knows these values by question and department."""

    def ask(expression: str) -> Vector:
        if expression.startswith("govcloud_source_up == 0 or "):
            return tuple(Sample({"source": name}, 0.0) for name in stale)
        return tuple(Sample({"department": code}, value) for code, value in values.get(expression, {}).items())

    return ask


def test_shares_of_each_department_the_hungriest_first():
    known = {
        GRANTED: {"tax": 4.0, "roads": 8.0, "parks": 2.0},
        RESERVED: {"tax": 2.0, "roads": 3.0},
        USED: {"tax": 0.5, "roads": 0.1},
    }
    found = shares.gather(answers(known)).departments
    assert [each.code for each in found] == ["tax", "roads", "parks"]
    assert found[0].cpu == Share(granted=4.0, reserved=2.0, used=0.5)
    assert [each.cpu.wasted for each in found] == [1.5, 2.9, 0.0]


def test_who_reserves_and_uses_nothing_wastes_all_of_it():
    [only] = shares.gather(answers({RESERVED: {"roads": 2.0}})).departments
    assert (only.cpu.used, only.cpu.wasted) == (0.0, 2.0)


def test_where_no_machine_measures_volumes_no_waste_is_claimed():
    [only] = shares.gather(answers({GRANTED: {"tax": 1.0}, CLAIMED: {"tax": 10.0}})).departments
    assert only.plain()["storage"] == {"granted": 0.0, "reserved": 10.0, "used": None, "wasted": None}


def test_who_claims_volumes_and_fills_none_wastes_all_of_them():
    known = {CLAIMED: {"tax": 10.0, "roads": 5.0, "parks": 1.0}, STORED: {"tax": 4.0, "parks": 2.0}}
    found = {each.code: each.storage for each in shares.gather(answers(known)).departments}
    assert {code: (share.used, share.wasted) for code, share in found.items()} == {
        "tax": (4.0, 6.0),
        "roads": (0.0, 5.0),
        "parks": (2.0, 0.0),  # a volume on a machine's disk has no limit of its own
    }


def test_while_a_kubelet_is_silent_no_use_is_not_known_to_be_none():
    known = {RESERVED: {"roads": 2.0, "tax": 2.0}, USED: {"tax": 0.5}, CLAIMED: {"roads": 1.0}, STORED: {"tax": 4.0}}
    found = {each.code: each for each in shares.gather(answers(known, ("kubelet-resource of w1",))).departments}
    assert (found["roads"].cpu.used, found["roads"].cpu.wasted, found["roads"].storage.used) == (None, None, 0.0)
    assert found["tax"].cpu.used == 0.5
    found = {each.code: each for each in shares.gather(answers(known, ("node-exporter of w1",))).departments}
    assert (found["roads"].cpu.used, found["roads"].storage.used) == (0.0, None)


def test_sources_that_cannot_be_read_are_named():
    assert shares.gather(answers({}, ("kubernetes",))).stale == ("kubernetes",)


@given(reserved=st.floats(0, 1e6), used=st.floats(0, 1e6))
def test_waste_is_never_negative_nor_more_than_what_is_reserved(reserved: float, used: float):
    wasted = Share(granted=0, reserved=reserved, used=used).wasted
    assert wasted is not None
    assert 0 <= wasted <= reserved


def body(status: str = "success", result: object = (), **more: object) -> bytes:
    return json.dumps({"status": status, "data": {"resultType": "vector", "result": result}, **more}).encode()


def test_an_answer_of_prometheus():
    points = [{"metric": {"department": "tax"}, "value": [1.7e9, "0.35"]}, {"metric": {}, "value": [1, "NaN"]}]
    assert prometheus.vector(body(result=points)) == (Sample({"department": "tax"}, 0.35),)


def test_infinity_is_a_value():
    [sample] = prometheus.vector(body(result=[{"metric": {}, "value": [1, "+Inf"]}]))
    assert sample.value == float("inf")


@pytest.mark.parametrize(
    "wrong", [b"", b"<html>", b"[]", b'{"data": {}}', b'{"status": "success", "data": {"result": 7}}']
)
def test_what_is_not_prometheus_is_told(wrong: bytes):
    with pytest.raises(ApiUnavailable, match="is it running"):
        prometheus.vector(wrong)


def test_a_query_that_is_refused_says_why():
    with pytest.raises(NotReady, match="too many samples"):
        prometheus.vector(b'{"status": "error", "error": "too many samples"}')
