"""Privacy law as dated data: what does a regime ask for on a day, and by when?

In: the name of a regime, a day.   Out:

    law                what the regime asks for on that day: a `Law` with a `Rule` for every check it knows
    names              the regimes that are known, one file each in `regimes/`
    versions           all dated versions of one subject of a regime, oldest first
    countries          the territories that can be named
    due_days           the last day of a term that starts on each of many days, by the law's calendar
"""

from workbench.law.reading import Law, Rule, law, names, versions
from workbench.law.terms import Calendar, countries, due_days

__all__ = ["Calendar", "Law", "Rule", "countries", "due_days", "law", "names", "versions"]
