"""Kubernetes quantities ("250m", "1.5Gi", "2e3") as exact integers: cpu in millicores, memory and storage in bytes.

Format: k8s.io/apimachinery/pkg/api/resource. Like `Quantity.MilliValue` and `Quantity.Value`, a remainder rounds up.
Never floats: 350 * 0.001 is not 0.35.
"""

import functools
import re

PATTERN = r"^[0-9]{1,12}(\.[0-9]{1,3})?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$"
"""What our own kinds take: no sign, no exponent, nothing below a thousandth."""
MAX_CHARS = 20

_FORM = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?\d{1,3}))?", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_LONGEST = 64
"""Longer than any number that fits into Kubernetes' 63 bits; keeps a hostile string cheap."""


def cpu_millicores(text: str) -> int:
    """`500m` -> 500, `2` -> 2000. Raises ValueError when the text is not a quantity."""
    return _scaled(text, 3)


def size_bytes(text: str) -> int:
    """`2Gi` -> 2147483648. Raises ValueError when the text is not a quantity."""
    return _scaled(text, 0)


def cpu_text(millicores: int) -> str:
    """The form the API server would choose: `2`, `500m`."""
    return f"{millicores}m" if millicores % 1000 else str(millicores // 1000)


def bytes_text(size: int) -> str:
    """The largest binary unit that is exact: `2Gi`, `1536Mi`, `1000`."""
    for suffix, scale in (("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if size and size % scale == 0:
            return f"{size // scale}{suffix}"
    return str(size)


@functools.lru_cache(maxsize=4096)
def _scaled(text: str, decimals: int) -> int:
    """The quantity times ten to the power of `decimals`, rounded up (towards positive infinity)."""
    match = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or not (match[2] or match[3]):
        message = f"{text[:_LONGEST]!r} is not a Kubernetes quantity; write for example 500m, 2 or 10Gi"
        raise ValueError(message)
    sign, whole, fraction, suffix, exponent = match.groups(default="")
    digits = int(f"{sign}{whole}{fraction}") << _BINARY.get(suffix, 0)
    power = decimals - len(fraction) + _DECIMAL.get(suffix, 0) + int(exponent or 0)
    scale = int(10 ** abs(power))
    return digits * scale if power >= 0 else -(-digits // scale)
