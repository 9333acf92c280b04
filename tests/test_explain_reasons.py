"""Codes: which feature speaks, with what value, beside what is typical, and which way its family pulls."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.explain.reasons import reason_codes

FEATURES = pd.DataFrame(
    {
        "customer_id": list("abc"),
        "recency_days": [212.4, 40.0, 1.0],
        "lateness": [2.31, 1.0, 0.5],
        "plan": ["month", "year", "year"],
        "paperless": [True, False, False],
        "rating": [np.nan, 4.0, 5.0],
    }
)


def of(**contributions: list[float]) -> pd.DataFrame:
    return pd.DataFrame(contributions, index=pd.Index(list("abc"), name="customer_id"))


def family(column: str) -> str:
    return "rhythm" if column in ("recency_days", "lateness") else column


def codes(contributions: pd.DataFrame, *, top: int = 3) -> list[tuple]:
    found = reason_codes(contributions, FEATURES, family=family, top=top)
    first = found[found["customer_id"] == "a"]
    return list(first[["rank", "column", "value", "typical", "contribution"]].itertuples(index=False, name=None))


def test_the_three_strongest_come_with_value_typical_value_and_contribution():
    found = codes(of(recency_days=[2.0, 0, 0], plan=[-3.0, 0, 0], paperless=[0.5, 0, 0], rating=[1.0, 0, 0]))
    assert found[:2] == [(1, "plan", "month", "year", -3.0), (2, "recency_days", 212.4, 40.0, 2.0)]
    assert (found[2][:2], found[2][3:], len(found)) == ((3, "rating"), (4.5, 1.0), 3)
    assert np.isnan(found[2][2])


def test_a_reason_raises_or_lowers():
    found = reason_codes(of(plan=[-1.0, 0, 0], paperless=[0.5, 0, 0]), FEATURES, family=family)
    assert found["direction"].tolist() == ["lowers", "raises"]
    assert found["value"].tolist() == ["month", True]


def test_columns_of_one_family_share_a_reason_told_by_the_strongest_that_agrees():
    """Silence sums to +0.5, so that the falling recency does not speak; the plan, at +0.6, comes first."""
    found = codes(of(recency_days=[-1.0, 0, 0], lateness=[1.5, 0, 0], plan=[0.6, 0, 0]))
    assert [code[1] for code in found] == ["plan", "lateness"]
    assert [code[-1] for code in found] == pytest.approx([0.6, 0.5])


def test_what_moves_nothing_is_no_reason():
    assert codes(of(recency_days=[0.0, 1, 1], plan=[0.0, 1, 1])) == []
    nothing = reason_codes(of(plan=[0.0, 0, 0]), FEATURES, family=family)
    assert (len(nothing), list(nothing)[:3]) == (0, ["customer_id", "rank", "family"])


def test_customers_explained_may_be_some_of_those_with_features_in_any_order():
    found = reason_codes(of(plan=[1.0, 2, 3], rating=[2.0, -1, 1]).loc[["c", "a"]], FEATURES, family=family, top=2)
    assert found[["customer_id", "rank"]].values.tolist() == [["c", 1], ["c", 2], ["a", 1], ["a", 2]]
    assert found["contribution"].tolist() == [3.0, 1.0, 2.0, 1.0]
    assert found["value"].tolist()[:3] == ["year", 5.0, pytest.approx(np.nan, nan_ok=True)]


def rising(rows: int = 40) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return features whose risk rises with recency, but for customer 0, whom another column of the family lifts."""
    ids = pd.Index([f"c{i}" for i in range(rows)], name="customer_id")
    features = pd.DataFrame({"customer_id": ids, "recency_days": np.arange(float(rows)), "lateness": 1.0})
    contributions = pd.DataFrame({"recency_days": np.linspace(-1, 1, rows), "lateness": 0.0}, index=ids)
    contributions.loc["c0", ["recency_days", "lateness"]] = [5.0, -1.0]
    return contributions, features


