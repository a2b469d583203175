"""The operator's figures against the API server's own: who became Ready counts once, and so does every write."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.bench.counting import Audit, Mark

from govcloud_api import conditions, labels
from govcloud_kube import Cluster, Object, Ref
from govcloud_operators.isolation import DENY_NAME, POLICY_VERSION
from govcloud_operators.process import metrics
from support import apiserver, tenancy

HOME, PLACE = "dept-count", "count-portal-sandbox"
ENVIRONMENT = Ref(labels.API_VERSION, "Environment", "portal-sandbox", HOME)
REQUEST = Ref(labels.API_VERSION, "EnvironmentRequest", "first", HOME)
VERBS = {"apply": "patch {}", "create": "create {}", "delete": "delete {}", "patch_status": "patch {}/status"}
"""Our verbs as the audit log names them, of a resource."""
Figures = dict[tuple[str, str], float]
"""(name of a sample, values of its labels joined by spaces) -> value."""
READY = ("govcloud_environment_ready_seconds_count", "standard")
TIERS = 3
"""That are shipped."""


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apiserver.ApiServer]:
    """An API server that writes down who does what, without an operator of somebody else's."""
    with tenancy.platform(tmp_path_factory.mktemp("metrics"), audit=True) as running:
        yield running


def figures(process: tenancy.OperatorProcess) -> Figures:
    """The operator's page; empty before there is one."""
    families = text_string_to_metric_families(process.metrics())
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, " ".join(sample.labels.values())): sample.value for sample in samples}


def resources(admin: Cluster) -> dict[str, str]:
    """Kind -> how the API server names its resource."""
    groups = json.loads(admin.raw("GET", "/apis"))["groups"]
    paths = ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)]
    found = [each for path in paths for each in json.loads(admin.raw("GET", path))["resources"]]
    return {each["kind"]: each["name"] for each in found if "/" not in each["name"]}


def written(process: tenancy.OperatorProcess, admin: Cluster) -> Counter[str]:
    """Writes that the operator counted, in the words of `Audit.writes`."""
    plural, counted = resources(admin), Counter[str]()
    for (name, of), value in figures(process).items():
        if name == "govcloud_api_writes_total":
            kind, verb = of.split()
            counted[VERBS[verb].format(plural[kind])] += round(value)
    return counted


def assert_counted_alike(process: tenancy.OperatorProcess, server: apiserver.ApiServer, since: Mark) -> Counter[str]:
    """Both logs of all writes are the same, as soon as nothing is being written."""
    audit, last = Audit(server.audit_log), dict[str, Any]()

    def alike() -> bool:
        last.update(ours=written(process, server.admin()), audit=audit.writes(since, labels.OPERATOR_USER))
        return bool(last["ours"] == last["audit"])

    try:
        tenancy.eventually(alike, "the operator and the API server count the same writes", seconds=20)
    except AssertionError:
        assert last["ours"] == last["audit"]
        raise
    return last["audit"]


def settled(process: tenancy.OperatorProcess) -> bool:
    """It looked at the environment, its request and the tiers, and nothing waits."""
    found, kinds = figures(process), {"Environment": 1, "EnvironmentRequest": 1, "ServiceTier": TIERS}
    looked = all(found.get(("govcloud_reconciles_total", kind), 0) >= there for kind, there in kinds.items())
    return looked and found["govcloud_queue_depth", ""] == 0


def ready_seconds(environment: Object) -> float:
    """From creation to Ready, by the object itself."""
    ready = conditions.find(environment, "Ready") or {}
    moments = (ready["lastTransitionTime"], environment["metadata"]["creationTimestamp"])
    until, since = (conditions.parse_timestamp(moment) for moment in moments)
    return (until - since).total_seconds()


def test_each_environment_and_each_write_counts_once(audited: apiserver.ApiServer, canary_address: str) -> None:
    admin, folder = audited.admin(), audited.folder
    mark = Audit(audited.audit_log).mark()
    with tenancy.operator(audited, folder / "one.log", canary_address=canary_address, identity="one") as one:
        tenancy.ready_department(admin, "count")
        admin.create(tenancy.request(HOME, REQUEST.name))
        tenancy.play_kubelet(admin, PLACE)
        tenancy.eventually(lambda: tenancy.is_ready(admin.get(REQUEST)), "the request is served")
        tenancy.eventually(lambda: figures(one).get(READY) == 1, "it is counted", seconds=5)
        found = figures(one)
        made = admin.get(ENVIRONMENT)
        assert made is not None
        assert found["govcloud_environment_ready_seconds_sum", "standard"] == ready_seconds(made)
        assert found["govcloud_environment_ready_seconds_count", "basic"] == 0
        assert len(found) < metrics.MAX_SERIES
        admin.delete(Ref(POLICY_VERSION, "NetworkPolicy", DENY_NAME, PLACE))
        tenancy.eventually(lambda: not tenancy.is_ready(admin.get(ENVIRONMENT)), "isolation is proven anew")
        tenancy.play_kubelet(admin, PLACE)
        tenancy.eventually(lambda: tenancy.is_ready(admin.get(ENVIRONMENT)), "it is Ready again")
        writes = assert_counted_alike(one, audited, mark)
        assert {"create namespaces", "patch environments/status", "create pods", "delete pods"} <= set(writes)
        assert figures(one)[READY] == 1
        one.child.terminate()
        assert one.child.wait(20) == 0
    mark = Audit(audited.audit_log).mark()
    with tenancy.operator(audited, folder / "two.log", canary_address=canary_address, identity="two") as two:
        tenancy.eventually(lambda: settled(two), "the next one looked at everything", seconds=60)
        assert tenancy.is_ready(admin.get(ENVIRONMENT))
        assert_counted_alike(two, audited, mark)
        found = figures(two)
        assert found[READY] == 0
        assert found["govcloud_lease_held", ""] == 1
        assert found["govcloud_event_loop_lag_seconds", ""] < 5
