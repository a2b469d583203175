"""Kernel limits of this host that labs need raised, and that are given back with the last lab.

One kernel serves every machine: kubelet, containerd and Cilium watch more files than one Debian system does. What the
limits were is written down before the first change, so that a kill at any instant loses nothing.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

WANTED = {"fs.inotify.max_user_instances": 8192, "fs.inotify.max_user_watches": 1048576}
RUN = Path("/run/govcloud")
PROC_SYS = Path("/proc/sys")


def hold(user: str, run: Path = RUN, proc_sys: Path = PROC_SYS) -> None:
    """Raise the limits for as long as `user` (a bridge) or another one holds them."""
    with _locked(run):
        (run / "users").mkdir(exist_ok=True)
        before = run / "limits-before.json"
        if not before.exists():
            unfinished = before.with_suffix(".new")
            unfinished.write_text(json.dumps({key: int(_file(proc_sys, key).read_text()) for key in WANTED}))
            unfinished.rename(before)
        (run / "users" / user).touch()
        for key, value in WANTED.items():
            if int(_file(proc_sys, key).read_text()) < value:
                _file(proc_sys, key).write_text(str(value))


def release(user: str, run: Path = RUN, proc_sys: Path = PROC_SYS) -> None:
    """Give the limits back once nobody holds them; fine when `user` never did."""
    if not run.exists():
        return
    with _locked(run):
        (run / "users" / user).unlink(missing_ok=True)
        before = run / "limits-before.json"
        if any(run.glob("users/*")):
            return
        if before.exists():
            for key, value in json.loads(before.read_text()).items():
                _file(proc_sys, key).write_text(str(value))
            before.unlink()  # first: what was given back must not be given back again by a later run
        shutil.rmtree(run)


@contextmanager
def _locked(run: Path) -> Iterator[None]:
    with _current_lock(run):
        yield


def _current_lock(run: Path) -> IO[str]:
    while True:
        run.mkdir(parents=True, exist_ok=True)
        try:
            lock = (run / "lock").open("w")
        except FileNotFoundError:  # the last user went, and the folder with it, this very moment
            continue
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (run / "lock").exists() and (run / "lock").stat().st_ino == os.fstat(lock.fileno()).st_ino:
            return lock
        lock.close()


def _file(proc_sys: Path, key: str) -> Path:
    return proc_sys / key.replace(".", "/")
