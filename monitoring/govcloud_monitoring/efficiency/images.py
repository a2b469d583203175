"""References to container images, by the grammar of the package distribution/reference (reference.go, regexp.go). Pure.

    reference := [host [":" port] "/"] path [":" tag] ["@" digest]

What stands before the first slash is a host only if it has a dot, a colon or a capital letter or is `localhost`
(splitDockerDomain in normalize.go of the same package); otherwise the whole name is a path in the default registry.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

MAX_PATH_CHARS = 255
"""RepositoryNameTotalLengthMax of the package."""
MAX_CHARS = 1024
"""Longer than any reference that a runtime takes; keeps a hostile string cheap."""
OFFICIAL = "library"
"""First part of the path that a name of a single part gets in the default registry."""

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?", re.ASCII)
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REST = re.compile(
    rf"(?P<path>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
_IDENTIFIER = re.compile(r"[a-f0-9]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A reference in its parts; what is not there is empty. `host` has its port."""

    host: str
    path: str
    tag: str
    digest: str

    @property
    def repository(self) -> str:
        """Where the image lives, whatever its version: host and path."""
        return f"{self.host}/{self.path}" if self.host else self.path


@functools.lru_cache(maxsize=4096)
def parse(text: str, default_host: str = "") -> Image:
    """The parts of a reference. A name without a host gets `default_host`, the registry that the runtime asks then.

    Raises ValueError when the text is not a reference.
    """
    host, rest = _split(text)
    host = host or default_host
    match = _REST.fullmatch(rest) if len(text) <= MAX_CHARS else None
    sound = match is not None and len(match["path"]) <= MAX_PATH_CHARS and not _IDENTIFIER.fullmatch(text)
    if match is None or not sound or (host and not _HOST.fullmatch(host)):
        message = f"{text[:MAX_CHARS]!r} is not a reference to an image; write [host[:port]/]path[:tag][@digest]"
        raise ValueError(message)
    path = match["path"]
    if host == default_host and "/" not in path:
        path = f"{OFFICIAL}/{path}"
    return Image(host=host, path=path, tag=match["tag"] or "", digest=match["digest"] or "")


def _split(text: str) -> tuple[str, str]:
    """Host and the rest; the host is empty when there is none."""
    first, slash, rest = text.partition("/")
    is_host = bool(slash) and (first == "localhost" or "." in first or ":" in first or first != first.lower())
    return (first, rest) if is_host else ("", text)
