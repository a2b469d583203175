"""`Cluster` over HTTP. The official client gives authentication and transport; objects stay bytes and plain dicts."""

from __future__ import annotations

import copy
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import msgspec
import urllib3
import yaml
from kubernetes import client
from kubernetes import config as kubernetes_config
from kubernetes.config import ConfigException

from govcloud_api import errors
from govcloud_kube import cluster, discovery, endings, failure, stream
from govcloud_kube.cluster import Object, Objects, Ref
from govcloud_kube.shelf import Followed

APPLY = "application/apply-patch+yaml"
JSON = "application/json"
IMPERSONATE = "Impersonate-User"
"""Source: kubernetes.io/docs/reference/access-authn-authz/user-impersonation. A service account brings its groups."""
_config: Any = kubernetes_config
"""The client's config module is not typed."""
PAGE_SIZE_OBJECTS = 100
"""What is decoded at once is memory that stays in use."""
KEPT_CONNECTIONS = 32
"""One for every thread that may ask at once; one too many is closed after each answer, and greets anew."""
ATTEMPTS = 4
BACKOFF_BASE_SECONDS = 0.2
BACKOFF_MAX_SECONDS = 2.0
_RETRIED_STATUS = frozenset({429, 500, 502, 503, 504})
_REPEATABLE = frozenset({"GET", "PATCH", "DELETE"})


def connect(kubeconfig: Path | None = None, *, timeout_seconds: float = 10) -> RealCluster:
    """Connection from a kubeconfig file, or from inside a pod when None. Does no request yet.

    Raises ConfigError when the file is missing or wrong.
    """
    settings = client.Configuration()
    settings.connection_pool_maxsize = KEPT_CONNECTIONS
    try:
        if kubeconfig is None:
            _config.load_incluster_config(client_configuration=settings)
            return RealCluster(client.ApiClient(settings), timeout_seconds=timeout_seconds)
        api = _config.new_client_from_config(
            config_file=str(kubeconfig), persist_config=False, client_configuration=settings
        )
    except (ConfigException, OSError, ValueError, TypeError, yaml.YAMLError) as error:
        where = kubeconfig or "this pod's service account"
        raise errors.ConfigError(f"cannot read credentials from {where}: {error}; check the kubeconfig") from error
    return RealCluster(api, timeout_seconds=timeout_seconds)


