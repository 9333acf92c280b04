"""Each policy scores whom it says, flags no sooner than daily scoring, and loses what its delays cost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.emissions.policies import DAILY, POLICIES, Policy, waits
from workbench.emissions.replay import replay
from workbench.emissions.walks import see, walk
from workbench.errors import InputError

WOKEN = Policy(title="woken", trigger="events", woken=True)
WEEKLY = Policy(title="weekly", step=7, everyone=True, leaves_flagged=False)
EVENTS = Policy(title="events", trigger="events", leaves_flagged=False)


def history(risk, *, orders=(), events=(), left=True):
    """Return the arrays of 40 customers who are all alike: `risk` by day; orders and events on these days."""
    risk = np.tile(np.asarray(risk, np.float32), (40, 1))
    flags = np.zeros((2, *risk.shape), bool)
    flags[0][:, list(orders)] = True
    flags[1][:, [*orders, *events]] = True
    worth = np.full_like(risk, 10)
    return {
        "risk": risk,
        "orders": flags[0],
        "events": flags[1],
        "left": np.full(risk.shape, left),
        "worth": worth,
        "cheap": np.tile(np.arange(1, risk.shape[1] + 1, dtype=np.float32), (40, 1)),
    }


# The first quarter teaches; of the 30 days that follow the flag falls on the tenth, and an order on the twentieth.
RISES = [0.2] * 20 + [0.6] * 10 + [0.2] * 10
RISING = history(RISES, orders=[30])


def seen_of(arrays, refits=(0,)):
    return see(**arrays, refits=np.array(refits), threshold=0.5, seed=0)


def replayed(arrays, **terms):
    terms = {"refits": [0], "threshold": 0.5, "horizon_days": 20, "joules_per_score": 2.0} | terms
    return replay(**arrays, **terms)


def rows(found):
    return found.table.set_index("policy")


def test_a_week_late_is_worked_out_by_hand():
    found = rows(replayed(RISING))
    assert found.loc["everyone, weekly", ["scores", "flags", "late", "missed", "days_late"]].tolist() == [
        200,
        40,
        40,
        0,
        4,
    ]
    assert found.loc["everyone, weekly", "loss_share"] == pytest.approx(4 / 20)
    assert found.loc[DAILY, ["scores", "loss_share", "days_late_most"]].tolist() == [1200, 0, 0]
    assert found.loc["everyone, weekly", "scoring_saving_share"] == pytest.approx(1 - 200 / 1200)
    assert found.loc["everyone, weekly", "kwh"] == pytest.approx(200 * 2 / 3.6e6)


def test_silence_makes_no_event_but_wakes_who_is_woken():
    found = rows(replayed(RISING))
    assert found.loc["on events, at once", ["flags", "missed", "loss_share"]].tolist() == [0, 40, 1]
    assert found.loc["on events and woken, nightly", ["flags", "days_late", "loss_share"]].tolist() == [40, 0, 0]


def test_scores_of_a_wake_up_are_counted():
    # At first: one look, one score ahead, five to halve 30 days, for the order comes first; one look when woken; and
    # one look at the order, with one score ahead that finds nothing to come.
    assert walk(seen_of(RISING), WOKEN).scores[0] == 1 + 1 + 5 + 1 + 1 + 1


def test_an_event_brings_the_look_on_which_a_flag_is_raised():
    found = rows(replayed(history(RISES, orders=[30], events=[23])))
    assert found.loc["on events, at once", ["flags", "days_late", "loss_share"]].tolist() == [
        40,
        3,
        pytest.approx(3 / 20),
    ]


def test_who_comes_back_without_help_loses_nothing_and_needed_no_flag():
    back = history(RISES, orders=[30], left=False)
    found = rows(replayed(back))
    assert (found["not_needed"] == found["flags"]).all()
    assert found["loss_share"].isna().all()


def test_a_customer_is_flagged_once_between_two_orders():
    again = [0.2] * 12 + ([0.6] * 3 + [0.2]) * 7
    assert seen_of(history(again)).day.reshape(40, -1).tolist() == [[2]] * 40
    assert seen_of(history(again, orders=[20])).day.reshape(40, -1).tolist() == [[2, 10]] * 40


def test_a_new_model_looks_at_those_who_are_woken_anew():
    jump = history([0.2] * 20 + [0.6] * 20)
    assert (walk(seen_of(jump, refits=[0, 20]), WOKEN).delay == 0).all()
    assert (walk(seen_of(jump, refits=[0, 20]), EVENTS).delay == -1).all()


def test_a_change_of_the_cheap_feature_is_a_look():
    double = Policy(title="double", growth=2.0)
    found = walk(seen_of(RISING), double)
    # The cheap feature is 11 on the first day that is replayed: a look there, and at 22, the eleventh day after it.
    assert found.delay[0] == 1
    assert found.scores[0] == 2
    assert found.checks[0] == 12 + 10


def test_always_on_keeps_its_cores_and_a_job_starts_anew():
    found = rows(replayed(RISING, joules_per_start=7.0, cores=3, idle_watts=2.0))
    assert found.loc["everyone, hourly", ["scores", "starts"]].tolist() == [24 * 1200, 1]
    assert found.loc["everyone, hourly", "kwh_idle"] == pytest.approx(3 * 2.0 * 30 * 24 / 1000)
    assert found.loc["everyone, weekly", ["kwh_idle", "starts"]].tolist() == [0, 5]
    assert found.loc["everyone, weekly", "kwh_starts"] == pytest.approx(5 * 7 / 3.6e6)


def test_customers_of_the_market_scale_the_scores_of_those_drawn():
    one, ten = (rows(replayed(RISING, customers=many)) for many in (40, 400))
    assert ten.loc[DAILY, "scores"] == 10 * one.loc[DAILY, "scores"]
    assert ten.loc["everyone, weekly", "loss_share"] == one.loc["everyone, weekly", "loss_share"]


def test_the_frugal_policy_takes_least_within_the_loss():
    strict, lax = replayed(RISING), replayed(RISING, allowed_loss=0.25)
    assert rows(strict).loc[strict.chosen, "loss_share"] <= 0.01
    assert rows(lax).loc[lax.chosen, "kwh"] < rows(strict).loc[strict.chosen, "kwh"]
    assert strict.chosen in strict.reason
    assert "95" not in strict.chosen


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(2, 90))
def test_no_policy_is_sooner_than_daily_scoring(seed, customers, days):
    random = np.random.default_rng(seed)
    risk = np.clip(0.5 + random.normal(0, 0.1, (customers, days)).cumsum(axis=1) / 3, 0.01, 0.99).astype(np.float32)
    risk[: customers // 3, : days // 2] = np.nan
    orders = random.random(risk.shape) < 0.05
    arrays = {"orders": orders, "events": orders | (random.random(risk.shape) < 0.05), "left": orders, "worth": risk}
    seen = seen_of({"risk": risk, "cheap": risk * 2, **arrays}, refits=(0, days // 2))
    daily = walk(seen, POLICIES[1])
    assert (daily.delay == 0).all()
    assert daily.scores.sum() == (~np.isnan(seen.risk)).sum()
    for policy in POLICIES:
        found = walk(seen, policy)
        assert (found.delay >= -1).all()
        assert (found.delay < days).all()
        assert policy.woken or (found.scores <= daily.scores).all()
    assert (walk(seen, Policy(title="open", everyone=True)).delay == 0).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_where_silence_only_raises_the_risk_waking_misses_nothing(seed):
    random = np.random.default_rng(seed)
    orders = random.random((30, 80)) < 0.03
    silence = np.maximum.accumulate(np.where(orders, np.arange(80), 0), axis=1)
    risk = ((np.arange(80) - silence + 1) * random.uniform(0.002, 0.05, (30, 1))).clip(0, 0.99).astype(np.float32)
    seen = seen_of({"risk": risk, "orders": orders, "events": orders, "left": orders, "worth": risk, "cheap": risk})
    assert (walk(seen, WOKEN).delay == 0).all()


def test_waits_are_longer_the_further_the_score_lies_below_and_the_more_may_be_late():
    rising = np.tile(np.linspace(0.05, 0.95, 91, dtype=np.float32), (30, 1))
    none = np.zeros_like(rising, bool)
    few, many = (waits(rising, none, threshold=0.5, late_share=share) for share in (0.01, 0.5))
    assert (np.diff(few) >= 0).all()
    assert (few <= many).all()
    assert few[0] == 1
    assert many.max() <= 30


def test_few_flags_are_not_enough_data():
    found = replayed({name: array[:20] for name, array in RISING.items()})
    assert found.chosen is None
    assert found.reason.startswith("Policies of scoring: not enough data: daily scoring raises 20 flags")


@pytest.mark.parametrize(("share", "written"), [(0.005, "0.5%"), (0.014, "1.4%"), (0.01, "1%"), (0.07, "7%")])
def test_limits_are_written_as_they_were_set(share, written):
    found = replayed(RISING, allowed_loss=share, threshold=0.375 + share)
    assert f"policies that lose at most {written} of what" in found.reason
    assert any(f"a risk of {37.5 + 100 * share:g}% or more" in text for text in found.assumptions)


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (50, 1)], ids=["one of each", "one customer", "one day"])
def test_hardly_anything_is_replayed_without_a_choice(shape):
    risk = np.full(shape, 0.4, np.float32)
    none = np.zeros(shape, bool)
    found = replay(
        risk=risk, orders=none, events=none, left=none, worth=risk, cheap=risk, refits=[0], threshold=0.5,
        horizon_days=90, joules_per_score=1.0,
    )  # fmt: skip
    assert found.chosen is None
    assert len(found.table) == len(POLICIES)
    assert found.table["flags"].eq(0).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"threshold": 1.0}, "threshold: found 1"),
        ({"joules_per_score": -1.0}, "found -1 for an energy"),
        ({"left": np.zeros((2, 2), bool)}, "left: found the shape"),
        ({name: array[:, :0] for name, array in RISING.items()}, r"risk: found the shape \(40, 0\)"),
        ({name: array[:0] for name, array in RISING.items()}, r"risk: found the shape \(0, 40\)"),
    ],
)
def test_bad_input_is_named(change, said):
    arrays = {name: change.get(name, array) for name, array in RISING.items()}
    with pytest.raises(InputError, match=said):
        replayed(arrays, **{name: value for name, value in change.items() if name not in arrays})
