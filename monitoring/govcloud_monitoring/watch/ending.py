"""What the end of a watch means: which reason is counted, and whether only a new list helps. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from govcloud_api import errors
from govcloud_kube import endings

Reason = Literal["gone", "error", "silent", "disconnected", "forbidden"]
REASONS: tuple[Reason, ...] = get_args(Reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """`lists_anew`: what the store holds cannot be continued. `is_refused`: nor may it be shown any longer."""

    reason: Reason
    lists_anew: bool = True
    is_refused: bool = False


def ending(error: Exception) -> Ending:
    """Of a list or watch that ended with this error.

    gone          the version is older than the API server's history (HTTP 410, or an ERROR event with that code)
    error         any other ERROR event or answer, or bytes that are no event
    silent        nothing came, not even the end that was asked for
    disconnected  there is no connection, or it broke
    forbidden     the right was taken away
    """
    match error:
        case endings.Gone():
            return Ending(reason="gone")
        case endings.Silent():
            return Ending(reason="silent", lists_anew=False)
        case endings.Disconnected():
            return Ending(reason="disconnected", lists_anew=False)
        case errors.Forbidden():
            return Ending(reason="forbidden", is_refused=True)
        case _:
            return Ending(reason="error")
