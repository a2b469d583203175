"""Label and field selectors on plain objects: equality and existence, which is all that govcloud asks with. Pure.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

from __future__ import annotations

from collections.abc import Mapping

from govcloud_api.objects import Object


def has_labels(obj: Object, label_selector: str) -> bool:
    """Does it meet all terms, `a=b` or `a`? True for an empty selector."""
    labels = obj["metadata"].get("labels") or {}
    for term in filter(None, label_selector.split(",")):
        key, equals, value = term.partition("=")
        if key not in labels or (equals and labels[key] != value.removeprefix("=")):
            return False
    return True


def has_fields(obj: Object, field_selector: str) -> bool:
    """Does it meet all terms `path=value`, where a path has dots between its steps?"""
    for term in filter(None, field_selector.split(",")):
        path, _, value = term.partition("=")
        found: object = obj
        for step in path.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
        if str(found or "") != value.removeprefix("="):
            return False
    return True
