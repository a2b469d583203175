"""Whatever people order, no service becomes a pod that Pod Security `restricted` forbids; and the judge of that."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_api import labels
from govcloud_api.v1alpha1.service_offering import Plan
from govcloud_kube import Object
from govcloud_operators.services.nats.driver import NatsDriver
from govcloud_operators.services.postgresql.driver import PostgresDriver
from govcloud_operators.services.valkey.driver import ValkeyDriver
from govcloud_operators.services.web.driver import WebDriver
from support import nats, pod_security, services, valkey
from support.pod_security import Case

AT_LEAST = {"forbidden": 76, "allowed": 23}
"""As many as the project that makes the profile tries itself."""
words = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
values = st.one_of(
    st.fixed_dictionaries({"value": st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60)}),
    st.fixed_dictionaries({"secretName": words, "secretKey": st.from_regex(r"[-._a-zA-Z0-9]{1,20}", fullmatch=True)}),
)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,30}", fullmatch=True)
webs = st.fixed_dictionaries(
    {"image": st.from_regex(r"[a-z0-9][a-zA-Z0-9.:@/_-]{0,60}", fullmatch=True)},
    optional={
        "port": st.integers(1024, 65535),
        "host": words.map(lambda word: f"{word}.{services.NAMESPACE}.{labels.APPS_DOMAIN}"),
        "healthPath": st.from_regex(r"/[A-Za-z0-9._~/-]{0,40}", fullmatch=True),
        "minReplicas": st.integers(1, 20),
        "maxReplicas": st.integers(1, 20),
        "variables": st.lists(st.builds(lambda name, rest: {"name": name, **rest}, names, values), max_size=8),
    },
)


def harmless() -> Object:
    return pod_security.harmless("n", "p")


def templates(stages: list[list[Object]]) -> list[Object]:
    """Pods as controllers would make them, of workloads, Jobs and CronJobs."""
    specs = [obj["spec"] for stage in stages for obj in stage if isinstance(obj.get("spec"), dict)]
    specs += [spec["jobTemplate"]["spec"] for spec in specs if "jobTemplate" in spec]
    return [spec["template"] for spec in specs if "containers" in (spec.get("template") or {}).get("spec", {})]


def test_the_tables_are_as_long_as_the_profiles_own() -> None:
    assert len(pod_security.forbidden()) >= AT_LEAST["forbidden"]
    assert len(pod_security.allowed()) >= AT_LEAST["allowed"]
    cases = [*pod_security.forbidden(), *pod_security.allowed()]
    assert len({(case.name, case.reason) for case in cases}) == len(cases)


@pytest.mark.parametrize("case", pod_security.forbidden(), ids=lambda case: case.name)
def test_the_judge_names_what_is_forbidden(case: Case) -> None:
    assert case.reason in pod_security.violations(case.of(harmless()))


@pytest.mark.parametrize("case", pod_security.allowed(), ids=lambda case: case.name)
def test_the_judge_lets_the_rest_through(case: Case) -> None:
    assert pod_security.violations(case.of(harmless())) == set()


@given(web=webs, cpu=st.integers(1, 64000), suspended=st.booleans(), copies=st.integers(1, 9))
def test_no_order_of_a_program_becomes_a_forbidden_pod(
    web: dict[str, Any], cpu: int, suspended: bool, copies: int
) -> None:
    plan = Plan(name="any", cpu=f"{cpu}m", memory="128Mi")
    spec = {"offeringRef": "web", "web": web}
    order = services.order("main", plan=plan, image="x", spec=spec, suspended=suspended, replicas_min=copies)
    found = templates(WebDriver().stages(order))
    assert len(found) == 1
    assert pod_security.violations(found[0]) == set()
    assert "priorityClassName" not in found[0]["spec"], "the environment's tier decides"
    assert found[0]["spec"]["automountServiceAccountToken"] is False


@pytest.mark.parametrize(
    ("driver", "order"),
    [
        (PostgresDriver(), services.order()),
        (ValkeyDriver(), valkey.order()),
        (NatsDriver(), nats.order()),
    ],
    ids=["postgresql", "valkey", "nats"],
)
def test_no_other_service_does(driver: Any, order: Any) -> None:
    found = templates(driver.stages(order))
    assert found
    for template in found:
        assert pod_security.violations(template) == set()
        assert template["spec"]["automountServiceAccountToken"] is False
