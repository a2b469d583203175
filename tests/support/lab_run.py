"""A lab from nothing to nothing: what a killed run left behind goes first, and the host is as before at the end."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from govcloud_infra.machines import cgroups

from . import lab as labs


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What a lab could leave behind on this host."""

    links: frozenset[str]
    mounts: frozenset[str]
    groups: frozenset[str]
    limits: tuple[str, ...]


def host() -> Host:
    """As it is now; other labs may be there, so compare before and after."""
    limits = ("max_user_instances", "max_user_watches")
    return Host(
        links=frozenset(item.name for item in Path("/sys/class/net").iterdir()),
        mounts=frozenset(line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()),
        groups=frozenset(str(item) for root in cgroups.hierarchies() for item in root.glob("govcloud-*")),
        limits=tuple(Path(f"/proc/sys/fs/inotify/{name}").read_text().strip() for name in limits),
    )


@contextmanager
def running(shape: labs.Shape = labs.ONE) -> Iterator[labs.Lab]:
    """A lab to deploy, destroyed at the end however it comes.

    Raises AssertionError if a living run has this lab, or if anything of it is left on the host.
    """
    _clear(shape.name)
    # Not pytest's own folder: it keeps the last runs, and a machine's disk is large.
    folder = Path(tempfile.mkdtemp(prefix=f"govcloud-{shape.name}-"))
    taken = _take(folder)
    try:
        made = labs.make(folder, shape)
        before = host()
        try:
            yield made
        finally:
            _destroy(made)
        assert host() == before
    finally:
        os.close(taken)


def _clear(name: str) -> None:
    """Two labs of one name share bridge and addresses: one whose run was killed would be in the way of the next."""
    for state in Path(tempfile.gettempdir()).glob(f"govcloud-*/state/{name}"):
        folder = state.parent.parent
        taken = _take(folder)
        _destroy(labs.Lab(folder=folder, environment=labs.environment(folder), name=name))
        os.close(taken)


def _take(folder: Path) -> int:
    """The kernel gives it back when this process ends, killed or not."""
    taken = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(taken)
        raise AssertionError(f"another run has the lab in {folder}; wait for its end") from None
    return taken


def _destroy(lab: labs.Lab) -> None:
    lab.govcloud("destroy", str(lab.site), "--confirm", lab.name)
    shutil.rmtree(lab.folder)
