"""What a program's log must never hold: the marks of an exception that nobody thought of."""

from __future__ import annotations

from pathlib import Path

MARKS = (
    "Traceback (most recent call last)",
    "unexpected error",
    "exception was never retrieved",
    "Unhandled exception",
    "Exception ignored in",
    "was never awaited",
    "Task was destroyed but it is pending",
    "Fatal Python error",
    "framework bug",
)
CONTEXT_LINES = 12


def unhandled(text: str) -> list[str]:
    """Each place with such a mark, and some lines after it."""
    lines = text.splitlines()
    places = [number for number, line in enumerate(lines) if any(mark in line for mark in MARKS)]
    return ["\n".join(lines[place : place + CONTEXT_LINES]) for place in places]


def assert_clean(log: Path) -> None:
    """Fails with what was not handled."""
    found = unhandled(log.read_text())
    assert not found, f"{len(found)} unhandled in {log}; the first:\n{found[0]}"
