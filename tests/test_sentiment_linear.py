import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.sentiment.labels import LABELS
from workbench.sentiment.linear import bias, contributions, log_odds, probabilities, train
from workbench.sentiment.ngrams import Recipe, normalise

SMALL = Recipe(word_bits=13, character_bits=15)
SAID = {
    "negative": ["terrible", "broken", "late", "rude", "很差", "难吃"],
    "neutral": ["average", "ordinary", "usual", "middling", "一般", "普通"],
    "positive": ["great", "lovely", "quick", "kind", "很好", "好吃"],
}


def make(rows: int, *, seed: int, labels: tuple[str, ...] = LABELS, wrong: float = 0.1) -> pd.DataFrame:
    """Return messages that say in English or Chinese what their label says, some of them the wrong one."""
    rng = np.random.default_rng(seed)
    told, meant = rng.choice(labels, rows), rng.choice(labels, rows)
    meant = np.where(rng.random(rows) < wrong, meant, told)
    english = rng.random(rows) < 0.5
    texts = [
        f"the {rng.choice(['box', 'man', 'shop'])} was {rng.choice(SAID[m][:4])} on day {rng.integers(1000)} {n}"
        if e
        else f"这个{rng.choice(['东西', '店', '菜'])}{rng.choice(SAID[m][4:])}了{'一二三四五六七八九'[n % 9]}"
        for n, (m, e) in enumerate(zip(meant, english, strict=True))
    ]
    frame = pd.DataFrame({"text": texts, "label": pd.Series(told, dtype="str")})
    return frame.assign(language=np.where(english, "en", "zh"), sent_at=pd.Timestamp("2026-05-01", tz="UTC"))


TRAIN, TEST = make(1_500, seed=1), make(800, seed=2)
MODEL = train(TRAIN, recipe=SMALL)


def test_a_model_says_what_it_has_learnt_from():
    assert MODEL.classes == LABELS
    assert MODEL.languages == ("en", "zh")
    assert MODEL.trained_on == TRAIN["label"].value_counts().to_dict()
    assert MODEL.trained_to == pd.Timestamp("2026-05-01", tz="UTC")
    assert {"cost", "log_loss", "accuracy"} == set(MODEL.settings)


def test_probabilities_are_right_about_messages_not_seen_and_about_themselves():
    told = probabilities(MODEL, TEST["text"].tolist())
    right = told.argmax(axis=1) == TEST["label"].map(LABELS.index)
    assert told.dtype == np.float32
    assert right.mean() > 0.88
    assert abs(told.max(axis=1).mean() - right.mean()) < 0.03
    assert abs(MODEL.settings["accuracy"] - right.mean()) < 0.04


def test_the_same_messages_and_seed_make_the_same_model_and_others_another():
    first, again, other = (train(rows, recipe=SMALL).fingerprint for rows in (TRAIN[:300], TRAIN[:300], TRAIN[:299]))
    assert first == again != other
    assert len(first) == 16


def test_what_words_add_is_exact():
    texts = [*TEST["text"], "", "?!", "nothing known zzz", "iphone 很好 great"]
    parts = contributions(MODEL, texts)
    assert list(parts) == ["row", "term", "start", "end", "contribution"]
    sums = parts.groupby("row")["contribution"].sum().reindex(range(len(texts)), fill_value=0) + bias(MODEL)
    np.testing.assert_allclose(sums, log_odds(MODEL, texts), atol=1e-5)
    told = probabilities(MODEL, texts)
    np.testing.assert_allclose(sums, np.log(told[:, 2] / told[:, 0]), atol=1e-4)


