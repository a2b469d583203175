"""What the operator tells a department's people at home, where their own rights end: their department, transfers."""

from collections.abc import Iterable

from govcloud_api import labels, notices
from govcloud_api.errors import Forbidden, InvalidSpec
from govcloud_api.notices import Offer
from govcloud_kube.cluster import Cluster, Object


def department(cluster: Cluster, code: str) -> Object | None:
    """The Department without its status; None when these credentials are not told of it."""
    return notices.department(_notice(cluster, notices.DEPARTMENT, labels.home_namespace(code)))


def certificate(cluster: Cluster, home: str) -> str:
    """Of the authority for services and ingress hosts, in PEM; empty when these credentials are not told."""
    return notices.authority(_notice(cluster, notices.AUTHORITY, home))


def offers(cluster: Cluster, homes: Iterable[str]) -> list[Offer]:
    """Transfers that wait for a word written in one of these homes."""
    return [offer for home in homes for offer in notices.transfers(_notice(cluster, notices.TRANSFERS, home))]


def offer(cluster: Cluster, homes: Iterable[str], namespace: str, name: str) -> Offer | None:
    """The transfer of that name in another's home. Raises InvalidSpec for a text that nobody may decide about."""
    found = next((one for one in offers(cluster, homes) if _place(one.request) == (namespace, name)), None)
    if found is not None and not found.is_genuine:
        raise InvalidSpec(
            f"what is told of {namespace}/{name} is not what the operator judged, or is of a newer version; "
            "do not decide about it, and tell the platform team"
        )
    return found


def _place(request: Object) -> tuple[str, str]:
    return str(request["metadata"].get("namespace")), str(request["metadata"].get("name"))


def _notice(cluster: Cluster, name: str, home: str) -> Object | None:
    try:
        return cluster.get(notices.ref(name, home))
    except Forbidden:
        return None
