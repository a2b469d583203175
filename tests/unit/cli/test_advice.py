"""What could be given back by what was really used: sizes, risks, evidence, and what is said where nothing is known."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api import policy
from govcloud_api.errors import ApiUnavailable, Forbidden, GovcloudError
from govcloud_cli.tenancy import advice_text
from govcloud_kube import real
from govcloud_monitoring import prometheus
from govcloud_monitoring.advice import measured, sizing
from govcloud_monitoring.advice.measured import Filling, Measured, Use
from govcloud_monitoring.prometheus import Sample, Vector
from support import tenants
from support.desk import Desk, OpenDesk, Tenancy

GI, MI = 1 << 30, 1 << 20
ALL = measured.SAMPLES
MEDIUM = {"cpu": "4", "memory": "8Gi", "storage": "50Gi", "pods": 50}
RESERVED = {"requests.cpu": "2", "requests.memory": "4Gi", "requests.storage": "1Gi"}
LITTLE = {"requests.cpu": "250m", "requests.memory": "512Mi", "requests.storage": "1Gi"}


def use(p95: float = 0.3, mean: float = 0.2, peak: float = 600 * MI, samples: int = ALL) -> Use:
    return Use(cpu_p95_cores=p95, cpu_mean_cores=mean, memory_peak_bytes=peak, samples=samples)


def share(cpu: str, memory: str, storage: str = "0") -> policy.Share:
    return policy.share(cpu=cpu, memory=memory, storage=storage)


@pytest.mark.parametrize(
    ("found", "first", "risk"),
    [
        pytest.param(use(), False, "low", id="steady"),
        pytest.param(use(p95=0.6, mean=0.2), False, "low", id="three times the mean is no burst yet"),
        pytest.param(use(p95=0.61, mean=0.2), False, "high", id="more is"),
        pytest.param(use(p95=0.0, mean=0.0), False, "low", id="nothing at all"),
        pytest.param(use(), True, "medium", id="pods must request less first"),
        pytest.param(use(p95=0.61, mean=0.2), True, "high", id="the higher of two risks"),
        pytest.param(use(samples=math.ceil(0.9 * ALL)), False, "low", id="nine tenths measured"),
        pytest.param(use(samples=math.ceil(0.9 * ALL) - 1), False, "medium", id="less than that"),
    ],
)
def test_the_risk(found: Use, first: bool, risk: str):
    assert sizing.risk(found, requests_first=first) == risk


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(None, share("2600m", "5324Mi", "13Gi"), id="reserved and 30 % more"),
        pytest.param(use(p95=1.0, peak=1000 * MI), share("1150m", "1150Mi", "13Gi"), id="used and 15 % more"),
        pytest.param(use(p95=0.0004, peak=1), share("0", "2Mi", "13Gi"), id="whole thousandths and MiB"),
    ],
)
def test_what_is_needed(found: Use | None, expected: policy.Share):
    needed = sizing.needed(found, share("2", "4Gi", "10Gi"))
    assert needed.cpu_millicores == expected.cpu_millicores
    assert needed.storage_bytes == expected.storage_bytes
    assert abs(needed.memory_bytes - expected.memory_bytes) <= MI


amount = st.builds(
    policy.Share,
    cpu_millicores=st.integers(0, 40_000),
    memory_bytes=st.integers(0, 80 * GI),
    storage_bytes=st.integers(0, 400 * GI),
)


@given(has=amount, need=amount)
def test_the_smallest_size_that_holds_what_is_needed_is_proposed_if_it_is_less(has: policy.Share, need: policy.Share):
    offers = {name: policy.quota_share(policy.SIZES[name]) for name in policy.SIZE_ORDER}
    fitting = next((name for name, offered in offers.items() if sizing.holds(offered, need)), None)
    is_less = fitting is not None and sizing.holds(has, offers[fitting]) and has != offers[fitting]
    assert sizing.smaller(has, need) == (fitting if is_less else None)


class Watched(Tenancy):
    """A cluster whose Prometheus knows what namespaces used and which quotas fill; or fails with `failure`."""

    uses: Mapping[str, Use]
    fillings: tuple[Filling, ...]
    failure: GovcloudError | None = None

    def raw(self, method: str, path: str, *_: object, **__: object) -> bytes:
        if not path.startswith(f"{prometheus.PROXY}/api/v1/query?"):
            return super().raw(method, path)
        if self.failure:
            raise self.failure
        [question] = parse_qs(urlsplit(path).query)["query"]
        result = [{"metric": dict(each.labels), "value": [0, str(each.value)]} for each in self._answer(question)]
        return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()

    def _answer(self, question: str) -> Vector:
        if "exhaustion" in question:
            return tuple(
                Sample({"department": each.department, "resource": each.resource, "bound": bound}, 86400 * days)
                for each in self.fillings
                for bound, days in (("p10", each.p10_days), ("p50", each.p50_days), ("p90", each.p90_days))
            )
        of = {
            "quantile_over_time(0.95, namespace:container_cpu": lambda each: each.cpu_p95_cores,
            "avg_over_time(namespace:container_cpu": lambda each: each.cpu_mean_cores,
            "count_over_time(namespace:container_cpu": lambda each: each.samples,
            "max_over_time(namespace:container_memory": lambda each: each.memory_peak_bytes,
        }
        [value] = [found for begins, found in of.items() if question.startswith(begins)]
        return tuple(Sample({"namespace": name}, value(each)) for name, each in self.uses.items() if name in question)


Watch = Callable[..., Desk]


@pytest.fixture
def watch(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Factory: anna at a cluster with one environment, forms-prod, of which this was measured."""

    def make(
        found: Use | None = None, *, fillings: tuple[Filling, ...] = (), reserved: dict[str, str] | None = None
    ) -> Desk:
        quota = {"hard": {}, "used": RESERVED if reserved is None else reserved}
        environment = tenants.environment(spec={"quota": MEDIUM}, status={"quota": quota})
        homes = (tenants.namespace("dept-tax"), tenants.namespace("tax-forms-prod"))
        desk = open_desk()
        cluster = Watched([*homes, tenants.department(), tenants.tier(), environment], "anna", ("tax:owner",))
        cluster.uses = {"tax-forms-prod": found} if found else {}
        cluster.fillings = fillings
        desk.cluster = cluster
        monkeypatch.setattr(real, "connect", lambda *_words, **_more: cluster)
        return desk

    return make


