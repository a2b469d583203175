"""Amounts of money and of time as people read them. Pure."""

from datetime import datetime

from govcloud_api import conditions


def money(cents: int) -> str:
    """`1250` -> `12.50`, in the site's currency."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def change(cents: int) -> str:
    """As `money`, with a sign: `+12.50`."""
    return f"+{money(cents)}" if cents > 0 else money(cents)


def span(amount: float) -> str:
    """Seconds in the unit that fits: `45 seconds`, `3 hours`, `12 days`."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if amount >= size:
            count = int(amount // size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{int(amount)} seconds"


def until(moment: str, now: datetime) -> str:
    """`2026-12-01T00:00:00Z (in 5 days)`, or `(3 hours ago)`; a dash for nothing."""
    if not moment:
        return "-"
    left = (conditions.parse_timestamp(moment) - now).total_seconds()
    return f"{moment} ({f'in {span(left)}' if left >= 0 else f'{span(-left)} ago'})"
