"""How long will those who hold a subscription stay, and what is that worth?

In: subscriptions as a frame (customer_id, started_at; ended_at, plan, price where there are).   Out, in this order:

    subscription_months   a row for every month in which a subscription could have ended
    fit_hazard            the chance of ending by month of tenure, plan and price; kaplan_meier is the baseline
    survival              for each of `holders`, the chance of still being there; mean_survival with a band
    subscription_value    discounted margin over the months ahead
    survival_check        what was predicted a year ago beside what happened

Source: Singer and Willett (1993), 'It's about time', Journal of Educational Statistics 18(2): discrete-time hazard by
logistic regression on person-months.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import InputError, did_you_mean
from workbench.intervals import FEWEST, Z, mean_loss, wilson

_FIRST_YEAR = 12
# Weak enough to move no figure that the data knows, strong enough for a plan that nobody has left yet.
_RIDGE_C = 1e3
_RESAMPLES = 200
# More customers than this are resampled in random groups, which changes nothing but the time.
_GROUPS = 2_000
_DAY_SECONDS = 86_400
_SWITCH = pd.Timedelta(days=1)
_COLUMNS = ["customer_id", "started_at", "ended_at", "plan", "price"]
_CELL = ["month", "plan", "price"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Hazard:
    """The chance that a subscription ends within a month, given that it has lasted until then.

    `terms` has term, value (log-odds) and the 95 % interval low to high. `baseline` is Kaplan and Meier's table.
    `classifier` is None where there was not enough data, and `reason` says why. `plans` maps each plan to its usual
    price, the most common plan first; `ratios` are the smallest and largest log price ratio that were seen.
    """

    classifier: Any
    terms: pd.DataFrame
    baseline: pd.DataFrame
    plans: dict[str, float]
    ratios: tuple[float, float]
    reason: str


def subscription_months(subscriptions: pd.DataFrame, *, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return a row for each subscription and month in which it was at risk of ending, as was known at `as_of`.

    Columns: customer_id, month (of tenure, 1 the first), plan, price (a month), calendar_month (when the month of
    tenure began) and ended (1 in the month of the end). A month is counted from the day of the start. Who still holds
    the subscription is censored: the month that is not over yet has no row. So is who changes to another subscription
    within a day: that is no end. InputError: a column is missing, or an end is before its start.

    >>> table = pd.DataFrame({"customer_id": ["a", "b"], "started_at": pd.to_datetime(["2024-01-15"] * 2),
    ...                       "ended_at": pd.to_datetime(["2024-03-20", None])})
    >>> subscription_months(table, as_of=pd.Timestamp("2024-03-31"))[["customer_id", "month", "ended"]].values.tolist()
    [['a', 1, 0], ['a', 2, 0], ['a', 3, 1], ['b', 1, 0], ['b', 2, 0]]
    """
    known = _known(subscriptions, as_of)
    left = known["ended_at"].notna() & ~_switched(known)
    tenure = _tenure(known["started_at"], known["ended_at"].fillna(as_of))
    at_risk = np.where(left, np.ceil(tenure).clip(1), np.floor(tenure)).astype(int)
    rows = known.loc[known.index.repeat(at_risk)].drop(columns="ended_at")
    month = np.arange(len(rows)) - np.repeat(at_risk.cumsum() - at_risk, at_risk) + 1
    last = np.repeat(at_risk, at_risk) == month
    start = rows.pop("started_at").dt.to_period("M")
    rows.insert(1, "month", month)
    rows["calendar_month"] = start + (month - 1)
    return rows.assign(ended=(last & np.repeat(left.to_numpy(), at_risk)).astype(int)).reset_index(drop=True)


