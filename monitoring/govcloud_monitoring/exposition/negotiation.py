"""Which format a client wants, and whether compressed. Pure.

Of the formats that it accepts, the one it prefers (RFC 9110, 12.5.1). prometheus_client's own `choose_encoder` takes
the first and does not look at preferences, which Prometheus sends; its `gzip_accepted` does not know a refusal (`q=0`).
Prometheus' headers: prometheus.io/docs/instrumenting/content_negotiation.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple


class Format(Enum):
    """The two formats that are written; the value is the Content-Type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class _Choice(NamedTuple):
    """One element of a header that names what is accepted."""

    name: str
    version: str
    quality: float


def format_for(accept: str) -> Format:
    """The format for an Accept header; the text format when it is empty or accepts neither.

    Text 1.0 differs from 0.0.4 only in names that 0.0.4 does not allow. We write none, so one page serves both.
    """
    for choice in sorted(_choices(accept), key=lambda each: -each.quality):
        if choice.quality > 0:
            match choice.name:
                case "application/openmetrics-text" | "application/*" if choice.version in ("", "1.0.0"):
                    return Format.OPENMETRICS
                case "text/plain" | "text/*" | "*/*":
                    return Format.TEXT
    return Format.TEXT


def gzip_wanted(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header allows gzip (RFC 9110, 12.5.3)."""
    quality = {each.name: each.quality for each in _choices(accept_encoding)}
    return quality.get("gzip", quality.get("*", 0.0)) > 0


def _choices(header: str) -> Iterator[_Choice]:
    """Elements in their order, names in small letters; one with a quality that is no number is passed over."""
    for element in header.split(","):
        name, *rest = (part.strip().lower() for part in element.split(";"))
        pairs = (part.partition("=") for part in rest)
        parameters = {key.strip(): value.strip().strip('"') for key, _, value in pairs}
        try:
            quality = float(parameters.get("q", "1"))
        except ValueError:
            continue
        yield _Choice(name, parameters.get("version", ""), quality)
