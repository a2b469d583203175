"""Kubernetes quantities as exact integers: cpu in millicores, memory and storage in bytes.

Source of the format: k8s.io/apimachinery pkg/api/resource (Quantity). Exponents (1e3) are not accepted here: the
schema of our kinds refuses them.
"""

import re
from decimal import Decimal

PATTERN = r"^[0-9]{1,12}(\.[0-9]{1,3})?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$"
MAX_CHARS = 20

_SCALE: dict[str, Decimal] = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
}
_PARTS = re.compile(r"^([0-9]+(?:\.[0-9]+)?)([a-zA-Z]{0,2})$")


def cpu_millicores(text: str) -> int:
    """`500m` -> 500, `2` -> 2000; fractions of a millicore round up. Raises ValueError."""
    return _rounded_up(_value(text) * 1000)


def size_bytes(text: str) -> int:
    """`2Gi` -> 2147483648; fractions of a byte round up. Raises ValueError."""
    return _rounded_up(_value(text))


def cpu_text(millicores: int) -> str:
    """The form the API server would choose: `2`, `500m`."""
    return f"{millicores}m" if millicores % 1000 else str(millicores // 1000)


def bytes_text(size: int) -> str:
    """The largest binary unit that is exact: `2Gi`, `1536Mi`, `1000`."""
    for suffix, scale in (("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if size and size % scale == 0:
            return f"{size // scale}{suffix}"
    return str(size)


def _value(text: str) -> Decimal:
    parts = _PARTS.match(text)
    if parts is None or parts[2] not in _SCALE:
        raise ValueError(f"{text!r} is not a quantity; write for example 500m, 2 or 10Gi")
    return Decimal(parts[1]) * _SCALE[parts[2]]


def _rounded_up(value: Decimal) -> int:
    whole = int(value)
    return whole if whole == value else whole + 1
