"""Who changed the site, when, and what: one line when a run begins and one when it ends, in `journal.ndjson`.

A run without its second line was killed, or still runs.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

Outcome = Literal["ok", "failed", "interrupted", "unfinished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A run as it begins; moments are UTC in ISO 8601, `bundle` is the digest of its manifest, None without one."""

    id: str
    verb: str
    user: str
    host: str
    pid: int
    began: str
    site_sha256: str
    version: str
    bundle: str | None
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How the run `id` ended; `changes` by phase, `error` what was said."""

    id: str
    ended: str
    outcome: Outcome
    exit_code: int
    changes: dict[str, list[str]]
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run; `end` is None for one that was killed, or still runs."""

    begin: Begun
    end: Ended | None = None

    @property
    def outcome(self) -> Outcome:
        """In one word."""
        return self.end.outcome if self.end else "unfinished"

    def plain(self) -> dict[str, Any]:
        """For programs: one flat object."""
        rest = asdict(self.end) if self.end else {"ended": None, "exit_code": None, "changes": {}, "error": None}
        return {**asdict(self.begin), **rest, "outcome": self.outcome}


def append(file: Path, entry: Begun | Ended) -> None:
    """Write a line, on disk when this returns. A torn line of a killed run is closed first."""
    line = json.dumps(asdict(entry), ensure_ascii=False) + "\n"
    with file.open("ab+") as out:
        if out.tell() and not _ends_whole(out.fileno(), out.tell()):
            line = f"\n{line}"
        out.write(line.encode())
        out.flush()
        os.fsync(out.fileno())


def runs(file: Path) -> list[Run]:
    """Oldest first. A file that is not there has none; torn and foreign lines are passed over."""
    found: dict[str, Run] = {}
    for line in _lines(file):
        entry = _entry(line)
        if isinstance(entry, Begun):
            found[entry.id] = Run(begin=entry)
        elif isinstance(entry, Ended) and entry.id in found:
            found[entry.id] = replace(found[entry.id], end=entry)
    return list(found.values())


def changes(results: Sequence[Any]) -> dict[str, list[str]]:
    """Changes by phase, of `PhaseResult`s."""
    return {result.phase: list(result.changes) for result in results}


def _ends_whole(descriptor: int, size: int) -> bool:
    return os.pread(descriptor, 1, size - 1) == b"\n"


def _lines(file: Path) -> Iterator[str]:
    try:
        yield from file.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return


def _entry(line: str) -> Begun | Ended | None:
    try:
        data = json.loads(line)
        return Ended(**data) if "ended" in data else Begun(**data)
    except (ValueError, TypeError):
        return None