class RealCluster:
    """Talks to one API server. Safe to use from several threads. See `cluster.Cluster` for the verbs."""

    def __init__(
        self, api: client.ApiClient, *, timeout_seconds: float = 10, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._api = api
        self._timeout_seconds = timeout_seconds
        self._sleep = sleep
        self._user = ""
        self._discovery = discovery.Discovery(self._document)

    def acting_as(self, user: str) -> Self:
        """See `Cluster.acting_as`; connections and what is known of kinds are shared."""
        other = copy.copy(self)
        other._user = user
        return other

    def get(self, ref: Ref) -> Object | None:
        """See `Cluster.get`."""
        status, body = self._send("GET", self._path(ref))
        return None if status == 404 else _decoded(_checked(status, body, f"get {ref}"))

    def list(
        self,
        api_version: str,
        kind: str,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
    ) -> Objects:
        """See `Cluster.list`. A page token that expired starts the list again, once."""
        asked = Followed(
            api_version=api_version,
            kind=kind,
            namespace=namespace,
            label_selector=label_selector,
            field_selector=field_selector,
        )
        try:
            return [item for page in self.pages(asked) for item in page.items]
        except _TokenExpiredError:
            return [item for page in self.pages(asked) for item in page.items]

    def apply(self, obj: Object, *, field_manager: str, dry_run: bool = False, force: bool = True) -> Object:
        """See `Cluster.apply`."""
        ref = cluster.ref_of(obj)
        query = {"fieldManager": field_manager, "force": "true" if force else "false"}
        if dry_run:
            query["dryRun"] = "All"
        return self._write("PATCH", f"{self._path(ref)}?{urlencode(query)}", obj, f"apply {ref}", APPLY)

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """See `Cluster.create`. Never repeated by itself: an answer may be lost after the object was stored."""
        metadata = obj.get("metadata") or {}
        path = self._discovery.path(obj["apiVersion"], obj["kind"], metadata.get("namespace"))
        what = f"create {obj['kind']} {metadata.get('name', '')}".rstrip()
        return self._write("POST", f"{path}?dryRun=All" if dry_run else path, obj, what)

    def patch_status(self, obj: Object, *, field_manager: str) -> Object:
        """See `Cluster.patch_status`."""
        ref = cluster.ref_of(obj)
        metadata = {key: obj["metadata"][key] for key in ("name", "namespace", "uid") if key in obj["metadata"]}
        body = {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata, "status": obj["status"]}
        query = urlencode({"fieldManager": field_manager, "force": "true"})
        return self._write("PATCH", f"{self._path(ref)}/status?{query}", body, f"write status of {ref}", APPLY)

    def delete(self, ref: Ref, *, uid: str | None = None, resource_version: str | None = None) -> bool:
        """See `Cluster.delete`."""
        wanted = {"uid": uid, "resourceVersion": resource_version}
        preconditions = {key: value for key, value in wanted.items() if value is not None}
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        status, body = self._send("DELETE", self._path(ref), options | {"preconditions": preconditions})
        if status == 404:
            return False
        _checked(status, body, f"delete {ref}")
        return True

    def raw(self, method: str, path: str, body: Object | None = None, content_type: str = JSON) -> bytes:
        """See `Cluster.raw`."""
        status, answer = self._send(method, path, body, content_type)
        return _checked(status, answer, f"{method} {path}")

    def pages(self, asked: Followed) -> Iterator[Page]:
        """All objects asked for, page by page. Raises ApiUnavailable when the list grew too old on the way (410)."""
        what, token = f"list {asked.kind}", ""
        path = self._discovery.path(asked.api_version, asked.kind, asked.namespace)
        query = {"limit": str(PAGE_SIZE_OBJECTS)} | _selectors(asked)
        while True:
            status, body = self._send("GET", f"{path}?{urlencode(query | ({'continue': token} if token else {}))}")
            if status == 410 and token:
                raise _TokenExpiredError(f"{what}: it took longer than the API server remembers; list again")
            page = _decoded(_checked(status, body, what))
            metadata = page.get("metadata") or {}
            named = {"apiVersion": asked.api_version, "kind": asked.kind}
            items = [named | item for item in page.get("items") or []]
            yield Page(items=items, version=str(metadata.get("resourceVersion") or ""))
            token = metadata.get("continue") or ""
            if not token:
                return

    def changes(self, asked: Followed, version: str, *, seconds: int, silent_seconds: float) -> Iterator[Object]:
        """Watch events after a version, for about `seconds`: objects with `type` and `object`, bookmarks among them.

        Raises ApiUnavailable when the connection breaks or says nothing, not even a bookmark, for `silent_seconds`.
        Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
        """
        path = self._discovery.path(asked.api_version, asked.kind, asked.namespace)
        query = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(seconds),
        }
        try:
            for line in self.lines(f"{path}?{urlencode(query | _selectors(asked))}", silent_seconds=silent_seconds):
                yield _decoded(line)
        except msgspec.DecodeError as error:
            raise errors.ApiUnavailable(f"watch {asked.kind}: this is no event: {error}") from error

    def lines(self, path: str, *, silent_seconds: float) -> Iterator[bytes]:
        """Lines of an answer that comes bit by bit, as that to a watch; `path` starts with / and may hold a query.

        The API server has begun to answer when this returns. Asked once, never repeated. Raises what `raw` raises, here
        and while lines are read: Disconnected when the connection breaks, Silent when nothing comes for so long.
        """
        what = f"GET {path}"
        url, headers = self._addressed("GET", path, JSON)
        timeout = urllib3.Timeout(connect=self._timeout_seconds, read=silent_seconds)
        with stream.broken(what):
            answer = self._api.rest_client.pool_manager.request(
                "GET", url, headers=headers, timeout=timeout, retries=False, preload_content=False
            )
            if answer.status != 200:
                with closing(answer):
                    raise failure.error_for(int(answer.status), answer.read(), what)
        return stream.lines(answer, what)

    def _path(self, ref: Ref) -> str:
        return self._discovery.path(ref.api_version, ref.kind, ref.namespace, ref.name)

    def _document(self, path: str) -> Object | None:
        status, body = self._send("GET", path)
        return None if status == 404 else _decoded(_checked(status, body, f"read {path}"))

    def _write(self, method: str, path: str, body: Object, what: str, content_type: str = JSON) -> Object:
        status, answer = self._send(method, path, body, content_type)
        return _decoded(_checked(status, answer, what))

    def _send(self, method: str, path: str, body: Object | None = None, content_type: str = JSON) -> tuple[int, bytes]:
        """One request with its retries. 429 was not processed, so it is repeated for every method."""
        payload = None if body is None else msgspec.json.encode(body)
        for attempt in range(1, ATTEMPTS + 1):
            last, pause = attempt == ATTEMPTS, _pause_seconds(attempt)
            try:
                answer = self._once(method, path, payload, content_type)
            except (urllib3.exceptions.HTTPError, HTTPException, OSError) as error:
                if last or method not in _REPEATABLE:
                    message = f"{method} {path}: no answer from {self._api.configuration.host} ({error}); is it up?"
                    raise endings.Disconnected(message) from error
            else:
                status = int(answer.status)
                repeatable = status == 429 or (status in _RETRIED_STATUS and method in _REPEATABLE)
                if last or not repeatable:
                    return status, bytes(answer.data)
                pause = max(pause, _asked_pause_seconds(answer.headers))
            self._sleep(pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _once(self, method: str, path: str, payload: bytes | None, content_type: str) -> Any:
        url, headers = self._addressed(method, path, content_type)
        return self._api.rest_client.pool_manager.request(
            method, url, body=payload, headers=headers, timeout=self._timeout_seconds, retries=False
        )

    def _addressed(self, method: str, path: str, content_type: str) -> tuple[str, dict[str, str]]:
        """URL and headers, the client's credentials among them."""
        headers = {"Accept": JSON, "Content-Type": content_type}
        if self._user:
            headers[IMPERSONATE] = self._user
        _, url, headers, _, _ = self._api.param_serialize(
            method=method, resource_path=path, header_params=headers, auth_settings=["BearerToken"]
        )
        return url, headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a list; the version is that of the whole list."""

    items: Objects
    version: str


class _TokenExpiredError(errors.ApiUnavailable):
    """The list's continue token is older than the API server's history (HTTP 410)."""


def _pause_seconds(attempt: int) -> float:
    """Jittered: a crowd of clients that failed together must not come back together."""
    ceiling = min(BACKOFF_MAX_SECONDS, BACKOFF_BASE_SECONDS * 2**attempt)
    return random.uniform(ceiling / 4, ceiling)  # noqa: S311 - spreads load, guards nothing


def _asked_pause_seconds(headers: Mapping[str, str]) -> float:
    """What an API server that is too busy asks for (429, 503), within what the lease can wait for."""
    asked = headers.get("Retry-After", "")
    return min(float(asked), BACKOFF_MAX_SECONDS) if asked.isdecimal() else 0.0


def _selectors(asked: Followed) -> dict[str, str]:
    given = {"labelSelector": asked.label_selector, "fieldSelector": asked.field_selector}
    return {key: value for key, value in given.items() if value}


def _checked(status: int, body: bytes, what: str) -> bytes:
    if not 200 <= status < 300:
        raise failure.error_for(status, body, what)
    return body


def _decoded(body: bytes) -> Object:
    decoded: Any = msgspec.json.decode(body)
    if not isinstance(decoded, dict):
        raise errors.ApiUnavailable("the API server answered something that is not an object")
    return decoded
