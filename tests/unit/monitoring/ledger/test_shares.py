"""Who bears the platform and idle machines, by each method."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govcloud_monitoring.ledger.shares import Bearer, Kind, Method, distribute
from support.ledger import methods

TAX, TAX2, ROADS, HEALTH = Bearer("tax", 30), Bearer("tax", 10), Bearer("roads", 60), Bearer("health", 0)


@pytest.mark.parametrize(
    ("method", "bearers", "shares"),
    [
        (Method(), [TAX, TAX2, ROADS], [300, 100, 600]),
        (Method(), [TAX, HEALTH], [1000, 0]),
        (Method(), [HEALTH], [0]),
        (Method(), [], []),
        (Method(kind="even"), [TAX, TAX2, ROADS], [375, 125, 500]),
        (Method(kind="even"), [TAX, HEALTH, HEALTH], [500, 250, 250]),
        (Method(kind="even"), [], []),
        (Method(kind="fixed", weights={"tax": 1, "roads": 3}), [TAX, TAX2, ROADS], [188, 62, 750]),
        (Method(kind="fixed", weights={"tax": 1, "roads": 3}), [TAX, HEALTH], [1000, 0]),
        (Method(kind="fixed", weights={"roads": 3}), [TAX, HEALTH], [0, 0]),
        (Method(kind="fixed"), [TAX], [0]),
    ],
)
def test_known_distributions_of_a_thousand(method: Method, bearers: list[Bearer], shares: list[int]):
    assert distribute(1000, bearers, method) == shares


@given(
    st.integers(0, 10**15),
    st.lists(st.builds(Bearer, st.sampled_from(["health", "roads", "tax"]), st.integers(0, 10**15)), max_size=8),
    methods,
)
def test_all_of_it_is_borne_or_nothing(total: int, bearers: list[Bearer], method: Method):
    shares = distribute(total, bearers, method)
    assert len(shares) == len(bearers)
    assert min(shares, default=0) >= 0
    assert sum(shares) in {0, total}


@given(
    st.integers(0, 10**15),
    st.lists(st.builds(Bearer, st.sampled_from(["health", "roads", "tax"]), st.integers(0, 10**15)), min_size=1),
)
def test_even_departments_differ_by_one_microcent_at_most(total: int, bearers: list[Bearer]):
    sums: dict[str, int] = {}
    for bearer, share in zip(bearers, distribute(total, bearers, Method(kind="even")), strict=True):
        sums[bearer.department] = sums.get(bearer.department, 0) + share
    assert max(sums.values()) - min(sums.values()) <= 1


def test_the_id_names_the_decision():
    assert Method().id == "proportional"
    assert Method(kind="fixed", weights={"tax": 1}, label="council-2026").id == "fixed:council-2026"


@pytest.mark.parametrize(
    ("kind", "weights"), [("fixed", {"tax": -1}), ("even", {"tax": 1}), ("proportional", {"a": 0})]
)
def test_weights_that_make_no_sense_are_refused(kind: Kind, weights: dict[str, int]):
    with pytest.raises(ValueError, match="weight"):
        Method(kind=kind, weights=weights)
