"""Parts of services are the platform's; and where the rights of the operator and of departments' accounts end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from govcloud_api import errors, labels
from govcloud_kube import Cluster, Object, Ref
from support import apiserver, places, samples
from support.places import pod, workload
from support.schema_cases import changed, put

MINE = {labels.SERVICE: "db"}
CONTROLLER = "system:serviceaccount:kube-system:"
MERGE = "application/merge-patch+json"


def simple(namespace: str, kind: str, name: str, marks: dict[str, str] | None = None) -> Object:
    """A ConfigMap, Secret, Service, ServiceAccount, or a volume claim."""
    metadata = {"name": name, "namespace": namespace, "labels": marks or {}}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    spec = {"Service": {"ports": [{"port": 80}]}, "PersistentVolumeClaim": claim}
    found: Object = {"apiVersion": "v1", "kind": kind, "metadata": metadata}
    return found | ({"spec": spec[kind]} if kind in spec else {})


def refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(errors.InvalidSpec, match=message):
        call()


@pytest.fixture(scope="module")
def account(server: apiserver.ApiServer) -> Cluster:
    """The department's service account with every right: what is refused to it, admission refuses."""
    return server.connect(labels.tenant_user("acme"), "system:authenticated", "tenant-test:everything")


@pytest.fixture(scope="module", autouse=True)
def everything(admin: Cluster) -> Iterator[None]:
    """Gives the department's account every right for the time of these tests."""
    rbac = "rbac.authorization.k8s.io"
    binding = {
        "apiVersion": f"{rbac}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "tenant-test"},
        "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": rbac, "kind": "Group", "name": "tenant-test:everything"}],
    }
    admin.create(binding)
    yield
    admin.delete(Ref(f"{rbac}/v1", "ClusterRoleBinding", "tenant-test"))


@pytest.fixture(scope="module")
def parts(account: Cluster, admin: Cluster, acme: places.Place) -> Iterator[str]:
    """A service as the operator makes it; gives the environment's namespace."""
    where = acme.work
    stateful = workload(where, "StatefulSet", "svc-db")
    stateful["metadata"]["labels"] = MINE
    stateful["spec"]["template"]["metadata"]["labels"] |= MINE
    bound = simple(where, "Secret", "db-app", {labels.BINDING: "db-app"})
    made = [simple(where, kind, "svc-db", MINE) for kind in ("Service", "ConfigMap", "Secret")]
    for obj in [*made, stateful, bound]:
        account.create(obj)
    yield where
    for obj in [*made, stateful, bound]:
        admin.delete(Ref(obj["apiVersion"], obj["kind"], obj["metadata"]["name"], where))


KINDS = ["ConfigMap", "Secret", "Service", "ServiceAccount", "PersistentVolumeClaim"]
WORKLOADS = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"]


@pytest.mark.parametrize("name", ["svc-db", "svc", "svc-", "data-svc-db-0"])
@pytest.mark.parametrize("kind", [*KINDS, *WORKLOADS, "Pod"])
def test_names_of_services_are_kept(acme: places.Place, kind: str, name: str) -> None:
    name = name + "x" if name.endswith("-") else name
    make = workload if kind in WORKLOADS else simple
    obj = pod(acme.work, name) if kind == "Pod" else make(acme.work, kind, name)
    refused(lambda: acme.person("owner").create(obj, dry_run=True), r"names svc-\* belong to services")


def test_names_that_only_look_alike_are_free(acme: places.Place) -> None:
    for name in ("svcs", "my-svc-db", "svcdb-0", "data", "datasvc-db"):
        assert acme.person("owner").create(simple(acme.work, "ConfigMap", name), dry_run=True)


def test_a_generated_name_is_no_way_round(acme: places.Place) -> None:
    obj = pod(acme.work, "x")
    obj["metadata"] = {"generateName": "svc-", "namespace": acme.work}
    refused(lambda: acme.person("owner").create(obj, dry_run=True), r"names svc-\* belong to services")


@pytest.mark.parametrize("example", [samples.SERVICE_BINDING, samples.SERVICE_INSTANCE, samples.CREATE])
def test_our_kinds_do_not_use_them_either(acme: places.Place, example: Object) -> None:
    namespace = acme.work if example["kind"].startswith("Service") else acme.home
    obj = changed(example, put("metadata.namespace", namespace), put("spec.requestedBy", None))
    assert acme.person("owner").create(obj, dry_run=True)
    obj["metadata"]["name"] = "svc-db-tls"
    refused(lambda: acme.person("owner").create(obj, dry_run=True), r"names svc-\* belong to services")


