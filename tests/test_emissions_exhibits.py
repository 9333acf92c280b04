"""What a page shows of places, hours, advice and assumptions; what is not known is said to be."""

from datetime import date

import pandas as pd

from workbench import charts
from workbench.emissions.exhibits import of_advice, of_assumptions, of_hours, of_places
from workbench.emissions.hours import best_hours
from workbench.emissions.places import where
from workbench.emissions.replay import not_replayed


def test_only_places_that_may_be_used_are_listed_cleanest_first():
    shown = of_places(where(kwh=1, gigabytes=0.1, country="IN", regime="dpdp", as_of=date(2026, 1, 1)))
    table = next(frame for frame in shown.values() if isinstance(frame, pd.DataFrame))
    assert table["may_be_used"].str.startswith("yes").all()
    assert len(table) == 12


def test_without_a_country_or_a_profile_the_page_says_so():
    nowhere = where(kwh=1, gigabytes=0.1, country="ZZ", regime="gdpr", as_of=date(2026, 1, 1))
    assert "not measured" in str(of_places(nowhere)["places"])
    assert "not measured" in str(of_hours(None)["hours"])


def test_hours_are_drawn():
    night = pd.DataFrame({"hour": range(24), "gco2e_per_kwh": [100.0] * 6 + [400.0] * 18})
    assert "<svg" in charts.show(of_hours(best_hours(night, hours_needed=2, kwh=1.0)))._repr_html_()


def test_advice_of_nothing_says_what_was_not_compared():
    shown = charts.show(of_advice([not_replayed("<b>no orders</b>"), None]))._repr_html_()
    assert "No advice" in shown
    assert "&lt;b&gt;no orders" in shown


def test_assumptions_have_ranges_and_sources():
    table = of_assumptions(country="DE", region="gcp/europe-west3")["Assumptions, with their ranges and sources"]
    assert isinstance(table, pd.DataFrame)
    assert (table["source"] != "").all()
    assert table["value"].tolist()[0].startswith("busy ")
    unknown = of_assumptions(country="ZZ")["Assumptions, with their ranges and sources"]
    assert isinstance(unknown, pd.DataFrame)
    assert "not known" in unknown["value"].tolist()
