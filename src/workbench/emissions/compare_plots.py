"""What is shown of models that compete, and of learning from less: quality beside energy.

In: a `Comparison`, a `Less`.   Out: figures; axes, frames and sentences by caption.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from workbench import charts
from workbench.charts import Exhibits
from workbench.emissions.compare import Comparison
from workbench.emissions.less import Less
from workbench.words import ranged

_BLUE, _, _GREEN, _RED, _, _SKY = charts.PALETTE
# Marker, colour and size: shape and words say what a model is, colour only repeats it.
_ROLES: dict[str, tuple[str, str, int]] = {"": ("o", _BLUE, 5), "baseline": ("s", _RED, 8), "chosen": ("D", _GREEN, 8)}
# Less is below what these meters see.
_LEAST_JOULES = 0.001
# The width of a letter, the height of a line and half the width of a point, in points.
_LETTER, _LINE, _DOT = 5.3, 11.0, 7.0
# By so many lines a name may stand higher or lower than its point.
_STEPS = (0.6, -0.9, 1.6, -1.9, 2.6, -2.9, 3.6, -3.9)
# By how much the scale goes on at the right, for the name of what stands there.
_FOR_NAMES = 0.5
# Start, height and width of what stands in a figure.
_Box = tuple[float, float, float]


def of_comparisons(compared: Iterable[Comparison]) -> Exhibits:
    """Show one comparison after the other."""
    return {caption: shown for one in compared for caption, shown in of_comparison(one).items()}


def of_curves(curves: Iterable[Less]) -> Exhibits:
    """Show one curve of less data after the other."""
    return {caption: shown for one in curves for caption, shown in of_less(one).items()}


def of_comparison(comparison: Comparison) -> Exhibits:
    """Show why a model was chosen, all of them in a picture and in numbers, and what to mind; or why there are none."""
    task, table = comparison.task, comparison.table
    found: Exhibits = {f"{task.name}: choice": comparison.reason}
    if comparison.chosen is None:
        return found
    method = " and ".join(sorted(set(table["method"])))
    about = f"{task.metric} against energy ({method}) of every model for {task.name}, 95 % intervals"
    found[f"{about}; the line joins those that no other beats in both"] = plot_pareto(comparison)
    cycle = f"a cycle is one training and {task.scorings} scorings of {task.volume:,} {task.unit}"
    found[f"{about}, in joules; {cycle}"] = _numbers(comparison)
    meters = "; ".join(dict.fromkeys(note for note in table["note"] if note))
    notes = [comparison.note, f"what the meters say: {meters}" if meters else ""]
    said = "; ".join(filter(None, notes))
    return found | ({f"{task.name}: notes": f"To mind for {task.name}: {said}."} if said else {})


def of_less(found: Less) -> Exhibits:
    """Show how little would do, quality and energy at every size; or why that is not known."""
    shown: Exhibits = {f"{found.of}: fewer {found.unit}": found.sentence}
    if found.size is None:
        return shown
    curve = found.curve
    numbers = pd.DataFrame(
        {
            found.unit: curve["size"],
            found.metric: _ranges(curve, ("quality", "low", "high"), form=".3f"),
            "behind the best": curve["behind"].map("{:.4f}".format),
            "joules of a training": _energies(curve, "joules"),
            "": np.where(curve["chosen"], "the smallest within one standard error of the best", ""),
        }
    )
    about = f"{found.metric} and energy of a training for {found.of}, by {found.unit} to learn from, 95 % intervals"
    return shown | {about: plot_less(found), f"{about}, in numbers": numbers}


def plot_pareto(comparison: Comparison, *, ax: Axes | None = None) -> Axes:
    """Draw the quality of every model against the energy of 1,000 scores, its training shared out, in powers of ten.

    Both have 95 % intervals; a line joins those that no other beats in both. The chosen one and the baseline say so.
    """
    ax = charts.axes(ax)
    task, rows = comparison.task, _per_1000(comparison)
    front = rows[rows["pareto"]].sort_values("joules")
    ax.plot(front["joules"], front["quality"], color=_SKY, linewidth=5, alpha=0.5, zorder=1)
    for role, (marker, colour, size) in _ROLES.items():
        part = rows[rows["role"] == role]
        across, up = (_arms(part, name) for name in ("joules", "quality"))
        look: dict[str, Any] = {"fmt": marker, "color": colour, "markersize": size, "linewidth": 1.2}
        ax.errorbar(part["joules"], part["quality"], xerr=across, yerr=up, **look)
    if task.target is not None:
        ax.axhline(task.target, color="black", linestyle="--", linewidth=0.8)
        ax.annotate("target", (1, task.target), xycoords=("axes fraction", "data"), ha="right", va="bottom")
    ax.set(xscale="log", xlabel=f"joules for 1,000 {task.unit} scored, training shared out", ylabel=task.metric)
    ax.xaxis.set_major_formatter(FuncFormatter(_written_out))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(x=0.06, y=0.12)
    low, high = ax.get_xlim()
    ax.set_xlim(low, high * (high / low) ** _FOR_NAMES)
    _write_beside(ax, rows)
    return ax


def plot_less(found: Less, *, ax: Axes | None = None) -> Axes:
    """Draw quality with its 95 % interval by how much was learnt from; below each size the energy of a training."""
    ax = charts.axes(ax)
    curve = found.curve.reset_index(drop=True)
    arms = _arms(curve.rename(columns={"low": "quality_low", "high": "quality_high"}), "quality")
    ax.errorbar(curve.index, curve["quality"], yerr=arms, fmt="o-", color=_BLUE, markersize=5, linewidth=1.2)
    enough = curve[curve["chosen"]]
    marker, colour, size = _ROLES["chosen"]
    label = "the smallest within one standard error of the best"
    ax.plot(enough.index, enough["quality"], marker, color=colour, markersize=size, zorder=3, label=label)
    ticks = [f"{size:,}\n{_joules(joules)} J" for size, joules in zip(curve["size"], curve["joules"], strict=True)]
    ax.set_xticks(curve.index, ticks)
    ax.margins(x=0.08)
    ax.set(xlabel=f"{found.unit} to learn from, and the energy of one training", ylabel=found.metric)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1))
    return ax


def _numbers(comparison: Comparison) -> pd.DataFrame:
    table, task = comparison.table, comparison.task
    role = _per_1000(comparison)["role"]
    return pd.DataFrame(
        {
            "model": table["title"],
            "": role.where(role != "", table["pareto"].map({True: "no other beats it", False: ""})),
            task.metric: _ranges(table, ("quality", "low", "high"), form=".3f"),
            "behind the best": _ranges(table, ("behind", "behind_low", "behind_high"), form=".4f"),
            f"scoring 1,000 {task.unit}": _energies(table, "joules_per_1000"),
            "one training": _energies(table, "training_joules"),
            "a cycle": _energies(table, "cycle_joules"),
            "a cycle by codecarbon": table["cycle_joules_codecarbon"].map(_joules),
        }
    )


def _per_1000(comparison: Comparison) -> pd.DataFrame:
    """Return model, role, pareto, and quality and joules of 1,000 scores, both with _low and _high."""
    table, task = comparison.table, comparison.task
    scale = 1000 / max(task.scorings * task.volume, 1)
    joules = {f"joules{end}": table[f"cycle_joules{end}"] * scale for end in ("", "_low", "_high")}
    role = np.select([table["chosen"], table["baseline"]], ["chosen", "baseline"], default="")
    quality = {"quality_low": table["low"], "quality_high": table["high"]}
    return table[["model", "pareto", "quality"]].assign(role=role, **quality, **joules)


def _arms(rows: pd.DataFrame, name: str) -> np.ndarray:
    return np.array([rows[name] - rows[f"{name}_low"], rows[f"{name}_high"] - rows[name]]).clip(0)


def _write_beside(ax: Axes, rows: pd.DataFrame) -> None:
    """Write each model's name right or left of its point, as near as no other name and no point is in the way."""
    points = 72 / ax.figure.dpi
    ends = ax.transAxes.transform([(0, 0), (1, 1)])[:, 0] * points
    spots = ax.transData.transform(rows[["joules", "quality"]]) * points
    taken: list[_Box] = [(x - _DOT, y - _LINE / 2, 2 * _DOT) for x, y in spots]
    for row, (x, y) in zip(rows.to_dict("records"), spots, strict=True):
        name = " – ".join(filter(None, [str(row["model"]).replace("_", " "), row["role"]]))
        width = _LETTER * len(name)
        starts = [start for start in (x + _DOT, x - _DOT - width) if ends[0] <= start <= ends[1] - width]
        boxes = [(start, y + step * _LINE - _LINE / 4, width) for step in _STEPS for start in starts]
        box = next((box for box in boxes if not any(_meet(box, one) for one in taken)), (x, y, width))
        taken.append(box)
        ax.annotate(
            name,
            (row["joules"], row["quality"]),
            xytext=(box[0] - x, box[1] - y),
            textcoords="offset points",
            fontsize="small",
            arrowprops={"arrowstyle": "-", "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
            if abs(box[1] - y) > 1.3 * _LINE
            else None,
        )


def _meet(one: _Box, other: _Box) -> bool:
    """Say whether two lines of text (start, height, width) would stand in each other."""
    return abs(one[1] - other[1]) < _LINE and one[0] < other[0] + other[2] and other[0] < one[0] + one[2]


def _written_out(value: float, _place: int) -> str:
    return f"{value:,.9f}".rstrip("0").rstrip(".")


def _energies(table: pd.DataFrame, name: str) -> "pd.Series[str]":
    written = table[[name, f"{name}_low", f"{name}_high"]].map(_joules).itertuples(index=False, name=None)
    texts = [
        value if value.startswith(("below", "not")) else f"{value} ({low} to {high})" for value, low, high in written
    ]
    return pd.Series(texts, index=table.index, dtype="str")


def _joules(joules: float) -> str:
    if joules != joules:
        return "not measured"
    return (
        f"below {_LEAST_JOULES}" if joules < _LEAST_JOULES else f"{joules:,.0f}" if joules >= 100 else f"{joules:.2g}"
    )


def _ranges(table: pd.DataFrame, names: tuple[str, str, str], *, form: str) -> "pd.Series[str]":
    rows = table[list(names)].itertuples(index=False, name=None)
    return pd.Series([ranged(*row, form=form) for row in rows], index=table.index, dtype="str")
