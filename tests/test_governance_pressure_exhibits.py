"""What a page shows of pressure: captions, dashes where nothing can be, hostile names as they are, few figures."""

import pandas as pd
import pytest
from matplotlib.axes import Axes

from governance_case import table
from workbench import charts
from workbench.governance.pressure import Pressure, assess_pressure, of_pressure, plot_caps, plot_hours, plot_peaks

CAPS = {"1 day": 1, "7 days": 3, "30 days": 8}
HOSTILE = "<script>alert(1)</script> $x^{2$"


def touches(channel="email", *, people=40, campaign=None):
    """Return five touches on four days to each person, who buys at the second and unsubscribes at the fourth."""
    rows = []
    for person in range(people):
        for place, day in enumerate(
            ["2025-01-01 09", "2025-03-01 09", "2025-03-01 22", "2025-03-04 10", "2025-04-01 10"]
        ):
            sent = {"touch_id": f"{person} {place}", "customer_id": f"c{person}", "channel": channel}
            bought, left = (f"{day}:30" if place == number else None for number in (1, 3))
            more = {"campaign_id": campaign and f"{campaign} {place}", "converted_at": bought, "unsubscribed_at": left}
            rows.append(sent | {"sent_at": f"{day}:00"} | more)
    return table("touches", rows)


def pressure(tables, **changed):
    asked = {"timezone": "UTC", "caps": CAPS, "quiet_from": 21, "quiet_until": 8} | changed
    return assess_pressure(tables, **asked)


def test_all_of_it_is_shown_in_a_few_exhibits():
    found = of_pressure(pressure({"touches": touches(campaign="K")}))
    figures = [shown for shown in found.values() if isinstance(shown, Axes)]
    tables = [shown for shown in found.values() if isinstance(shown, pd.DataFrame)]
    assert (len(figures), len(tables)) == (4, 4)  # load, caps, collisions and energy; the effect is a sentence
    assert "no column hold_out" in found["effect"] or "no table" in found["effect"]
    page = charts.show(found)._repr_html_()
    assert "c17" not in page
    assert "nan" not in page.lower().replace("financ", "")


def test_names_from_data_are_text():
    page = charts.show(of_pressure(pressure({"touches": touches(HOSTILE, campaign=HOSTILE)})))._repr_html_()
    assert "<script>" not in page
    assert "not known: no factor for this channel" in page


def test_without_touches_one_sentence_says_so():
    assert of_pressure(pressure({})) == {"pressure": "Contact pressure: not applicable: no table touches."}


def test_what_the_log_lacks_is_said_and_not_drawn():
    bare = touches().select("touch_id", "customer_id", "channel", "sent_at")
    found = of_pressure(pressure({"touches": bare}))
    assert sum(isinstance(shown, Axes) for shown in found.values()) == 2
    assert "touches has no column converted_at" in found["slopes"]
    assert "not measured" in charts.show(found)._repr_html_()


def test_priority_stands_in_the_table_where_it_changes_something():
    ranked = table("campaigns", [{"campaign_id": f"K {place}", "priority": 5 - place} for place in range(5)])
    shown = of_pressure(pressure({"touches": touches(campaign="K"), "campaigns": ranked}))
    caps = next(frame for caption, frame in shown.items() if caption.startswith("Caps to choose from"))
    assert caps["by_priority"].any()
    apart = touches(campaign="K").filter(lambda row: row.sent_at.hour() < 20)
    shown = of_pressure(pressure({"touches": apart, "campaigns": ranked}))
    caps = next(frame for caption, frame in shown.items() if caption.startswith("Caps to choose from"))
    assert "by_priority" not in caps
    assert "priority" in shown


@pytest.mark.parametrize("cap", [None, 3, 50])
def test_peaks_are_drawn_with_and_without_a_cap(cap):
    ax = plot_peaks(pd.DataFrame({"peak": [1, 3, 4, 90], "persons": [5, 6, 7, 1]}), cap=cap)
    assert ("90" in ax.get_xlabel()) is False
    assert sum(bar.get_height() for bar in ax.patches) == 19


def test_quiet_hours_over_midnight_are_shaded_twice():
    hours = pd.DataFrame({"channel": [f"c{n}" for n in range(9)], "hour": range(9), "touches": range(1, 10)})
    plain, shaded = (plot_hours(hours, quiet=quiet) for quiet in ((8, 8), (21, 8)))
    assert len(shaded.patches) - len(plain.patches) == 2
    assert "others" in plain.get_legend_handles_labels()[1]


def test_campaigns_that_collide_and_priority_are_shown():
    ranked = table("campaigns", [{"campaign_id": f"K {n}", "name": f"Named {n}", "priority": 5 - n} for n in range(5)])
    shown = of_pressure(pressure({"touches": touches(campaign="K", people=1), "campaigns": ranked}))
    pairs = shown[
        "Campaigns that reach the same person on the same day: 1 of 1 pairs, 1 person on 1 day of theirs in all"
    ]
    assert pairs.loc[0, ["first", "second", "persons"]].tolist() == ["Named 1", "Named 2", 1]
    page = charts.show(shown)._repr_html_()
    for told in ("Named 2", "by priority", "held back top priority share", "8 in 30 days together"):
        assert told in page
    assert "No two campaigns met" not in page


def test_caps_that_change_nothing_are_not_drawn():
    caps = pd.DataFrame({"cap": [1, 5], "window": "7 days", "by_priority": False, "house": False})
    caps = caps.assign(conversions_lost_share=[0.3, 0.0], unsubscribes_avoided_share=[0.4, 0.001])
    ax = plot_caps(caps)
    assert [text.get_text() for text in ax.texts] == ["1"]
    assert not any("house" in label for label in ax.get_legend_handles_labels()[1])


def test_the_caps_of_the_house_are_ringed_and_all_together_are_a_star():
    caps = pd.DataFrame({"cap": [1, 5, pd.NA], "window": ["7 days", "7 days", "all"], "by_priority": False})
    caps = caps.assign(house=[False, True, True], conversions_lost_share=[0.3, 0.0, 0.1])
    ax = plot_caps(caps.assign(unsubscribes_avoided_share=[0.4, 0.1, 0.2]))
    drawn = {line.get_label(): line.get_xydata().tolist() for line in ax.lines}
    assert drawn["cap of the house"] == [[0.0, 0.1]]
    assert drawn["all caps of the house together, by time"] == [[0.1, 0.2]]


def test_the_result_is_one_of_its_kind():
    assert isinstance(pressure({"touches": touches()}), Pressure)
