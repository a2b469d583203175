"""The Debian system that lab machines start from: unpacked once, shared, never written to."""

import fcntl
import shutil
import subprocess
from pathlib import Path

from govcloud_api.errors import ToolFailed


def unpack(archive: Path, folder: Path) -> None:
    """Unpack `archive` into `folder` unless it is there; complete or absent, whenever the process ends."""
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # machines are made in parallel
        if folder.exists():
            return
        unfinished = folder.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        command = [
            "tar",
            "--extract",
            "--numeric-owner",
            "--xattrs",
            "--file",
            str(archive),
            "--directory",
            str(unfinished),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ToolFailed(f"cannot unpack {archive.name}: {done.stderr.strip()[-300:]}; is the disk full?")
        unfinished.rename(folder)