def test_a_feature_on_the_wrong_side_of_typical_does_not_speak():
    """More recency goes with more risk, so that customer 0, who ordered today, has no high risk 'by recency'."""
    contributions, features = rising()
    first = reason_codes(contributions, features, family=family).set_index("customer_id")
    assert first.at["c0", "column"] == "lateness"  # as good as any: it is the same for all
    alone = reason_codes(contributions[["recency_days"]], features, family=family).set_index("customer_id")
    assert "c0" not in alone.index
    assert alone.at["c39", "value"] == 39


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), top=st.integers(1, 4))
def test_codes_are_those_of_the_definition_customer_by_customer(seed, top):
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"c{i}" for i in range(30)], name="customer_id")
    features = pd.DataFrame({c: rng.integers(0, 4, 30).astype(float) for c in ("recency_days", "lateness", "rating")})
    features = features.mask(rng.random(features.shape) < 0.1).assign(plan=rng.choice(["M", "L"], 30), customer_id=ids)
    columns = ["recency_days", "lateness", "rating", "plan"]
    contributions = pd.DataFrame(rng.normal(size=(30, 4)), columns=columns, index=ids)
    found = reason_codes(contributions, features, family=family, top=top)
    told = found[["customer_id", "rank", "column", "contribution"]].values.tolist()
    assert [t[:3] for t in told] == [t[:3] for t in slowly(contributions, features, top)]
    assert [t[3] for t in told] == pytest.approx([t[3] for t in slowly(contributions, features, top)])


def slowly(contributions: pd.DataFrame, features: pd.DataFrame, top: int) -> list[list]:
    """The definition, written out: strongest sums first, told by the strongest column on the side that fits."""
    found, values = [], features.set_index("customer_id")
    members = {name: [c for c in contributions if family(c) == name] for name in map(family, contributions)}
    totals = {name: contributions[columns].sum(axis=1) for name, columns in members.items()}
    for customer in contributions.index:
        rank = 0
        for name in sorted(members, key=lambda name: -abs(totals[name][customer])):
            sign, fit = np.sign(totals[name][customer]), []
            for column in members[name]:
                side = np.nan if column == "plan" else values[column].corr(totals[name], method="spearman")
                off = 0 if column == "plan" else values.at[customer, column] - values[column].median()
                if not abs(side) >= 0.3 or np.isnan(off) or np.sign(off) == np.sign(side) * sign:
                    fit.append(column)
            if fit and rank < top:
                rank += 1
                speaker = max(fit, key=lambda c: contributions.at[customer, c] * sign)
                found.append([customer, rank, speaker, totals[name][customer]])
    return found


def test_what_is_typical_of_everybody_is_no_reason():
    features = pd.DataFrame({"customer_id": [f"c{n}" for n in range(21)], "orders_90d": [0] * 11 + [1, 2] * 5})
    contributions = pd.DataFrame({"orders_90d": [-0.2] * 11 + [0.3, 0.6] * 5}, index=features["customer_id"])
    found = reason_codes(contributions, features, family=family)
    assert found["customer_id"].tolist() == [f"c{n}" for n in range(11, 21)]


def test_kinds_of_columns_that_a_crm_has_are_told_as_they_are():
    kinds = FEATURES.assign(
        visits=pd.array([None, 3, 4], dtype="Int64"), tier=pd.Categorical(["gold", None, "gold"]), empty=None
    )
    found = reason_codes(of(visits=[3.0, 0, 0], tier=[2.0, 0, 0], empty=[1.0, 0, 0]), kinds, family=family)
    assert found["typical"].tolist() == [3.5, "gold", None]
    assert found["value"].tolist()[1] == "gold"
    assert pd.isna(found["value"].iloc[0])


def test_what_cannot_be_explained_is_refused():
    with pytest.raises(InputError, match="features: no column visits, which the contributions name"):
        reason_codes(of(visits=[1.0, 0, 0]), FEATURES, family=family)
    with pytest.raises(InputError, match="features: 3 rows repeat a customer_id; explain the customers of one cut-off"):
        reason_codes(of(plan=[1.0, 0, 0]), pd.concat([FEATURES, FEATURES]), family=family)
    with pytest.raises(InputError, match="features: 2 of 3 customers with contributions have no row"):
        reason_codes(of(plan=[1.0, 0, 0]), FEATURES.head(1), family=family)
    with pytest.raises(InputError, match="top=0; at least 1 reason a customer"):
        reason_codes(of(plan=[1.0, 0, 0]), FEATURES, family=family, top=0)
