"""Writing a report into a file of its own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from govcloud_api.errors import ConfigError


def write(target: Path, content: bytes) -> None:
    """Whole or not at all, for its owner's eyes only (0600). Raises ConfigError where it cannot be.

    A file that is there already is replaced, behind a link too; what is no file, such as a device, stays.
    """
    if target.exists() and not target.is_file():
        raise ConfigError(f"{target} is no file that could be replaced; give another with --file")
    try:
        _replace(target.resolve(), content)
    except OSError as error:
        raise ConfigError(f"{target} cannot be written: {error.strerror}; give another with --file") from error


def _replace(target: Path, content: bytes) -> None:
    # It is born with 0600, under a name that nobody else has.
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:64]}.")
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
