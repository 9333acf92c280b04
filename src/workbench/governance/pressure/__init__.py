"""Contact pressure: who is sent how much and when, what follows from it, and what would holding back cost?

In: the tables of a CRM, the caps and quiet hours of the house.   Out, each from the ones before:

    read_log, log_of    the touches as arrays
    assess_pressure     all of it at once: `Pressure`, with a finding for each rule of the house
    by_pressure, slope  unsubscribing and buying by how much was received
    replay              which touches a cap would have held back
    what_caps_cost      what each cap would have held back, avoided and lost: a table to choose from
    effect_of_contact   what contact brings, where arms were drawn by lot
    of_pressure         what a report shows
"""

from workbench.governance.pressure.collisions import Collisions
from workbench.governance.pressure.effect import contact_effect, effect_of_contact
from workbench.governance.pressure.energy import energy_by_channel, energy_of
from workbench.governance.pressure.exhibits import of_pressure
from workbench.governance.pressure.load import load
from workbench.governance.pressure.log import Log, log_of, read_log
from workbench.governance.pressure.plots import plot_caps, plot_hours, plot_peaks, plot_response
from workbench.governance.pressure.pressure import Pressure, assess_pressure
from workbench.governance.pressure.replay import replay, what_caps_cost
from workbench.governance.pressure.response import Slope, by_pressure, slope

__all__ = [
    "Collisions",
    "Log",
    "Pressure",
    "Slope",
    "assess_pressure",
    "by_pressure",
    "contact_effect",
    "effect_of_contact",
    "energy_by_channel",
    "energy_of",
    "load",
    "log_of",
    "of_pressure",
    "plot_caps",
    "plot_hours",
    "plot_peaks",
    "plot_response",
    "read_log",
    "replay",
    "slope",
    "what_caps_cost",
]
