"""A part of a scrape's answer that stands until its source is read again, and the answer joined out of such parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from govcloud_monitoring.exposition.block import Block
from govcloud_monitoring.exposition.negotiation import Format, format_for, gzip_wanted
from govcloud_monitoring.exposition.text import END, Rendered

_LAST = {Format.TEXT: Block(b""), Format.OPENMETRICS: Block(END)}
"""Nothing has a gzip member, too: so that an answer without parts is gzip as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Families in both formats. It never changes; each block is compressed when a client first asks for it."""

    text: tuple[Block, ...]
    openmetrics: tuple[Block, ...]

    @classmethod
    def of(cls, families: Iterable[Rendered], before: Page | None = None) -> Page:
        """A page of families. Blocks that `before` has already are taken from it, with their compressed form."""
        rendered = tuple(families)
        known = {} if before is None else {each.plain: each for each in (*before.text, *before.openmetrics)}
        return cls(
            text=tuple(known.get(block.plain, block) for each in rendered for block in each.text),
            openmetrics=tuple(known.get(block.plain, block) for each in rendered for block in each.openmetrics),
        )

    def series(self) -> int:
        """How many lines of it are samples; the others are about a family and begin with `# `."""
        plain = [block.plain for block in self.text]
        return sum(each.count(b"\n") - each.count(b"\n# ") - each.startswith(b"# ") for each in plain)

    def blocks(self, form: Format) -> tuple[Block, ...]:
        """The page in one format, without OpenMetrics' last line."""
        return self.text if form is Format.TEXT else self.openmetrics


def joined(pages: Iterable[Page], form: Format, *, compressed: bool) -> bytes:
    """The body of an answer. A family must be in one page only."""
    blocks = [*(block for page in pages for block in page.blocks(form)), _LAST[form]]
    return b"".join([block.gzip() if compressed else block.plain for block in blocks])


def respond(accept: str, accept_encoding: str, parts: Sequence[Page]) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body for a request's Accept and Accept-Encoding headers; an absent header is an empty one."""
    form, compressed = format_for(accept), gzip_wanted(accept_encoding)
    headers = [("Content-Type", form.value), ("Vary", "Accept, Accept-Encoding")]
    if compressed:
        headers.append(("Content-Encoding", "gzip"))
    return headers, joined(parts, form, compressed=compressed)