@pytest.mark.parametrize("mark", [labels.SERVICE, labels.BINDING])
@pytest.mark.parametrize("kind", [*KINDS, *WORKLOADS, "Pod"])
def test_labels_of_services_are_kept(acme: places.Place, kind: str, mark: str) -> None:
    make = workload if kind in WORKLOADS else simple
    obj = pod(acme.work, "mine") if kind == "Pod" else make(acme.work, kind, "mine")
    assert acme.person("owner").create(obj, dry_run=True)
    obj["metadata"]["labels"] = {mark: "db"}
    refused(lambda: acme.person("owner").create(obj, dry_run=True), "belongs to a ServiceInstance")


@pytest.mark.parametrize("mark", [labels.SERVICE, labels.BINDING])
@pytest.mark.parametrize("kind", WORKLOADS)
def test_no_template_carries_them(acme: places.Place, kind: str, mark: str) -> None:
    obj = workload(acme.work, kind, "mine")
    spec = obj["spec"]["jobTemplate"]["spec"] if kind == "CronJob" else obj["spec"]
    spec["template"]["metadata"]["labels"] |= {mark: "db"}
    refused(
        lambda: acme.person("owner").create(obj, dry_run=True),
        "in a template belong to services|belongs to a ServiceInstance",
    )


@pytest.mark.parametrize("metadata", [{"name": "data-svc"}, {"name": "svc"}, {"name": "data", "labels": MINE}], ids=str)
def test_no_stateful_set_makes_their_volumes(acme: places.Place, metadata: Object) -> None:
    claim = simple(acme.work, "PersistentVolumeClaim", "x")["spec"]
    templates = [{"metadata": {"name": "data"}, "spec": claim}]
    obj = workload(acme.work, "StatefulSet", "mine", volumeClaimTemplates=templates)
    assert acme.person("owner").create(obj, dry_run=True)
    templates[0]["metadata"] = metadata
    refused(lambda: acme.person("owner").create(obj, dry_run=True), "of volumes belong to services")


def test_no_autoscaler_scales_them(acme: places.Place) -> None:
    target = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "svc-db"}
    obj = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "mine", "namespace": acme.work},
        "spec": {"scaleTargetRef": target, "maxReplicas": 9},
    }
    refused(lambda: acme.person("owner").create(obj, dry_run=True), "scaled by its plan")
    target["name"] = "mine"
    assert acme.person("owner").create(obj, dry_run=True)


OBJECTS = ["secrets/svc-db", "configmaps/svc-db", "services/svc-db", "secrets/db-app", "statefulsets/svc-db"]


def path_of(namespace: str, what: str) -> str:
    api = "/apis/apps/v1" if what.startswith("statefulsets") else "/api/v1"
    return f"{api}/namespaces/{namespace}/{what}"


@pytest.mark.parametrize("what", OBJECTS)
def test_parts_are_neither_changed_nor_deleted(parts: str, acme: places.Place, admin: Cluster, what: str) -> None:
    path = path_of(parts, what)
    owner = acme.person("owner")
    for metadata in ({"labels": {"a": "b"}}, {"labels": None}, {"annotations": {"a": "b"}}):
        refused(lambda m=metadata: owner.raw("PATCH", path, {"metadata": m}, MERGE), "belong")
    refused(lambda: owner.raw("DELETE", path), "belong")
    refused(lambda: owner.raw("DELETE", path.rpartition("/")[0]), "belong")
    assert admin.raw("PATCH", f"{path}?dryRun=All", {"metadata": {"labels": {"a": "b"}}}, MERGE)


def test_parts_are_not_scaled(parts: str, acme: places.Place) -> None:
    path = path_of(parts, "statefulsets/svc-db/scale")
    refused(lambda: acme.person("owner").raw("PATCH", path, {"spec": {"replicas": 0}}, MERGE), "belong to services")


@pytest.mark.parametrize("verb", ["exec", "attach", "portforward"])
def test_nobody_gets_into_their_pods(acme: places.Place, admin: Cluster, verb: str) -> None:
    def connect(somebody: Cluster, name: str) -> None:
        somebody.raw("POST", f"/api/v1/namespaces/{acme.work}/pods/{name}/{verb}?command=id&container=c&ports=1")

    for name in ("svc-db-0", "govcloud-probe"):
        refused(lambda n=name: connect(acme.person("owner"), n), "belongs to the platform")
        refused(lambda n=name: connect(acme.person("editor"), n), "belongs to the platform")
    for somebody, name in ((acme.person("owner"), "mine"), (admin, "svc-db-0")):
        with pytest.raises(errors.NotFound):
            connect(somebody, name)


