"""What pydantic found, in the words of a site file: what must be there, what was found. Pure."""

from typing import Any

from govcloud_infra.site import keys, words
from govcloud_infra.site.faults import Location

_EXPECTED = {
    "ip_v4_address": words.ADDRESS,
    "ip_v4_network": words.RANGE,
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "model_type": "a map of keys and values",
    "tuple_type": "a list",
}
_LIMITS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
}
_COUNTS = {"too_short": ("min_length", "at least"), "too_long": ("max_length", "at most")}


def message(item: Any, location: Location) -> str:
    """One of `ValidationError.errors()` at its location."""
    kind, value, details = item["type"], item.get("input"), item.get("ctx", {})
    shown = "" if isinstance(value, dict | list) else f"; found {value!r}"[:80]
    if kind == "missing":
        return "is missing; add it"
    if kind == "extra_forbidden":
        return f"is not a key that exists here{keys.did_you_mean(location)}"
    if kind == "literal_error":
        return f"must be {details['expected']}{shown}"
    if kind == "string_pattern_mismatch":
        return f"must be {words.of_pattern(details['pattern'])}{shown}"
    if kind in _LIMITS:
        limit, text = _LIMITS[kind]
        return f"must be {text} {details[limit]:g}{shown}"
    if kind in _COUNTS:
        limit, text = _COUNTS[kind]
        count = details[limit]
        return f"must have {text} {count} item{'' if count == 1 else 's'}; found {details['actual_length']}"
    if kind in _EXPECTED:
        return f"must be {_EXPECTED[kind]}{shown}"
    return f"{item['msg'][0].lower()}{item['msg'][1:]}{shown}"
