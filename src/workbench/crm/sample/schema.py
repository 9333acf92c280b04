"""The columns of the sample's tables and their types on disk.

In: nothing.   Out: `COLUMNS`, by table.
"""

import pyarrow as pa

_TEXT, _TIME, _NUMBER, _WHOLE, _FLAG = pa.string(), pa.timestamp("us"), pa.float64(), pa.int64(), pa.bool_()

COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "customers": {
        "customer_id": _TEXT, "name": _TEXT, "email": _TEXT, "postcode": _TEXT, "signup_at": _TIME, "country": _TEXT,
        "country_name": _TEXT, "language": _TEXT, "birth_year": _WHOLE, "gender": _TEXT, "segment": _TEXT,
        "acquisition_channel": _TEXT, "acquisition_cost": _NUMBER, "last_login_at": _TIME, "preferred_store": _TEXT,
        "fax": _TEXT, "hold_out": _FLAG,
    },
    "orders": {
        "order_id": _TEXT, "customer_id": _TEXT, "ordered_at": _TIME, "amount": _NUMBER, "currency": _TEXT,
        "campaign_id": _TEXT,
    },
    "order_lines": {"order_id": _TEXT, "product_id": _TEXT, "quantity": _WHOLE, "unit_price": _NUMBER},
    "products": {"product_id": _TEXT, "name": _TEXT, "category": _TEXT, "price": _NUMBER},
    "messages": {
        "message_id": _TEXT, "sent_at": _TIME, "channel": _TEXT, "text": _TEXT, "customer_id": _TEXT, "language": _TEXT,
        "rating": _WHOLE, "product_id": _TEXT, "campaign_id": _TEXT,
    },
    "touches": {
        "touch_id": _TEXT, "customer_id": _TEXT, "channel": _TEXT, "sent_at": _TIME, "campaign_id": _TEXT,
        "opened_at": _TIME, "clicked_at": _TIME, "converted_at": _TIME, "unsubscribed_at": _TIME,
    },
    "campaigns": {
        "campaign_id": _TEXT, "name": _TEXT, "channel": _TEXT, "starts_at": _TIME, "ends_at": _TIME, "cost": _NUMBER,
        "priority": _WHOLE,
    },
    "activity": {"customer_id": _TEXT, "occurred_at": _TIME, "kind": _TEXT},
    "subscriptions": {
        "customer_id": _TEXT, "started_at": _TIME, "ended_at": _TIME, "plan": _TEXT, "price": _NUMBER,
    },
    "leads": {
        "lead_id": _TEXT, "created_at": _TIME, "source": _TEXT, "country": _TEXT, "cost": _NUMBER,
        "converted_at": _TIME, "customer_id": _TEXT,
    },
    "consents": {
        "customer_id": _TEXT, "purpose": _TEXT, "lawful_basis": _TEXT, "granted_at": _TIME, "channel": _TEXT,
        "withdrawn_at": _TIME, "evidence": _TEXT, "notice_version": _TEXT,
    },
    "requests": {
        "request_id": _TEXT, "customer_id": _TEXT, "kind": _TEXT, "received_at": _TIME, "acknowledged_at": _TIME,
        "closed_at": _TIME, "outcome": _TEXT,
    },
    "decisions": {
        "customer_id": _TEXT, "model": _TEXT, "decided_at": _TIME, "action": _TEXT, "score": _NUMBER,
        "automated": _FLAG, "explained_at": _TIME, "reviewed_by": _TEXT,
    },
    "fields": {
        "table": _TEXT, "column": _TEXT, "category": _TEXT, "personal": _FLAG, "sensitive": _FLAG, "purpose": _TEXT,
        "lawful_basis": _TEXT, "owner": _TEXT, "retention_days": _NUMBER, "used_by": _TEXT,
    },
    "transfers": {"table": _TEXT, "country": _TEXT, "mechanism": _TEXT, "from_country": _TEXT},
    "assessments": {
        "subject": _TEXT, "kind": _TEXT, "assessed_at": _TIME, "valid_until": _TIME, "owner": _TEXT, "outcome": _TEXT,
    },
}  # fmt: skip
