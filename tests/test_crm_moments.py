"""What is compiled once and run for many moments finds what each moment's own question would have found."""

import ibis
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.crm.moments import at_each

DAYS = pd.date_range("2024-01-01", "2024-03-01", freq="11h")
TIMES = st.datetimes(min_value=pd.Timestamp("2023-12-25"), max_value=pd.Timestamp("2024-03-08")).map(pd.Timestamp)


def seen(events):
    """Return how to count the events of the last 30 days by customer, as of a moment."""

    def build(moment):
        ago = moment.date().delta(events.at.date(), unit="day")
        lately = events.filter((events.at < moment) & (events.at >= moment - ibis.interval(days=30)))
        return (
            lately.group_by("customer_id").aggregate(events=lately.count(), nearest=ago.min()).order_by("customer_id")
        )

    return build


@settings(max_examples=20, deadline=None)
@given(st.lists(TIMES, min_size=1, max_size=4))
def test_every_moment_sees_what_it_would_see_alone(moments):
    events = pd.DataFrame({"customer_id": [f"c{n % 3}" for n in range(len(DAYS))], "at": DAYS})
    for moment, found in zip(moments, at_each(moments, seen(ibis.memtable(events))), strict=True):
        known = events[(events["at"] < moment) & (events["at"] >= moment - pd.Timedelta(days=30))]
        ago = (moment.normalize() - known["at"].dt.normalize()).dt.days.groupby(known["customer_id"]).min()
        assert found["customer_id"].tolist() == sorted(known["customer_id"].unique())
        assert found["events"].tolist() == known.groupby("customer_id").size().tolist()
        assert found["nearest"].tolist() == ago.tolist()


def test_types_are_those_of_the_expression_at_every_moment():
    events = ibis.memtable({"n": [1, 2], "at": pd.to_datetime(["2024-01-01", "2024-01-03"])})
    moments = [pd.Timestamp("2024-01-02"), pd.Timestamp("2024-01-04")]
    both = [*at_each(moments, lambda moment: events.filter(events.at < moment).mutate(small=events.n.cast("int32")))]
    assert [len(found) for found in both] == [1, 2]
    assert both[0].dtypes.to_dict() == both[1].dtypes.to_dict()
    assert str(both[1]["small"].dtype) == "int32"
