"""`govcloud top` on a terminal: look, draw, pause, until Ctrl-C. A thin shell."""

import shutil
import time
from datetime import datetime

import click

from govcloud_api.errors import GovcloudError
from govcloud_cli import output
from govcloud_cli.usage import top_view
from govcloud_monitoring import shares
from govcloud_monitoring.prometheus import Ask
from govcloud_monitoring.shares import Usage

_HOME = "\x1b[H"
_CLEAR_LINE = "\x1b[K"
_CLEAR_BELOW = "\x1b[J"
_OTHER_SCREEN, _BACK = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"


def follow(ask: Ask, every_seconds: float) -> None:
    """Draw again and again. A look that fails is said and tried again; Ctrl-C ends, and the terminal is as before."""
    click.echo(_OTHER_SCREEN, nl=False)
    try:
        while True:
            _show(_look(ask))
            time.sleep(every_seconds)
    except KeyboardInterrupt:
        return
    finally:
        click.echo(_BACK, nl=False)


def drawn(usage: Usage, *, width: int = 0) -> str:
    """The view of now."""
    return top_view.text(usage, datetime.now().astimezone(), width=width)


def _look(ask: Ask) -> str:
    try:
        return drawn(shares.gather(ask), width=shutil.get_terminal_size().columns)
    except GovcloudError as error:
        return f"{datetime.now().astimezone():%H:%M:%S}\n{error}"


def _show(text: str) -> None:
    lines = output.harmless(text).splitlines()
    click.echo(_HOME + "".join(f"{line}{_CLEAR_LINE}\n" for line in lines) + _CLEAR_BELOW, nl=False)
