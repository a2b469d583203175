"""Somebody with a department's account, and somebody with a token out of one of its pods, try to get further."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from govcloud_api import errors, labels
from govcloud_kube import Cluster, Object, Ref, real
from support import access, apiserver, attempts, places, standing, tenancy
from support.attempts import Attempt
from support.pod_security import CLAIM

MERGE = "application/merge-patch+json"
REFUSALS = (errors.Forbidden, errors.InvalidSpec, errors.NotFound)
ADMISSION = "admissionregistration.k8s.io/v1"
RBAC = "rbac.authorization.k8s.io/v1"
READABLE = {"servicetiers", "workcalendars", "approvalpolicies", "serviceofferings"}
ABOUT_ONESELF = {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"}
NEVER = {
    "": "podtemplates replicationcontrollers endpoints bindings pods/resize serviceaccounts/token nodes/proxy",
    "networking.k8s.io": "servicecidrs ipaddresses ingressclasses",
    "resource.k8s.io": "resourceclaims resourceclaimtemplates resourceslices deviceclasses",
    "scheduling.k8s.io": "priorityclasses podgroups workloads",
    "storage.k8s.io": "storageclasses volumeattachments csidrivers csinodes volumeattributesclasses",
    "snapshot.storage.k8s.io": "volumesnapshots volumesnapshotcontents",
    "node.k8s.io": "runtimeclasses",
    "flowcontrol.apiserver.k8s.io": "flowschemas prioritylevelconfigurations",
    "certificates.k8s.io": "certificatesigningrequests clustertrustbundles podcertificaterequests",
    "authentication.k8s.io": "tokenreviews",
    "authorization.k8s.io": "localsubjectaccessreviews subjectaccessreviews",
    "cilium.io": "ciliumnetworkpolicies ciliumclusterwidenetworkpolicies ciliumendpoints ciliumlocalredirectpolicies",
    "traefik.io": "ingressroutes middlewares",
    "gateway.networking.k8s.io": "gateways httproutes",
}


@pytest.fixture(scope="module")
def every(server: apiserver.ApiServer) -> tuple[places.Place, places.Place]:
    """The attacker's department, and another."""
    raider, prey = standing.departments(server, ["raider", "quarry"])
    return raider, prey


@pytest.fixture(scope="module")
def raider(every: tuple[places.Place, places.Place]) -> places.Place:
    """The attacker's department."""
    return every[0]


@pytest.fixture(scope="module")
def owner(server: apiserver.ApiServer) -> Cluster:
    """Somebody with every role of the attacker's department."""
    return server.connect("raider-owner", *[f"raider:{role}" for role in places.ROLES])


def test_every_attempt_is_refused(owner: Cluster, every: tuple[places.Place, places.Place]) -> None:
    """All in one test: what got through is named, with what was said instead of the right words."""
    tried = attempts.attempts(*every)
    assert len(tried) >= 70
    assert len({one.name for one in tried}) == len(tried)
    wrong = [(one.name, said) for one in tried if (said := answer(owner, one)) != "refused"]
    assert wrong == []


def answer(somebody: Cluster, one: Attempt) -> str:
    """`refused` when it is, with the right words; else what came back."""
    try:
        somebody.create(one.obj, dry_run=True)
    except REFUSALS as error:
        return "refused" if re.search(one.said, str(error)) else str(error)
    return "created"


def test_kinds_that_no_department_touches(admin: Cluster, raider: places.Place) -> None:
    groups = [f"raider:{role}" for role in places.ROLES]
    asked = [
        (verb, group, kind)
        for group, kinds in NEVER.items()
        for kind in kinds.split()
        for verb in ("create", "update", "patch", "delete")
    ]
    held = [what for what in asked if access.allowed(admin, "somebody", groups, raider.work, what)]
    assert held == []


def test_a_waiting_pod_is_not_sent_elsewhere(owner: Cluster, admin: Cluster, raider: places.Place) -> None:
    """A gate holds it back, and tolerations may be added until it goes: they are looked at then, too."""
    owner.create(places.pod(raider.work, "waiting", schedulingGates=[{"name": "evil.example/wait"}]))
    path = f"/api/v1/namespaces/{raider.work}/pods/waiting?dryRun=All"
    live = admin.get(Ref("v1", "Pod", "waiting", raider.work))
    assert live is not None
    for toleration in ({"operator": "Exists"}, {"key": "dedicated", "operator": "Exists"}):
        added = {"spec": {"tolerations": [*live["spec"]["tolerations"], toleration]}}
        with pytest.raises(errors.InvalidSpec, match="leave such tolerations out"):
            owner.raw("PATCH", path, added, MERGE)
    fine = {"key": "node.kubernetes.io/memory-pressure", "operator": "Exists"}
    assert owner.raw("PATCH", path, {"spec": {"tolerations": [*live["spec"]["tolerations"], fine]}}, MERGE)


