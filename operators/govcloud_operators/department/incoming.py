"""Which transfers to a department its people are shown at home. Pure.

Only what waits for a word of theirs, and no more than one ConfigMap holds: a department that floods another with
requests fills its own places, as every giver's oldest stands before anybody's second.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from govcloud_api import notices
from govcloud_api.notices import Offer
from govcloud_api.objects import Object

MOST = 20
MOST_BYTES = 700_000
"""Within the 1 MiB that an object may have, with room for what the API server notes on it."""


def waiting(listed: Iterable[Object], home: str) -> list[Object]:
    """Requests that wait for a word written in `home`, in the order in which they are shown; at most `MOST`."""
    asked = sorted((item for item in listed if _is_asked(item, home)), key=_order)
    turns: dict[str, int] = {}
    ranked = []
    for item in asked:
        giver = item["metadata"]["namespace"]
        turns[giver] = turns.get(giver, 0) + 1
        ranked.append((turns[giver], item))
    return [item for _, item in sorted(ranked, key=lambda pair: (pair[0], _order(pair[1])))][:MOST]


def content(offers: Iterable[Offer]) -> dict[str, str]:
    """What the notice holds: the first that fit into it."""
    entries = list(notices.of_transfers(offers).items())
    sizes = accumulate(len(text.encode()) for _, text in entries)
    return {name: text for (name, text), size in zip(entries, sizes, strict=True) if size <= MOST_BYTES}


def is_about(environment: Object | None, request: Object) -> bool:
    """A successor of the same name is another environment."""
    bound = (request.get("status") or {}).get("environmentRef") or {}
    return environment is not None and bool(bound) and environment["metadata"].get("uid") == bound.get("uid")


def _is_asked(item: Object, home: str) -> bool:
    """Judged by the operator, not decided yet, and somebody of this home is to decide."""
    status, metadata = item.get("status") or {}, item["metadata"]
    seats = {seat["namespace"] for seat in status.get("requiredApprovals") or []}
    return (
        item["spec"].get("type") == "Transfer"
        and status.get("phase") == "PolicyChecked"
        and home in seats
        and metadata.get("namespace") != home
        and "deletionTimestamp" not in metadata
    )


def _order(item: Object) -> tuple[str, str]:
    return str(item["metadata"].get("creationTimestamp", "")), str(item["metadata"].get("uid", ""))
