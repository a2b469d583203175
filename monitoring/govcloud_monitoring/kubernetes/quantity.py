"""Kubernetes quantities ("250m", "1.5Gi", "2e3") as exact integers of one unit. Never floats: 350 * 0.001 is not 0.35.

Format: k8s.io/apimachinery/pkg/api/resource. Like `Quantity.MilliValue` and `Quantity.Value`, a remainder rounds up.
"""

from __future__ import annotations

import functools
import re

_FORM = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?\d{1,3}))?", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_MAX_LENGTH = 64
"""Longer than any number that fits into Kubernetes' 63 bits; keeps a hostile string cheap."""


def milli_cores(text: str) -> int:
    """CPU in thousandths of a core. Raises ValueError when the text is not a quantity."""
    return _scaled(text, 3)


def whole_bytes(text: str) -> int:
    """Memory or storage in bytes. Raises ValueError when the text is not a quantity."""
    return _scaled(text, 0)


@functools.lru_cache(maxsize=4096)
def _scaled(text: str, decimals: int) -> int:
    """The quantity times ten to the power of `decimals`, rounded up (towards positive infinity)."""
    match = _FORM.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    if match is None or not (match[2] or match[3]):
        message = (
            f"{text[:_MAX_LENGTH]!r} is not a Kubernetes quantity; expected a number with a suffix such as m, k, Mi"
        )
        raise ValueError(message)
    sign, whole, fraction, suffix, exponent = match.groups(default="")
    digits = int(f"{sign}{whole}{fraction}") << _BINARY.get(suffix, 0)
    power = decimals - len(fraction) + _DECIMAL.get(suffix, 0) + int(exponent or 0)
    scale = int(10 ** abs(power))
    return digits * scale if power >= 0 else -(-digits // scale)
