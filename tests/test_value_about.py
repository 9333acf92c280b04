"""What a forecast of value says of itself, and how each amount that it foretold came out."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.governance.records import Record
from workbench.value import Gathered, Tested, about, judged
from workbench.value.candidates import TITLES
from workbench.value.cautions import Caution
from workbench.value.quality import quality

CUTOFFS = pd.to_datetime(["2024-01-01", "2024-04-01"])
PARTS = {"purpose", "model", "data", "explanations", "limits", "unknown"}
TREES = SimpleNamespace(columns=("spend", "touches_30d"))
TERMS = {"months": 12, "currency": "EUR"}
READ = {"orders.amount": ["spend"], "touches.sent_at": ["touches_30d"], "customers.country": ["country"]}


def scores(customers: int = 40, *, seed: int = 0) -> pd.DataFrame:
    """Return forecasts and spend of two cut-offs, a third of it nothing."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"customer_id": [f"DE-{n:05}" for n in range(customers)] * 2})
    rows["cutoff"] = np.repeat(CUTOFFS, customers)
    rows["predicted"] = rng.gamma(1, 20, len(rows))
    return rows.assign(spent=rng.gamma(1, 20, len(rows)) * (rng.random(len(rows)) > 0.3), low=0.0, high=90.0)


def backtested(model: str | None = "log_normal", *, level: float = 1.0, rows: pd.DataFrame | None = None) -> Tested:
    nothing = pd.DataFrame()
    frames = dict.fromkeys(("candidates", "folds", "summary", "coverage"), nothing)
    found = scores() if rows is None else rows
    return Tested(model=model, reason="Because.", horizon_days=90, scores=found, share=0.9, level=level, **frames)


def known() -> Gathered:
    past = scores()[["customer_id", "cutoff", "spent"]]
    volume = pd.Series(1.0, index=pd.date_range("2023-02-01", "2024-06-30"))
    return Gathered(past=past, today=past.head(40), volume=volume)


def worth(*, trees: object = None) -> SimpleNamespace:
    caution = Caution(name="few_repeats", text="not enough data: 3 customers ordered twice")
    return SimpleNamespace(trees=trees, method="BG/NBD over 12 months.", cautions=(caution,))


def test_it_says_what_it_is_for_what_it_read_and_what_it_does_not_know():
    found = about(backtested(level=1.2), known(), worth(), fields=READ, **TERMS)
    said = found.set_index("name")["value"]
    assert set(found["section"]) == PARTS
    assert found["name"].is_unique
    assert found["value"].notna().all()
    assert (said["kind"], said["unit"], said["why"]) == (TITLES["log_normal"], "EUR", "Because.")
    assert said["actual"] == "the tenth who spent most in the 90 days after the cut-off"
    assert said["calibration"].startswith("totals are multiplied by 1.20")
    assert (said["first"], said["last"], said["examples"], said["customers"]) == (
        "2023-02-01",
        "2024-06-30",
        "80",
        "40",
    )
    assert said["judged"] == "40 customers at 2 cut-offs, 2024-01-01 to 2024-04-01"
    assert (said["learnt_from"], said["others"]) == ("customers of this market alone", "none")
    assert said["few_repeats"] == "Not enough data: 3 customers ordered twice."
    assert not found["value"].str.contains("DE-0").any()


@pytest.mark.parametrize(("model", "trees"), [("trees", TREES), ("log_normal", TREES), ("past_rate", None)])
def test_fields_are_those_that_the_forecast_or_its_reasons_read(model, trees):
    found = about(backtested(model), known(), worth(trees=trees), fields=READ, **TERMS).set_index("name")["value"]
    needed = "orders.customer_id, orders.ordered_at, orders.amount"
    assert found["fields"] == (f"{needed}, touches.sent_at" if trees else needed)
    assert ("one_number" in found) == (model == "past_rate")


@pytest.mark.parametrize(("model", "own"), [("trees", True), ("log_normal", False)])
def test_reasons_of_another_model_are_said_to_be_that(model, own):
    told = SimpleNamespace(note="3 customers explained.")
    said = about(backtested(model), known(), worth(trees=TREES), told, **TERMS).set_index("name")["value"]
    assert said["stability"] == "3 customers explained."
    assert ("beside the chosen forecast" in said["method"]) != own


def test_without_orders_it_says_so_and_judges_nobody():
    found, rows = about(None, None, None, **TERMS), judged(None)
    assert set(found["section"]) == PARTS
    assert found.loc[found["value"].isna(), "name"].tolist() == ["fields"]
    assert Record(about=found, judged=rows).told("why") == "not applicable: no `orders` table"
    assert rows.empty


def test_without_a_forecast_it_says_why_and_judges_nobody():
    none = backtested(None, rows=pd.DataFrame())
    found = about(none, known(), worth(), fields=READ, **TERMS).set_index("name")["value"]
    assert (found["why"], found["judged"]) == ("Because.", "nobody: no forecast was chosen")
    assert found["method"] == "not applicable: too few customers to learn from"
    assert list(judged(none)) == ["customer_id", "predicted", "outcome", "selected", "actual", "error"]


def test_the_tenth_is_taken_within_each_cut_off():
    rows = judged(backtested())
    assert rows.groupby("cutoff")[["selected", "actual"]].sum().values.tolist() == [[4, 4], [4, 4]]
    for _, part in rows.groupby("cutoff"):
        assert part.loc[part["selected"] == 1, "predicted"].min() > part.loc[part["selected"] == 0, "predicted"].max()


def test_the_tenth_is_that_of_the_headline():
    part = scores(300).head(300)
    rows = judged(backtested(rows=part))
    share = rows.loc[rows["selected"] == 1, "outcome"].sum() / rows["outcome"].sum()
    figures = quality(part).set_index("metric")["value"]
    assert share == pytest.approx(figures["top_decile_share"], rel=1e-6)
    assert rows["error"].mean() == pytest.approx(figures["mae"], rel=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), min_size=1, max_size=40))
def test_whom_nothing_is_foretold_of_is_never_selected(amounts):
    part = pd.DataFrame(amounts, columns=["predicted", "spent"]).assign(customer_id="x", cutoff=CUTOFFS[0])
    rows = judged(backtested(rows=part))
    most = max(len(rows) // 10, 1)
    for name, amount in (("selected", "predicted"), ("actual", "outcome")):
        assert rows[name].sum() == min(most, (rows[amount] > 0).sum())
        assert (rows.loc[rows[name] == 1, amount] > 0).all()
    assert (rows["error"] >= 0).all()
