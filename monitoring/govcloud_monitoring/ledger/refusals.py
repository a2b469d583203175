"""What the ledger's database refuses, as errors that callers know."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pg8000.exceptions import DatabaseError, InterfaceError

from govcloud_api import errors

RETRY_SECONDS = 5.0
_UNIQUE, _PRIVILEGE = "23505", "42501"
_INTEGRITY, _DATA = "23", "22"
"""Classes of SQLSTATE: PostgreSQL 15 documentation, appendix A."""


class AlreadyClosed(errors.Conflict):
    """The hour, or this revision of it, is in the ledger already."""


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """Errors of the driver while doing `what` become ours, with the server's words.

    AlreadyClosed for what is there already, InvalidSpec for what a rule of the schema refuses, Forbidden for what the
    role may not do, and NotReady for everything else, a server that does not answer too.
    """
    try:
        yield
    except DatabaseError as error:
        raise _ours(error, what) from error
    except (InterfaceError, OSError) as error:
        raise errors.NotReady(f"{what}: the ledger does not answer: {error}", delay_seconds=RETRY_SECONDS) from error


def _ours(error: DatabaseError, what: str) -> errors.GovcloudError:
    said = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    code, message = str(said.get("C", "")), f"{what}: {said.get('M', error)}"
    if code == _UNIQUE:
        return AlreadyClosed(f"{message}; append a correction instead")
    if code == _PRIVILEGE:
        return errors.Forbidden(f"{message}; the ledger takes new rows only, from its writer")
    if code[:2] in {_INTEGRITY, _DATA}:
        return errors.InvalidSpec(f"{message}; nothing was written, correct the statement")
    return errors.NotReady(message, delay_seconds=RETRY_SECONDS)
