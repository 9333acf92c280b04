"""What does a new customer cost by channel, is it worth it, and what will the next one cost?

In: customers, their values, leads and campaigns as far as there are any.   Out: a frame by channel, in words.
"""

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.intervals import FEWEST, Z
from workbench.value.risk import by_customer

_RESAMPLES = 1_000
# A ratio of sums over more rows than this is resampled in random groups of rows, which changes nothing but the time.
_GROUPS = 2_000
_ALL = "all channels"
_UNKNOWN = "not known"
_DAY_SECONDS = 86_400
# A lead is old enough to be counted when this share of all that convert have done so.
_RIPE = 0.95
_PRIOR_LEADS, _WEIGHTS, _DRAWS = 1.0, 40, 4_000
# A chance of exactly 1 would have no distribution.
_NEVER = 1e-9

Pairs = tuple[np.ndarray, np.ndarray]


def acquisition(
    customers: pd.DataFrame,
    valued: pd.DataFrame,
    *,
    horizon_months: float,
    leads: pd.DataFrame | None = None,
    campaigns: pd.DataFrame | None = None,
    won_since: pd.Timestamp | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Return what customers cost and are worth by acquisition_channel, with 95 % bootstrap intervals.

    `valued` has customer_id and value: the margin expected over `horizon_months`. Costs are customers.acquisition_cost
    where a channel has any; else the cost of all its leads, with the campaigns of the channel's name since the first
    lead, over the leads that were converted. `won_since` counts only customers who signed up, and leads that came, from
    then on. Channels with fewer than 30 customers are put together: their text may name a person.

    A row a channel: channel, customers, spent, cac, cltv and ratio (CLTV to CAC), each with _low and _high,
    payback_months, cost_from and verdict. Payback takes the margin to come evenly; NaN where it is not within the
    horizon, which the verdict says. Without costs the verdict is 'not applicable'. InputError: no customer_id.

    >>> customers = pd.DataFrame({"customer_id": [str(n) for n in range(40)], "acquisition_channel": "search",
    ...                           "acquisition_cost": 10.0})
    >>> found = acquisition(customers, customers[["customer_id"]].assign(value=40.0), horizon_months=12)
    >>> found[["cac", "cltv", "ratio", "payback_months"]].values.tolist(), found["verdict"].tolist()
    ([[10.0, 40.0, 4.0, 3.0]], ['pays: 4.0 of margin for each 1 spent'])
    """
    if not horizon_months > 0:
        raise InputError(f"horizon_months: {horizon_months!r} found; a number above 0 is allowed")
    values = by_customer(valued, "value", place="valued")
    rows = _won(customers, leads, won_since).assign(value=lambda won: won["customer_id"].map(values))
    if leads is not None and won_since is not None and "created_at" in leads:
        leads = leads[leads["created_at"] >= won_since]
    rng = np.random.default_rng(seed)
    found = [
        {"channel": channel, **_channel(own, _lead_costs(leads, campaigns, str(channel)), horizon_months, rng)}
        for channel, own in rows.groupby("channel")
    ]
    columns = ["channel", "customers", "spent"]
    columns += [f"{name}{end}" for name in ("cac", "cltv", "ratio") for end in ("", "_low", "_high")]
    columns += ["payback_months", "cost_from", "verdict"]
    return pd.DataFrame(found, columns=columns).sort_values("customers", ascending=False, ignore_index=True)


def predicted_cac(
    leads: pd.DataFrame, *, as_of: pd.Timestamp, campaigns: pd.DataFrame | None = None, seed: int = 0
) -> pd.DataFrame:
    """Return what the next customer will cost by source: cost per lead over the chance that a lead converts.

    Cost per lead is that of the last 12 months, with the campaigns of the source's name. The chance is counted on
    leads of 12 months that are older than the 95th percentile of days to convert, so that young leads do not count as
    lost, and drawn towards the mean of all sources (beta-binomial, empirical Bayes; Casella, 1985).

    A row a source: source, leads, ripe_leads, converted, chance, cost_per_lead, predicted_cac, low, high (95 %, of the
    mean) and note, which says why a figure is missing. Sources with fewer than 30 leads are put together. Nothing after
    `as_of` is looked at.
    InputError: no created_at.

    >>> when = pd.to_datetime(["2024-03-01"] * 100)
    >>> leads = pd.DataFrame({"created_at": when, "source": "fair", "cost": 2.0})
    >>> leads["converted_at"] = when.where(np.arange(100) < 20) + pd.Timedelta(days=3)
    >>> found = predicted_cac(leads, as_of=pd.Timestamp("2024-12-31"))
    >>> found[["ripe_leads", "converted", "cost_per_lead", "predicted_cac"]].values.tolist()
    [[100.0, 20.0, 2.0, 10.0]]
    """
    known = _known_leads(leads, as_of)
    ripe_before = as_of - pd.Timedelta(days=_days_to_ripen(known))
    lately = known[known["created_at"] >= as_of - pd.DateOffset(months=12)]
    ripe = known[known["created_at"].between(ripe_before - pd.DateOffset(months=12), ripe_before, inclusive="left")]
    counts = pd.DataFrame({"leads": lately.groupby("source").size(), "ripe_leads": ripe.groupby("source").size()})
    counts["converted"] = ripe.groupby("source")["converted"].sum()
    counts = counts.fillna(0).astype(int)
    mean, weights, likely = _prior(counts["converted"].to_numpy(), counts["ripe_leads"].to_numpy())
    converted, ripened = (counts[name].to_numpy()[:, None] for name in ("converted", "ripe_leads"))
    counts["chance"] = ((converted + mean * weights) / (ripened + weights)) @ likely
    rng = np.random.default_rng(seed)
    found = []
    for source, row in counts.iterrows():
        own = lately.loc[lately["source"] == source, "cost"].dropna().to_numpy()
        if not row["converted"]:
            found.append(_without_conversion(own))
            continue
        extra = _campaign_cost(campaigns, str(source), as_of - pd.DateOffset(months=12), as_of)
        drawn = rng.choice(weights, size=_DRAWS, p=likely)
        lost = row["ripe_leads"] - row["converted"]
        chances = rng.beta(row["converted"] + mean * drawn, np.maximum(lost + (1 - mean) * drawn, _NEVER))
        found.append(_next_customer(own, extra, row["chance"], chances, rng))
    shown = counts.rename_axis("source").reset_index()
    figures = pd.DataFrame(found, columns=["cost_per_lead", "predicted_cac", "low", "high", "note"])
    return pd.concat([shown, figures], axis=1).sort_values("leads", ascending=False, ignore_index=True)


def predicted_cac_check(
    leads: pd.DataFrame, *, as_of: pd.Timestamp, campaigns: pd.DataFrame | None = None, seed: int = 0
) -> pd.DataFrame:
    """Return what was predicted a year before `as_of` beside what the leads of that year then cost for a customer.

    Leads of the year that are too young to have converted are left out of what was paid. A row a source: source,
    predicted, low, high, paid, paid_low, paid_high (95 %), error (predicted over paid, less 1), agrees (whether the
    difference is within chance) and note. InputError as for `predicted_cac`.

    >>> leads = pd.DataFrame({"created_at": pd.to_datetime([]), "source": [], "cost": [], "converted_at": []})
    >>> predicted_cac_check(leads, as_of=pd.Timestamp("2024-12-31")).empty
    True
    """
    then = as_of - pd.DateOffset(months=12)
    found = predicted_cac(leads, as_of=then, campaigns=campaigns, seed=seed)
    found = found[["source", "predicted_cac", "low", "high", "note"]].rename(columns={"predicted_cac": "predicted"})
    known, rng = _known_leads(leads, as_of), np.random.default_rng(seed)
    until = as_of - pd.Timedelta(days=_days_to_ripen(known))
    year = known[known["created_at"].between(then, until, inclusive="left")].dropna(subset="cost")
    paid = []
    for source in found["source"]:
        own = year[year["source"] == source]
        extra = _campaign_cost(campaigns, source, then, until)
        paid.append(_paid(own["cost"].to_numpy(), own["converted"].to_numpy(), extra, rng))
    found = found.assign(**pd.DataFrame(paid, columns=["paid", "paid_low", "paid_high"], index=found.index))
    found["error"] = found["predicted"] / found["paid"] - 1
    found["agrees"] = _agree(found)
    missing = found["paid"].isna() & (found["note"] == "")
    found.loc[missing, "note"] = "not enough data: too few leads converted in the year after"
    return found[[*(c for c in found if c != "note"), "note"]]


def ratio_of_sums(above: np.ndarray, below: np.ndarray, *, rng: np.random.Generator) -> tuple[float, np.ndarray]:
    """Return sum(above) / sum(below) and its bootstrap draws over rows; NaN where the sum below is 0.

    >>> value, draws = ratio_of_sums(np.array([1.0, 3.0]), np.ones(2), rng=np.random.default_rng(0))
    >>> value, float(draws.min()), float(draws.max())
    (2.0, 1.0, 3.0)
    """
    groups = min(len(above), _GROUPS)
    if not groups:
        return np.nan, np.full(_RESAMPLES, np.nan)
    place = rng.permutation(len(above)) % groups
    sums = np.stack([np.bincount(place, weights=column, minlength=groups) for column in (above, below)], axis=1)
    drawn = rng.multinomial(groups, np.full(groups, 1 / groups), size=_RESAMPLES) @ sums
    with np.errstate(invalid="ignore", divide="ignore"):
        value, draws = above.sum() / below.sum(), drawn[:, 0] / drawn[:, 1]
    return float(value) if np.isfinite(value) else np.nan, np.where(np.isfinite(draws), draws, np.nan)


def _won(customers: pd.DataFrame, leads: pd.DataFrame | None, since: pd.Timestamp | None) -> pd.DataFrame:
    """Return customer_id, channel and acquisition_cost (NaN where not known) of the customers that were won."""
    if "customer_id" not in customers:
        raise InputError("customers: no column 'customer_id'")
    if since is not None and "signup_at" not in customers:
        raise InputError("customers: no column 'signup_at', without which won_since cannot be heeded")
    won = customers if since is None else customers[customers["signup_at"] >= since]
    cost = pd.Series(dtype=float)
    if "acquisition_cost" in won:
        cost = by_customer(won, "acquisition_cost", place="customers")
    rows = won[["customer_id"]].assign(acquisition_cost=won["customer_id"].map(cost))
    if "acquisition_channel" in won:
        channel = won["acquisition_channel"].fillna(_UNKNOWN)
    elif leads is not None and {"customer_id", "source"} <= set(leads):
        sources = leads.dropna(subset="customer_id").drop_duplicates("customer_id").set_index("customer_id")["source"]
        channel = won["customer_id"].map(sources).fillna(_UNKNOWN)
    else:
        return rows.assign(channel=_ALL)
    return rows.assign(channel=_few_together(channel, "other channels"))


def _few_together(names: pd.Series, other: str) -> pd.Series:
    """Put rare names together: of so few nothing can be said, and a text of its own may name a person."""
    common = names.map(names.value_counts()) >= FEWEST
    return names.where(common, other)


def _lead_costs(leads: pd.DataFrame | None, campaigns: pd.DataFrame | None, channel: str) -> Pairs | None:
    """Return cost and conversion (1 or 0) of every lead of a channel, its campaigns spread over them; None without."""
    if leads is None or not {"created_at", "cost", "converted_at"} <= set(leads):
        return None
    own = leads if channel == _ALL or "source" not in leads else leads[leads["source"] == channel]
    own = own.dropna(subset="cost")
    if not len(own):
        return None
    extra = _campaign_cost(campaigns, channel, own["created_at"].min(), pd.Timestamp.max)
    return own["cost"].to_numpy(dtype=float) + extra / len(own), own["converted_at"].notna().to_numpy(dtype=float)


def _campaign_cost(campaigns: pd.DataFrame | None, channel: str, since: pd.Timestamp, until: pd.Timestamp) -> float:
    if campaigns is None or not {"channel", "cost", "starts_at"} <= set(campaigns):
        return 0.0
    own = campaigns[(campaigns["channel"] == channel) & campaigns["starts_at"].between(since, until, inclusive="left")]
    return float(own["cost"].sum())


def _channel(
    own: pd.DataFrame, lead_costs: Pairs | None, horizon_months: float, rng: np.random.Generator
) -> dict[str, object]:
    costs, values = own["acquisition_cost"].dropna().to_numpy(), own["value"].dropna().to_numpy()
    cltv, cltv_draws = ratio_of_sums(values, np.ones(len(values)), rng=rng)
    both = own.dropna(subset=["acquisition_cost", "value"])
    if len(costs):
        spent, cost_from = float(costs.sum()), "customers.acquisition_cost"
        cac, cac_draws = ratio_of_sums(costs, np.ones(len(costs)), rng=rng)
        ratio, ratio_draws = ratio_of_sums(both["value"].to_numpy(), both["acquisition_cost"].to_numpy(), rng=rng)
    else:
        above, below = lead_costs or (np.zeros(0), np.zeros(0))
        spent, cost_from = (float(above.sum()), "leads and campaigns") if lead_costs else (np.nan, _UNKNOWN)
        cac, cac_draws = ratio_of_sums(above, below, rng=rng)
        ratio = cltv / cac if cac > 0 else np.nan
        ratio_draws = np.divide(cltv_draws, cac_draws, out=np.full(_RESAMPLES, np.nan), where=cac_draws > 0)
    found: dict[str, object] = {"customers": len(own), "spent": spent}
    enough = len(values) >= FEWEST
    for name, value, draws in (("cac", cac, cac_draws), ("cltv", cltv, cltv_draws), ("ratio", ratio, ratio_draws)):
        low, high = _middle_95(draws) if enough else (np.nan, np.nan)
        found |= {name: value, f"{name}_low": low, f"{name}_high": high}
    months = cac / cltv * horizon_months if cltv > 0 else np.nan
    within = months <= horizon_months
    verdict = _verdict(found, valued=len(values), within=bool(within), horizon_months=horizon_months)
    return {**found, "payback_months": months if within else np.nan, "cost_from": cost_from, "verdict": verdict}


def _middle_95(draws: np.ndarray) -> tuple[float, float]:
    if not np.isfinite(draws).any():
        return np.nan, np.nan
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return float(low), float(high)


def _verdict(found: dict[str, object], *, valued: int, within: bool, horizon_months: float) -> str:
    cac, ratio, low, high = (float(str(found[name])) for name in ("cac", "ratio", "ratio_low", "ratio_high"))
    if np.isnan(cac):
        return "not applicable: no cost of winning a customer is known"
    if valued < FEWEST:
        return f"not enough data: {valued} valued customers, at least {FEWEST} are needed"
    if cac == 0:
        return "costs nothing on record"
    late = "" if within else f"; payback is not within the horizon of {horizon_months:g} months"
    if low > 1:
        return f"pays: {ratio:.1f} of margin for each 1 spent{late}"
    return (f"does not pay: {ratio:.1f} of margin for each 1 spent" if high < 1 else "not clear: about even") + late


def _known_leads(leads: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return source, created_at, cost, converted and days (to convert) of each lead, as was known at a time."""
    if "created_at" not in leads:
        raise InputError("leads: no column 'created_at'")
    known = leads[leads["created_at"] < as_of]
    sources = known["source"].fillna(_UNKNOWN) if "source" in known else pd.Series("all sources", index=known.index)
    ends = pd.to_datetime(known["converted_at"] if "converted_at" in known else pd.Series(pd.NaT, index=known.index))
    ends = ends.where(ends < as_of)
    return pd.DataFrame(
        {
            "source": _few_together(sources, "other sources"),
            "created_at": known["created_at"],
            "cost": known["cost"].astype(float) if "cost" in known else np.nan,
            "converted": ends.notna().astype(int),
            "days": (ends - known["created_at"]).dt.total_seconds() / _DAY_SECONDS,
        }
    )


def _days_to_ripen(known: pd.DataFrame) -> float:
    days = known["days"].dropna().clip(lower=0)
    return float(days.quantile(_RIPE)) if len(days) else 0.0


def _prior(converted: np.ndarray, leads: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the mean chance of all sources, how many leads it may weigh, and how likely each weight is.

    The weight tells how alike sources are (the sum of a beta distribution's parameters). A handful of them can hardly
    tell: it is averaged over what is likely instead of fixed, and never weighs more than a source's own leads do on
    average.
    """
    from scipy.special import betaln

    mean = converted.sum() / max(leads.sum(), 1)
    if len(leads) < 2 or mean in (0, 1):
        return float(mean), np.array([_PRIOR_LEADS]), np.ones(1)
    weights = np.geomspace(_PRIOR_LEADS, max(float(leads.mean()), 2 * _PRIOR_LEADS), _WEIGHTS)
    first, second = mean * weights, (1 - mean) * weights
    fits = betaln(converted[:, None] + first, (leads - converted)[:, None] + second) - betaln(first, second)
    likely = np.exp(fits.sum(axis=0) - fits.sum(axis=0).max())
    return float(mean), weights, likely / likely.sum()


def _next_customer(
    costs: np.ndarray, extra: float, chance: float, chances: np.ndarray, rng: np.random.Generator
) -> tuple[float, float, float, float, str]:
    if len(costs) < 2:
        return np.nan, np.nan, np.nan, np.nan, "not applicable: no cost of leads in the last 12 months is known"
    cost = costs.mean() + extra / len(costs)
    spread = costs.std(ddof=1) / np.sqrt(len(costs))
    low, high = _middle_95(np.clip(rng.normal(cost, spread, len(chances)), 0, None) / chances)
    return float(cost), float(cost / chance), low, high, ""


def _without_conversion(costs: np.ndarray) -> tuple[float, float, float, float, str]:
    cost = float(costs.mean()) if len(costs) else np.nan
    return cost, np.nan, np.nan, np.nan, "not enough data: no lead of this source that is old enough has converted"


def _paid(
    costs: np.ndarray, converted: np.ndarray, extra: float, rng: np.random.Generator
) -> tuple[float, float, float]:
    if converted.sum() == 0 or len(costs) < FEWEST:
        return np.nan, np.nan, np.nan
    value, draws = ratio_of_sums(costs + extra / len(costs), converted, rng=rng)
    return value, *_middle_95(draws)


def _agree(found: pd.DataFrame) -> pd.Series:
    """Say whether log predicted and log paid differ by no more than both intervals explain; missing where not known."""
    known = (found[["predicted", "low", "paid", "paid_low"]] > 0).all(axis=1)
    logs = np.log(found[["predicted", "low", "high", "paid", "paid_low", "paid_high"]].where(known).astype(float))
    spreads = [(logs[f"{name}high"] - logs[f"{name}low"]) / (2 * Z) for name in ("", "paid_")]
    apart: pd.Series = (logs["predicted"] - logs["paid"]).abs() / (spreads[0] ** 2 + spreads[1] ** 2) ** 0.5
    return (apart <= Z).astype("boolean").where(known)