def holders(subscriptions: pd.DataFrame, *, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return who holds a subscription at `as_of`: customer_id, tenure_months (with its fraction), plan, price.

    A row a customer: tenure and plan of the latest start; the price is that of all that run, per month.
    InputError as for `subscription_months`.

    >>> table = pd.DataFrame({"customer_id": ["a"], "started_at": [pd.Timestamp("2024-01-15")], "price": [9.0]})
    >>> holders(table, as_of=pd.Timestamp("2024-03-15")).values.tolist()
    [['a', 2.0, 'not known', 9.0]]
    """
    known = _known(subscriptions, as_of)
    running = known[known["ended_at"].isna()].sort_values(["customer_id", "started_at", "plan"])
    latest = running.drop_duplicates("customer_id", keep="last").reset_index(drop=True)
    tenure = _tenure(latest["started_at"], pd.Series(as_of, index=latest.index))
    price = running.groupby("customer_id")["price"].sum(min_count=1).to_numpy()
    return latest[["customer_id"]].assign(tenure_months=tenure, plan=latest["plan"], price=price)


def fit_hazard(months: pd.DataFrame) -> Hazard:
    """Fit the chance of ending within a month: logistic regression on person-months (`subscription_months`).

    Terms: intercept (the most common plan in its first month), log_month, after_first_year (months 13 and on), each
    further plan, and log_price_ratio (price over the usual of the plan), where prices differ. Intervals are those of
    maximum likelihood. Not enough data: fewer than 30 ends.

    >>> months = pd.DataFrame({"month": 1, "plan": "M", "price": 9.0, "ended": [1] * 40 + [0] * 360})
    >>> found = fit_hazard(months)
    >>> found.terms["term"].tolist(), float(found.terms["value"].round(3)[0])
    (['intercept'], -2.197)
    """
    usual = months.groupby("plan")["price"].median()
    plans = {str(plan): float(usual[plan]) for plan in months["plan"].value_counts().index}
    baseline = kaplan_meier(months)
    cells = _cells(months)
    ratio = _log_ratio(cells, plans, (-np.inf, np.inf))
    ratios = (float(ratio.min()), float(ratio.max()))
    ended, stayed = cells["ended"].to_numpy(), cells["at_risk"].to_numpy() - cells["ended"].to_numpy()
    terms = pd.DataFrame(columns=["term", "value", "low", "high"])
    reason = f"not enough data: {ended.sum():,.0f} ends in {len(months):,} months, at least {FEWEST} are needed"
    none = Hazard(classifier=None, terms=terms, baseline=baseline, plans=plans, ratios=ratios, reason=reason)
    if ended.sum() < FEWEST or not stayed.sum():
        return none
    design = _design(cells, plans, ratios)
    classifier = _fitted(design.to_numpy(), ended, stayed)
    terms = _terms(classifier, design, cells["at_risk"].to_numpy())
    return replace(none, classifier=classifier, terms=terms, reason="")


def kaplan_meier(months: pd.DataFrame) -> pd.DataFrame:
    """Return the share that survives each month of tenure: month, at_risk, ended, survival, low, high.

    Kaplan and Meier (1958) on person-months; 95 % intervals by Greenwood's variance of log(-log survival).

    >>> months = pd.DataFrame({"month": [1, 1, 1, 1, 2, 2], "ended": [1, 0, 0, 0, 1, 0]})
    >>> kaplan_meier(months)[["at_risk", "ended", "survival"]].values.tolist()
    [[4.0, 1.0, 0.75], [2.0, 1.0, 0.375]]
    """
    table = months.groupby("month")["ended"].agg(at_risk="size", ended="sum").reset_index()
    table["survival"] = (1 - table["ended"] / table["at_risk"]).cumprod()
    with np.errstate(divide="ignore", invalid="ignore"):
        summed = (table["ended"] / (table["at_risk"] * (table["at_risk"] - table["ended"]))).cumsum()
        spread = Z * np.sqrt(summed) / np.abs(np.log(table["survival"]))
        ends = {"low": table["survival"] ** np.exp(spread), "high": table["survival"] ** np.exp(-spread)}
    certain = (summed == 0) | (table["survival"] == 0)
    return table.assign(**{name: end.mask(certain) for name, end in ends.items()})


def survival(model: Hazard, held: pd.DataFrame, *, months: int) -> pd.DataFrame:
    """Return the chance that each holder is still there: customer_id, month (1 to `months` from now), survival.

    It is conditional on having stayed so far; within a month of tenure the risk is even. `held` is what `holders`
    returns. Without a classifier the chance is NaN. InputError: months is not above 0.

    >>> months = pd.DataFrame({"month": 1, "plan": "M", "price": 9.0, "ended": [1] * 40 + [0] * 360})
    >>> held = pd.DataFrame({"customer_id": ["b"], "tenure_months": [0.0], "plan": ["M"], "price": [9.0]})
    >>> survival(fit_hazard(months), held, months=2)["survival"].round(3).tolist()
    [0.9, 0.81]
    """
    if months < 1:
        raise InputError(f"months: {months} found; 1 or more are allowed")
    chance = _stays(held, _hazard(model, _rows_ahead(held, months)), months)
    rows = held[["customer_id"]].merge(pd.DataFrame({"month": range(1, months + 1)}), how="cross")
    return rows.assign(survival=chance.ravel())


def mean_survival(
    months: pd.DataFrame, held: pd.DataFrame, *, ahead_months: int, seed: int = 0, resamples: int = _RESAMPLES
) -> pd.DataFrame:
    """Return the mean chance of all holders to be still there: month, survival, low, high, kaplan_meier.

    The 95 % band is a bootstrap over the customers of `months`: the hazard is fitted anew on each draw. It tells how
    well the curve is known, not how far chance may carry those who hold a subscription. NaN where there is no fit.

    >>> months = pd.DataFrame({"month": 1, "plan": "M", "price": 9.0, "ended": [1] * 40 + [0] * 360})
    >>> months["customer_id"] = range(400)
    >>> held = pd.DataFrame({"customer_id": ["b"], "tenure_months": [0.0], "plan": ["M"], "price": [9.0]})
    >>> mean_survival(months, held, ahead_months=1, resamples=20).round(1).values.tolist()
    [[1.0, 0.9, 0.9, 0.9, 0.9]]
    """
    model, month = fit_hazard(months), range(1, ahead_months + 1)
    # A tenth of a month makes no difference to the mean, and puts most holders together.
    groups = held.assign(tenure_months=held["tenure_months"].round(1))
    like = groups.groupby(["tenure_months", "plan", "price"], dropna=False).size().reset_index(name="holders")
    if like.empty:
        return pd.DataFrame({"month": month}).assign(survival=np.nan, low=np.nan, high=np.nan, kaplan_meier=np.nan)
    rows = _rows_ahead(like, ahead_months)

    def curve(hazard: np.ndarray) -> np.ndarray:
        return np.asarray(np.average(_stays(like, hazard, ahead_months), axis=0, weights=like["holders"]))

    low = high = np.full(ahead_months, np.nan)
    if model.classifier is not None:
        design = _design(rows, model.plans, model.ratios).to_numpy()
        fits = _refits(months, model, seed=seed, resamples=resamples)
        draws = [curve(fitted.predict_proba(design)[:, 1]) for fitted in fits]
        low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    mean, km = curve(_hazard(model, rows)), curve(_table_hazard(model.baseline, rows["month"]))
    return pd.DataFrame({"month": month, "survival": mean, "low": low, "high": high, "kaplan_meier": km})


def subscription_value(
    chances: pd.DataFrame, held: pd.DataFrame, *, months: int, margin: float, annual_discount_rate: float
) -> pd.DataFrame:
    """Return the discounted margin that each holder is expected to bring over `months`, from `survival`'s chances.

    A month's price falls due at its end from who is still there. Columns: customer_id, value, low, high (90 %, from
    the distribution of the month of the end), expected_orders (payments), probability_alive (1: they hold one today),
    expected_spend (the monthly price). A holder without a price has no value (NaN).
    InputError: margin outside 0 to 1, a rate that is negative, more months than `chances` has.

    >>> held = pd.DataFrame({"customer_id": ["b"], "tenure_months": [0.0], "plan": ["M"], "price": [10.0]})
    >>> chances = pd.DataFrame({"customer_id": "b", "month": [1, 2], "survival": [0.9, 0.81]})
    >>> subscription_value(chances, held, months=2, margin=0.5, annual_discount_rate=0.0).round(2).values.tolist()
    [['b', 8.55, 0.0, 10.0, 1.71, 1.0, 10.0]]
    """
    for name, share in {"margin": margin, "annual_discount_rate": annual_discount_rate}.items():
        if not 0 <= share <= 1:
            raise InputError(f"{name}: {share!r} found; a share from 0 to 1 is allowed, such as 0.1")
    if not 1 <= months <= (longest := chances["month"].max() if len(chances) else months):
        raise InputError(f"months: {months} found; 1 to {longest}, the months of `chances`, are allowed")
    wide = chances[chances["month"] <= months].pivot(index="customer_id", columns="month", values="survival")
    stays = wide.reindex(index=held["customer_id"], columns=range(1, months + 1)).to_numpy()
    discount = (1 + annual_discount_rate) ** (-np.arange(1, months + 1) / 12)
    monthly = held["price"].to_numpy(dtype=float) * margin
    # What has come in by the end of each month, for whom leaves after it.
    upto = np.concatenate([[0.0], discount.cumsum()])
    unknown = np.isnan(stays).any(axis=1) | np.isnan(monthly)
    lasts = ((stays > chance).sum(axis=1) for chance in (0.95, 0.05))
    low, high = (np.where(unknown, np.nan, monthly * upto[last]) for last in lasts)
    found = held[["customer_id"]].assign(value=monthly * (stays @ discount), low=low, high=high)
    return found.assign(
        expected_orders=stays.sum(axis=1), probability_alive=1.0, expected_spend=held["price"].astype(float)
    )


def survival_check(
    subscriptions: pd.DataFrame, *, as_of: pd.Timestamp, after_months: tuple[int, ...] = (3, 6, 12)
) -> pd.DataFrame:
    """Return what would have been predicted 12 months before `as_of`, beside who then held any subscription.

    A row for each of `after_months`: month, holders, predicted, kaplan_meier (mean chances), observed, low, high (95 %,
    Wilson), brier, brier_low, brier_high, brier_kaplan_meier, brier_gain (Kaplan-Meier's less the model's, with
    brier_gain_low, brier_gain_high) and note.
    InputError as for `subscription_months`, or a month beyond 12.

    >>> table = pd.DataFrame({"customer_id": ["a"], "started_at": [pd.Timestamp("2024-01-15")]})
    >>> survival_check(table, as_of=pd.Timestamp("2025-06-01"), after_months=(3,))[["month", "note"]].values.tolist()
    [[3, 'not enough data: 0 ends in 4 months, at least 30 are needed']]
    """
    if not all(0 < month <= 12 for month in after_months):
        raise InputError(f"after_months: {after_months} found; 1 to 12 are allowed")
    then = as_of - pd.DateOffset(months=12)
    model = fit_hazard(subscription_months(subscriptions, as_of=then))
    held = holders(subscriptions, as_of=then)
    rows = _rows_ahead(held, 12)
    hazards = _hazard(model, rows), _table_hazard(model.baseline, rows["month"])
    chance, baseline = (_stays(held, hazard, 12) for hazard in hazards)
    found = []
    for month in after_months:
        later = holders(subscriptions, as_of=then + pd.DateOffset(months=month))
        stayed = held["customer_id"].isin(later["customer_id"]).to_numpy(dtype=float)
        found.append({"month": month, **_judged(chance[:, month - 1], baseline[:, month - 1], stayed)})
    return pd.DataFrame(found).assign(note=model.reason or ("" if len(held) else "not enough data: nobody held one"))


def _known(subscriptions: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return the subscriptions that had started, with the ends that had come; plan and price may be unknown."""
    for name in ("customer_id", "started_at"):
        if name not in subscriptions:
            raise InputError(f"subscriptions: no column '{name}'{did_you_mean(name, map(str, subscriptions))}")
    known = subscriptions[subscriptions["started_at"] < as_of].reindex(columns=_COLUMNS).reset_index(drop=True)
    ends = pd.to_datetime(known["ended_at"])
    if early := int((ends < known["started_at"]).sum()):
        raise InputError(f"subscriptions: {early:,} end before they start; an end at or after the start is allowed")
    plan, price = known["plan"].astype("str").fillna("not known"), known["price"].astype(float)
    return known.assign(ended_at=ends.where(ends < as_of), plan=plan, price=price)


