"""What a message is about and who wrote it: the names of product and campaign, the customer's segment.

In: messages, the tables of a CRM.   Out: the messages with columns by which they may be grouped.
"""

from collections.abc import Mapping

import ibis
import pandas as pd

# Column to group by, the table that has it, the key that both share, what the table calls it.
_CONTEXTS = (
    ("product", "products", "product_id", "name"),
    ("campaign", "campaigns", "campaign_id", "name"),
    ("segment", "customers", "customer_id", "segment"),
)


def in_context(messages: pd.DataFrame, tables: Mapping[str, ibis.Table]) -> pd.DataFrame:
    """Return messages with `product`, `campaign` and `segment` where at least two of these tell messages apart.

    A product or campaign without a name, or whose table is not there, goes by its id; names that stand for several ids
    are one group.

    >>> told = pd.DataFrame({"message_id": ["1", "2"], "product_id": ["p1", "p2"], "customer_id": ["a", "a"]})
    >>> products = ibis.memtable({"product_id": ["p1"], "name": ["Kettle"]})
    >>> in_context(told, {"products": products})["product"].tolist()
    ['Kettle', 'p2']
    """
    found = messages.copy()
    for column, table, key, name in _CONTEXTS:
        if key not in messages:
            continue
        known = pd.Series(dtype="str")
        if table in tables and name in tables[table].columns:
            pairs = tables[table].select(key, name).to_pyarrow().to_pandas().drop_duplicates(key).dropna()
            known = pairs.set_index(key)[name]
        said = messages[key].map(known).astype("str")
        found[column] = said if column == "segment" else said.fillna(messages[key])
        if found[column].nunique() < 2:
            found = found.drop(columns=column)
    return found
