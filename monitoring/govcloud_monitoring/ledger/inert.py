"""Texts that no spreadsheet takes for a formula (https://owasp.org/www-community/attacks/CSV_Injection). Pure.

Such a text gets an apostrophe in front, and so does what would begin a cell for a program that parts cells at `;`, `|`
or tabs, whatever stands in quotes.
"""

from __future__ import annotations

import re

# With the full-width forms, which some programs fold into the others.
_SIGN = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"
_BEGINS = re.compile(rf"[\t\r\n]|[\s\"]*{_SIGN}")
_WITHIN = re.compile(rf"([;,|\t\r\n][\s\"]*)(?={_SIGN})")


def inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    held = _WITHIN.sub(r"\1'", text)
    return f"'{held}" if _BEGINS.match(held) else held