def test_nobody_debugs_their_pods(parts: str, account: Cluster, admin: Cluster, acme: places.Place) -> None:
    account.create(changed(pod(parts, "svc-db-0"), put("metadata.labels", MINE)))
    body = {"spec": {"ephemeralContainers": [places.container(name="debug")]}}
    patch_type = "application/strategic-merge-patch+json"
    path = f"/api/v1/namespaces/{parts}/pods/svc-db-0/ephemeralcontainers"
    refused(lambda: acme.person("owner").raw("PATCH", path, body, patch_type), "belong")
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "svc-db-0", "namespace": parts}}
    evict = f"/api/v1/namespaces/{parts}/pods/svc-db-0/eviction"
    refused(lambda: acme.person("owner").raw("POST", evict, eviction), "belong to services")
    admin.delete(Ref("v1", "Pod", "svc-db-0", parts))


@pytest.mark.parametrize(
    "volume",
    [
        {"name": "v", "persistentVolumeClaim": {"claimName": "data-svc-db-0"}},
        {
            "name": "svc-db-0",
            "ephemeral": {"volumeClaimTemplate": {"spec": simple("", "PersistentVolumeClaim", "")["spec"]}},
        },
    ],
    ids=["claim", "ephemeral"],
)
@pytest.mark.parametrize("who", ["owner", "controller"])
def test_nobody_mounts_their_volumes(acme: places.Place, server: apiserver.ApiServer, volume: Object, who: str) -> None:
    controller = server.connect(f"{CONTROLLER}replicaset-controller", "system:serviceaccounts:kube-system")
    somebody = controller if who == "controller" else acme.person("owner")
    obj = pod(acme.work, "data", volumes=[volume])
    refused(lambda: somebody.create(obj, dry_run=True), "volumes data-svc")


def test_controllers_do_their_work(parts: str, server: apiserver.ApiServer, admin: Cluster) -> None:
    sets = server.connect(f"{CONTROLLER}statefulset-controller", "system:serviceaccounts:kube-system")
    made = changed(pod(parts, "svc-db-0"), put("metadata.labels", MINE))
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data-svc-db-0"}}]
    made["metadata"]["annotations"] = {"state.govcloud.internal/certificate": "c1"}
    assert sets.create(changed(made, put("spec.volumes", volumes)), dry_run=True)
    assert sets.create(simple(parts, "PersistentVolumeClaim", "data-svc-db-0", MINE), dry_run=True)
    gone = server.connect(f"{CONTROLLER}namespace-controller", "system:serviceaccounts:kube-system")
    assert gone.raw("DELETE", f"{path_of(parts, 'secrets/svc-db')}?dryRun=All")
    collector = server.connect(f"{CONTROLLER}generic-garbage-collector", "system:serviceaccounts:kube-system")
    assert collector.raw("DELETE", f"{path_of(parts, 'statefulsets/svc-db')}?dryRun=All")


def test_a_protected_instance_is_deleted_in_two_steps(acme: places.Place, server: apiserver.ApiServer) -> None:
    owner = acme.person("owner")
    owner.create(changed(samples.SERVICE_INSTANCE, put("metadata.namespace", acme.work)))
    path = f"/apis/{labels.API_VERSION}/namespaces/{acme.work}/serviceinstances/fine"
    refused(lambda: owner.raw("DELETE", path), "deletionProtection is on")
    cluster = server.connect(f"{CONTROLLER}namespace-controller", "system:serviceaccounts:kube-system")
    assert cluster.raw("DELETE", f"{path}?dryRun=All")
    owner.raw("PATCH", path, {"spec": {"deletionProtection": False}}, MERGE)
    assert owner.raw("DELETE", path)


def test_an_account_works_in_its_department_only(account: Cluster, acme: places.Place, bolt: places.Place) -> None:
    assert account.create(simple(acme.work, "ConfigMap", "svc-x", MINE), dry_run=True)
    assert account.create(simple(acme.work, "Secret", "app", {labels.BINDING: "app"}), dry_run=True)
    for namespace in (
        bolt.work,
        bolt.home,
        "default",
        "kube-system",
        labels.SYSTEM_NAMESPACE,
        labels.TENANTS_NAMESPACE,
    ):
        obj = simple(namespace, "ConfigMap", "svc-x", MINE)
        refused(lambda o=obj: account.create(o, dry_run=True), "only in namespaces of its own department")
    whole = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "mine", "labels": {"a": "b"}}}
    refused(lambda: account.create(whole, dry_run=True), "only in namespaces of its own department")
    refused(
        lambda: account.raw("DELETE", f"/api/v1/namespaces/{acme.work}"), "only in namespaces of its own department"
    )
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "mine"}}
    refused(lambda: account.create(role, dry_run=True), "only in namespaces of its own department")