def test_controllers_bear_no_more_for_people(server: apiserver.ApiServer, raider: places.Place) -> None:
    """But a DaemonSet's pods stay on a machine that is being emptied: the controller says so, not the template."""
    emptied = [{"key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoSchedule"}]
    pod = places.pod(raider.work, "mine", tolerations=emptied)
    for controller, allowed in (("replicaset", False), ("job", False), ("daemon-set", True)):
        user = f"system:serviceaccount:kube-system:{controller}-controller"
        somebody = server.connect(user, "system:masters")
        if allowed:
            assert somebody.create(pod, dry_run=True)
        else:
            with pytest.raises(errors.InvalidSpec, match="leave such tolerations out"):
                somebody.create(pod, dry_run=True)


def test_finalizers_cannot_be_added_later(owner: Cluster, raider: places.Place) -> None:
    stored = owner.create(attempts.simple(raider.work, "v1", "ConfigMap", name="later"))
    path = f"/api/v1/namespaces/{raider.work}/configmaps/{stored['metadata']['name']}?dryRun=All"
    for finalizers in (["evil.example/mine"], ["foregroundDeletion", "evil.example/mine"]):
        with pytest.raises(errors.InvalidSpec, match="from ever being removed"):
            owner.raw("PATCH", path, {"metadata": {"finalizers": finalizers}}, MERGE)
    owner.raw("PATCH", path, {"metadata": {"finalizers": ["foregroundDeletion"]}}, MERGE)


def test_requests_cannot_hold_on_either(owner: Cluster, raider: places.Place) -> None:
    asked = tenancy.request(raider.home, "held")
    asked["metadata"]["finalizers"] = ["evil.example/mine"]
    with pytest.raises(errors.InvalidSpec, match="from ever being removed"):
        owner.create(asked, dry_run=True)


def test_the_clusters_own_finalizers_are_no_obstacle(owner: Cluster, raider: places.Place) -> None:
    """The API server puts one on every claim while it comes in."""
    claim = attempts.simple(raider.work, "v1", "PersistentVolumeClaim", spec=CLAIM)
    stored = owner.create(claim)
    assert stored["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
    noted = {"metadata": {"labels": {"a": "b"}}}
    owner.raw("PATCH", f"/api/v1/namespaces/{raider.work}/persistentvolumeclaims/mine", noted, MERGE)


@pytest.mark.parametrize("spec", [{"maxUnavailable": 1}, {"maxUnavailable": "1%"}, {"maxUnavailable": "100%"}], ids=str)
def test_a_budget_that_lets_machines_be_emptied(owner: Cluster, raider: places.Place, spec: Object) -> None:
    budget = attempts.simple(raider.work, "policy/v1", "PodDisruptionBudget", spec={"selector": {}} | spec)
    assert owner.create(budget, dry_run=True)


def test_removing_everything_leaves_what_is_not_ones_own(
    server: apiserver.ApiServer, owner: Cluster, admin: Cluster, raider: places.Place
) -> None:
    """A request for a whole collection has no name: policies must look at each object of it."""
    kept = attempts.simple(
        raider.work, "v1", "ConfigMap", name="svc-kept", metadata={"labels": {labels.SERVICE: "kept"}}
    )
    places.operator(server).create(kept)
    with pytest.raises(errors.InvalidSpec, match="belong"):
        owner.raw("DELETE", f"/api/v1/namespaces/{raider.work}/configmaps")
    assert admin.get(Ref("v1", "ConfigMap", "svc-kept", raider.work))


def test_policies_take_no_parameters_of_departments(admin: Cluster) -> None:
    """Else whoever writes the parameters writes the policy."""
    kinds = ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy")
    found = {p["spec"].get("paramKind", {}).get("kind") for kind in kinds for p in admin.list(ADMISSION, kind)}
    assert found == {None, "Namespace"}


def test_no_role_of_ours_grows_by_others(admin: Cluster, raider: places.Place) -> None:
    """Aggregated roles take in whatever carries a label; people of departments hold none of them."""
    roles = {r["metadata"]["name"]: r for r in admin.list(RBAC, "ClusterRole")}
    bindings = admin.list(RBAC, "RoleBinding", namespace=raider.work) + admin.list(
        RBAC, "RoleBinding", namespace=raider.home
    )
    held = {binding["roleRef"]["name"] for binding in bindings}
    assert held
    for name in held:
        assert name.startswith("govcloud:")
        assert not roles[name].get("aggregationRule")
        assert not [label for label in roles[name]["metadata"].get("labels", {}) if "aggregate-to" in label]


def test_pods_get_no_token_unless_they_ask(owner: Cluster, admin: Cluster, raider: places.Place) -> None:
    default = admin.get(Ref("v1", "ServiceAccount", "default", raider.work))
    assert default is not None
    assert default["automountServiceAccountToken"] is False
    assert tokens(owner.create(places.pod(raider.work, "mine"), dry_run=True)) == []
    asking = places.pod(raider.work, "mine", automountServiceAccountToken=True)
    assert len(tokens(owner.create(asking, dry_run=True))) == 1


def test_accounts_of_ones_own_are_born_silent_too(owner: Cluster, raider: places.Place) -> None:
    account = attempts.simple(raider.work, "v1", "ServiceAccount")
    assert owner.create(account, dry_run=True)["automountServiceAccountToken"] is False
    speaking = account | {"automountServiceAccountToken": True}
    assert owner.create(speaking, dry_run=True)["automountServiceAccountToken"] is True


def test_accounts_elsewhere_are_as_kubernetes_makes_them(admin: Cluster) -> None:
    account = attempts.simple("default", "v1", "ServiceAccount")
    assert "automountServiceAccountToken" not in admin.create(account, dry_run=True)


def tokens(pod: Object) -> list[Object]:
    """Volumes of a pod that hold a token for the API."""
    return [
        source
        for volume in pod["spec"].get("volumes") or []
        for source in (volume.get("projected") or {}).get("sources") or []
        if "serviceAccountToken" in source
    ]


@pytest.fixture(scope="module")
def thief(server: apiserver.ApiServer, admin: Cluster, raider: places.Place) -> Cluster:
    """Somebody who took the token out of a pod."""
    asked = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "metadata": {},
        "spec": {"audiences": []},
    }
    path = f"/api/v1/namespaces/{raider.work}/serviceaccounts/default/token"
    token = json.loads(admin.raw("POST", path, asked))["status"]["token"]
    return real.connect(with_token(server, token))


