"""The engine's events as short lines for people, and as a list of what changed."""

import re
from collections.abc import Callable

from pulumi.automation.events import EngineEvent, StepEventMetadata

_ERROR_CHARACTERS = 600
# What gRPC puts before the text of an exception, and what the engine says when everything was said.
_RAISED = re.compile(r"Unexpected <class '(?:[\w.]+\.)?(\w+)'>: ")
_HEADING = re.compile(r"^Preview failed: ")
_SUMMARY = re.compile(r"\w+ failed")
_QUIET = frozenset({"same", "read", "refresh"})
_DONE = {"create": "created", "update": "updated", "delete": "deleted", "create-replacement": "replaced"}


class Listener:
    """Give it to `on_event`.

    `changes` holds one line a changed resource; `errors` what the engine or provider said, `raised` the names of the
    exceptions among it.
    """

    def __init__(self, step: Callable[[str], None]) -> None:
        self._step = step
        self._seen: set[tuple[str, str]] = set()
        self.changes: list[str] = []
        self.errors: list[str] = []
        self.raised: list[str] = []

    def __call__(self, event: EngineEvent) -> None:
        if event.resource_pre_event:
            self._starting(event.resource_pre_event.metadata)
        if event.res_outputs_event:
            self._finished(event.res_outputs_event.metadata)
        diagnostic = event.diagnostic_event
        if diagnostic and diagnostic.severity == "error":
            self._failed(diagnostic.message, diagnostic.urn)
        elif diagnostic and diagnostic.ephemeral and diagnostic.message.strip():
            self._step(f"{_name(diagnostic.urn or '')}: {diagnostic.message.strip()}")

    def _starting(self, metadata: StepEventMetadata) -> None:
        operation = str(getattr(metadata.op, "value", metadata.op))
        if operation in _QUIET or metadata.type == "pulumi:pulumi:Stack":
            return
        key = (metadata.urn, operation)
        if key not in self._seen:  # a preview inside `up` may announce a step twice
            self._seen.add(key)
            fields = sorted(metadata.detailed_diff or {})
            changed = f" ({', '.join(fields[:4])}{', …' if len(fields) > 4 else ''})" if fields else ""
            if operation in _DONE and not metadata.type.startswith("pulumi:"):
                self.changes.append(f"{operation} {_kind(metadata.type)} {_name(metadata.urn)}{changed}")
            self._step(f"{operation} {_name(metadata.urn)}{changed}")

    def _failed(self, message: str, urn: str | None) -> None:
        said = message.split("Traceback (most recent")[0]
        self.raised += _RAISED.findall(said)
        told = _RAISED.sub("", _HEADING.sub("", said))
        text = " ".join(told.split())[:_ERROR_CHARACTERS]
        line = f"{_name(urn)}: {text}" if urn else text
        if text and not any(text in known for known in self.errors) and not (self.errors and _SUMMARY.fullmatch(text)):
            self.errors.append(line)

    def _finished(self, metadata: StepEventMetadata) -> None:
        operation = str(getattr(metadata.op, "value", metadata.op))
        if operation in _DONE and metadata.type != "pulumi:pulumi:Stack":
            self._step(f"{_DONE[operation]} {_name(metadata.urn)}")


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]


def _kind(type_token: str) -> str:
    return type_token.rsplit(":", 1)[-1]