def test_an_account_of_another_name_is_no_departments(server: apiserver.ApiServer, acme: places.Place) -> None:
    for name in ("acme", "tenant-acm", "tenant-acme-x", "x-tenant-acme"):
        stranger = server.connect(f"system:serviceaccount:{labels.TENANTS_NAMESPACE}:{name}", "tenant-test:everything")
        obj = simple(acme.work, "ConfigMap", "svc-x", MINE)
        refused(lambda s=stranger, o=obj: s.create(o, dry_run=True), "of its own department")


def test_an_account_takes_over_nothing(account: Cluster, acme: places.Place, admin: Cluster) -> None:
    """The Secret of a binding is named as people like; theirs of the same name stays as it is."""
    owner = acme.person("owner")
    owner.create(simple(acme.work, "Secret", "app-secret"))
    taken = simple(acme.work, "Secret", "app-secret", {labels.BINDING: "app-secret"})
    refused(lambda: account.apply(taken, field_manager="x"), "a service cannot take it over")
    path = path_of(acme.work, "secrets/app-secret")
    refused(lambda: account.raw("DELETE", path), "a service cannot take it over")
    refused(lambda: account.create(simple(acme.work, "ConfigMap", "free"), dry_run=True), "cannot take it over")
    admin.delete(Ref("v1", "Secret", "app-secret", acme.work))


ELSEWHERE = ["default", "kube-system", "govcloud-monitoring-x", labels.SYSTEM_NAMESPACE, labels.APPROVALS_NAMESPACE]


@pytest.mark.parametrize("namespace", [n for n in ELSEWHERE if not n.endswith("-x")])
def test_the_operator_stays_in_departments(operator_name: Cluster, acme: places.Place, namespace: str) -> None:
    kinds = [simple("", kind, "x") for kind in ("ConfigMap", "Service", "PersistentVolumeClaim")]
    for obj in [*kinds, workload("", "Deployment", "x"), workload("", "CronJob", "x"), pod("", "x")]:
        inside = changed(obj, put("metadata.namespace", acme.work))
        assert operator_name.create(inside, dry_run=True)
        outside = changed(obj, put("metadata.namespace", namespace))
        refused(lambda o=outside: operator_name.create(o, dry_run=True), "only in namespaces of departments")


def test_the_operator_has_a_few_things_of_its_own(operator_name: Cluster) -> None:
    assert operator_name.create(simple(labels.SYSTEM_NAMESPACE, "Secret", "services-ca-test"), dry_run=True)
    assert operator_name.create(simple(labels.TENANTS_NAMESPACE, "ServiceAccount", "tenant-x"), dry_run=True)
    for namespace, kind in ((labels.SYSTEM_NAMESPACE, "ServiceAccount"), (labels.TENANTS_NAMESPACE, "Secret")):
        obj = simple(namespace, kind, "x")
        refused(lambda o=obj: operator_name.create(o, dry_run=True), "only in namespaces of departments")


@pytest.mark.parametrize("verb", ["create", "label", "delete"])
def test_the_operator_never_takes_a_foreign_namespace(operator_name: Cluster, verb: str) -> None:
    plain = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "plain"}}
    label = {"metadata": {"labels": {labels.DEPARTMENT: "acme"}}}
    calls: dict[str, Callable[[], object]] = {
        "create": lambda: operator_name.create(plain),
        "label": lambda: operator_name.raw("PATCH", "/api/v1/namespaces/kube-system", label, MERGE),
        "delete": lambda: operator_name.delete(Ref("v1", "Namespace", labels.SYSTEM_NAMESPACE)),
    }
    refused(calls[verb], "only namespaces of departments")


@pytest.mark.parametrize(
    "metadata", [{"labels": {labels.DEPARTMENT: "bolt"}}, {"annotations": {labels.OWNER_UID: "x"}}]
)
def test_the_operator_never_moves_a_namespace(operator_name: Cluster, acme: places.Place, metadata: Object) -> None:
    path = f"/api/v1/namespaces/{acme.work}"
    refused(
        lambda: operator_name.raw("PATCH", path, {"metadata": metadata}, MERGE), "only by a transfer that was claimed"
    )


def test_the_operator_cannot_give_any_other_role(as_operator: Cluster, acme: places.Place) -> None:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "mine", "namespace": acme.work},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "x"}],
    }
    with pytest.raises(errors.Forbidden):
        as_operator.create(binding, dry_run=True)
