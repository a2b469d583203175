"""A span of time as an option: `30m`, `4h`, `7d`."""

import re
from typing import Any

import click

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_PART = re.compile(r"(\d{1,9})([smhdw])", re.ASCII)


class Span(click.ParamType[int]):
    """Gives seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds; fails with a sentence that says how to write one."""
        if isinstance(value, int):
            return value
        try:
            return seconds(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def seconds(text: str) -> int:
    """`90s`, `30m`, `4h`, `7d`, `1h30m` -> seconds. Raises ValueError."""
    parts = _PART.findall(text)
    if not parts or "".join(f"{count}{unit}" for count, unit in parts) != text:
        raise ValueError(f"{text!r} is no span of time; write 30m, 4h, 7d or 1h30m")
    return sum(int(count) * _UNITS[unit] for count, unit in parts)
