"""What a service says of its own use. It changes all the time, so it is told to no API server. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from govcloud_api.objects import Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one running service. None: it cannot say, or not cheaply; that is not the same as 0."""

    connections: int | None = None
    """Open now, without the operator's own."""
    connections_allowed: int | None = None
    """How many programs may open before the service refuses one."""
    stored_bytes: int | None = None
    """What its data takes, as it counts that itself."""


NONE = Figures()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Figures, and whose they are. `driver` is what builds the service."""

    department: str
    driver: str
    figures: Figures


Tell = Callable[[Ref, Told | None], None]
"""Called at each look at an instance, in any thread; None: it is gone, or it said nothing this time."""


def nobody(_ref: Ref, _told: Told | None) -> None:
    """For a process without a page."""
