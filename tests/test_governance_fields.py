"""Verdicts on fields: hand-worked registers, boundaries, and the three columns that the sample plants."""

import ibis
import numpy as np
import pandas as pd
import pytest

from governance_case import table
from workbench import crm
from workbench.errors import InputError
from workbench.governance.case import last_seen
from workbench.governance.fields import audit_fields, field_outcomes

SEEN = pd.Timestamp("2025-06-30")


def customers(**columns):
    """Return three customers: the oldest of two years ago, the others of this year."""
    signup = pd.to_datetime(["2023-01-31", "2025-02-01", "2025-06-01"]).astype("datetime64[us]")
    return ibis.memtable(pd.DataFrame({"customer_id": ["1", "2", "3"], "signup_at": signup, **columns}))


def register(**used_by):
    rows = [{"table": "customers", "column": column, "used_by": user} for column, user in used_by.items()]
    return table("fields", rows)


def verdict(column, *, seen_at=SEEN, register=None, values=("a", "b", "c"), **asked):
    tables = {"customers": customers(**{column: pd.Series(values, dtype="str")})}
    found = audit_fields(tables | ({} if register is None else {"fields": register}), seen_at=seen_at, **asked)
    return found.table.set_index("column").loc[column]


NEVER, ONCE = (None, " ", ""), ("a", None, None)


@pytest.mark.parametrize(
    ("values", "used_by", "expected"),
    [
        (("a", "b", "c"), "churn", "active"),
        (("a", "b", "c"), None, "unused"),
        (("a", "b", "c"), " Nobody ", "unused"),
        (NEVER, "churn", "unused"),
        (NEVER, None, "unused"),
        (ONCE, None, "abandoned"),
        (ONCE, "churn", "active"),
    ],
)
def test_verdicts_with_a_register(values, used_by, expected):
    assert verdict("shoe_size", values=values, register=register(shoe_size=used_by))["verdict"] == expected


@pytest.mark.parametrize(("values", "expected"), [(("a", "b", "c"), "active"), (NEVER, "unused"), (ONCE, "abandoned")])
def test_without_a_register_content_decides(values, expected):
    found = verdict("shoe_size", values=values)
    assert (found["verdict"], found["used_by"]) == (expected, "not evidenced")


def test_a_field_that_the_register_forgot_is_not_evidenced():
    found = verdict("shoe_size", register=register(segment="churn"))
    assert (found["verdict"], found["used_by"]) == ("active", "not evidenced")


@pytest.mark.parametrize(("seen_at", "expected"), [("2024-01-31", "unused"), ("2024-02-01", "abandoned")])
def test_twelve_months_without_a_change_are_not_yet_abandoned(seen_at, expected):
    found = verdict("shoe_size", values=ONCE, register=register(shoe_size=None), seen_at=pd.Timestamp(seen_at))
    assert found["verdict"] == expected


@pytest.mark.parametrize(
    ("seen_at", "months"), [("2025-06-29", "28"), ("2025-06-30", "29"), ("2026-05-01", "more than 36")]
)
def test_abandoned_says_for_how_long(seen_at, months):
    found = verdict("shoe_size", values=ONCE, register=register(shoe_size=None), seen_at=pd.Timestamp(seen_at))
    assert found["why"] == f"no change for {months} months, while customers still gets rows"


def test_where_the_table_gets_no_rows_either_nothing_is_abandoned():
    found = verdict("shoe_size", values=ONCE, register=register(shoe_size=None), seen_at=pd.Timestamp("2027-01-01"))
    assert found["verdict"] == "unused"


def test_an_event_that_has_not_happened_and_a_field_that_waits_are_not_unused():
    rows = [{"touch_id": "1", "customer_id": "1", "channel": "email", "sent_at": "2025-06-01"}]
    used = table("fields", [{"table": "touches", "column": "campaign_id", "used_by": "value"}])
    found = audit_fields({"touches": table("touches", rows), "fields": used}, seen_at=SEEN).table.set_index("column")
    assert (found.loc[["opened_at", "campaign_id"], "verdict"] == "active").all()


def test_what_the_contract_needs_and_what_models_read_is_used():
    nobody = register(customer_id=None, segment=None)
    tables = {"customers": customers(segment=["a", "b", "c"]), "fields": nobody}
    found = audit_fields(tables, seen_at=SEEN, features={"churn": ["customers.segment"]}).table.set_index("column")
    assert found.loc[["customer_id", "segment"], "used_by"].tolist() == ["the data contract", "churn"]


def test_register_and_models_are_named_together():
    found = verdict("segment", register=register(segment="reports"), features={"churn": {"customers.segment"}})
    assert found["used_by"] == "reports; churn"