def _tenure(start: pd.Series, end: pd.Series) -> np.ndarray:
    """Return the months between: 15 January to 15 March are exactly two, a day more is a bit more than two."""
    months = (end.dt.year - start.dt.year) * 12 + end.dt.month - start.dt.month
    # Who started on the 31st has had a month at the end of the 30th.
    days = end.dt.day - np.minimum(start.dt.day, end.dt.days_in_month)
    times = (end - end.dt.normalize()) - (start - start.dt.normalize())
    tenure: np.ndarray = (months + (days + times.dt.total_seconds() / _DAY_SECONDS) / 31).to_numpy(dtype=float)
    return tenure


def _switched(known: pd.DataFrame) -> pd.Series:
    """Say which ends were no farewell: another subscription of the customer ran at the end, or began within a day."""
    several = known[known["customer_id"].duplicated(keep=False)].reset_index()
    pairs = several.merge(several, on="customer_id", suffixes=("", "_other"))
    runs = (pairs["started_at_other"] <= pairs["ended_at"] + _SWITCH) & (
        pairs["ended_at_other"].isna() | (pairs["ended_at_other"] > pairs["ended_at"])
    )
    goes_on = pairs.loc[runs & (pairs["index"] != pairs["index_other"]), "index"]
    return pd.Series(known.index.isin(goes_on), index=known.index)


