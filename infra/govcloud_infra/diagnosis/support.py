"""`govcloud support-bundle`: what somebody who helps needs to see, in one file, and no secret.

Each part is gathered for itself: what cannot be had is named with its reason, and never keeps the rest from going in.
"""

import io
import json
import os
import tarfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from govcloud_api.errors import ConfigError, GovcloudError
from govcloud_infra.deploy.context import Context
from govcloud_infra.diagnosis import redact, support_parts
from govcloud_infra.diagnosis.support_parts import Part

_TOGETHER = 8
_CONTENTS = "CONTENTS.json"
Step = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Redacted files by name, and why others are missing."""

    files: Mapping[str, bytes]
    missing: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Where it lies, and what is in it (bytes by name)."""

    file: Path
    holds: Mapping[str, int]
    missing: Mapping[str, str]

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {"file": str(self.file), "holds": dict(self.holds), "missing": dict(self.missing)}

    def text(self) -> str:
        """For people: every file, so that they can decide whether to send it."""
        there = [f"  {name}  ({size} bytes)" for name, size in self.holds.items()]
        absent = [f"  {name}: {why}" for name, why in self.missing.items()]
        tail = ["Missing:", *absent] if absent else []
        return "\n".join([f"{self.file} holds, without secrets:", *there, *tail, "Look through it before you send it."])


def make(context: Context, target: Path, step: Step, *, probe: bool) -> Written:
    """Gather and write. Raises ConfigError when `target` cannot be written or is there already."""
    if target.exists():
        raise ConfigError(f"{target} is there already; give another file with --to")
    if not target.parent.is_dir():
        raise ConfigError(f"there is no folder {target.parent}; make it, or give another file with --to")
    known = support_parts.known_secrets(context.paths)
    found = gather(support_parts.parts(context, step, probe=probe), known, step)
    now = datetime.now(UTC)
    contents = {
        "site": context.site.name,
        "made": now.isoformat(timespec="seconds"),
        "files": {name: len(content) for name, content in found.files.items()},
        "missing": dict(found.missing),
    }
    files = {_CONTENTS: json.dumps(contents, indent=2).encode(), **found.files}
    write(target, files, now)
    return Written(file=target, holds={name: len(content) for name, content in files.items()}, missing=found.missing)


def gather(parts: Iterable[Part], known: Iterable[str], step: Step) -> Gathered:
    """Everything that can be had; each file has passed the redaction, whatever it came from."""
    secrets, wanted = tuple(known), list(parts)
    files: dict[str, bytes] = {}
    missing: dict[str, str] = {}
    with ThreadPoolExecutor(max_workers=_TOGETHER) as pool:
        for part, found in zip(wanted, pool.map(_made, wanted), strict=True):
            step(part.name)
            if isinstance(found, str):
                missing[part.name] = redact.text(found, secrets)
            else:
                files |= {name: _redacted(name, content, secrets) for name, content in found.items()}
    return Gathered(files=dict(sorted(files.items())), missing=missing)


def write(target: Path, files: Mapping[str, bytes], now: datetime) -> None:
    """A tar.gz that its owner alone may read; a kill leaves no half of it under its name."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    folder = target.name.removesuffix(".tar.gz").removesuffix(".tgz")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
            for name, content in files.items():
                entry = tarfile.TarInfo(f"{folder}/{name}")
                entry.size, entry.mode, entry.mtime = len(content), 0o600, int(now.timestamp())
                archive.addfile(entry, io.BytesIO(content))
        unfinished.rename(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _made(part: Part) -> dict[str, Any] | str:
    """What the part gives, or why it cannot."""
    try:
        return part.make()
    except FileNotFoundError as error:
        return f"{error.filename} is not there yet" if error.filename else str(error)
    except (GovcloudError, OSError, ValueError, LookupError, TypeError) as error:
        return str(error) or type(error).__name__


def _redacted(name: str, content: Any, known: tuple[str, ...]) -> bytes:
    if not isinstance(content, str):
        return (json.dumps(redact.value(content, known), indent=2, ensure_ascii=False) + "\n").encode()
    return (redact.lines(content, known) if name.endswith(".ndjson") else redact.text(content, known)).encode()
