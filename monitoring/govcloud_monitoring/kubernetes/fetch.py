"""Reads the lists from the API server, page by page, as raw bytes: the official client's objects cost 50 times more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import urlencode

from govcloud_api.errors import ApiUnavailable
from govcloud_monitoring.kubernetes import parse
from govcloud_monitoring.kubernetes.snapshot import Lists, Snapshot, summarise

Item = TypeVar("Item")

PAGE_OBJECTS = 500


class RawReader(Protocol):
    """The one method of `govcloud_kube.cluster.Cluster` that the exporter needs."""

    def raw(self, method: str, path: str) -> bytes:
        """The bytes an API path answers."""
        ...


@dataclass(frozen=True, slots=True)
class KubernetesReader:
    """Reads one snapshot of the cluster behind `api`."""

    api: RawReader
    page_objects: int = PAGE_OBJECTS

    def read(self) -> Snapshot:
        """The sums of now. Raises GovcloudError when any list cannot be read whole: half a truth is none."""
        return summarise(
            Lists(
                namespaces=tuple(self._list("/api/v1/namespaces", parse.namespaces)),
                nodes=tuple(self._list("/api/v1/nodes", parse.nodes)),
                quotas=tuple(self._list("/api/v1/resourcequotas", parse.quotas)),
                claims=tuple(self._list("/api/v1/persistentvolumeclaims", parse.claims)),
                pods=tuple(self._list("/api/v1/pods", parse.pods)),
            )
        )

    def _list(self, path: str, parse_page: Callable[[bytes], parse.Page[Item]]) -> Iterator[Item]:
        token = ""
        while True:
            query = {"limit": str(self.page_objects)} | ({"continue": token} if token else {})
            page = _parsed(path, self.api.raw("GET", f"{path}?{urlencode(query)}"), parse_page)
            yield from page.items
            token = page.continue_token
            if not token:
                return


def _parsed(path: str, body: bytes, parse_page: Callable[[bytes], parse.Page[Item]]) -> parse.Page[Item]:
    try:
        return parse_page(body)
    except ValueError as error:
        message = (
            f"GET {path}: the answer is not the list that was asked for: {error}; check what answers at this address"
        )
        raise ApiUnavailable(message) from error
