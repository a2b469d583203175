"""A command that changes a site runs here: alone, written down, and with nothing left behind when it is interrupted."""

import contextlib
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from govcloud_api.errors import GovcloudError
from govcloud_infra.deploy import journal, lock
from govcloud_infra.deploy.context import Context
from govcloud_infra.deploy.events import Recorder, redacted
from govcloud_infra.deploy.progress import Reporter

_KEPT_LOGS = 100
_INTERRUPTED, _UNFIT, _UNEXPECTED = 130, 4, 1


@contextmanager
def recorded(ctx: Context, verb: str, watcher: Reporter) -> Iterator[Recorder]:
    """Hold the lock, write the event log while the run lasts, and a line of the journal at both of its ends.

    Raises Locked when another command holds the site. An error gets the path of the event log as a note.
    """
    who = lock.owner(f"govcloud {verb}", ctx.environ)
    with lock.held(ctx.paths.lock, watcher.step, who):
        begun = _begun(ctx, verb, who)
        file = Path(begun.log)
        file.parent.mkdir(exist_ok=True)
        _forget_old(file.parent)
        journal.append(ctx.paths.journal, begun)
        with file.open("w", encoding="utf-8") as log:
            recorder = Recorder(watcher, log, begun.id)
            try:
                yield recorder
            except BaseException as error:
                _failed(ctx, recorder, begun, error)
                raise
        _end(ctx, journal.Ended(id=begun.id, ended=_now(), outcome="ok", exit_code=0, changes=_changes(recorder)))


def _failed(ctx: Context, recorder: Recorder, begun: journal.Begun, error: BaseException) -> None:
    is_interrupt = isinstance(error, KeyboardInterrupt)
    text = redacted("interrupted" if is_interrupt else str(error) or type(error).__name__)
    ended = journal.Ended(
        id=begun.id,
        ended=_now(),
        outcome="interrupted" if is_interrupt else "failed",
        exit_code=_exit_code(error),
        changes=_changes(recorder),
        error=text,
    )
    with contextlib.suppress(OSError):  # a full disk must not hide why the run ended
        recorder.failed(text)
        _end(ctx, ended)
    error.add_note(f"Log of this run: {begun.log}")
    if is_interrupt:
        lock.end_leftovers(ctx.paths.state)


def _exit_code(error: BaseException) -> int:
    if isinstance(error, GovcloudError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return _INTERRUPTED
    return _UNFIT if isinstance(error, PermissionError) else _UNEXPECTED


def _begun(ctx: Context, verb: str, who: lock.Owner) -> journal.Begun:
    moment = datetime.now(UTC)
    run = f"{moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1000:03}Z-{who.pid}"
    return journal.Begun(
        id=run,
        verb=verb,
        user=who.user,
        host=who.host,
        pid=who.pid,
        began=moment.isoformat(timespec="seconds"),
        site_sha256=_digest(ctx.site_file) or "",
        version=metadata.version("govcloud"),
        bundle=_digest(ctx.paths.bundle / "manifest.json"),
        log=str(ctx.paths.logs / f"{run}.ndjson"),
    )


def _end(ctx: Context, ended: journal.Ended) -> None:
    if ctx.paths.state.exists():  # else `destroy` removed it all, the journal too
        journal.append(ctx.paths.journal, ended)


def _changes(recorder: Recorder) -> dict[str, list[str]]:
    found = journal.changes(recorder.results)
    return {phase: [redacted(line) for line in lines] for phase, lines in found.items()}


def _digest(file: Path) -> str | None:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None


def _forget_old(folder: Path) -> None:
    for file in sorted(folder.glob("*.ndjson"))[: 1 - _KEPT_LOGS]:
        file.unlink(missing_ok=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
