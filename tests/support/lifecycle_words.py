"""What two runs of one story have in common: names, times, UIDs and secrets replaced by words. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CODE = "CODE"
_WORDS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"), "TIME"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "HASH"),
    (re.compile(r"\b[0-9a-f]{16,64}\b"), "HASH"),
    (re.compile(r"\b10\.96\.\d+\.\d+\b"), "ADDRESS"),
)
_NOISE = frozenset({"resourceVersion", "managedFields", "creationTimestamp", "generation", "uid", "nodePort"})
_SECRET = frozenset({"data", "stringData", "binaryData"})


@dataclass(frozen=True, slots=True, order=True)
class Write:
    """One write of the story, whoever's story it is."""

    method: str
    path: str
    manager: str
    digest: str
    """Of the body without what differs from run to run."""

    @property
    def label(self) -> str:
        """For people."""
        return f"{self.method} {self.path} by {self.manager or 'nobody'} ({self.digest})"


def write(method: str, path: str, manager: str, body: Any, code: str) -> Write:
    """The identity of a write that is about the department `code`."""
    text = words(json.dumps(plain(body), sort_keys=True), code)
    return Write(method, words(path, code), manager, hashlib.sha256(text.encode()).hexdigest()[:12])


def words(text: str, code: str) -> str:
    """The text with words in the place of what differs from run to run."""
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    return re.sub(rf"\b{re.escape(code)}\b", CODE, text)


def about(code: str, path: str, body: bytes) -> bool:
    """Is a request about this department?"""
    return (
        re.search(rf"\b{re.escape(code)}\b", path) is not None or re.search(rf"\b{code}\b".encode(), body) is not None
    )


def plain(value: Any, name: str = "") -> Any:
    """A value without noise and secrets."""
    if isinstance(value, Mapping):
        if value.get("kind") == "Secret":
            value = {key: _hidden(child) if key in _SECRET else child for key, child in value.items()}
        return {key: plain(child, key) for key, child in value.items() if key not in _NOISE}
    if isinstance(value, list):
        return [plain(child) for child in value]
    return value


def _hidden(secret: Any) -> Any:
    return dict.fromkeys(secret, "SECRET") if isinstance(secret, Mapping) else secret
