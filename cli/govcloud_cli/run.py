"""From an error to what a person reads and a script decides on."""

import select
import traceback
from collections.abc import Sequence

import click

from govcloud_api import errors

_EXIT_CODES: tuple[tuple[type[errors.GovcloudError], int], ...] = (
    (errors.ConfigError, 3),
    (errors.PreflightFailed, 4),
    (errors.Unhealthy, 6),
    (errors.Locked, 8),
    (errors.ApiUnavailable, 9),
    (errors.Forbidden, 9),
    (errors.BundleCorrupt, 10),
    (errors.GovcloudError, 5),
)
_UNFIT = 4
INTERRUPTED = 130


def run(command: click.Command, arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit code. No traceback unless `--debug` is given."""
    debug = "--debug" in arguments
    try:
        result = command.main(list(arguments), prog_name="govcloud", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted; run the command again to go on", INTERRUPTED, debug=debug)
    except errors.GovcloudError as error:
        return _say(str(error), exit_code(error), debug=debug)
    except SystemExit:  # so click ends after a broken pipe; we never do
        return 0 if _reader_left() else _say("unexpected broken pipe to another program", 1, debug=debug)
    except PermissionError as error:
        what = f"{error.filename or 'something'} may not be used by this user"
        return _say(
            f"{what}; run the command with sudo, or set GOVCLOUD_STATE to a folder of yours", _UNFIT, debug=debug
        )
    except Exception as error:  # noqa: BLE001  # the last line of defence: a person never meets a traceback
        what = f"unexpected {type(error).__name__}: {error}"
        return _say(f"{what}\nThis is a fault of govcloud. Run again with --debug for its trace.", 1, debug=debug)
    return result if isinstance(result, int) else 0


def exit_code(error: errors.GovcloudError) -> int:
    """The first class that fits, most specific first."""
    return next(code for kind, code in _EXIT_CODES if isinstance(error, kind))


def _reader_left() -> bool:
    """Has the reader of our output (head, less) seen enough?"""
    poll = select.poll()
    poll.register(1, 0)
    return any(flags & select.POLLERR for _, flags in poll.poll(0))


def _say(text: str, code: int, *, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    click.echo(f"{click.style('error:', fg='red', bold=True)} {text}", err=True)
    return code
