"""Amounts of a report as people read them: exact integers in, decimals out, never a float. Pure.

Rounding is half away from zero, once, on the exact value; every number is rounded by itself.
"""

from __future__ import annotations

UNIT_MICROCENTS = 100_000_000
"""One unit of the currency: 100 cents of a million micro-cents each."""
EXACT_DECIMALS = 8
CORE_HOUR_MCORE_SECONDS = 1000 * 3600
GIB_HOUR_MIB_SECONDS = 1024 * 3600
NOTHING = "-"
_DECIMALS = ((10_000_000, 0), (100, 2), (1, 4))
_GROUP = "\u202f"  # the narrow no-break space, which ISO 80000-1 puts between groups of three digits
_MINUS, _DASH = "\u2212", "\u2013"


def quotient(numerator: int, denominator: int, decimals: int) -> str:
    """`numerator / denominator` with so many decimals; never `-0`. The denominator is above 0."""
    scale = int(10**decimals)
    rounded = (2 * abs(numerator) * scale + denominator) // (2 * denominator)
    units, rest = divmod(rounded, scale)
    sign = "-" if numerator < 0 and rounded else ""
    return f"{sign}{units}.{rest:0{decimals}d}" if decimals else f"{sign}{units}"


def exact(microcents: int) -> str:
    """Every digit: `12.34567890`."""
    return quotient(microcents, UNIT_MICROCENTS, EXACT_DECIMALS)


def money(microcents: int, decimals: int) -> str:
    """Rounded: `12.35`."""
    return quotient(microcents, UNIT_MICROCENTS, decimals)


def decimals_for(turnover_microcents: int) -> int:
    """How many decimals say something, and no more: all 8 where not 1 was moved, none from ten millions on."""
    units = turnover_microcents // UNIT_MICROCENTS
    if not turnover_microcents:
        return 2
    return next((decimals for least, decimals in _DECIMALS if units >= least), EXACT_DECIMALS)


def core_hours(mcore_seconds: int) -> str:
    """Milli-core-seconds as core-hours: `1.50`."""
    return quotient(mcore_seconds, CORE_HOUR_MCORE_SECONDS, 2)


def gib_hours(mib_seconds: int) -> str:
    """MiB-seconds as GiB-hours: `1.50`."""
    return quotient(mib_seconds, GIB_HOUR_MIB_SECONDS, 2)


def percent(part: int, whole: int) -> str:
    """`34.5 %`; a dash where the whole is nothing or less, of which nobody has a share."""
    return f"{quotient(100 * part, whole, 1)} %" if whole > 0 else NOTHING


def typeset(number: str) -> str:
    """For paper: groups of three digits, a real minus and a blank before `%` that does not break."""
    if number == NOTHING:
        return _DASH
    sign, digits = ("-", number[1:]) if number.startswith("-") else ("", number)
    units, dot, rest = digits.partition(".")
    if units.isdecimal():
        digits = f"{int(units):,}".replace(",", _GROUP) + dot + rest
    return (sign.replace("-", _MINUS) + digits).replace(" ", _GROUP)
