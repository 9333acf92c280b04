"""The contract as data: it is whole, and its parts refer to one another."""

from workbench.crm.contract import TABLES


def test_all_tables_of_the_design_are_there_with_their_required_columns():
    required = {name: [column.name for column in spec.required] for name, spec in TABLES.items()}
    assert required == {
        "customers": ["customer_id"],
        "orders": ["order_id", "customer_id", "ordered_at", "amount"],
        "order_lines": ["order_id", "product_id", "quantity", "unit_price"],
        "products": ["product_id"],
        "messages": ["message_id", "sent_at", "channel", "text"],
        "touches": ["touch_id", "customer_id", "channel", "sent_at"],
        "campaigns": ["campaign_id"],
        "activity": ["customer_id", "occurred_at", "kind"],
        "subscriptions": ["customer_id", "started_at"],
        "leads": ["lead_id", "created_at"],
        "consents": ["customer_id", "purpose", "lawful_basis", "granted_at"],
        "requests": ["request_id", "customer_id", "kind", "received_at"],
        "decisions": ["customer_id", "model", "decided_at", "action"],
        "fields": ["table", "column"],
        "transfers": ["table", "country"],
        "assessments": ["subject", "kind", "assessed_at"],
    }


def test_references_point_at_tables_with_one_key_and_times_at_columns_beside_them():
    for spec in TABLES.values():
        for column in spec.columns:
            assert column.references is None or len(TABLES[column.references].key) == 1
            assert column.after is None or spec.column(column.after).kind == "timestamp"
        assert all(spec.column(name) is not None for name in spec.key)
        assert spec.time is None or spec.column(spec.time).required
