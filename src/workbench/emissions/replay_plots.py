"""What do policies of scoring and of training save, and what do they lose? As stakeholders see it.

In: a `Replay`, a `Retraining`.   Out: figures; exhibits.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, PercentFormatter

from workbench import charts
from workbench.charts import Exhibits
from workbench.emissions.policies import DAILY
from workbench.emissions.replay import Replay
from workbench.emissions.retraining import Retraining
from workbench.words import counted, number, ranged

_BLUE, _ORANGE, _GREEN, _RED, _PINK, _SKY = charts.PALETTE
_DRAWN = (DAILY, "everyone, weekly", "everyone, monthly", "on events, at once", "on events and woken, nightly")


def plot_policies(found: Replay, *, ax: Axes | None = None) -> Axes:
    """Draw the scores and checks of each policy, daily scoring as 1 on a scale of powers of ten, the least on top.

    Beside each stands the value that it loses; those within the allowed loss are filled, the frugal one is marked.
    """
    ax = charts.axes(ax)
    rows = found.table.assign(use=1 - found.table["scoring_saving_share"]).sort_values("use", ignore_index=True)
    for place, (_, row) in enumerate(rows.iterrows()):
        colour = _ORANGE if row["policy"] == found.chosen else _BLUE
        filled = colour if row["loss_share"] <= found.allowed_loss else "none"
        ax.plot(row["use"], place, "o", color=colour, markerfacecolor=filled, markersize=6)
        loss = "" if np.isnan(row["loss_share"]) else f"{row['loss_share']:.2%} lost"
        where = (row["use"], place)
        ax.annotate(loss, where, xytext=(8, 0), textcoords="offset points", va="center", fontsize="small")
    ax.axvline(1, color="black", linewidth=0.8, alpha=0.3)
    ax.set_yticks(range(len(rows)), rows["policy"], fontsize="small")
    ax.set(xscale="log", xlabel="scoring energy, daily scoring = 1 (filled: allowed loss)")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(x=0.2)
    ax.invert_yaxis()
    return ax


def plot_lateness(found: Replay, *, ax: Axes | None = None) -> Axes:
    """Draw the share of daily scoring's flags that the frugal and other policies had raised within so many days."""
    ax = charts.axes(ax)
    flags = found.table.set_index("policy")
    shown = [policy for policy in flags.index if policy in {*_DRAWN, found.chosen} - {DAILY}]
    for colour, policy in zip(_colours(shown, found.chosen), shown, strict=True):
        rows = found.lateness[found.lateness["policy"] == policy].set_index("days_late")["flags"]
        raised = rows.reindex(range(32), fill_value=0).cumsum() / max(flags.loc[policy, ["flags", "missed"]].sum(), 1)
        ax.step(raised.index, raised, where="post", label=policy, color=colour)
    ax.set(xlabel="days after daily scoring", ylabel="flags raised", ylim=(0, 1.02))
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    if shown:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize="small")
    return ax


def plot_retraining(found: Retraining, *, ax: Axes | None = None) -> Axes:
    """Draw the AUC lost against monthly training, with 95 % intervals, and trainings; the frugal policy is marked."""
    ax = charts.axes(ax)
    ax.axvline(0, color="black", linewidth=0.8)
    for place, (_, row) in enumerate(found.table.iterrows()):
        colour = _ORANGE if row["policy"] == found.chosen else _BLUE
        arms = np.clip([[row["loss"] - row["loss_low"]], [row["loss_high"] - row["loss"]]], 0, None)
        ax.errorbar(row["loss"], place, xerr=arms, fmt="o", color=colour, markersize=5, linewidth=1.2)
        ax.text(row["loss_high"], place, f"   {counted(row['trainings'], 'training')}", va="center", fontsize="small")
    ax.set_yticks(range(len(found.table)), found.table["policy"])
    ax.set(xlabel="AUC lost against monthly training")
    ax.margins(x=0.2)
    ax.invert_yaxis()
    return ax


def of_replay(found: Replay) -> Exhibits:
    """Show which policy of scoring is frugal, what each would have cost and lost, and on what terms."""
    said: Exhibits = {"frugal policy": found.reason}
    if found.table.empty:
        return said
    if found.table["loss_share"].notna().any():
        said["Scoring energy of each policy, and the value that its late flags lose"] = plot_policies(found)
        said["Flags of daily scoring that other policies had raised, by days late"] = plot_lateness(found)
    said["What each policy of scoring would have taken and lost"] = _shown(found.table)
    return said | {f"assumption of scoring {place}": text for place, text in enumerate(found.assumptions, 1)}


def of_retraining(found: Retraining) -> Exhibits:
    """Show how often to train: trainings, energy and AUC by policy."""
    said: Exhibits = {"frugal training": found.reason}
    if found.table.empty:
        return said
    table = found.table.assign(
        auc=_ranges(found.table, "auc", ".3f"),
        loss=_ranges(found.table, "loss", ".4f"),
        wh=found.table["kwh"] * 1000,
    )
    said["AUC lost by training less, 95 % intervals"] = plot_retraining(found)
    columns = ["policy", "trainings", "wh", "saving_share", "auc", "loss", "drift_share"]
    said["What each policy of training would have taken and lost"] = table[columns]
    return said | {f"assumption of training {place}": text for place, text in enumerate(found.assumptions, 1)}


def _colours(shown: list[str], chosen: str | None) -> list[str]:
    others = iter((_BLUE, _GREEN, _RED, _PINK, _SKY))
    return [_ORANGE if policy == chosen else next(others) for policy in shown]


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return what a reader compares, energy in watt-hours; what takes more than daily scoring says how many times."""
    parts = {f"wh_{name}": table[f"kwh_{name}"] * 1000 for name in ("scores", "checks", "starts", "idle")}
    return pd.DataFrame(
        {
            "policy": table["policy"],
            "scores": table["scores"],
            **{name: values for name, values in parts.items() if values.any()},
            "scoring_saving": [
                _saving(*row) for row in table[[f"scoring_saving_share{end}" for end in _ENDS]].itertuples(index=False)
            ],
            "saving_with_all": [_saving(share, share, share) for share in table["total_saving_share"]],
            "value_lost": _ranges(table, "loss_share", ".1%"),
            "flags": table["flags"],
            "late": table["late"],
            "missed": table["missed"],
            "not_needed": table["not_needed"],
            "days_late": table["days_late"],
            "days_late_90": table["days_late_90"],
            "days_late_most": table["days_late_most"],
        }
    )


_ENDS = ("", "_low", "_high")


def _saving(share: float, low: float, high: float) -> str:
    if share < 0:
        return f"{number(1 - share)} times as much"
    return ranged(share, low, high, form=".1%") if low < high else f"{share:.1%}"


def _ranges(table: pd.DataFrame, name: str, form: str) -> list[str]:
    ends = table[[f"{name}{end}" for end in _ENDS]].itertuples(index=False)
    return [ranged(*row, form=form) for row in ends]
