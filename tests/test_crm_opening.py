"""A CRM is cut to countries and days, refuses what has faults, and says what is missing."""

from datetime import date

import pandas as pd
import pytest

from workbench import crm
from workbench.errors import InputError

CUSTOMERS = pd.DataFrame({"customer_id": ["a", "b", "c"], "country": ["DE", "FR", "DE"]})
DAYS = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"])
ORDERS = pd.DataFrame(
    {"order_id": list("1234"), "customer_id": list("abca"), "ordered_at": DAYS, "amount": [1.0, 2.0, 3.0, -1.0]}
)
LINES = pd.DataFrame({"order_id": list("1234"), "product_id": list("xyxy"), "quantity": 1, "unit_price": 1.0})
LEADS = pd.DataFrame({"lead_id": ["l", "m"], "created_at": DAYS[:2], "country": ["DE", "FR"]})


@pytest.fixture
def folder(crm_folder):
    return crm_folder(customers=CUSTOMERS, orders=ORDERS, order_lines=LINES, leads=LEADS)


def ids(data, table, column):
    return sorted(data.frame(table)[column])


def test_countries_cut_every_table_to_their_customers(folder):
    data = crm.open(folder, countries=["DE"])
    assert ids(data, "customers", "customer_id") == ["a", "c"]
    assert ids(data, "orders", "order_id") == ids(data, "order_lines", "order_id") == ["1", "3", "4"]
    assert ids(data, "leads", "lead_id") == ["l"]


def test_both_days_are_in(folder):
    data = crm.open(folder, first_day=date(2024, 1, 2), last_day=date(2024, 1, 3))
    assert ids(data, "orders", "order_id") == ids(data, "order_lines", "order_id") == ["2", "3"]
    assert data.period() == (DAYS[1], DAYS[2])


def test_period_is_that_of_the_subscriptions_where_there_are_no_orders(crm_folder):
    table = pd.DataFrame({"customer_id": ["a", "b"], "started_at": DAYS[:2], "ended_at": [DAYS[3], None]})
    assert crm.open(crm_folder(subscriptions=table)).period() == (DAYS[0], DAYS[3])


def test_an_empty_market_names_the_countries_that_are_there(folder):
    with pytest.raises(InputError, match="no customers in JP, BR; the most frequent countries are: DE, FR"):
        crm.open(folder, countries=["JP", "BR"])


def test_one_customer_is_a_market(folder):
    assert crm.open(folder, countries=["FR"]).frame("orders")["order_id"].tolist() == ["2"]


@pytest.mark.parametrize("tables", [{"orders": ORDERS}, {"orders": ORDERS, "customers": CUSTOMERS[["customer_id"]]}])
def test_without_countries_in_the_data_none_can_be_chosen(crm_folder, tables):
    folder = crm_folder(**tables)
    assert len(crm.open(folder).frame("orders")) == 4
    with pytest.raises(InputError, match=r"to choose countries \(DE\), add customers with a column 'country'"):
        crm.open(folder, countries=["DE"])


def test_a_missing_table_says_what_to_add(crm_folder):
    data = crm.open(crm_folder(customers=CUSTOMERS, order=ORDERS))
    assert "orders" not in data
    assert data.get("orders") is None
    said = "no table 'orders'; did you mean 'order'\\?; add it with order_id, customer_id, ordered_at, amount"
    with pytest.raises(InputError, match=said):
        data.table("orders")
    with pytest.raises(InputError, match=r"'costumers' is no table of the contract; did you mean 'customers'\?"):
        data.get("costumers")


def test_a_folder_without_a_table_of_the_contract_is_refused(crm_folder):
    with pytest.raises(InputError, match=r"no table of the contract .*; there is: order; did you mean 'orders'\?"):
        crm.open(crm_folder(order=ORDERS))


def test_all_faults_stand_in_one_message_and_inspection(crm_folder):
    folder = crm_folder(customers=pd.concat([CUSTOMERS, CUSTOMERS]), orders=ORDERS.assign(amount=1e12, note="<script>"))
    with pytest.raises(InputError, match=r"2 faults\ncustomers\.customer_id: key repeated.*\norders\.amount: out of"):
        crm.open(folder)
    found = crm.inspect(folder)
    assert [(fault.table, fault.rows) for fault in found.faults] == [("customers", 3), ("orders", 4)]
    assert found.tables.to_dict("records")[1] == {
        "table": "orders", "rows": 4, "columns": 5, "first": "2024-01-01", "last": "2024-01-04",
        "unknown columns": "note",
    }  # fmt: skip
    assert "messages" in found.missing


def test_markup_in_texts_is_data(crm_folder):
    frame = CUSTOMERS.assign(name="<script>alert(1)</script>")
    assert set(crm.open(crm_folder(customers=frame)).frame("customers")["name"]) == {"<script>alert(1)</script>"}


def test_latin_1_semicolons_and_decimal_commas_are_read(crm_folder):
    text = "order_id;customer_id;ordered_at;amount;Straße\n1;a;2024-01-01;1.234,50;Köln\n2;a;2024-01-02;-3,5;Kiel\n"
    frame = crm.open(crm_folder(orders=text.encode("latin-1"))).frame("orders")
    assert frame["amount"].tolist() == [1234.5, -3.5]
    assert frame["Straße"].tolist() == ["Köln", "Kiel"]


def test_transfers_are_cut_to_where_they_start_if_that_is_said(crm_folder):
    transfers = pd.DataFrame({"table": ["orders"] * 2, "country": "US", "from_country": ["DE", "FR"]})
    assessments = pd.DataFrame({"subject": ["model"], "kind": "dpia", "assessed_at": DAYS[:1]})
    data = crm.open(crm_folder(customers=CUSTOMERS, transfers=transfers, assessments=assessments), countries=["DE"])
    assert (ids(data, "transfers", "from_country"), ids(data, "assessments", "kind")) == (["DE"], ["dpia"])
    unsaid = transfers.drop(columns="from_country").head(1)
    assert ids(crm.open(crm_folder(transfers=unsaid), countries=["DE"]), "transfers", "country") == ["US"]


def test_a_cut_is_what_opening_with_countries_gives(folder):
    assert crm.open(folder).cut(["DE"]).summary().equals(crm.open(folder, countries=["DE"]).summary())
    assert crm.open(folder).cut([]).summary().equals(crm.open(folder).summary())
