"""Where things are: homes of departments, namespaces of environments; looks that end where the rights end."""

from collections.abc import Iterable, Sequence

from govcloud_api import labels
from govcloud_api.errors import Forbidden, InvalidSpec, NotFound, NotReady
from govcloud_cli.tenancy import told
from govcloud_kube.cluster import Cluster, Object, Ref


def code_of(namespace: str) -> str:
    """`dept-tax` -> `tax`."""
    return namespace.removeprefix(labels.home_namespace(""))


def listed(cluster: Cluster, kind: str, namespace: str | None) -> list[Object]:
    """All objects of a kind of ours; `namespace` None: of all departments."""
    return cluster.list(labels.API_VERSION, kind, namespace=namespace)


def readable(cluster: Cluster, kind: str, namespace: str | None = None) -> list[Object] | None:
    """As `listed`; None when these credentials may not see them."""
    try:
        return listed(cluster, kind, namespace)
    except Forbidden:
        return None


def everywhere(cluster: Cluster, kind: str, namespaces: Iterable[str] | None) -> list[Object]:
    """Objects of a kind in these namespaces, None: in all; one that may not be seen is passed over."""
    if namespaces is None:
        return readable(cluster, kind) or []
    return [item for namespace in namespaces for item in readable(cluster, kind, namespace) or []]


def department(cluster: Cluster, code: str) -> Object | None:
    """The Department, for its own people as they are told of it; None when it is not there or not to be seen."""
    try:
        return cluster.get(Ref(labels.API_VERSION, "Department", code))
    except Forbidden:
        return told.department(cluster, code)


def named(cluster: Cluster, kind: str, name: str, namespace: str | None) -> Object:
    """The object. Raises NotFound with the command that lists what there is."""
    found = cluster.get(Ref(labels.API_VERSION, kind, name, namespace))
    if found is None:
        where = f"{namespace} has no" if namespace else "there is no"
        raise NotFound(f"{where} {_WORDS[kind]} {name}; `{_LISTED_BY[kind]}` lists them")
    return found


def workspace(cluster: Cluster, home: str, environment: str | None) -> str:
    """Namespace of an environment; without a name, of the only one that the department has.

    Raises NotFound for an unknown one, NotReady while it has no namespace, InvalidSpec when a name is needed.
    """
    if environment:
        found = named(cluster, "Environment", environment, home)
    else:
        found = _only(listed(cluster, "Environment", home), home)
    namespace = (found.get("status") or {}).get("namespace")
    if not namespace:
        name = found["metadata"]["name"]
        raise NotReady(f"environment {name} has no namespace yet; `govcloud env status {name}` says why")
    return str(namespace)


def workspaces(cluster: Cluster, home: str | None, environment: str | None) -> Sequence[str] | None:
    """Namespaces of a department's environments, or of one of them; None: of all departments."""
    if home is None:
        return None
    if environment:
        return [workspace(cluster, home, environment)]
    found = listed(cluster, "Environment", home)
    return [item["status"]["namespace"] for item in found if (item.get("status") or {}).get("namespace")]


def _only(found: list[Object], home: str) -> Object:
    names = [item["metadata"]["name"] for item in found]
    if not names:
        raise NotFound(f"{home} has no environment; ask for one: govcloud env request")
    if len(names) > 1:
        raise InvalidSpec(f"{home} has several environments: {', '.join(names)}; say which with -e NAME")
    return found[0]


_WORDS = {
    "Department": "department",
    "Environment": "environment",
    "EnvironmentRequest": "request",
    "ServiceOffering": "offering",
    "ServiceInstance": "service",
    "ServiceBinding": "binding",
}
_LISTED_BY = {
    "Department": "govcloud dept ls",
    "Environment": "govcloud env ls",
    "EnvironmentRequest": "govcloud env ls",
    "ServiceOffering": "govcloud catalog ls",
    "ServiceInstance": "govcloud service ls",
    "ServiceBinding": "govcloud service show",
}