def _cells(months: pd.DataFrame, *first: str) -> pd.DataFrame:
    """Put months of one tenure, plan and price together: the likelihood is the same, and far cheaper."""
    grouped = months.groupby([*first, *_CELL], dropna=False)["ended"]
    return grouped.agg(at_risk="size", ended="sum").reset_index()


def _log_ratio(rows: pd.DataFrame, plans: dict[str, float], ratios: tuple[float, float]) -> pd.Series:
    usual = rows["plan"].map(plans).astype(float)
    known = (rows["price"] > 0) & (usual > 0)
    ratio: pd.Series = np.log((rows["price"] / usual).where(known, 1.0))
    return ratio.clip(*ratios)


def _design(rows: pd.DataFrame, plans: dict[str, float], ratios: tuple[float, float]) -> pd.DataFrame:
    """Return the terms of the model; a plan that was never seen counts as the most common."""
    terms = {"log_month": np.log(rows["month"]), "after_first_year": (rows["month"] > _FIRST_YEAR).astype(float)}
    terms |= {f"plan {plan}": (rows["plan"] == plan).astype(float) for plan in list(plans)[1:]}
    return pd.DataFrame(terms | {"log_price_ratio": _log_ratio(rows, plans, ratios)})


def _fitted(design: np.ndarray, ended: np.ndarray, stayed: np.ndarray) -> Any:
    from sklearn.linear_model import LogisticRegression

    classifier = LogisticRegression(C=_RIDGE_C, solver="newton-cholesky", tol=1e-8)
    outcome = np.repeat([1, 0], len(design))
    return classifier.fit(np.tile(design, (2, 1)), outcome, sample_weight=np.concatenate([ended, stayed]))


