#!/usr/bin/python3
"""One snapshot of the local etcd member, checked, then kept; the newest few stay.

A snapshot gets its name only once it is whole, checked and on the disk. Old ones go only after that, so a failure, a
full disk or a power loss leaves the last good one where it is. Exit code 1 and one line on stderr when it failed.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

# A snapshot is as large as the database, and the check needs no room.
_SPARE_BYTES = 64 * 1024 * 1024
_UNFINISHED = ".unfinished.db"
# etcd ends a snapshot with the SHA-256 of all before, which is whole pages.
_DIGEST_BYTES, _PAGE_BYTES = 32, 512


class BackupError(Exception):
    """No snapshot was made; the text says why."""


def name(now: float) -> str:
    """File of a snapshot taken at `now` (seconds since 1970); names sort by age."""
    return time.strftime("snapshot-%Y%m%dT%H%M%SZ.db", time.gmtime(now))


def surplus(names: list[str], keep: int) -> list[str]:
    """Snapshots that are too many, oldest first; one always stays."""
    snapshots = sorted(item for item in names if item.startswith("snapshot-") and item.endswith(".db"))
    return snapshots[: -max(keep, 1)]


def run(command: list[str]) -> str:
    """Output of a program; raises BackupError with its last words."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupError(f"{Path(command[0]).name}: {reason(done.stderr) or f'exit code {done.returncode}'}")
    return done.stdout


def reason(stderr: str) -> str:
    """What went wrong, among log lines and stack traces."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
    return next(iter([*errors, *lines]), "")


def ensure_room(folder: Path, database_bytes: int) -> None:
    """Raises BackupError when the snapshot would fill the disk."""
    free = shutil.disk_usage(folder).free
    if free < database_bytes + _SPARE_BYTES:
        needed = (database_bytes + _SPARE_BYTES) // 2**20
        raise BackupError(f"{folder} has {free // 2**20} MiB free, {needed} MiB are needed; free disk space")


def ensure_whole(file: Path) -> None:
    """Raises BackupError unless every byte is as etcd sent it; etcdutl looks at the structure only."""
    size = file.stat().st_size
    digest, left = hashlib.sha256(), size - _DIGEST_BYTES
    with file.open("rb") as source:
        while left > 0 and (block := source.read(min(left, 1 << 20))):
            digest.update(block)
            left -= len(block)
        promised = source.read()
    if size % _PAGE_BYTES != _DIGEST_BYTES or digest.digest() != promised:
        raise BackupError("the snapshot is damaged: its content is not what its checksum says; is the disk sound?")


def on_disk(path: Path) -> None:
    """Return once a file, or the names in a folder, would survive a power loss."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def take(folder: Path, etcdctl: list[str], etcdutl: str) -> Path:
    """A whole, checked snapshot under a name of its own; nothing is left when it fails."""
    [status] = json.loads(run([*etcdctl, "--write-out=json", "endpoint", "status"]))
    ensure_room(folder, status["Status"]["dbSize"])
    unfinished = folder / _UNFINISHED
    try:
        run([*etcdctl, "snapshot", "save", str(unfinished)])
        unfinished.chmod(0o600)
        ensure_whole(unfinished)
        run([etcdutl, "--write-out=json", "snapshot", "status", str(unfinished)])
        on_disk(unfinished)
        final = folder / name(time.time())
        unfinished.rename(final)
    finally:
        clean(folder)
    on_disk(folder)
    return final


def clean(folder: Path) -> None:
    """Remove what an unfinished snapshot left, this one's or an earlier one's."""
    for file in folder.glob(f"{_UNFINISHED}*"):
        file.unlink()


def backup(folder: Path, keep: int, etcdctl: list[str], etcdutl: str) -> str:
    """What was done, one line. Raises BackupError."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        clean(folder)
        made = take(folder, etcdctl, etcdutl)
        removed = surplus([file.name for file in folder.iterdir()], keep)
        for old in removed:
            (folder / old).unlink()
    return f"{made} ({made.stat().st_size // 1024} KiB), {len(removed)} older removed"


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Take a snapshot of the local etcd member.")
    parser.add_argument("--folder", type=Path, required=True, help="where snapshots lie")
    parser.add_argument("--keep", type=int, required=True, help="how many stay")
    parser.add_argument("--endpoint", required=True, help="client URL of the local member")
    parser.add_argument("--ca", help="certificate authority of etcd")
    parser.add_argument("--certificate", help="client certificate")
    parser.add_argument("--key", help="its key")
    parser.add_argument("--programs", type=Path, default=Path("/usr/local/bin"), help="where etcdctl and etcdutl lie")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    given = arguments(words)
    login = {"cacert": given.ca, "cert": given.certificate, "key": given.key}
    options = [f"--{option}={value}" for option, value in login.items() if value]
    etcdctl = [str(given.programs / "etcdctl"), f"--endpoints={given.endpoint}", *options]
    os.umask(0o077)
    try:
        done = backup(given.folder, given.keep, etcdctl, str(given.programs / "etcdutl"))
    except (BackupError, OSError, ValueError, LookupError) as error:
        sys.stderr.write(f"No snapshot of etcd was taken: {error}\n")
        return 1
    sys.stdout.write(f"{done}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
