"""Ways in which reading a stream ends too early, or cannot go on. All are kinds of ApiUnavailable."""

from __future__ import annotations

from govcloud_api import errors


class Gone(errors.ApiUnavailable):
    """More history is asked for than the API server keeps (HTTP 410): only a new list helps."""


class Silent(errors.ApiUnavailable):
    """Nothing came for too long, though the connection seems to stand."""


class Disconnected(errors.ApiUnavailable):
    """There is no connection, or it broke."""