def _terms(classifier: Any, design: pd.DataFrame, at_risk: np.ndarray) -> pd.DataFrame:
    """Return the terms that vary in the data, with intervals by the information matrix."""
    varies = np.concatenate([[True], design.std(ddof=0).fillna(0).to_numpy() > 1e-12])
    chance = classifier.predict_proba(design.to_numpy())[:, 1]
    full = np.column_stack([np.ones(len(design)), design])[:, varies]
    ridge = np.diag(np.concatenate([[0.0], np.full(full.shape[1] - 1, 1 / _RIDGE_C)]))
    information = full.T @ (full * (at_risk * chance * (1 - chance))[:, None]) + ridge
    margin = Z * np.sqrt(np.diag(np.linalg.inv(information)))
    value = np.concatenate([classifier.intercept_, classifier.coef_[0]])[varies]
    names = np.array(["intercept", *design])[varies]
    return pd.DataFrame({"term": names, "value": value, "low": value - margin, "high": value + margin})


def _refits(months: pd.DataFrame, model: Hazard, *, seed: int, resamples: int) -> Iterator[Any]:
    """Yield the model fitted on bootstrap draws of customers, who are drawn in random groups where they are many."""
    rng = np.random.default_rng(seed)
    customers, names = pd.factorize(months["customer_id"])
    groups = min(len(names), _GROUPS)
    tallied = _cells(months.assign(group=(rng.permutation(len(names)) % groups)[customers]), "group")
    cell = tallied.groupby(_CELL, dropna=False).ngroup().to_numpy()
    first = np.unique(cell, return_index=True)[1]
    design = _design(tallied.iloc[first], model.plans, model.ratios).to_numpy()
    for drawn in rng.multinomial(groups, np.full(groups, 1 / groups), size=resamples):
        times = drawn[tallied["group"]]
        at_risk, ended = (np.bincount(cell, weights=times * tallied[name]) for name in ("at_risk", "ended"))
        yield _fitted(design, ended, at_risk - ended)


