"""Messages are grouped by names that people know."""

import ibis
import pandas as pd

from workbench import crm, sentiment


def test_the_samples_messages_get_product_names_and_segments(sample_folder):
    held = crm.open(sample_folder).cut(["DE"])
    found = sentiment.in_context(held.frame("messages"), held.tables)
    assert len(found) == len(held.frame("messages"))
    assert set(found["product"].dropna()) <= set(held.frame("products")["name"])
    assert set(found["segment"].dropna()) <= set(held.frame("customers")["segment"])
    assert "campaign" not in found


def test_what_tells_no_message_from_another_is_left_out():
    told = pd.DataFrame({"message_id": ["1", "2"], "customer_id": ["a", "b"]})
    customers = ibis.memtable({"customer_id": ["a", "b"], "segment": ["new", "new"]})
    assert list(sentiment.in_context(told, {"customers": customers})) == ["message_id", "customer_id"]
    assert list(sentiment.in_context(told, {})) == ["message_id", "customer_id"]