@pytest.mark.parametrize(
    ("found", "reserved", "basis", "risk"),
    [
        pytest.param(use(), LITTLE, "used", "low", id="little used, little reserved"),
        pytest.param(use(), RESERVED, "used", "medium", id="little used, much reserved"),
        pytest.param(use(p95=0.8, mean=0.2), LITTLE, "used", "high", id="bursts"),
        pytest.param(use(samples=ALL // 2 - 1), RESERVED, None, None, id="few samples propose nothing"),
        pytest.param(use(samples=ALL // 2 - 1), LITTLE, "reserved", None, id="and leave what is reserved to judge by"),
        pytest.param(use(p95=0.9), LITTLE, None, None, id="15 % more CPU is more than small"),
        pytest.param(use(peak=1.8 * GI), LITTLE, None, None, id="15 % more memory is more than small"),
        pytest.param(None, LITTLE, "reserved", None, id="nothing measured"),
    ],
)
def test_what_could_be_given_back(
    found: Use | None, reserved: dict[str, str], basis: str | None, risk: str | None, watch: Watch
):
    entries = watch(found, reserved=reserved).data("quota", "advise")
    if basis is None:
        assert entries == []
        return
    [entry] = entries
    assert (entry["basis"], entry["risk"], entry["savesMonthlyCents"]) == (basis, risk, 8100 - 2000)
    assert entry["command"].startswith("govcloud env change forms-prod --size small --why ")
    assert bool(entry["evidence"]) == (basis == "used")
    assert entry["windowDays"] == (14 if basis == "used" else None)


def test_the_evidence_can_be_asked_again(watch: Watch):
    desk = watch(use())
    [entry] = desk.data("quota", "advise")
    assert entry["evidence"] == [
        'quantile_over_time(0.95, namespace:container_cpu_usage_seconds:rate5m{namespace="tax-forms-prod"}[14d])',
        'max_over_time(namespace:container_memory_working_set_bytes:sum{namespace="tax-forms-prod"}[14d])',
    ]


def test_people_read_what_was_used_what_to_do_first_the_risk_and_the_evidence(watch: Watch):
    out = watch(use()).run("quota", "advise")[1]
    assert (
        "tax/forms-prod: in 14 days it used cpu 300m and memory 600Mi (95th percentile and peak), reserves cpu 2 and "
        "memory 4Gi, has cpu 4 and memory 8Gi; small holds what it used with 15 % more; first let its pods request "
        "less, cpu 345m and memory 690Mi in all (saves 61.00 a month, risk: medium)\n"
        '  govcloud env change forms-prod --size small --why "it uses less"\n'
        "  evidence: quantile_over_time(0.95, "
    ) in out
    assert "not what they really use" not in out


def test_an_empty_environment_that_ran_lately_is_not_given_back_without_a_warning(watch: Watch):
    nothing = dict.fromkeys(RESERVED, "0")
    [lately] = watch(use(), reserved=nothing).data("quota", "advise")
    [long_ago] = watch(None, reserved=nothing).data("quota", "advise")
    assert (lately["risk"], long_ago["risk"]) == ("high", None)
    assert "something ran in the last 14 days" in lately["why"]
    assert lately["command"] == long_ago["command"]


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (Forbidden("services is forbidden (HTTP 403)"), "these credentials may not ask Prometheus"),
        (ApiUnavailable("no endpoints (HTTP 503)\nmore"), "no endpoints (HTTP 503)"),
    ],
)
def test_whoever_may_not_ask_is_told_and_gets_the_rest_as_before(failure: GovcloudError, says: str, watch: Watch):
    desk = watch(use(), reserved=LITTLE)
    assert isinstance(desk.cluster, Watched)
    desk.cluster.failure = failure
    code, out, err = desk.run("quota", "advise")
    assert (code, err) == (0, "")
    assert out.splitlines()[-2:] == [
        "counted is what pods and volumes reserve, not what they really use",
        f"measured use is not known here: {says}",
    ]
    code, out, err = desk.run("quota", "advise", "-o", "json")
    [entry] = json.loads(out)
    assert (code, entry["basis"]) == (0, "reserved")
    assert err == f"measured use is not known here: {says}\n"


def filling(p10: float, p50: float, p90: float) -> Filling:
    return Filling(department="tax", resource="cpu", p10_days=p10, p50_days=p50, p90_days=p90)


@pytest.mark.parametrize(
    ("days", "says"),
    [
        pytest.param((28.9, 40.2, 61), "likely to be reserved whole in 40 days (10 %: within 28 days; 90 %: within 61"),
        pytest.param((0.5, 1.5, math.inf), "in 1 day (10 %: within 0 days; 90 %: not within 180 days)"),
        pytest.param(
            (90, math.inf, math.inf), "not likely to be reserved whole within 180 days (10 %: within 90 days;"
        ),
        pytest.param((-0.01, -0.01, -0.01), "all cpu that its environments may have is reserved"),
    ],
    ids=["within the band", "in a day", "perhaps", "already"],
)
def test_when_a_quota_will_be_full(days: tuple[float, float, float], says: str):
    assert says in advice_text.filling_text(filling(*days))


def test_a_quota_that_fills_is_told_with_or_without_advice(watch: Watch):
    desk = watch(None, fillings=(filling(28, 40, math.inf),), reserved=RESERVED)
    assert (
        "tax: the cpu that its environments may have is likely to be reserved whole in 40 days"
        in desk.run("quota", "advise")[1]
    )
    [entry] = desk.data("quota", "advise")
    assert (entry["basis"], entry["resource"], entry["environment"]) == ("forecast", "cpu", None)
    assert entry["daysLeft"] == {"p10": 28.0, "p50": 40.0, "p90": None}
    assert entry["command"] == "govcloud quota show --department tax"
    assert '{department="tax"}' in entry["evidence"][0]


def test_many_namespaces_are_asked_about_in_parts_and_none_is_lost():
    names = [f"tax-{number:03}-prod" for number in range(90)]
    asked: list[str] = []

    def ask(question: str) -> Vector:
        asked.append(question)
        return tuple(Sample({"namespace": name}, 1.0) for name in names if name in question)

    found = measured.gather(ask, names, ["tax"])
    assert sorted(found.uses) == names
    assert max(len(question) for question in asked) < 2000
    about_use = [question for question in asked if "namespace" in question]
    assert [question for question in about_use if "namespace:container_" not in question] == [], "recorded, not raw"
    assert found == Measured(uses=found.uses)
