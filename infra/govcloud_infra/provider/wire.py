"""Values between the engine and plain Python.

The provider API of the Pulumi SDK is marked experimental; this module and `serve` are the only ones that know it.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.provider.experimental.property_value import PropertyValue

Plain = dict[str, Any]

# The SDK's PropertyValue neither reads nor writes values that are not known yet: they travel as this string.
UNKNOWN = PropertyValue(pulumi.runtime.rpc.UNKNOWN)


def to_plain(value: PropertyValue) -> Any:
    """One value; a value not known yet becomes None, a whole float an int."""
    if value.type.name == "COMPUTED":
        return None
    raw = value.value
    if isinstance(raw, Mapping):
        return {key: to_plain(item) for key, item in raw.items()}
    if isinstance(raw, list | tuple):
        return [to_plain(item) for item in raw]
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    return raw


def to_property(value: Any) -> PropertyValue:
    """The engine knows floats only."""
    if isinstance(value, Mapping):
        return PropertyValue({key: to_property(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return PropertyValue([to_property(item) for item in value])
    if isinstance(value, int) and not isinstance(value, bool):
        return PropertyValue(float(value))
    return PropertyValue(value)


def plain(properties: Mapping[str, PropertyValue]) -> Plain:
    """A whole map."""
    return {key: to_plain(value) for key, value in properties.items()}


def properties(values: Mapping[str, Any]) -> dict[str, PropertyValue]:
    """A whole map."""
    return {key: to_property(value) for key, value in values.items()}


def outgoing(values: Mapping[str, PropertyValue]) -> dict[str, PropertyValue]:
    """Replace values that are not known yet by the engine's sentinel."""
    return {key: _outgoing(value) for key, value in values.items()}


def has_unknown(values: Mapping[str, PropertyValue]) -> bool:
    """Is anything in here not known yet?"""
    return any(_unknown(value) for value in values.values())


def _outgoing(value: PropertyValue) -> PropertyValue:
    if value.type.name == "COMPUTED":
        return UNKNOWN.with_secret(value.is_secret)
    raw = value.value
    if isinstance(raw, Mapping):
        return value.with_value({key: _outgoing(item) for key, item in raw.items()})
    if isinstance(raw, list | tuple):
        return value.with_value([_outgoing(item) for item in raw])
    return value


def _unknown(value: PropertyValue) -> bool:
    raw = value.value
    if value.type.name == "COMPUTED" or raw == UNKNOWN.value:
        return True
    if isinstance(raw, Mapping):
        return any(_unknown(item) for item in raw.values())
    return isinstance(raw, list | tuple) and any(_unknown(item) for item in raw)
