"""Hundreds of hostile objects by somebody with every role of one department: nothing happens outside of it.

The judge is the API server's audit log, which names every write that was let through, whoever sent it.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from govcloud_api import labels
from govcloud_kube import Cluster, Object, Ref
from support import apiserver, hostile, places, samples, tenancy
from support.schema_cases import changed, put

ATTACKER = "evil-owner"
AT_LEAST = 200
HOST = "www.prey.example"
PLATFORM_NAMESPACES = re.compile(r"default|kube-.*|govcloud-.*")
ATTACKERS_KINDS = {
    *("environmentrequests", "approvals", "policyexemptions", "serviceinstances", "servicebindings"),
    *("pods", "deployments"),
}
WATCHED = [
    *[(labels.API_VERSION, kind) for kind in ("EnvironmentRequest", "Approval", "Environment", "PolicyExemption")],
    *[("v1", kind) for kind in ("Pod", "Service", "Secret", "ConfigMap", "ServiceAccount", "LimitRange")],
    *[("rbac.authorization.k8s.io/v1", kind) for kind in ("Role", "RoleBinding")],
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("apps/v1", "Deployment"),
]


OPERATORS_OWN = ("services-ca", "tenant-evil")
"""Made when a first service or an environment asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it all."""

    target: Object
    """The request of prey before."""
    sent: list[hostile.Sent]
    codes: list[int]
    events: list[dict[str, Any]]
    before: dict[str, str]
    after: dict[str, str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apiserver.ApiServer]:
    """One of its own: what is sent here would keep the operator of other tests busy."""
    with tenancy.platform(tmp_path_factory.mktemp("hostile"), audit=True) as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: apiserver.ApiServer) -> Cluster:
    return server.admin()


@pytest.fixture(scope="module")
def operator(server: apiserver.ApiServer, canary_address: str) -> Iterator[Path]:
    """The log of the operator, which goes on to the end."""
    with tenancy.steady_operator(server, canary_address) as log:
        yield log


@pytest.fixture(scope="module")
def outcome(server: apiserver.ApiServer, admin: Cluster, operator: Path) -> Outcome:
    """Everything is sent once; ends when the operator has looked at every request."""
    for code in ("evil", "prey"):
        tenancy.ready_department(admin, code)
    evil, prey = (places.make(server, code, with_home=False) for code in ("evil", "prey"))
    quiet = changed(samples.CREATE, put("metadata.namespace", prey.home), put("metadata.name", "quiet"))
    quiet["spec"] |= {"purpose": "production", "requestedBy": "prey-owner", "network": {"ingressHosts": [HOST]}}
    prey.person("owner").create(quiet)
    ref = Ref(labels.API_VERSION, "EnvironmentRequest", "quiet", prey.home)
    target = tenancy.eventually(lambda: _waiting(admin, ref), "the request of prey waits for a decision")
    before, start = world(admin, prey), server.audit_log.stat().st_size
    sent = hostile.attacks(evil, prey, target)
    codes = send_all(server, sent)
    tenancy.eventually(lambda: _all_judged(admin, evil.home), "the operator has looked at every request", seconds=400)
    lines = server.audit_log.read_bytes()[start:].splitlines()
    events = [json.loads(line) for line in lines if line.endswith(b"}")]
    return Outcome(target=target, sent=sent, codes=codes, events=events, before=before, after=world(admin, prey))


def send_all(server: apiserver.ApiServer, sent: list[hostile.Sent]) -> list[int]:
    """HTTP status of each, over connections of somebody who has every role of the department."""
    pair = server.authority.client(ATTACKER, *[f"evil:{role}" for role in places.ROLES])
    context = ssl.create_default_context(cafile=str(server.authority.certificate))
    context.load_cert_chain(str(pair.certificate), str(pair.key))
    address = urlsplit(server.url)
    connection = http.client.HTTPSConnection(str(address.hostname), address.port, context=context, timeout=30)
    codes = []
    for one in sent:
        connection.request("POST", one.path, one.body, {"Content-Type": one.content_type, "Accept": hostile.JSON})
        answer = connection.getresponse()
        answer.read()
        codes.append(answer.status)
        if answer.will_close:
            connection.close()  # the next request opens it again
    connection.close()
    return codes


def world(admin: Cluster, prey: places.Place) -> dict[str, str]:
    """Version of everything that belongs to prey, to the platform and to the cluster."""
    namespaces = (prey.home, prey.work, "default", "kube-system", labels.SYSTEM_NAMESPACE, labels.APPROVALS_NAMESPACE)
    places_of = [(kind, namespace) for kind in WATCHED for namespace in (*namespaces, labels.TENANTS_NAMESPACE)]
    found = [obj for (version, kind), namespace in places_of for obj in admin.list(version, kind, namespace=namespace)]
    rbac, kinds = "rbac.authorization.k8s.io/v1", ("ApprovalPolicy", "ServiceOffering", "ServiceTier", "WorkCalendar")
    found += [obj for kind in ("ClusterRole", "ClusterRoleBinding") for obj in admin.list(rbac, kind)]
    found += [obj for kind in kinds for obj in admin.list(labels.API_VERSION, kind)]
    found += [obj for obj in admin.list(labels.API_VERSION, "Department") if obj["metadata"]["name"] == prey.code]
    return {_key(obj): _version(obj) for obj in found if not obj["metadata"]["name"].startswith(OPERATORS_OWN)}


def _key(obj: Object) -> str:
    return f"{obj['kind']} {obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}"


def _version(obj: Object) -> str:
    metadata = obj["metadata"]
    return json.dumps([metadata["uid"], obj.get("spec"), obj.get("data"), obj.get("rules"), metadata.get("labels")])


def _waiting(admin: Cluster, ref: Ref) -> Object | None:
    """The request once it waits for a decision and nothing about it changes any more."""
    first = admin.get(ref)
    if not first or (first.get("status") or {}).get("phase") != "PolicyChecked":
        return None
    time.sleep(5)  # two resyncs of the operator under test
    return first if admin.get(ref) == first else None


def _judged(request: Object | None) -> Object | None:
    return request if request and (request.get("status") or {}).get("phase") else None


def _all_judged(admin: Cluster, home: str) -> bool:
    requests = admin.list(labels.API_VERSION, "EnvironmentRequest", namespace=home)
    return bool(requests) and all(_judged(request) for request in requests)


def written(outcome: Outcome) -> list[dict[str, Any]]:
    """Writes that were let through, without rehearsals and without questions about rights."""
    return [
        event
        for event in outcome.events
        if event["responseStatus"]["code"] < 300
        and event["verb"] in ("create", "update", "patch", "delete", "deletecollection")
        and "dryRun=All" not in event["requestURI"]
        and not event["objectRef"]["resource"].endswith("reviews")
    ]


def user(event: dict[str, Any]) -> str:
    """Who it counts for."""
    return str((event.get("impersonatedUser") or event["user"])["username"])


def described(event: dict[str, Any]) -> str:
    ref = event["objectRef"]
    what = "/".join(filter(None, (ref["resource"], ref.get("name"), ref.get("subresource"))))
    return f"{user(event)} {event['verb']} {what} in {ref.get('namespace')} at {event['stageTimestamp']}"


def test_enough_was_sent(outcome: Outcome) -> None:
    assert len({one.name for one in outcome.sent}) >= AT_LEAST
    seen = [event for event in outcome.events if user(event) == ATTACKER]
    assert len(seen) >= len(outcome.sent) * 9 // 10, "the audit log does not show what was sent"
    stored = sum(code < 300 for code in outcome.codes)
    assert stored >= 50, "next to nothing got as far as the operator"


def test_every_answer_is_a_yes_or_a_no(outcome: Outcome) -> None:
    strange = [(one.name, code) for one, code in zip(outcome.sent, outcome.codes, strict=True) if code >= 500]
    assert not strange


def test_what_would_reach_further_is_refused(outcome: Outcome) -> None:
    passed = [one.name for one, code in zip(outcome.sent, outcome.codes, strict=True) if one.must_fail and code < 400]
    assert not passed


def test_the_attacker_wrote_at_home_only(outcome: Outcome) -> None:
    for event in written(outcome):
        if user(event) == ATTACKER:
            assert event["objectRef"]["namespace"] in ("dept-evil", "evil-portal-prod"), described(event)
            assert event["objectRef"]["resource"] in ATTACKERS_KINDS, described(event)
            assert "subresource" not in event["objectRef"], described(event)


def test_the_operator_was_nobodys_tool(outcome: Outcome) -> None:
    """What it wrote while all that came in: its lease, events, and things of departments; nothing of prey's."""
    strange = []
    for event in written(outcome):
        ref = event["objectRef"]
        namespace, resource = ref.get("namespace", ""), ref["resource"]
        if not user(event).startswith("system:serviceaccount:govcloud-") or resource in ("leases", "events"):
            continue
        foreign = namespace in ("dept-prey", "prey-portal-prod") or PLATFORM_NAMESPACES.fullmatch(namespace)
        counted = ref.get("subresource") == "status" and resource in ("departments", "serviceofferings", "servicetiers")
        cluster_wide = not namespace and not counted and resource not in ("departments", "namespaces")
        of_prey = resource in ("departments", "namespaces") and "prey" in ref.get("name", "")
        if (foreign and ref.get("name") not in OPERATORS_OWN) or cluster_wide or of_prey:
            strange.append(described(event))
    assert not strange


