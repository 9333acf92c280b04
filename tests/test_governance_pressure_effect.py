"""Effects of contact drawn by lot: published figures of real experiments, hand-worked rates, and what is missing."""

import math

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from governance_case import table
from workbench import crm
from workbench.governance.pressure.effect import CONTACT, EFFECT, NO_HOLD_OUT, contact_effect, effect_of_contact


def people(**arms):
    """Return one row a person: by arm, how many there are and how many of them bought."""
    rows = [(arm, int(place < hit)) for arm, (size, hit) in arms.items() for place in range(size)]
    return pd.DataFrame(rows, columns=["arm", "bought"])


def test_hillstrom_is_as_published(shared_data):
    mailed = pd.read_parquet(shared_data / "hillstrom" / "hillstrom.parquet")
    outcomes = ["visit", "conversion", "spend"]
    found = effect_of_contact(mailed, arm="segment", outcomes=outcomes, control="No E-Mail").set_index(
        ["arm", "outcome"]
    )
    published = {"Mens E-Mail": (0.1828, 0.0125), "Womens E-Mail": (0.1514, 0.0088), "No E-Mail": (0.1062, 0.0057)}
    for arm, means in published.items():
        assert [round(found.loc[(arm, name), "mean"], 4) for name in outcomes[:2]] == list(means)
    assert (
        found.loc[("Mens E-Mail", "visit"), ["difference_low", "difference_high"]].round(3).isin([0.070, 0.083]).all()
    )
    assert found.loc[("Mens E-Mail", "spend"), "difference"] == pytest.approx(0.770, abs=1e-3)
    assert (found["p_adjusted"].dropna() < 0.05).all()
    assert (found["p_adjusted"].dropna() >= found["p"].dropna()).all()


@pytest.mark.parametrize(
    ("own", "base", "low", "high"),
    [
        ((70, 56), (80, 48), 0.0524, 0.3339),  # Newcombe (1998), table II, method 10
        ((56, 0), (30, 0), -0.1135, 0.0642),  # by hand: z² over size and z²
    ],
)
def test_differences_of_shares_are_newcombes(own, base, low, high):
    found = effect_of_contact(people(sent=own, kept=base), arm="arm", outcomes=["bought"], control="kept")
    row = found.set_index("arm").loc["sent"]
    assert [round(row["difference_low"], 4), round(row["difference_high"], 4)] == pytest.approx([low, high], abs=2e-4)


def test_other_means_are_compared_as_welch_has_it():
    rng = np.random.default_rng(0)
    spent = pd.DataFrame({"arm": ["sent"] * 50 + ["kept"] * 80, "spent": rng.gamma(2, 10, 130)})
    row = effect_of_contact(spent, arm="arm", outcomes=["spent"], control="kept").set_index("arm").loc["sent"]
    own, base = (spent.loc[spent["arm"] == arm, "spent"] for arm in ("sent", "kept"))
    known = ttest_ind(own, base, equal_var=False)
    assert [row["difference_low"], row["difference_high"]] == pytest.approx(list(known.confidence_interval()))
    assert row["p"] == pytest.approx(known.pvalue)


def test_few_people_and_a_missing_control_are_no_evidence():
    found = effect_of_contact(people(sent=(29, 3), kept=(100, 3)), arm="arm", outcomes=["bought"], control="kept")
    assert list(found) == list(EFFECT)
    assert found.set_index("arm").loc["sent", "mean":].isna().all()
    alone = effect_of_contact(people(sent=(100, 3)), arm="arm", outcomes=["bought"], control="kept").iloc[0]
    assert alone["mean"] == 0.03
    assert math.isnan(alone["difference"])


def shop(orders, *, touched=(), **columns):
    """Return 40 customers contacted and 40 held out, who order (amount) so often each from the first touch on."""
    ids = [f"c{number}" for number in range(80)]
    customers = [{"customer_id": one, "hold_out": place >= 40} for place, one in enumerate(ids)]
    sent = [
        {"touch_id": f"{one} {day}", "customer_id": one, "channel": "email", "sent_at": day}
        for one, day in [("c0", "2024-01-01"), *((one, "2024-02-01") for one in touched)]
    ]
    bought = [
        {"order_id": f"{one}-{number}", "customer_id": one, "ordered_at": "2024-12-31", "amount": 10.0}
        for place, one in enumerate(ids) for number in range(orders[place >= 40] + place % 2)
    ]  # fmt: skip
    bought += [{"order_id": "early", "customer_id": "c0", "ordered_at": "2023-01-01", "amount": 10.0}]
    tables = {"customers": table("customers", customers, **columns), "orders": table("orders", bought)}
    return tables | {"touches": table("touches", sent)}


def test_rates_count_from_the_first_touch_by_the_arm_that_was_drawn():
    found = contact_effect(shop((3, 1), touched=["c41"])).set_index("outcome")
    assert list(found.reset_index()) == list(CONTACT)
    # 3.5 orders against 1.5 in 365 of 365.25 days.
    assert found.loc["orders", "contacted_per_year"] == pytest.approx(3.5 * 365.25 / 365)
    assert found.loc["orders", "ratio"] == pytest.approx(3.5 / 1.5)
    assert found.loc["orders", "low"] < 3.5 / 1.5 < found.loc["orders", "high"]
    assert found.loc["spend", "ratio"] == pytest.approx(3.5 / 1.5)
    assert found["note"].str.startswith("1 of the customers held out").all()


def test_who_signs_up_later_counts_from_there():
    tables = shop((3, 1))
    late = tables["customers"].mutate(signup_at=ibis.timestamp("2024-07-01 00:00:00"))
    found = contact_effect(tables | {"customers": late}).set_index("outcome")
    assert found.loc["orders", "contacted_per_year"] == pytest.approx(3.5 * 365.25 / 183)


def test_what_is_missing_is_said():
    tables = shop((3, 1))
    assert contact_effect(shop((3, 1), without=["hold_out"])) == NO_HOLD_OUT
    assert contact_effect({}) == "not applicable: no table customers, orders, touches"
    assert contact_effect(tables | {"orders": table("orders", [])}) == "not applicable: no row in orders"
    few = tables["customers"].filter(tables["customers"].customer_id < "c5")
    assert str(contact_effect(tables | {"customers": few})).startswith("not enough data: ")
    assert contact_effect(shop((3, 1), without=["signup_at"]))["ratio"].notna().all()


def test_nobody_who_buys_is_no_ratio():
    tables = shop((0, 0), touched=["c1"])
    none = tables["orders"].filter(tables["orders"].order_id == "early")
    assert contact_effect(tables | {"orders": none})[["ratio", "low"]].isna().all(axis=None)


def test_the_sample_was_made_with_a_tenth_more_orders(sample_folder):
    found = contact_effect(crm.open(sample_folder).tables).set_index("outcome").loc["orders"]
    assert found["low"] < 1.10 < found["high"]
    assert found["detectable"] > 1.10  # so few customers could hardly show it