def _rows_ahead(held: pd.DataFrame, months: int) -> pd.DataFrame:
    """Return the months of tenure in which the months ahead fall, one more of each holder than there are."""
    whole = np.floor(held["tenure_months"].to_numpy(dtype=float)).astype(int)
    rows = held[["plan", "price"]].iloc[np.repeat(np.arange(len(held)), months + 1)].reset_index(drop=True)
    return rows.assign(month=(whole[:, None] + np.arange(1, months + 2)).ravel())


def _hazard(model: Hazard, rows: pd.DataFrame) -> np.ndarray:
    if model.classifier is None or rows.empty:
        return np.full(len(rows), np.nan)
    design = _design(rows, model.plans, model.ratios).to_numpy()
    return np.asarray(model.classifier.predict_proba(design)[:, 1])


def _table_hazard(baseline: pd.DataFrame, month: pd.Series) -> np.ndarray:
    """Return Kaplan and Meier's hazard of each month; past those with enough at risk, that of the last year of them."""
    enough = baseline[baseline["at_risk"] >= FEWEST].set_index("month")
    last = (enough if len(enough) else baseline).tail(_FIRST_YEAR)
    beyond = last["ended"].sum() / last["at_risk"].sum() if len(last) else np.nan
    return np.asarray(month.map(enough["ended"] / enough["at_risk"]).fillna(beyond).to_numpy(dtype=float))


def _stays(held: pd.DataFrame, hazard: np.ndarray, months: int) -> np.ndarray:
    """Return the chance (holders x months) to be there after each month ahead, which spans two months of tenure."""
    part = held["tenure_months"].to_numpy(dtype=float)[:, None] % 1
    # Where all have left, nothing times minus infinity would not be a number.
    log_stays = np.log1p(-np.minimum(hazard, 1 - 1e-12)).reshape(len(held), months + 1)
    return np.asarray(np.exp(((1 - part) * log_stays[:, :-1] + part * log_stays[:, 1:]).cumsum(axis=1)))


def _judged(chance: np.ndarray, baseline: np.ndarray, stayed: np.ndarray) -> dict[str, float]:
    """Hold predicted chances of staying against who stayed (0 or 1)."""
    losses, beside = (chance - stayed) ** 2, (baseline - stayed) ** 2
    gains, means = pd.Series(beside - losses), [float(pd.Series(found).mean()) for found in (chance, baseline)]
    gain, margin = float(gains.mean()), Z * float(gains.std() / np.sqrt(max(len(gains), 1)))
    return {
        "holders": len(stayed),
        **dict(zip(("predicted", "kaplan_meier"), means, strict=True)),
        **dict(zip(("observed", "low", "high"), map(float, wilson(stayed.sum(), len(stayed))), strict=True)),
        **dict(zip(("brier", "brier_low", "brier_high"), mean_loss(losses), strict=True)),
        "brier_kaplan_meier": mean_loss(beside)[0],
        **{"brier_gain": gain, "brier_gain_low": gain - margin, "brier_gain_high": gain + margin},
    }
