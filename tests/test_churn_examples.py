import ibis
import numpy as np
import pandas as pd
import pytest

from workbench.churn.examples import cutoffs, examples
from workbench.errors import InputError


def orders(*rows: tuple[str, str, float]) -> ibis.Table:
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    return ibis.memtable(frame.astype({"ordered_at": "datetime64[us]"}).assign(order_id=frame.index.astype(str)))


FEW = orders(
    ("a", "2024-01-10", 5.0),
    ("a", "2024-03-31 23:59", 5.0),
    ("b", "2024-01-20", 5.0),
    ("b", "2024-03-10", -5.0),
    ("c", "2024-02-20", 5.0),
    ("c", "2024-04-01", 5.0),
    ("d", "2024-06-30", 5.0),
)
MARCH, APRIL, JULY = (pd.Timestamp(f"2024-{month}-01") for month in ("03", "04", "07"))


def test_churned_is_no_order_from_the_cutoff_to_the_end_of_the_horizon():
    found = examples(FEW, cutoffs=[APRIL, MARCH], horizon_days=31)
    assert found[["customer_id", "cutoff", "churned"]].values.tolist() == [
        ["a", MARCH, 0],
        ["b", MARCH, 1],
        ["c", MARCH, 1],
        ["a", APRIL, 1],
        ["b", APRIL, 1],
        ["c", APRIL, 0],
    ]
    assert list(found)[-1] == "churned"


def test_churned_is_missing_while_the_horizon_is_not_over():
    found = examples(FEW, cutoffs=[APRIL, JULY], horizon_days=91)
    assert found.groupby("cutoff")["churned"].count().to_dict() == {APRIL: 3, JULY: 0}


def test_customers_bring_their_country():
    customers = pd.DataFrame({"customer_id": ["a", "b", "d"], "country": ["DE", "FR", "DE"], "gender": "f"})
    found = examples(FEW, cutoffs=[MARCH], horizon_days=31, customers=customers)
    assert found["country"].fillna("unknown").tolist() == ["DE", "FR", "unknown"]
    assert "gender" not in found


def test_season_ratio_is_what_followed_last_year_over_what_came_before():
    days = pd.date_range("2022-01-01", "2023-12-31")
    twice = days[days.month >= 7]
    busy = orders(*(("a", str(day), 1.0) for day in [*days, *twice]))
    found = examples(busy, cutoffs=[pd.Timestamp("2023-07-01"), pd.Timestamp("2023-01-15")], horizon_days=60)
    # 60 days before 2 July 2022 with 61 orders (one day of July), 60 days after it with 120, and 50 added to both
    expected = {pd.Timestamp("2023-07-01"): (120 + 50) / (61 + 50), pd.Timestamp("2023-01-15"): np.nan}
    assert found.set_index("cutoff")["season_ratio"].to_dict() == pytest.approx(expected, nan_ok=True)


def test_cutoffs_leave_half_a_horizon_before_and_a_horizon_after_and_are_at_most_24():
    days = pd.date_range("2019-01-20", "2024-03-30")
    found = cutoffs(orders(*(("a", str(day), 1.0) for day in days)), horizon_days=45)
    assert len(found) == 24
    assert found[-1] == pd.Timestamp("2024-02-01")
    assert cutoffs(orders(("a", "2024-01-01", 1.0)), horizon_days=45) == []


def test_without_cutoffs_it_says_so():
    with pytest.raises(InputError, match="cutoffs: none given"):
        examples(FEW, cutoffs=[], horizon_days=30)