def test_personal_and_sensitive_say_what_says_so():
    said = table("fields", [{"table": "customers", "column": "gender", "personal": True, "sensitive": True}])
    found = verdict("gender", register=said)
    assert (found["personal"], found["sensitive"]) == ("register", "register, name")
    assert verdict("contact", values=("a@b.org", "c@d.org", "e@f.org"))["personal"] == "content"


def test_worth_is_joined_and_what_churn_does_not_read_costs_nothing():
    worth = pd.DataFrame({"field": ["customers.segment", "customers.signup_at"], "value": [0.01, np.nan]})
    worths = {"churn": worth.assign(low=0.0, high=0.5), "value": worth.assign(value=0.2, low=0.1, high=0.3)}
    found = audit_fields({"customers": customers(segment=["a", "b", "c"], hat="x")}, seen_at=SEEN).with_worths(worths)
    found = found.table.set_index("column")
    assert found.loc["segment", ["costs_auc", "worth_churn_high", "worth_value"]].tolist() == [0.01, 0.5, 0.2]
    assert found.loc["hat", "costs_auc"] == 0
    assert np.isnan(found.loc["signup_at", "costs_auc"])


def test_shares_count_what_is_filled_and_bytes_add_up():
    tables = {
        "customers": customers(
            segment=["a", "b", "c"], shoe_size=["1", "2", "3"], fax=pd.Series([None] * 3, dtype="str")
        )
    }
    used = register(customer_id="all", signup_at="churn", segment="churn", shoe_size=None, fax=None)
    found = audit_fields({**tables, "fields": used}, seen_at=SEEN)
    assert found.activated[["used", "not_evidenced", "total"]].values.tolist() == [[3, 0, 4], [3 + 24 + 3, 0, 33]]
    assert found.activated_share == 0.75
    assert found.by_verdict.set_index("verdict")["bytes"].to_dict() == {
        "active": 30,
        "unused": 3,
        "abandoned": 0,
        "redundant": 0,
    }
    assert found.table["saves_bytes"].sum() == 3


def test_without_a_register_there_is_no_share():
    found = audit_fields({"customers": customers()}, seen_at=SEEN)
    assert found.activated_share is None
    assert "not evidenced" in found.note


def test_without_a_register_no_use_is_met():
    found = field_outcomes(audit_fields({"customers": customers(segment=["a", "b", "c"])}, seen_at=SEEN))
    verdicts = {code: outcome.verdict for code, outcome in found.items()}
    assert verdicts == {"field_unused": "not evidenced", "field_abandoned": "met", "field_redundant": "met"}


def test_a_small_table_cannot_show_that_nothing_is_repeated():
    found = field_outcomes(audit_fields({"customers": customers(nation=["DE", "DE", "FR"])}, seen_at=SEEN))
    assert (found["field_redundant"].verdict, found["field_redundant"].unproven) == ("not evidenced", 1)


def test_nothing_held_is_not_applicable():
    found = audit_fields({"fields": register(segment="churn")}, seen_at=SEEN)
    assert {outcome.verdict for outcome in field_outcomes(found).values()} == {"not applicable"}
    assert found.activated_share is None


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"months": 0}, "months: 0"),
        ({"features": {"churn": ["segment"]}}, "'segment' must be table.column"),
    ],
)
def test_bad_input_is_named(asked, says):
    with pytest.raises(InputError, match=says):
        audit_fields({"customers": customers()}, seen_at=SEEN, **asked)


@pytest.mark.parametrize(("fields", "says"), [(["x"], "'x' must be table.column"), (["a.b", "a.b"], "two rows")])
def test_a_worth_of_no_field_or_of_one_twice_is_named(fields, says):
    worth = pd.DataFrame({"field": fields, "value": 0.0, "low": 0.0, "high": 0.0})
    with pytest.raises(InputError, match=f"worth of churn: .*{says}"):
        audit_fields({"customers": customers()}, seen_at=SEEN).with_worths({"churn": worth})


PLANTED = {"field_unused": "fax", "field_abandoned": "preferred_store", "field_redundant": "country_name"}


@pytest.mark.parametrize(("size", "seed"), [(60, 3), (130, 4)])
def test_of_a_sample_exactly_the_planted_fields_are_accused(size, seed, tmp_path):
    tables = crm.open(crm.sample.write(tmp_path / "crm", customers=size, seed=seed)).tables
    found = field_outcomes(audit_fields(tables, seen_at=last_seen(tables)))
    accused = {code: outcome.accused.values.tolist() for code, outcome in found.items()}
    assert accused == {code: [["customers", column]] for code, column in PLANTED.items()}


def test_one_market_alone_makes_no_nonsense_of_its_constants(sample_folder):
    tables = crm.open(sample_folder).cut(["FR"]).tables
    found = field_outcomes(audit_fields(tables, seen_at=last_seen(tables)))
    assert found["field_redundant"].verdict == "met"
    assert found["field_unused"].accused["column"].tolist() == ["fax"]