def with_token(server: apiserver.ApiServer, token: str) -> Path:
    """Kubeconfig of whoever holds a token."""
    cluster = {"server": server.url, "certificate-authority": str(server.authority.certificate)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "pod", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "pod"}}],
        "current-context": "test",
    }
    path = server.folder / "stolen.kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return path


def test_a_stolen_token_opens_the_catalogue_only(thief: Cluster, every: tuple[places.Place, places.Place]) -> None:
    assert thief.list(labels.API_VERSION, "ServiceTier")
    for namespace in (every[0].work, every[0].home, every[1].work, "kube-system", labels.SYSTEM_NAMESPACE):
        rules = rights(thief, namespace)
        seen = {kind for rule in rules if "list" in rule["verbs"] for kind in rule["resources"]}
        assert seen == READABLE, namespace
        written = [rule for rule in rules if set(rule["verbs"]) - {"get", "list", "watch"}]
        # Everybody may ask who they are and what they may do.
        assert {kind for rule in written for kind in rule["resources"]} == ABOUT_ONESELF, namespace
        for kind in ("Pod", "Secret", "ConfigMap"):
            with pytest.raises(errors.Forbidden):
                thief.list("v1", kind, namespace=namespace)


def rights(somebody: Cluster, namespace: str) -> list[Object]:
    """Everything that somebody may do there, as the API server's authorizer adds it up."""
    version = "authorization.k8s.io/v1"
    review = {"apiVersion": version, "kind": "SelfSubjectRulesReview", "metadata": {}, "spec": {"namespace": namespace}}
    status = somebody.create(review)["status"]
    assert not status["incomplete"]
    found: list[Object] = status["resourceRules"]
    return found


def test_a_stolen_token_speaks_for_nobody_else(thief: Cluster, admin: Cluster, raider: places.Place) -> None:
    for user in ("admin", "raider-owner", labels.OPERATOR_USER, labels.tenant_user("raider")):
        with pytest.raises(errors.Forbidden, match="impersonate"):
            thief.acting_as(user).list("v1", "Secret", namespace=raider.work)
    with pytest.raises(errors.Forbidden):
        thief.create(tenancy.request(raider.home, "stolen"), dry_run=True)


def test_nobody_of_a_department_mints_tokens(owner: Cluster, raider: places.Place) -> None:
    asked = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "metadata": {},
        "spec": {"audiences": []},
    }
    for where, name in (
        (raider.work, "default"),
        (labels.TENANTS_NAMESPACE, "tenant-raider"),
        ("kube-system", "default"),
    ):
        with pytest.raises(errors.Forbidden):
            owner.raw("POST", f"/api/v1/namespaces/{where}/serviceaccounts/{name}/token", asked)


def test_certificates_are_nobodys_to_approve(owner: Cluster) -> None:
    for part in ("approval", "status"):
        with pytest.raises(errors.Forbidden):
            owner.raw("PUT", f"/apis/certificates.k8s.io/v1/certificatesigningrequests/any/{part}", {})


def test_the_nobody_of_the_internet_sees_nothing(
    server: apiserver.ApiServer, admin: Cluster, raider: places.Place
) -> None:
    groups = ["system:unauthenticated"]
    reads = [("get", group, kind) for group, kind in access.RESOURCES]
    review = [what for what in reads if anonymous(admin, groups, raider.work, what)]
    assert review == []


def anonymous(admin: Cluster, groups: list[str], namespace: str, what: tuple[str, str, str]) -> bool:
    """A question about somebody without credentials, who is not in `system:authenticated`."""
    verb, group, kind = what
    plural, _, sub = kind.partition("/")
    attributes = {"verb": verb, "group": group, "resource": plural, "subresource": sub, "namespace": namespace}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {},
        "spec": {
            "user": "system:anonymous",
            "groups": groups,
            "resourceAttributes": {key: value for key, value in attributes.items() if value},
        },
    }
    return bool(admin.create(review)["status"]["allowed"])
