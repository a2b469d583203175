"""Kubernetes objects as plain values: the wire form and the name of one object. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
"""A Kubernetes object as JSON has it."""
Objects = list[Object]


@dataclass(frozen=True)
class Ref:
    """Names one object; `namespace` is None for cluster-scoped kinds."""

    api_version: str
    kind: str
    name: str
    namespace: str | None = None

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {where}{self.name}"


def ref_of(obj: Object) -> Ref:
    """Ref of an object in wire form. Raises KeyError when apiVersion, kind or name is missing."""
    metadata = obj["metadata"]
    return Ref(obj["apiVersion"], obj["kind"], metadata["name"], metadata.get("namespace"))
