"""How much of what is held do the models need? What each field is worth, and how few fields and months would do.

In: a backtest, the examples behind it, the tables.   Out: the three frames that an audit of the data asks for.
"""

from collections.abc import Mapping

import ibis
import pandas as pd

from workbench.churn.backtest import Backtest
from workbench.churn.curves import curve_of_fields
from workbench.churn.fields import worth_of_fields
from workbench.churn.gather import Gathered
from workbench.churn.history import curve_of_history


def use_of_data(
    tested: Backtest,
    gathered: Gathered,
    tables: Mapping[str, ibis.Table],
    *,
    horizon_days: int,
    sentiment: ibis.Table | pd.DataFrame | None = None,
    seed: int = 0,
) -> dict[str, pd.DataFrame]:
    """Return `fields` (`worth_of_fields`), `fewer_fields` (`curve_of_fields`) and `fewer_months` (`curve_of_history`).

    >>> past = pd.DataFrame({"customer_id": map(str, range(200)), "tenure_days": range(200), "churned": [1, 0] * 100})
    >>> found = Gathered(kind="label", definition="", past=past, today=past)
    >>> from workbench.churn.backtest import backtest
    >>> used = use_of_data(backtest(past, horizon_days=90), found, {}, horizon_days=90)
    >>> used["fields"]["field"].tolist(), len(used["fewer_months"])
    (['customers.tenure_days'], 0)
    """
    worths = worth_of_fields(tested, gathered, horizon_days=horizon_days, seed=seed)
    return {
        "fields": worths,
        "fewer_fields": curve_of_fields(tested, gathered, worths, horizon_days=horizon_days, seed=seed),
        "fewer_months": curve_of_history(
            tables, model=tested.model, horizon_days=horizon_days, sentiment=sentiment, seed=seed
        ),
    }
