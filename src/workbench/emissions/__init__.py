"""Emissions: what did every step cost, and was the bigger model, the fresher score, the nearer region worth it?

In: blocks of work, the ledger of a market, contenders at a task, a history by days.   Out, each for itself:

    track, measure     a block of work below two meters, a line of the ledger; one call, repeated until it can be told
    read, steps, total the ledger back, of one notebook, summed once
    account            what steps, explaining, failed, repeated and unneeded runs took; energy per interaction
    compare            models: quality beside energy, the Pareto front, the choice, what it saves and loses
    replay, retraining policies of scoring and of training, day by day and month by month
    less               fewer examples, months, messages to learn from
    where, when        places that the law allows, hours of the day
    channels           energy of a touch beside what it led to
    per_unit           software carbon intensity of what is delivered
    advise, headline   what to do; the figures by which all this is judged

Two meters stand side by side in each line: codecarbon's model of the process (`kwh_codecarbon`) and CPU seconds times
the watts of a busy core (`kwh_cpu`). 'measured' is only what a counter has counted. `of_<section>` shows a section.

Below: estimate (codecarbon), meter, measure, watts (processors), parts (nothing counted twice), accounts,
factors; grid (carbon of a kilowatt-hour), sci, places, reach, hours; trials, compare, less, costs; policies, walks,
replay, retraining; channels, units, advice.
"""

from workbench.emissions.accounts import Accounts, account, account_market, of_accounts, plot_steps
from workbench.emissions.advice import advise
from workbench.emissions.asked import covered, refuse_unknown
from workbench.emissions.channels import channels, of_channels, plot_channels
from workbench.emissions.compare import Comparison, compare, compare_all, total_saving
from workbench.emissions.compare_plots import of_comparison, of_comparisons, of_curves, of_less, plot_less, plot_pareto
from workbench.emissions.costs import costs_of_scoring
from workbench.emissions.exhibits import of_advice, of_assumptions, of_hours, of_places
from workbench.emissions.headline import headline
from workbench.emissions.hours import Hours, best_hours, plot_hours, read_profile, when
from workbench.emissions.less import Less, less
from workbench.emissions.measure import Measured, measure, ratio
from workbench.emissions.meter import track
from workbench.emissions.places import Places, plot_places, where, work_of_a_year
from workbench.emissions.replay import Replay, not_replayed, replay
from workbench.emissions.replay_plots import of_replay, of_retraining, plot_lateness, plot_policies, plot_retraining
from workbench.emissions.retraining import Retraining, retraining
from workbench.emissions.sci import Sci, sci
from workbench.emissions.units import of_units, per_unit
from workbench.ledger import Footprint, Total, read, steps, total

__all__ = [
    "Accounts",
    "Comparison",
    "Footprint",
    "Hours",
    "Less",
    "Measured",
    "Places",
    "Replay",
    "Retraining",
    "Sci",
    "Total",
    "account",
    "account_market",
    "advise",
    "best_hours",
    "channels",
    "compare",
    "compare_all",
    "costs_of_scoring",
    "covered",
    "headline",
    "less",
    "measure",
    "not_replayed",
    "of_accounts",
    "of_advice",
    "of_assumptions",
    "of_channels",
    "of_comparison",
    "of_comparisons",
    "of_curves",
    "of_hours",
    "of_less",
    "of_places",
    "of_replay",
    "of_retraining",
    "of_units",
    "per_unit",
    "plot_channels",
    "plot_hours",
    "plot_lateness",
    "plot_less",
    "plot_pareto",
    "plot_places",
    "plot_policies",
    "plot_retraining",
    "plot_steps",
    "ratio",
    "read",
    "read_profile",
    "refuse_unknown",
    "replay",
    "retraining",
    "sci",
    "steps",
    "total",
    "total_saving",
    "track",
    "when",
    "where",
    "work_of_a_year",
]
