"""From an error to what a person reads and a script decides on."""

import select
import traceback
from collections.abc import Sequence

import click

from govcloud_api import errors
from govcloud_cli.output import harmless

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
    except (click.Abort, KeyboardInterrupt) as error:
        return _say(error, "interrupted; run the command again to go on", INTERRUPTED, debug=debug)
    except errors.GovcloudError as error:
        return _say(error, str(error), error.exit_code, debug=debug)
    except SystemExit as error:  # so click ends completion (0), or after a broken pipe; we never do
        return (
            0
            if error.code == 0 or _reader_left()
            else _say(error, "unexpected broken pipe to another program", 1, debug=debug)
        )
    except PermissionError as error:
        what = f"{error.filename or 'something'} may not be used by this user"
        advice = "run the command with sudo, or set GOVCLOUD_STATE to a folder of yours"
        return _say(error, f"{what}; {advice}", _UNFIT, debug=debug)
    except Exception as error:  # noqa: BLE001  # the last line of defence: a person never meets a traceback
        what = f"unexpected {type(error).__name__}: {error}"
        return _say(
            error, f"{what}\nThis is a fault of govcloud. Run again with --debug for its trace.", 1, debug=debug
        )
    return result if isinstance(result, int) else 0


def _reader_left() -> bool:
    """Has the reader of our output (head, less) seen enough?"""
    poll = select.poll()
    poll.register(1, 0)
    return any(flags & select.POLLERR for _, flags in poll.poll(0))


def _say(error: BaseException, text: str, code: int, *, debug: bool) -> int:
    """Notes of the error (where its log is) come last: that is where a person looks first."""
    if debug:
        traceback.print_exc()
    # click puts an Abort of its own around an interrupt.
    notes = [note for found in (error, error.__cause__) for note in getattr(found, "__notes__", [])]
    click.echo("\n".join([f"{click.style('error:', fg='red', bold=True)} {harmless(text)}", *notes]), err=True)
    return code
