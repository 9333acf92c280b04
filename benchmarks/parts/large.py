"""A CRM of twenty million touches, written in seconds: what audits and contact pressure are measured on.

In: a folder, how many touches.   Out: Parquet files.
"""

from collections.abc import Mapping
from pathlib import Path

import duckdb

# Numbers that look drawn by lot and are the same in every run: hashes of the row's number, by column.
_LARGE = {
    "customers": """
        SELECT 'C' || lpad(i::VARCHAR, 9, '0') AS customer_id, 'c' || i || '@example.org' AS email,
               'Given' || hash(i * 3) % 3000 || ' Family' || hash(i * 5) % 40000 AS name,
               lpad((hash(i * 7) % 90000)::VARCHAR, 5, '0') AS postcode, 'DE' AS country,
               1945 + (hash(i * 11) % 58)::INT AS birth_year,
               TIMESTAMP '2022-01-01' + to_days((hash(i * 13) % 1000)::INT) AS signup_at
        FROM range(1, {customers} + 1) AS t(i)""",
    "consents": """
        SELECT 'C' || lpad(i::VARCHAR, 9, '0') AS customer_id, 'marketing' AS purpose, 'consent' AS lawful_basis,
               TIMESTAMP '2022-01-01' + to_days((hash(i * 13) % 1000)::INT) AS granted_at, channel,
               CASE hash(i * 17) % 20 WHEN 0 THEN TIMESTAMP '2025-06-01' END AS withdrawn_at,
               'web form' AS evidence, '2022-01' AS notice_version
        FROM range(1, {customers} + 1) AS t(i), (VALUES ('email'), ('sms'), ('push')) AS c(channel)""",
    "touches": """
        SELECT 'T' || lpad(i::VARCHAR, 10, '0') AS touch_id,
               'C' || lpad((1 + hash(i * 19) % {customers})::VARCHAR, 9, '0') AS customer_id,
               ['email', 'sms', 'push'][1 + (hash(i * 23) % 3)::INT] AS channel,
               'K' || hash(i * 29) % 200 AS campaign_id,
               TIMESTAMP '2024-10-01' + to_seconds((hash(i * 31) % 22000000)::INT) AS sent_at,
               CASE hash(i * 37) % 4 WHEN 0 THEN TIMESTAMP '2025-06-20' END AS opened_at
        FROM range(1, {touches} + 1) AS t(i)""",
    "orders": """
        SELECT 'O' || i AS order_id, 'C' || lpad((1 + hash(i * 41) % {customers})::VARCHAR, 9, '0') AS customer_id,
               TIMESTAMP '2023-01-01' + to_days((hash(i * 43) % 900)::INT) AS ordered_at, 10.0 + hash(i) % 90 AS amount
        FROM range(1, 2 * {customers} + 1) AS t(i)""",
    "requests": """
        SELECT 'R' || i AS request_id, 'C' || lpad((1 + hash(i * 47) % {customers})::VARCHAR, 9, '0') AS customer_id,
               'access' AS kind, TIMESTAMP '2023-01-01' + to_days((hash(i * 53) % 700)::INT) AS received_at,
               received_at + to_days((hash(i * 59) % 40)::INT) AS closed_at
        FROM range(1, {customers} // 50 + 1) AS t(i)""",
}
# The same, with all that pressure can read: clocks, a tenth held out by lot, priorities, what touches led to.
_RESPONDED = {
    "customers": f"""
        SELECT *, customer_id LIKE '%9' AS hold_out,
               ['Europe/Berlin', 'Europe/Lisbon', 'America/Sao_Paulo', 'Asia/Kolkata', NULL, 'Mars/Olympus']
                   [1 + (hash(customer_id) % 6)::INT] AS timezone
        FROM ({_LARGE["customers"]})""",
    "campaigns": """
        SELECT 'K' || i AS campaign_id, 'Campaign ' || i AS name,
               CASE WHEN i % 10 > 0 THEN 1 + i % 3 END AS priority
        FROM range(200) AS t(i)""",
    "touches": f"""
        SELECT * REPLACE (regexp_replace(customer_id, '9$', '8') AS customer_id,
                          CASE WHEN opened_at IS NOT NULL THEN sent_at + to_hours(2) END AS opened_at),
               CASE WHEN hash(touch_id || 'c') % 20 = 0 THEN sent_at + to_hours(3) END AS clicked_at,
               CASE WHEN hash(touch_id || 'v') % 80 = 0 THEN sent_at + to_hours(4) END AS converted_at,
               CASE WHEN hash(touch_id || 'u') % 400 = 0 THEN sent_at + to_hours(5) END AS unsubscribed_at
        FROM ({_LARGE["touches"]})""",
    "orders": _LARGE["orders"],
}


def write_large(folder: Path, *, touches: int) -> None:
    """Write a CRM of so many touches, a twentieth as many customers and three consents each."""
    _write(_LARGE, folder, touches=touches)


def write_responded(folder: Path, *, touches: int) -> None:
    """Write a CRM of so many touches to a twentieth as many customers, with all that contact pressure can read."""
    _write(_RESPONDED, folder, touches=touches)


def _write(queries: Mapping[str, str], folder: Path, *, touches: int) -> None:
    folder.mkdir(parents=True)
    with duckdb.connect() as database:
        for name, query in queries.items():
            select = query.format(customers=touches // 20, touches=touches)
            database.execute(f"COPY ({select}) TO '{folder / name}.parquet' (FORMAT parquet)")