def test_the_world_outside_is_as_it_was(outcome: Outcome) -> None:
    assert outcome.after == outcome.before


def test_the_other_departments_request_still_waits(outcome: Outcome, admin: Cluster) -> None:
    found = admin.get(Ref(labels.API_VERSION, "EnvironmentRequest", "quiet", "dept-prey"))
    assert found is not None
    assert found["status"] == outcome.target["status"]
    assert not found["status"].get("decisions")


def test_no_name_is_granted_without_a_person(outcome: Outcome, admin: Cluster, server: apiserver.ApiServer) -> None:
    """Whoever is first has a name: granted by policy alone, it keeps the department out that it belongs to."""
    squatter = changed(samples.CREATE, put("metadata.namespace", "dept-evil"), put("metadata.name", "squatter"))
    squatter["spec"] |= {"product": "squatter", "requestedBy": ATTACKER, "network": {"ingressHosts": [HOST]}}
    server.connect(ATTACKER, "evil:owner").create(squatter)
    ref = Ref(labels.API_VERSION, "EnvironmentRequest", "squatter", "dept-evil")
    decided = tenancy.eventually(lambda: _decided(admin.get(ref)), "the squatter is judged", seconds=120)
    assert tenancy.condition(decided, "Approved")[0] == "False", f"{HOST} was asked for by prey before"


def _decided(request: Object | None) -> Object | None:
    return request if tenancy.condition(request, "Approved")[0] in ("True", "False") else None


def test_the_operator_met_nothing_it_did_not_expect(outcome: Outcome, operator: Path) -> None:
    log = operator.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") - 500 :][:3000]
    assert not re.search(r"\x1b|\u202e", log), "control characters of a tenant reach the log"
    assert not [line for line in log.splitlines() if line.startswith("ERROR operator: tenant prey approved")]
