"""Terms say what it is about: what adds most comes first, twins count once, no name becomes a term."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.sentiment.linear import LinearModel, contributions, train
from workbench.sentiment.terms import terms

GOOD = ["great lamp", "lovely chair", "the table is great", "so lovely and fast"]
BAD = ["broken lamp", "slow chair", "the table is broken", "so slow and dull"]


def messages(count: int = 120) -> pd.DataFrame:
    texts = [f"{said} {place}x" for place in range(count // 8) for said in [*GOOD, *BAD]]
    rows = pd.DataFrame({"text": texts, "label": (["positive"] * 4 + ["negative"] * 4) * (count // 8)})
    rows["product"] = np.where(rows["text"].str.contains("lamp"), "lamp", "other")
    return rows.assign(text_hash=pd.util.hash_array(rows["text"].to_numpy(dtype=object)), language="en")


@pytest.fixture(scope="module")
def model() -> LinearModel:
    japanese = pd.DataFrame(
        {"text": ["配達が遅いです。", "品質は最高です。"] * 40, "label": ["negative", "positive"] * 40}
    )
    japanese["text"] += np.repeat(range(40), 2).astype(str)
    named = messages().replace({"text": {"broken": "Brokenia"}}, regex=True)
    return train(pd.concat([messages(), named, japanese.assign(language="ja")], ignore_index=True))


def test_what_speaks_for_and_against_comes_by_what_it_adds(model: LinearModel) -> None:
    found = terms(model, messages(), top=2)
    assert found["direction"].tolist() == ["positive", "positive", "negative", "negative"]
    assert set(found["term"][:2]) == {"great", "lovely"}
    assert set(found["term"][2:]) == {"broken", "slow"}
    assert (np.sign(found["contribution"]) == [1, 1, -1, -1]).all()
    assert (found["messages"].tolist(), found["share"].tolist()) == ([30] * 4, [0.25] * 4)
    assert ((found["low"] <= found["net"]) & (found["net"] <= found["high"])).all()


def test_contributions_are_those_of_the_model(model: LinearModel) -> None:
    rows = messages()
    exact = contributions(model, rows["text"].tolist()).query("term == 'broken'")["contribution"]
    found = terms(model, rows).set_index("term").loc["broken"]
    assert found["contribution"] == pytest.approx(exact.mean())


def test_groups_come_with_their_own_terms_and_small_ones_not_at_all(model: LinearModel) -> None:
    rows = messages()
    rows.loc[:3, "product"] = "rare"
    found = terms(model, rows, by="product")
    assert found["group"].unique().tolist() == ["all", "other"]
    found = terms(model, messages(160), by="product")
    assert found["group"].unique().tolist() == ["all", "other", "lamp"]
    of_lamps = set(found.query("group == 'lamp'")["term"])
    assert {"great", "broken"} <= of_lamps
    assert not {"lovely", "slow", "chair"} & of_lamps


def test_twins_count_once(model: LinearModel) -> None:
    rows = messages()
    twice = pd.concat([rows, rows], ignore_index=True)
    pd.testing.assert_frame_equal(terms(model, twice, by="product"), terms(model, rows, by="product"))


def test_a_name_is_no_term(model: LinearModel) -> None:
    rows = messages().replace({"text": {"broken": "Brokenia"}}, regex=True)
    assert "brokenia" in terms(model, rows)["term"].tolist()
    shown = terms(model, rows, names=["Anna Brokenia"])["term"]
    assert not shown.str.contains("brokenia|name").any()


def test_japanese_terms_can_be_read(model: LinearModel) -> None:
    rows = pd.DataFrame({"text": ["配達が遅いです。", "品質は最高です。"] * 6, "text_hash": range(12)})
    found = terms(model, rows).set_index("term")["direction"]
    assert found[found.index.str.contains("遅い|最高")].to_dict() == {"最高です": "positive", "遅いです": "negative"}
    assert set(found.index) <= {"配達", "遅いです", "品質", "最高です"}


def test_nothing_and_too_few_have_no_terms(model: LinearModel) -> None:
    columns = ["group", "term", "direction", "contribution", "messages", "share", "net", "low", "high"]
    for few in (0, 3):
        found = terms(model, messages().iloc[:few], by="product")
        assert (found.empty, found.columns.tolist()) == (True, columns)


def test_a_model_without_exact_contributions_is_refused() -> None:
    with pytest.raises(InputError, match="SimpleNamespace has no exact contributions; use the linear model beside it"):
        terms(SimpleNamespace(), messages())  # type: ignore[arg-type]


def test_a_column_that_is_missing_is_named(model: LinearModel) -> None:
    with pytest.raises(InputError, match="no column 'chanel'"):
        terms(model, messages(), by="chanel")