def test_terms_stand_where_they_are_said_to_and_speak_for_what_they_mean():
    texts = TEST["text"].tolist()
    parts, seen = contributions(MODEL, texts), normalise(texts)
    assert all(seen[p.row][p.start : p.end] == p.term for p in parts.itertuples())
    means = parts.groupby("term")["contribution"].mean()
    assert (means[["great", "lovely", "很好"]] > 0.3).all()
    assert (means[["terrible", "rude", "很差"]] < -0.3).all()
    assert abs(means["the"]) < 0.3


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(max_size=30) | st.text("很好差吃 great!\0é👍🏽", max_size=30), min_size=1, max_size=3))
def test_any_text_has_probabilities_and_exact_contributions(texts):
    told, parts = probabilities(MODEL, texts), contributions(MODEL, texts)
    np.testing.assert_allclose(told.sum(axis=1), 1, atol=1e-5)
    sums = parts.groupby("row")["contribution"].sum().reindex(range(len(texts)), fill_value=0)
    np.testing.assert_allclose(sums + bias(MODEL), log_odds(MODEL, texts), atol=1e-4)
    assert (parts["start"] < parts["end"]).all()


def test_a_class_never_seen_has_probability_0_and_is_not_among_the_classes():
    model = train(make(300, seed=3, labels=("negative", "positive")), recipe=SMALL)
    assert model.classes == ("negative", "positive")
    assert (probabilities(model, TEST["text"].tolist())[:, 1] == 0).all()
    assert np.isfinite(log_odds(model, ["great"])).all()


def test_without_negative_ones_neutral_stands_in():
    model = train(make(300, seed=3, labels=("neutral", "positive")), recipe=SMALL)
    assert log_odds(model, ["it was great"])[0] > 0 > log_odds(model, ["it was average"])[0]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (TRAIN[:3], "found 3 rated messages"),
        (
            TRAIN[:0],
            r"found 0 rated messages \(negative 0, neutral 0, positive 0\) with 0 different texts, at least 50 needed",
        ),
        (TRAIN.assign(label=pd.Series(None, index=TRAIN.index, dtype="str")), "found 0 rated"),
        (pd.concat([TRAIN[:9]] * 30), "found 270 rated messages .* with 9 different texts"),
        (TRAIN[TRAIN["label"] == "positive"], "negative 0, neutral 0, positive .*of two classes at least 10 each"),
    ],
)
def test_too_little_to_learn_from_is_said_with_what_to_do(rows, found):
    with pytest.raises(InputError, match=f"not enough.*{found}.*model: shipped"):
        train(rows)


def test_a_message_weighs_what_its_weight_says():
    turned = TRAIN.assign(label=TRAIN["label"].map(dict(zip(LABELS, LABELS[::-1], strict=True))), weight=0.01)
    model = train(pd.concat([TRAIN.assign(weight=1.0), turned])[::4], recipe=SMALL)
    assert probabilities(model, ["it was great"])[0, 2] > 0.7


def test_no_texts_have_no_probabilities_and_no_terms():
    assert probabilities(MODEL, []).shape == (0, 3)
    assert len(contributions(MODEL, [])) == 0


def test_related_messages_help_where_there_are_few_own_ones_and_are_left_out_where_they_mislead():
    own, related = make(60, seed=3, wrong=0), make(900, seed=4)
    misleading = related.assign(label=related["label"].to_numpy()[::-1])
    truth = TEST["label"].map(LABELS.index)
    alone, helped, misled = (train(own, also=also, recipe=SMALL) for also in (None, related, misleading))
    right = [(probabilities(m, TEST["text"].tolist()).argmax(axis=1) == truth).mean() for m in (alone, helped, misled)]
    assert helped.settings["share"] > 0
    assert right[1] > right[0]
    assert misled.settings["share"] == 0
    assert misled.fingerprint == alone.fingerprint


def test_related_messages_with_a_text_of_an_own_one_are_not_learnt_from():
    twins = TRAIN[:300].assign(text=TRAIN["text"][:300].str.upper(), label="positive")
    assert train(TRAIN[:300], also=twins, recipe=SMALL).fingerprint == train(TRAIN[:300], recipe=SMALL).fingerprint
