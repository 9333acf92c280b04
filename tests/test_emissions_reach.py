"""Whether data may go to a place, and how far it is."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.emissions.reach import distance_km, latency, may_be_used
from workbench.law import law

NOW = date(2026, 11, 29)
POINTS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize(
    ("country", "said"),
    [
        ("DE", "yes: inside"),
        ("NO", "yes: inside"),
        ("BR", "yes: adequacy since 2026-01-26"),
        ("US", "yes: adequacy since 2023-07-10"),
        ("IN", "only with a mechanism: standard contractual clauses, "),
    ],
)
def test_what_the_gdpr_says_of_countries(country: str, said: str) -> None:
    assert may_be_used(country, law("gdpr", as_of=NOW).rules["transfer_unprotected"], NOW).startswith(said)


def test_adequacy_that_is_to_come_is_none_yet() -> None:
    before = date(2026, 1, 25)
    said = may_be_used("BR", law("gdpr", as_of=before).rules["transfer_unprotected"], before)
    assert said.startswith("only with a mechanism")
    assert said.endswith("adequacy from 2026-01-26")


@pytest.mark.parametrize(
    ("regime", "country", "said"),
    [
        ("ccpa", "US", "yes: inside"),
        ("ccpa", "DE", "only with a mechanism: contract"),
        ("pipl", "DE", "only with a mechanism: security assessment"),
        ("dpdp", "DE", "yes: no rule in force on 2026-11-29; s.16 holds from 2027-05-13"),
        ("uk_gdpr", "FR", "yes: adequacy since 2021-01-01"),
    ],
)
def test_what_other_regimes_say(regime: str, country: str, said: str) -> None:
    assert may_be_used(country, law(regime, as_of=NOW).rules["transfer_unprotected"], NOW).startswith(said)


def test_a_regime_without_a_rule_is_not_known() -> None:
    assert may_be_used("DE", None, NOW) == "not known: the regime has no rule of transfers"


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        ((52.5, 13.4), (48.9, 2.4), 878),
        ((50, 9), (-24, -47), 9_800),
        ((0, 0), (0, 180), 20_015),
        ((10, 179), (10, -179), 219),
    ],
)
def test_distances_of_the_atlas(one: tuple, other: tuple, km: float) -> None:
    assert distance_km(one, other) == pytest.approx(km, rel=0.02)


@given(POINTS, POINTS)
def test_a_distance_is_the_same_both_ways_and_at_most_half_around_the_earth(one: tuple, other: tuple) -> None:
    assert distance_km(one, other) == pytest.approx(distance_km(other, one))
    assert 0 <= distance_km(one, other) <= 20_016


def test_latency_classes() -> None:
    assert latency(420, same=True) == "same country: some 20 ms"
    assert latency(1_400, same=False) == "near: some 30 ms"
    assert latency(5_900, same=False) == "far: some 100 ms"
    assert latency(16_000, same=False) == "very far: some 250 ms"
    assert latency(float("nan"), same=False).startswith("not known")
