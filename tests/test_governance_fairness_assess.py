"""The audit of fairness as a whole: what is planted is found, and what cannot be judged says why."""

import re
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest

from governance_case import table
from workbench import charts, crm
from workbench.errors import InputError
from workbench.governance.exhibits import of_house
from workbench.governance.fairness import Fairness, assess_fairness, language_gap, of_fairness
from workbench.governance.fairness.groups import read_attributes
from workbench.governance.fairness.mitigation import CAUTION
from workbench.governance.fairness.result import GAPS, GROUPS
from workbench.governance.records import Record

SEEN = pd.Timestamp("2026-01-01")


def record(judged: pd.DataFrame, **about: str) -> Record:
    said = [("purpose", name, value) for name, value in about.items()]
    return Record(about=pd.DataFrame(said, columns=["section", "name", "value"]), judged=judged)


def churn(count: int = 400, *, gap: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """Return predictions for c0, c1, …: every second is favoured by a gap in the score."""
    rng = np.random.default_rng(seed)
    actual = rng.integers(0, 2, count)
    predicted = np.clip(0.2 + 0.3 * actual + gap * (np.arange(count) % 2) + rng.uniform(0, 0.3, count), 0, 1)
    selected = (predicted >= 0.5).astype(int)
    frame = pd.DataFrame({"customer_id": [f"c{n}" for n in range(count)], "predicted": predicted, "actual": actual})
    return frame.assign(outcome=actual, selected=selected, error=np.abs(selected - actual))


def people(count: int = 400, **columns: Any) -> dict[str, ibis.Table]:
    rows = {"customer_id": [f"c{n}" for n in range(count)], **columns}
    return {"customers": ibis.memtable(pd.DataFrame(rows))}


def assess(tables: Any, judged: pd.DataFrame, **options: Any) -> Fairness:
    return assess_fairness(
        tables, {"churn": record(judged, unit="probability")}, seen_at=SEEN, target_gap=0.1, **options
    )


@pytest.fixture(scope="module")
def unfair() -> Fairness:
    return assess(people(gender=["female", "Male "] * 200), churn(gap=0.3))


def test_a_planted_gap_is_breached_and_a_what_if_closes_it(unfair: Fairness) -> None:
    gap = unfair.gaps.set_index("metric").loc["selection_rate"]
    assert (gap["highest"], gap["lowest"], gap["verdict"]) == ("Male", "female", "breached")
    assert (unfair.what_if["gap_after"] < unfair.what_if["gap_before"] / 2).all()
    assert set(unfair.what_if["thresholds"].str.startswith("partly by lot")) == {True, False}
    found = {finding.code: finding for finding in unfair.findings}["fairness_churn_gender"]
    assert (found.verdict, found.rows, found.share, found.looked_at) == ("breached", 0, None, 400)
    assert (found.article, found.source) == ("none (house rule)", "params: target_gap")


def test_frames_have_the_columns_that_others_read(unfair: Fairness) -> None:
    assert (list(unfair.gaps), list(unfair.groups)) == (list(GAPS), list(GROUPS))
    empty = assess_fairness({}, {}, seen_at=SEEN, target_gap=0.1)
    assert (list(empty.gaps), list(empty.groups)) == (list(GAPS), list(GROUPS))
    assert empty.absent["why"].tolist() == ["not applicable: no table customers, and nobody is judged"]
    assert "Judged: nothing" in empty.said
    assert of_fairness(empty)["what if"].startswith("No what-if")  # type: ignore[union-attr]


def test_a_page_shows_at_most_eight_things_and_nobodys_id(unfair: Fairness) -> None:
    shown = of_fairness(unfair)
    page = charts.show(shown)._repr_html_()
    assert len(shown) <= 8
    assert CAUTION in page
    assert list(shown)[-1].startswith("Every group of 30")
    assert "c17" not in page
    assert not re.search(r"\bnan\b", page)


def test_names_of_groups_may_be_hostile() -> None:
    found = assess(people(gender=["<script>", "$x^{2$"] * 200), churn(gap=0.3))
    page = charts.show(of_fairness(found))._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_group_that_calls_itself_not_known_is_one() -> None:
    found = assess(people(gender=["not known", "f", "f", None] * 100), churn())
    assert sorted(found.groups["group"].unique()) == ["f", "missing", "not known"]
    assert "missing" in charts.show(of_fairness(found))._repr_html_()


def test_what_cannot_be_judged_says_why() -> None:
    found = assess(people(birth_year=[1990] * 400, language=["de"] * 399 + ["fr"]), churn())
    why = found.absent.set_index("attribute")["why"]
    assert why["gender"] == "no column gender in customers"
    assert why["age band"] == "not applicable: everybody is 30-44"
    assert why["language"] == "not enough data: fewer than two groups of 30 customers"
    assert found.suppressed.to_dict("records") == [{"model": "churn", "attribute": "language"}]
    assert "groups of fewer than 30 customers are left out" in charts.show(of_fairness(found))._repr_html_()
    assert "smaller ones are left out by language." in found.said
    told = {finding.code.removeprefix("fairness_"): finding for finding in found.findings}
    assert {code: (one.verdict, one.remedy.split(" ")[0]) for code, one in told.items()} == {
        "every_model_gender": ("not evidenced", "Decide"),
        "every_model_age_band": ("not applicable", "Nothing,"),
        "churn_language": ("not evidenced", "Wait"),
    }


def test_too_many_values_of_a_sensitive_attribute_are_said_once_spellings_are_merged() -> None:
    religions = [f"r{n}" for n in range(15)]
    tables = people(300, religion=religions * 20, ethnicity=["a", "A ", "a ", "b", "B", " b"] * 50)
    found = assess(tables, churn(300))
    assert found.absent.set_index("attribute")["why"]["religion"].startswith("15 different values of religion")
    assert found.groups.query("attribute == 'ethnicity'")["group"].nunique() == 2
    finding = next(one for one in found.findings if one.code == "fairness_every_model_religion")
    assert (finding.verdict, finding.remedy.split(" ")[0]) == ("not evidenced", "Merge")


def test_only_what_was_judged_is_named_and_a_models_own_language_is_not_missing() -> None:
    own = churn().assign(language=["de", "fr"] * 200)
    records = {"churn": record(churn()), "sentiment": record(own)}
    found = assess_fairness(people(gender=["f"] * 400), records, seen_at=SEEN, target_gap=0.1)
    assert "Groups: language (a proxy for origin)." in found.said
    assert found.absent.query("attribute == 'language'")["model"].tolist() == ["churn"]
    assert not [one for one in found.findings if one.code.endswith("churn_language")]


def test_findings_of_groups_have_no_rows_at_fault_on_a_page(unfair: Fairness) -> None:
    shown = next(iter(of_house(unfair.findings, "Fairness").values()))
    assert isinstance(shown, pd.DataFrame)
    assert list(shown) == ["check", "verdict", "note", "remedy"]


def test_equal_scores_at_a_threshold_are_selected_by_lot() -> None:
    """Half of the rows have the same score: without a lot all of them or none would be selected."""
    scores, group = np.repeat([0.2, 0.6], 200), np.array(["f", "m"] * 200)
    chosen = np.arange(400) % 20 < np.where(group == "f", 14, 4)
    judged = churn().assign(predicted=scores, selected=chosen.astype(int), error=0)
    row = assess(people(gender=group), judged).what_if.iloc[0]
    assert "of those at it, by lot" in row["thresholds"]
    assert row["selected_share_after"] == pytest.approx(row["selected_share_before"], abs=0.05)
    assert row["gap_after"] < 0.15 < 0.4 < row["gap_before"]


def test_postcodes_that_begin_in_too_many_ways_are_told_apart_by_one_sign() -> None:
    tables = people(90, postcode=[str(n + 10) + "115" for n in range(90)])
    region = next(one for one in read_attributes(tables, seen_at=SEEN).held if one.name == "region")
    assert region.of.unique().tolist() == [f"{n}…" for n in range(1, 10)]


def test_predictions_for_strangers_nobody_and_unknown_outcomes_are_said() -> None:
    judged = churn(200).assign(customer_id=[None] * 5 + [f"c{n}" for n in range(195)])
    judged.loc[199, "actual"] = np.nan
    found = assess(people(100, gender=["f", "m"] * 50), judged)
    assert "1 rows whose outcome is not known are left out" in found.said
    assert "94 customers with predictions are not in customers" in found.said
    assert "5 rows of nobody known" in found.said
    assert found.gaps["customers"].max() == 100


def test_a_model_without_rows_is_not_enough_data() -> None:
    found = assess_fairness(
        people(), {"value": record(churn(0), why="fewer than 100 buyers")}, seen_at=SEEN, target_gap=0.1
    )
    assert found.absent.query("model == 'value'")["why"].item() == "not enough data: fewer than 100 buyers"


@pytest.mark.parametrize(
    ("change", "said"), [({"selected": 2}, "selected: found 2; must be 0 or 1"), ({"predicted": "much"}, "no numbers")]
)
def test_rows_of_another_form_are_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        assess(people(), churn().assign(**change))


def test_a_target_that_is_no_share_is_refused() -> None:
    with pytest.raises(InputError, match="target_gap: found 10; must be a share"):
        assess_fairness({}, {}, seen_at=SEEN, target_gap=10)


def test_errors_in_money_have_a_ratio_and_no_target() -> None:
    rng = np.random.default_rng(0)
    money = churn().assign(predicted=rng.gamma(2, 50, 400), outcome=rng.gamma(2, 50, 400))
    money = money.assign(error=(money["predicted"] - money["outcome"]).abs())
    found = assess_fairness(
        people(gender=["f", "m"] * 200), {"value": record(money, unit="EUR")}, seen_at=SEEN, target_gap=0.1
    )
    gaps = found.gaps.set_index("metric")
    assert (gaps.loc["error", "unit"], gaps.loc["error", "verdict"]) == ("EUR", "not applicable")
    ratio = found.groups.query("metric == 'predicted_over_outcome' and group == 'f'").iloc[0]
    every = money.iloc[::2]
    assert ratio["value"] == pytest.approx(every["predicted"].sum() / every["outcome"].sum())
    assert ratio["low"] < ratio["value"] < ratio["high"]


def test_registered_sensitive_columns_and_regions_are_read() -> None:
    fields = table("fields", [{"table": "customers", "column": "tribe", "sensitive": True}])
    columns = {"tribe": ["x", "y"], "religion": ["r", "s"], "postcode": ["10115", "80331"], "gender": ["f", "m"]}
    found = read_attributes({**people(2, **columns), "fields": fields}, seen_at=SEEN)
    kinds = {one.name: one.kind for one in found.held}
    assert kinds == {
        "gender": "sensitive", "tribe": "sensitive", "religion": "sensitive", "region": "proxy",
        "gender and tribe": "intersection",
    }  # fmt: skip
    assert next(one for one in found.held if one.name == "region").of.tolist() == ["10…", "80…"]


def test_the_gap_planted_in_the_sample_is_found_at_its_size(sample_folder: Path) -> None:
    held = crm.open(sample_folder).tables
    told = held["customers"].select("customer_id", "gender", "birth_year")
    tables = {"customers": told, "decisions": held["decisions"]}
    found = assess_fairness(tables, {}, seen_at=SEEN, target_gap=0.01).decisions
    gap = found[(found["attribute"] == "gender") & (found["action"] == "offer")].iloc[0]
    assert (gap["highest"], gap["lowest"], gap["shown"], gap["verdict"]) == ("male", "female", True, "breached")
    assert gap["low"] < 0.12 < gap["high"]
    assert gap["equal_low"] < 0.12 < gap["equal_high"]
    assert not found.loc[found["attribute"] == "age band", "shown"].any()


def test_languages_on_the_same_content_share_its_difficulty() -> None:
    rng = np.random.default_rng(0)
    hard = rng.random(300) < 0.5  # content that is wrong in every language makes no gap
    right = pd.DataFrame({"en": ~hard, "su": ~hard, "bug": ~hard & (rng.random(300) < 0.8)}).astype(int)
    rows = right.rename_axis("content").reset_index().melt("content", var_name="language", value_name="right")
    pairs = language_gap(rows).pairs.set_index(["language", "than"])
    assert pairs.loc[("bug", "en"), "shown"]
    assert not pairs.loc[("en", "su"), "shown"]
    with pytest.raises(InputError, match="each content once"):
        language_gap(pd.concat([rows, rows]))
    assert language_gap(rows.head(20)).said.startswith("Not enough data: 20 contents")


def test_a_model_judged_on_parallel_texts_shows_its_languages(shared_data: Path) -> None:
    """Right by lot, in NusaX's twelve languages, but in one where a third is wrong."""
    reviews = pd.read_parquet(shared_data / "sentiment" / "reviews.parquet", columns=["source", "lang", "split"])
    nusax = reviews[(reviews["source"] == "nusax") & (reviews["split"] == "test")]
    content = nusax.groupby("lang").cumcount()
    rng = np.random.default_rng(0)
    right = (rng.random(len(nusax)) < np.where(nusax["lang"] == nusax["lang"].iloc[0], 0.65, 0.9)).astype(int)
    rows = pd.DataFrame({"content": content, "language": nusax["lang"], "right": right})
    found = language_gap(rows)
    assert found.languages["contents"].eq(400).all()
    assert found.pairs.loc[found.pairs["shown"], "language"].unique().tolist() == [nusax["lang"].iloc[0]]
