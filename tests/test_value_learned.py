"""Learned models see through the season, hold the level, learn what matters, and say when they cannot."""

import numpy as np
import pandas as pd
import pytest

from workbench.value.learned import Learned, can_learn, fit_trees, fit_two_parts, predict
from workbench.value.season import Season, even_season

CUTOFFS = pd.date_range("2024-01-01", periods=6, freq="MS")
EVEN = even_season("")
FITS = {"trees": fit_trees, "two_parts": fit_two_parts}


def uneven() -> Season:
    months = EVEN.months.assign(factor=np.linspace(0.5, 2.0, 12))
    return Season(months=months, known=True, note="")


def examples(customers: int = 250) -> pd.DataFrame:
    """Return customers at six cut-offs, who spend the more often and the more, the more orders they had."""
    rng, rows = np.random.default_rng(11), 6 * customers
    orders = rng.poisson(2, rows) + 1
    some = rng.random(rows) < orders / (orders + 3)
    return pd.DataFrame(
        {
            "customer_id": np.tile([f"c{n}" for n in range(customers)], 6),
            "cutoff": np.repeat(CUTOFFS, customers),
            "order_days": orders,
            "recency_days": rng.integers(0, 300, rows),
            "channel": rng.choice(["shop", "web"], rows),
            "always": 1,
            "spent_before": 1.0,
            "spent": np.where(some, orders * rng.lognormal(2, 0.7, rows), 0.0),
        }
    )


def ahead(season: Season, cutoff: pd.Timestamp) -> float:
    return float(season.days_ahead(cutoff, 30)[-1] / 30)


def fitted(name: str, frame: pd.DataFrame, season: Season = EVEN) -> Learned:
    return FITS[name](frame, season=season, horizon_days=30)


@pytest.mark.parametrize("name", FITS)
def test_who_ordered_more_is_forecast_more(name: str) -> None:
    frame = examples()
    model = fitted(name, frame)
    found = pd.Series(predict(model, frame, cutoff=CUTOFFS[-1])).groupby(frame["order_days"]).mean()
    assert np.all(np.diff(found.loc[1:5]) > 0)
    assert (model.name, model.columns) == (name, ("order_days", "recency_days", "channel"))


@pytest.mark.parametrize("name", FITS)
def test_the_total_of_what_was_learnt_is_right(name: str) -> None:
    frame = examples()
    weight = 0.5 ** ((CUTOFFS[-1] - frame["cutoff"]).dt.days.to_numpy() / 90)
    found = predict(fitted(name, frame), frame, cutoff=CUTOFFS[-1])
    assert weight @ found == pytest.approx(weight @ frame["spent"], rel=1e-9 if name == "two_parts" else 0.05)


@pytest.mark.parametrize("name", FITS)
def test_a_season_in_what_was_spent_is_seen_through(name: str) -> None:
    frame, season = examples(), uneven()
    busy = frame.assign(spent=frame["spent"] * frame["cutoff"].map({at: ahead(season, at) for at in CUTOFFS}))
    plain = predict(fitted(name, frame), frame, cutoff=CUTOFFS[0])
    found = predict(fitted(name, busy, season), frame, cutoff=pd.Timestamp("2024-12-01"))
    assert found == pytest.approx(plain * 2.0, rel=1e-6)


@pytest.mark.parametrize("name", FITS)
def test_what_is_to_come_is_no_feature(name: str) -> None:
    frame = examples()
    told = frame.assign(churned=(frame["spent"] == 0).astype(int), season_ratio=frame["spent"])
    assert fitted(name, told).columns == fitted(name, frame).columns
    assert predict(fitted(name, told), told, cutoff=CUTOFFS[0]) == pytest.approx(
        predict(fitted(name, frame), frame, cutoff=CUTOFFS[0])
    )


@pytest.mark.parametrize("name", FITS)
def test_lately_counts_for_more(name: str) -> None:
    frame = examples()
    more = frame.assign(spent=np.where(frame["cutoff"] == CUTOFFS[-1], frame["spent"] * 3, frame["spent"]))
    once = frame.assign(spent=np.where(frame["cutoff"] == CUTOFFS[0], frame["spent"] * 3, frame["spent"]))
    lately, before = (predict(fitted(name, one), frame, cutoff=CUTOFFS[0]).sum() for one in (more, once))
    assert lately > before * 1.1


def test_too_few_of_either_kind_cannot_be_learnt_from() -> None:
    frame = pd.DataFrame({"customer_id": ["a", "b", "c", "d"], "spent": [5.0, 0.0, 7.0, 0.0]})
    assert can_learn(frame, fewest=2)
    assert not can_learn(frame, fewest=3)
    assert not can_learn(frame.assign(spent=0.0), fewest=1)
    assert not can_learn(frame.assign(spent=1.0), fewest=1)
    assert not can_learn(frame.assign(customer_id="a"), fewest=2)
