"""Values survive the way to the engine and back, over its own protobuf form."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.provider.experimental.property_value import Computed, PropertyValue

from govcloud_infra.provider import wire

# The engine knows floats only: whole numbers beyond 2^53 have no place there.
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)
MAPS = st.dictionaries(st.text(min_size=1, max_size=4), VALUES, max_size=4)


@settings(max_examples=30)
@given(values=MAPS)
def test_round_trip(values: dict[str, Any]) -> None:
    assert wire.plain(wire.properties(values)) == values


@settings(max_examples=30)
@given(values=MAPS)
def test_round_trip_over_the_wire(values: dict[str, Any]) -> None:
    sent = PropertyValue.marshal_map(wire.outgoing(wire.properties(values)))
    assert wire.plain(PropertyValue.unmarshal_map(sent)) == values


@settings(max_examples=30)
@given(values=MAPS)
def test_what_is_known_stays_as_it_is(values: dict[str, Any]) -> None:
    found = wire.properties(values)
    assert not wire.has_unknown(found)
    assert wire.outgoing(found) == found


def test_whole_numbers_are_whole_again() -> None:
    found = wire.plain(wire.properties({"replicas": 3, "ratio": 0.5, "on": True}))
    assert [type(found[key]) for key in ("replicas", "ratio", "on")] == [int, float, bool]


def test_what_is_not_known_yet_is_found_however_deep_and_sent_as_the_engine_writes_it() -> None:
    unknown = PropertyValue(Computed())
    deep = {"a": PropertyValue([PropertyValue({"b": unknown})]), "c": PropertyValue("known")}
    assert wire.has_unknown(deep)
    assert wire.has_unknown({"a": wire.UNKNOWN})
    assert wire.plain(deep) == {"a": [{"b": None}], "c": "known"}
    assert wire.outgoing(deep)["a"] == PropertyValue([PropertyValue({"b": wire.UNKNOWN})])


def test_a_secret_stays_a_secret() -> None:
    unknown, known = PropertyValue(Computed(), is_secret=True), PropertyValue("p", is_secret=True)
    sent = wire.outgoing({"a": unknown, "b": known, "c": PropertyValue([known])})
    assert sent["a"].is_secret
    assert sent["b"].is_secret
    assert sent["c"] == PropertyValue([known])
