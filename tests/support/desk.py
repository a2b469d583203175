"""The command line in front of a cluster in memory that knows who asks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govcloud_api.errors import Forbidden
from govcloud_cli import run
from govcloud_cli.main import cli
from govcloud_kube.cluster import Object, Objects, Ref
from govcloud_kube.memory import MemoryCluster

REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
RIGHTS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Tenancy(MemoryCluster):
    """A cluster that knows who asks; kinds and namespaces may be closed to that person."""

    def __init__(self, objects: list[Object], user: str, groups: tuple[str, ...]) -> None:
        super().__init__(objects)
        self.user, self.groups = user, groups
        self.closed: set[str] = set()
        """Kinds, and `Kind in all`, that are forbidden to look at."""
        self.rights: set[tuple[str, str, str]] = set()
        """(verb, resource, namespace) that are allowed."""

    def get(self, ref: Ref) -> Object | None:
        self._guard(ref.kind)
        return super().get(ref)

    def list(self, api_version: str, kind: str, *, namespace: str | None = None, label_selector: str = "") -> Objects:
        self._guard(kind if namespace else f"{kind} in all", kind)
        return super().list(api_version, kind, namespace=namespace, label_selector=label_selector)

    def raw(self, method: str, path: str, body: Object | None = None, content_type: str = "application/json") -> bytes:
        if path == REVIEW:
            return json.dumps({"status": {"userInfo": {"username": self.user, "groups": list(self.groups)}}}).encode()
        if path == RIGHTS and body is not None:
            asked = body["spec"]["resourceAttributes"]
            allowed = (asked["verb"], asked["resource"], asked.get("namespace", "")) in self.rights
            return json.dumps({"status": {"allowed": allowed}}).encode()
        return super().raw(method, path, body, content_type)

    def _guard(self, *what: str) -> None:
        if self.closed & set(what):
            raise Forbidden(f"{what[0]} is forbidden (HTTP 403)")


class Desk:
    """A person with a kubeconfig in front of a cluster."""

    def __init__(self, cluster: Tenancy, capsys: pytest.CaptureFixture[str]) -> None:
        self.cluster = cluster
        self._capsys = capsys

    def run(self, *words: str | Path) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        code = run.run(cli, [str(word) for word in words])
        captured = self._capsys.readouterr()
        return code, captured.out, captured.err

    def data(self, *words: str | Path) -> Any:
        """What programs read; the command must succeed."""
        code, out, err = self.run(*words, "-o", "json")
        assert code == 0, err
        return json.loads(out)


OpenDesk = Callable[..., Desk]
