"""A program as an order: what is built, what is refused, what its condition says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from govcloud_api import labels
from govcloud_api.v1alpha1.service_offering import Plan
from govcloud_kube import Object, Ref, ref_of
from govcloud_kube.memory import MemoryCluster
from govcloud_operators import actions
from govcloud_operators.services.driver import Order
from govcloud_operators.services.web import desired
from govcloud_operators.services.web.driver import WebDriver
from support import services

DRIVER = WebDriver()
IMAGE = f"{labels.REGISTRY}/tax/portal:1.4"
DEFAULT_HOST = f"main.{services.NAMESPACE}.{labels.APPS_DOMAIN}"


def order(web: dict[str, Any] | None = None, **changed: Any) -> Order:
    plan = Plan(name="small", cpu="100m", memory="128Mi")
    spec = {"offeringRef": "web", "web": {"image": IMAGE} | (web or {})}
    return services.order(**{"plan": plan, "version": "", "image": IMAGE, "spec": spec} | changed)


def kinds(wanted: Order) -> list[str]:
    return [obj["kind"] for stage in DRIVER.stages(wanted) for obj in stage]


def looked_at(wanted: Order, deployment: Object | None, *pods: Object) -> Order:
    live = {ref_of(deployment): deployment} if deployment else {}
    return replace(wanted, live=live, pods=pods)


@pytest.mark.parametrize(
    ("web", "changed", "said"),
    [
        ({}, {}, ""),
        ({"host": DEFAULT_HOST}, {}, ""),
        ({"host": "tax.example.org"}, {"ingress_hosts": ("tax.example.org",)}, ""),
        ({"host": "tax.example.org"}, {}, f"use one of {DEFAULT_HOST}, or request it"),
        ({"host": f"other.{services.NAMESPACE}.{labels.APPS_DOMAIN}"}, {}, "is not a name of this environment"),
        ({"host": f"main.health-portal-dev.{labels.APPS_DOMAIN}"}, {}, "is not a name of this environment"),
        ({"variables": [{"name": "A", "secretName": "app", "secretKey": "uri"}]}, {}, ""),
        (
            {"variables": [{"name": "A", "secretName": "svc-main-tls", "secretKey": "tls.key"}]},
            {},
            "belongs to a service",
        ),
        ({"variables": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}, {}, "A twice"),
    ],
)
def test_faults_say_what_to_change(web: dict[str, Any], changed: dict[str, Any], said: str) -> None:
    found = DRIVER.faults(order(web, **changed))
    assert said in found if said else found == ""


def test_several_faults_are_told_at_once() -> None:
    web = {"host": "evil.org", "variables": [{"name": "K", "secretName": "svc-x-tls", "secretKey": "tls.key"}]}
    found = DRIVER.faults(order(web))
    assert "evil.org" in found
    assert "svc-x-tls" in found


@pytest.mark.parametrize(
    ("web", "changed", "extra"),
    [
        ({}, {}, []),
        ({"host": DEFAULT_HOST}, {}, ["NetworkPolicy", "Ingress"]),
        ({"minReplicas": 2, "maxReplicas": 2}, {}, ["PodDisruptionBudget"]),
        ({"minReplicas": 1, "maxReplicas": 3}, {}, ["HorizontalPodAutoscaler"]),
        ({"minReplicas": 1, "maxReplicas": 3}, {"suspended": True}, []),
        ({}, {"replicas_min": 2}, ["PodDisruptionBudget"]),
    ],
)
def test_what_is_built(web: dict[str, Any], changed: dict[str, Any], extra: list[str]) -> None:
    wanted = order(web, **changed)
    assert sorted(kinds(wanted)) == sorted(["Service", "Deployment", *extra])
    assert {ref_of(obj) for stage in DRIVER.stages(wanted) for obj in stage} <= set(DRIVER.refs(wanted))


def test_only_the_ingress_controller_comes_in_from_outside() -> None:
    policy = next(
        obj for obj in DRIVER.stages(order({"host": DEFAULT_HOST, "port": 9000}))[0] if obj["kind"] == "NetworkPolicy"
    )
    peer = policy["spec"]["ingress"][0]["from"]
    assert peer == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "govcloud-ingress"}},
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": "traefik"}},
        }
    ]
    assert policy["spec"]["ingress"][0]["ports"] == [{"protocol": "TCP", "port": 9000}]


def test_secrets_are_referred_to_and_never_copied() -> None:
    variables = [
        {"name": "URI", "secretName": "app", "secretKey": "uri"},
        {"name": "MODE", "value": "fast"},
        {"name": "NONE", "value": ""},
    ]
    env = desired.pod_spec(order({"variables": variables}))["containers"][0]["env"]
    assert env == [
        {"name": "URI", "valueFrom": {"secretKeyRef": {"name": "app", "key": "uri"}}},
        {"name": "MODE", "value": "fast"},
        {"name": "NONE"},
    ]


def test_without_variables_there_is_no_list_of_them() -> None:
    assert "env" not in desired.pod_spec(order())["containers"][0]


@pytest.mark.parametrize(
    ("live", "suspended", "wanted"),
    [(None, False, 2), (0, False, 2), (1, False, 2), (4, False, 4), (9, False, 5), (4, True, 0)],
)
def test_the_autoscalers_choice_stays_within_bounds(live: int | None, suspended: bool, wanted: int) -> None:
    asked = order({"minReplicas": 2, "maxReplicas": 5}, suspended=suspended)
    there = desired.deployment(asked) | {"spec": {"replicas": live}} if live is not None else None
    assert desired.deployment(looked_at(asked, there))["spec"]["replicas"] == wanted


def test_reserved_counts_as_many_copies_as_there_may_be() -> None:
    assert DRIVER.reserved(order({"minReplicas": 1, "maxReplicas": 3})).wire() == {
        "cpu": "300m",
        "memory": "384Mi",
        "storage": "0",
    }


def rolled(wanted: Order, *, generation: int = 2, **status: Any) -> Object:
    made = desired.deployment(wanted)
    made["metadata"]["generation"] = generation
    return made | {"status": {"observedGeneration": generation} | status}


def pod(name: str = "svc-main-1", **status: Any) -> Object:
    return {"metadata": {"name": name, "creationTimestamp": "2026-05-03T11:00:00Z"}, "status": status}


def waiting(reason: str, message: str = "", **more: Any) -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": message}}
    return {"containerStatuses": [{"name": "web", "image": IMAGE, "state": state, "restartCount": 0, **more}]}


ANSWERING = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "readyReplicas": 1}
OLD_ANSWERS = {"replicas": 2, "updatedReplicas": 1, "availableReplicas": 1, "readyReplicas": 1}
TROUBLES = [
    (pod(**waiting("ImagePullBackOff", "not found")), "ImagePullFailed", "cannot be pulled: not found; push it"),
    (pod(**waiting("InvalidImageName", "bad")), "ImagePullFailed", IMAGE),
    (
        pod(**waiting("CreateContainerConfigError", 'secret "x" not found')),
        "ConfigurationWrong",
        'secret "x" not found',
    ),
    (
        pod(**waiting("CrashLoopBackOff", lastState={"terminated": {"exitCode": 3}}, restartCount=4)),
        "Crashing",
        "ended with code 3 and was started again 4 times; read the pod's log",
    ),
    (
        pod(**waiting("CrashLoopBackOff", lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}})),
        "OutOfMemory",
        "take a larger plan",
    ),
    (
        pod(conditions=[{"type": "PodScheduled", "status": "False", "message": "0/3 nodes"}]),
        "Unschedulable",
        "no machine has room",
    ),
]


@pytest.mark.parametrize(("found", "reason", "said"), TROUBLES)
def test_why_it_does_not_answer(found: Object, reason: str, said: str) -> None:
    wanted = order()
    told = DRIVER.readiness(looked_at(wanted, rolled(wanted, replicas=1), found))
    assert (told.status, told.reason) == ("False", reason)
    assert said in told.message
    beside = DRIVER.readiness(looked_at(wanted, rolled(wanted, **OLD_ANSWERS), found))
    assert beside.message.endswith("what ran before still answers")


@pytest.mark.parametrize(
    ("message", "reason", "said"),
    [
        ("pods is forbidden: exceeded quota: govcloud-quota", "QuotaExceeded", "free something or ask for more"),
        ("image evil/x is not from registry.govcloud.internal/", "PodRefused", "image evil/x is not from"),
    ],
)
def test_pods_that_cannot_be_made(message: str, reason: str, said: str) -> None:
    wanted = order()
    refused = [{"type": "ReplicaFailure", "status": "True", "message": message}]
    told = DRIVER.readiness(looked_at(wanted, rolled(wanted, conditions=refused)))
    assert (told.status, told.reason) == ("False", reason)
    assert said in told.message


def test_a_health_check_that_never_passes_is_said_after_the_deadline() -> None:
    wanted = order()
    stuck = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
    told = DRIVER.readiness(looked_at(wanted, rolled(wanted, replicas=1, conditions=stuck)))
    assert told.reason == "NotAnswering"
    assert "spec.web.healthPath" in told.message


@pytest.mark.parametrize(
    ("status", "generation", "answer", "reason"),
    [
        (ANSWERING, 2, "True", "Answers"),
        (OLD_ANSWERS, 2, "False", "Starting"),
        (ANSWERING | {"observedGeneration": 1}, 2, "False", "Starting"),
        ({}, 1, "False", "Starting"),
    ],
)
def test_provisioned_means_that_every_copy_runs_what_is_ordered(
    status: dict[str, Any], generation: int, answer: str, reason: str
) -> None:
    wanted = order()
    told = DRIVER.readiness(looked_at(wanted, rolled(wanted, generation=generation, **status)))
    assert (told.status, told.reason) == (answer, reason)


def test_nothing_there_and_suspended() -> None:
    assert DRIVER.readiness(order()).reason == "Missing"
    assert DRIVER.readiness(order(suspended=True)).reason == "Suspended"


def test_a_cluster_that_shows_what_is_wanted_gets_no_write() -> None:
    wanted = order({"host": DEFAULT_HOST, "minReplicas": 2, "maxReplicas": 4})
    cluster = MemoryCluster()
    cluster.seed({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": services.NAMESPACE}})
    for _ in range(4):
        live = actions.read(cluster, DRIVER.refs(wanted))
        actions.perform(cluster, actions.first_stage(DRIVER.stages(replace(wanted, live=live)), live))
    writes = len(cluster.writes)
    live = actions.read(cluster, DRIVER.refs(wanted))
    assert actions.first_stage(DRIVER.stages(replace(wanted, live=live)), live) == ()
    assert len(cluster.writes) == writes == 6
    assert set(live) == {ref_of(obj) for stage in DRIVER.stages(wanted) for obj in stage}


def test_the_endpoint_is_inside() -> None:
    found = DRIVER.endpoint(order())
    assert (found.host, found.port) == (f"svc-main.{services.NAMESPACE}.svc.cluster.local", 80)
    assert Ref("apps/v1", "Deployment", "svc-main", services.NAMESPACE) in DRIVER.refs(order())
