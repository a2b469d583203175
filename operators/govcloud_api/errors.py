"""Everything that can go wrong and that somebody catches.

    GovcloudError -> ConfigError | InvalidSpec | NotReady | Forbidden | ApiUnavailable | Conflict | NotFound
                   | ToolFailed | BundleCorrupt | PreflightFailed | Locked | Unhealthy

A message says what happened, where, and what to do next. The cause is chained (`raise ... from error`).
Controllers retry NotReady, ApiUnavailable, Conflict and Forbidden without end; InvalidSpec waits for a new spec.
`exit_code` is what a command ends with; the reference of the command line explains each.
"""

from typing import ClassVar


class GovcloudError(Exception):
    """Root of every error that govcloud raises on purpose."""

    exit_code: ClassVar[int] = 5


class ConfigError(GovcloudError):
    """A file, flag or environment variable of the operator of the cloud is wrong."""

    exit_code = 3


class InvalidSpec(GovcloudError):
    """The API server or a check refuses what was asked for; a retry cannot help."""


class NotReady(GovcloudError):
    """Something outside is still on its way; look again after `delay_seconds`."""

    def __init__(self, message: str, *, delay_seconds: float = 1.0) -> None:
        super().__init__(message)
        self.delay_seconds = delay_seconds


class Forbidden(GovcloudError):
    """The API server knows us, or not, and says no (HTTP 401 or 403)."""

    exit_code = 9


class ApiUnavailable(GovcloudError):
    """The API server did not answer, or answered that it cannot (connection, timeout, HTTP 429 and 5xx)."""

    exit_code = 9


class Conflict(GovcloudError):
    """Somebody else wrote first, the object exists already, or a precondition does not hold (HTTP 409)."""


class NotFound(GovcloudError):
    """The object, its namespace or its kind is not there (HTTP 404 on a write)."""


class ToolFailed(GovcloudError):
    """A program that was run ended with an error."""


class BundleCorrupt(GovcloudError):
    """A file of the bundle is missing or does not have the content that the manifest promises."""

    exit_code = 10


class PreflightFailed(GovcloudError):
    """A machine or this host is not fit for what was asked; nothing was changed."""

    exit_code = 4


class Locked(GovcloudError):
    """Another run holds the lock."""

    exit_code = 8


class Unhealthy(GovcloudError):
    """Everything was applied, yet the outside world is not as promised."""

    exit_code = 6
