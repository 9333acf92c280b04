"""A planted season is found again, growth is not taken for one, and nothing is read from days to come."""

from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.value.season import Season, daily_volume, even_season, season

PLANTED = np.array([0.8, 0.7, 0.9, 0.9, 1.0, 1.0, 0.8, 0.8, 1.0, 1.1, 1.4, 1.6])
NEW_YEAR = pd.Timestamp("2025-01-01")


def volume(first: str, last: str = "2025-06-30", *, growth: float = 0.0, level: float = 300) -> pd.Series:
    """Return Poisson orders a day with the planted season, growing by so much a year."""
    days = pd.date_range(first, last)
    trend = np.exp(np.log1p(growth) * np.arange(len(days)) / 365)
    drawn = np.random.default_rng(7).poisson(level * trend * PLANTED[days.month - 1])
    return pd.Series(drawn.astype(float), index=days)


def factors(found: Season) -> list[float]:
    assert found.known
    assert found.factors.mean() == pytest.approx(1)
    return list(found.factors)


def test_a_year_shows_the_planted_season() -> None:
    found = season(volume("2024-01-01"), as_of=NEW_YEAR)
    assert factors(found) == pytest.approx(list(PLANTED / PLANTED.mean()), abs=0.03)
    inside = (found.months["low"] <= PLANTED / PLANTED.mean()) & (PLANTED / PLANTED.mean() <= found.months["high"])
    assert inside.sum() >= 10
    assert found.note == "from 12 whole months of history, by the latest twelve: growth within the year is part of it"


@pytest.mark.parametrize("growth", [0.0, 0.5, -0.3])
def test_from_two_years_on_growth_is_not_taken_for_season(growth: float) -> None:
    found = season(volume("2022-01-01", growth=growth), as_of=NEW_YEAR)
    assert factors(found) == pytest.approx(list(PLANTED / PLANTED.mean()), abs=0.04)
    assert found.note == "from 36 whole months of history, growth taken out"


def test_less_than_a_year_says_so() -> None:
    found = season(volume("2024-02-10"), as_of=NEW_YEAR)
    assert not found.known
    assert found.factors.tolist() == [1.0] * 12
    assert found.note.startswith("no season: 10 whole months of history, a year is needed")
    assert found.months["low"].isna().all()


def test_no_orders_at_all_are_no_season() -> None:
    nothing = pd.Series([], index=pd.DatetimeIndex([]), dtype=float)
    assert not season(nothing, as_of=NEW_YEAR).known


def test_a_start_on_the_second_day_is_a_whole_month() -> None:
    assert season(volume("2024-01-02"), as_of=NEW_YEAR).known
    assert not season(volume("2024-01-05"), as_of=NEW_YEAR).known


@pytest.mark.parametrize("first", ["2022-01-01", "2023-11-01"])
def test_days_to_come_change_nothing(first: str) -> None:
    known = volume(first)
    changed = known.where(known.index < NEW_YEAR, 9e6)
    one, other, shorter = (season(v, as_of=NEW_YEAR) for v in (known, changed, known[known.index < NEW_YEAR]))
    assert one.months.equals(other.months)
    assert one.months.equals(shorter.months)


def test_a_silent_year_is_no_season() -> None:
    found = season(volume("2023-06-01", "2023-12-20"), as_of=NEW_YEAR)
    assert (found.known, found.factors.tolist()) == (False, [1.0] * 12)
    assert found.note.startswith("no season: no orders within the latest twelve months")


def test_a_gap_leaves_no_factor_unknown() -> None:
    broken = pd.concat([volume("2022-12-20", "2023-01-31"), volume("2024-10-01", "2024-12-31")])
    assert np.isfinite(season(broken, as_of=NEW_YEAR).factors).all()


def test_few_orders_are_drawn_towards_an_even_year() -> None:
    few, many = (season(volume("2024-01-01", level=level), as_of=NEW_YEAR).factors for level in (0.5, 300))
    assert np.abs(few - 1).max() < 0.5 * np.abs(many - 1).max()


@given(st.lists(st.floats(0.1, 3), min_size=12, max_size=12), st.integers(0, 700), st.integers(0, 400))
@settings(max_examples=50, deadline=None)
def test_days_behind_and_ahead_meet(values: list[float], apart: int, days: int) -> None:
    found = Season(months=even_season("").months.assign(factor=values), known=True, note="")
    early, late = NEW_YEAR, NEW_YEAR + pd.Timedelta(days=apart)
    assert found.days_ahead(early, apart)[-1] == pytest.approx(found.days_back(late, apart)[-1])
    back = found.days_back(late, days)
    assert (back[0], len(back)) == (0, days + 1)
    assert np.all(np.diff(back) > 0)


def test_days_ahead_begin_with_the_cutoff_and_days_back_with_the_day_before() -> None:
    values = [2.0, *[1.0] * 10, 3.0]
    found = Season(months=even_season("").months.assign(factor=values), known=True, note="")
    assert found.days_ahead(NEW_YEAR, 2).tolist() == [0, 2, 4]
    assert found.days_back(NEW_YEAR, 2).tolist() == [0, 3, 6]


def test_orders_of_a_customer_and_day_are_one() -> None:
    at = ["2024-01-01 08:00", "2024-01-01 20:00", "2024-01-01 09:00", "2024-01-02 00:00", "2024-01-03 10:00"]
    orders = {"customer_id": list("aabab"), "ordered_at": pd.to_datetime(at), "amount": [1.0, 2.0, 3.0, 4.0, -5.0]}
    found = daily_volume(ibis.memtable(pd.DataFrame(orders)))
    assert found.to_dict() == {pd.Timestamp("2024-01-01"): 2.0, pd.Timestamp("2024-01-02"): 1.0}


def test_the_sample_has_a_season(sample_folder: Path) -> None:
    orders = ibis.read_parquet(sample_folder / "orders.parquet")
    found = daily_volume(orders)
    assert found.index.is_monotonic_increasing
    assert season(found, as_of=found.index[-1]).known
