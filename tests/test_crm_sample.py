"""The built-in sample: the same every time, lawful but for what the ledger says, and true to its own process."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from workbench import crm
from workbench.crm import sample
from workbench.crm.contract import TABLES
from workbench.crm.sample.markets import read_data, read_markets
from workbench.errors import InputError

LANGUAGES = ("de", "fr", "pt", "ja", "en", "hi", "hi-en")

# What an auditor would ask, in SQL of its own: code to a query that gives the keys of the rows.
AUDIT = {
    "basis_missing": """select touch_id from touches t
        where not exists (from consents c where c.customer_id = t.customer_id
        and c.purpose = 'marketing' and c.channel = t.channel)""",
    "withdrawal_ignored": """select touch_id from touches t join consents c using (customer_id)
        where c.purpose = 'marketing' and c.channel = t.channel and t.sent_at > c.withdrawn_at""",
    "optout_ignored": """select distinct touch_id from touches t join requests r using (customer_id)
        where r.kind in ('objection', 'opt_out') and t.sent_at > r.received_at""",
    "request_overdue": """select request_id from requests
        where coalesce(closed_at, timestamp '2026-01-01') > received_at + interval 60 days""",
    "request_unacknowledged": """select request_id from requests
        where coalesce(acknowledged_at, timestamp '2026-01-01') > received_at + interval 7 days""",
    "retention_exceeded": """select customer_id from customers
        anti join (select customer_id, ordered_at as at from orders union all from (select customer_id, clicked_at
        from touches where clicked_at is not null) union all (select customer_id, occurred_at from activity) union all
        (select customer_id, sent_at from messages)) contact using (customer_id)
        where coalesce(last_login_at, signup_at) < timestamp '2022-12-31'""",
    "minor_profiled": """select distinct customer_id from customers join decisions using (customer_id)
        where birth_year > 2007""",
    "transfer_unprotected": 'select "table", country from transfers where mechanism is null',
    "decision_unexplained": """select customer_id, model, decided_at from decisions
        where automated and explained_at is null and reviewed_by is null""",
    "customer_duplicated": """select b.customer_id, a.customer_id as duplicate_of from customers a
        join customers b using (country, postcode, birth_year) where list_contains(
        list_transform(range(1, length(b.name) + 1), lambda i: b.name[:i - 1] || b.name[i + 1:]), a.name)""",
    "personal_data_in_text": """select message_id from messages where regexp_matches(text,
        '@example|0171 39200|01 99 00|555-01|[0-9]{4} [0-9]{4}|[0-9]{3}[.][0-9]{3}')""",
    "personal_data_in_column": "select lead_id from leads where regexp_matches(source, '[0-9@]')",
    "field_unused": """select 'customers' as "table", 'fax' as "column" from customers having count(fax) = 0""",
}


@pytest.fixture(scope="module")
def db(sample_folder: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for path in sample_folder.glob("*.parquet"):
        con.execute(f"create view {path.stem} as from '{path}'")
    return con


@pytest.fixture(scope="module")
def planted(sample_folder: Path) -> list[dict]:
    return json.loads((sample_folder / "planted.json").read_text())


@pytest.fixture(scope="module")
def truth(sample_folder: Path) -> pd.DataFrame:
    return pd.read_parquet(sample_folder / "truth.parquet").set_index("customer_id")


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first, second, other = (
        sample.write(tmp_path / str(n), customers=50, seed=seed) for n, seed in enumerate((3, 3, 4))
    )
    assert len(list(first.iterdir())) == len(list(second.iterdir())) == len(TABLES) + 4
    assert all(path.read_bytes() == (second / path.name).read_bytes() for path in first.iterdir())
    assert (other / "orders.parquet").read_bytes() != (first / "orders.parquet").read_bytes()


def test_all_tables_of_the_contract_are_there_without_a_fault(sample_folder: Path) -> None:
    inspection = crm.inspect(sample_folder)
    assert not inspection.faults
    assert set(inspection.tables["table"]) == set(TABLES)
    assert not inspection.missing


def test_the_version_goes_up_with_the_data(db: duckdb.DuckDBPyConnection) -> None:
    found = {table: len(db.table(table)) for table in ("orders", "touches", "messages")}
    found |= {"letters": db.sql("select sum(length(text)) from messages").fetchone()[0]}
    assert (sample.VERSION, found) == ("6", {"orders": 9770, "touches": 76847, "messages": 3639, "letters": 274247})


def test_it_says_that_it_is_synthetic(sample_folder: Path) -> None:
    said = json.loads((sample_folder / "sample.json").read_text())
    assert said["synthetic"] is True
    assert (said["version"], said["customers"], said["seed"]) == (sample.VERSION, 300, 1)


def test_every_market_has_its_customers_and_japan_few(truth: pd.DataFrame) -> None:
    counts = truth["market"].value_counts().to_dict()
    assert counts == {market.name: 40 if market.name == "japan" else 300 for market in read_markets()}


def test_amounts_are_the_sums_of_their_lines(db: duckdb.DuckDBPyConnection) -> None:
    off = db.sql("""select order_id from orders join order_lines using (order_id) group by order_id, amount
        having abs(amount - sum(quantity * unit_price)) > 0.005""")
    assert len(off) == 0
    assert db.sql("select avg((amount < 0)::int) from orders").fetchone()[0] == pytest.approx(0.06, abs=0.02)


def test_december_is_the_season(db: duckdb.DuckDBPyConnection) -> None:
    months = db.sql("""select month(ordered_at) as month, count(*) as n from orders
        where amount > 0 and year(ordered_at) > 2023 group by month order by month""").df()["n"]
    assert months.iloc[11] > 1.4 * months.iloc[:10].mean()


def test_nobody_orders_before_signing_up_or_after_being_lost(db: duckdb.DuckDBPyConnection) -> None:
    wrong = db.sql("""from orders join truth using (customer_id)
        where ordered_at < signup_at or ordered_at > coalesce(lost_at, timestamp '2026-01-01')""")
    assert len(wrong) == 0


def test_events_happen_in_the_daytime_of_their_market(sample_folder: Path) -> None:
    for market in read_markets():
        orders = pd.read_parquet(sample_folder / "orders.parquet")
        orders = orders[orders["order_id"].str.startswith(market.prefix)]
        local = orders["ordered_at"].dt.tz_localize("UTC").dt.tz_convert(market.timezone)
        assert local.dt.hour.between(7, 22).all()


def test_the_true_chance_of_no_order_is_what_happens(db: duckdb.DuckDBPyConnection) -> None:
    seen = db.sql("""select no_order_probability as chance, ordered.customer_id is null as churned from truth
        left join (select distinct customer_id from orders where amount > 0 and ordered_at >= timestamp '2025-10-03')
        ordered using (customer_id) where role <> 'dormant' and no_order_probability is not null""").df()
    assert 0.4 < seen["churned"].mean() < 0.75
    assert seen["chance"].mean() == pytest.approx(seen["churned"].mean(), abs=0.03)
    assert roc_auc_score(seen["churned"], seen["chance"]) > 0.84


def test_recency_alone_is_clearly_worse_than_the_truth(db: duckdb.DuckDBPyConnection) -> None:
    seen = db.sql("""select any_value(no_order_probability) as chance,
        max(ordered_at) filter (ordered_at < timestamp '2025-10-03') as latest,
        count(*) filter (amount > 0 and ordered_at >= timestamp '2025-10-03') = 0 as churned
        from truth join orders using (customer_id) group by customer_id having latest is not null""").df()
    recency = -seen["latest"].astype("int64")
    gain = roc_auc_score(seen["churned"], seen["chance"]) - roc_auc_score(seen["churned"], recency)
    assert gain > 0.07


def test_trouble_starts_the_fading(db: duckdb.DuckDBPyConnection) -> None:
    faded = db.sql("""select mood = 'trouble' as trouble, avg((fades_at < sent_at)::int) as share
        from messages join truth_messages using (message_id) join truth using (customer_id)
        where mood in ('trouble', 'engaged') group by trouble order by trouble""").df()["share"]
    assert faded.iloc[1] > faded.iloc[0] + 0.3


def test_pressure_raises_unsubscribing_by_the_known_amount(db: duckdb.DuckDBPyConnection) -> None:
    touches = db.sql("""select unsubscribed_at is not null as leaves, coalesce(sent_at > fades_at, false) as fading,
        count(*) over (partition by customer_id order by sent_at range between interval 30 days preceding
        and current row) - 1 as pressure from touches join truth using (customer_id) where role <> 'dormant'""").df()
    fit = LogisticRegression(C=1e6).fit(touches[["pressure", "fading"]], touches["leaves"])
    assert fit.coef_[0, 0] == pytest.approx(0.20, abs=0.06)


def test_men_get_the_offer_more_often_at_the_same_need(db: duckdb.DuckDBPyConnection) -> None:
    seen = db.sql("""select (action = 'offer')::int as offer, score, (gender = 'male')::int as male
        from decisions join customers using (customer_id) where gender in ('male', 'female')""").df()
    design = np.column_stack([np.ones(len(seen)), seen["score"], seen["male"]])
    gap = np.linalg.lstsq(design, seen["offer"], rcond=None)[0][2]
    assert gap == pytest.approx(0.12, abs=0.05)
    assert abs(seen.groupby("male")["score"].mean().diff().iloc[1]) < 0.02


@pytest.mark.parametrize("code", AUDIT)
def test_planted_breaches_are_exactly_those_that_an_audit_finds(
    code: str, db: duckdb.DuckDBPyConnection, planted: list[dict]
) -> None:
    found = db.sql(AUDIT[code]).df().astype(str)
    listed = pd.DataFrame([row for entry in planted if entry["code"] == code for row in entry["rows"]])[found.columns]
    assert len(listed)
    assert set(found.itertuples(index=False, name=None)) == set(listed.itertuples(index=False, name=None))


def test_the_model_was_assessed_before_it_decided_and_still_is(db: duckdb.DuckDBPyConnection) -> None:
    current = db.sql("""select kind from assessments join decisions on model = subject group by kind, assessed_at
        having assessed_at < min(decided_at) and min(valid_until) > timestamp '2026-01-01' order by kind""")
    assert current.df()["kind"].tolist() == ["dpia", "ripd", "risk_assessment"]
    unregistered = db.sql("""select column_name from (describe assessments)
        where column_name not in (select "column" from fields where "table" = 'assessments')""")
    assert len(unregistered) == 0


def test_each_breach_is_planted_wherever_its_law_applies(planted: list[dict]) -> None:
    markets, rules = read_markets(), read_data("breaches.yaml")
    due = {
        (code, market.name)
        for code, rule in rules.items()
        for market in markets
        if market.regime in rule.get("regimes", ())
    }
    due |= {(code, None) for code, rule in rules.items() if "regimes" not in rule}
    assert {(entry["code"], entry["market"]) for entry in planted} == due


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_can_say_everything(language: str) -> None:
    phrases = read_data(f"texts/{language}.yaml")
    slots = {"product": "x", "days": "2", "order": "#1", "price": "3"}
    for topic in read_data("process.yaml")["messages"]["topic_share"]:
        for tone in ("positive", "neutral", "negative"):
            assert all(said.format_map(slots) for said in phrases["topics"][topic][tone])
    assert phrases["topics"]["leaving"]["negative"]
    assert all("{value}" in said for kind in phrases["personal"].values() for said in kind)


@pytest.mark.parametrize(
    ("language", "letters"), [("ja", "[ぁ-ん]"), ("hi", "[ऀ-ॿ]"), ("de", "[äöüß]"), ("pt", "[ãçõéê]")]
)
def test_messages_are_in_the_script_of_their_language(
    language: str, letters: str, db: duckdb.DuckDBPyConnection
) -> None:
    share = db.sql(f"""select avg(regexp_matches(text, '{letters}')::int) from messages
        join truth_messages t using (message_id) where t.language = '{language}' and length(text) > 20""").fetchone()[0]
    assert share > 0.5


def test_ratings_follow_the_tone_but_not_always(db: duckdb.DuckDBPyConnection) -> None:
    ratings = db.sql("select tone, rating from messages join truth_messages using (message_id)").df()
    means = ratings.groupby("tone")["rating"].mean()
    assert means["negative"] < 2 < means["mixed"] < means["positive"]
    assert 0.05 < ratings["rating"].isna().mean() < 0.5
    assert (ratings.loc[ratings["tone"] == "negative", "rating"] > 3).any()


def test_a_sample_is_replaced_by_another(tmp_path: Path) -> None:
    folder = tmp_path / "crm"
    folder.mkdir()
    (folder / "sample.json").write_text('{"synthetic": true, "version": "0"}')
    (folder / "outdated.parquet").write_bytes(b"")
    sample.write(folder, customers=50)
    assert json.loads((folder / "sample.json").read_text())["version"] == sample.VERSION
    assert not (folder / "outdated.parquet").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["crm"]


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("mine")
    with pytest.raises(InputError, match=r"holds other files \(orders.csv\), not a sample"):
        sample.write(tmp_path)
    assert (tmp_path / "orders.csv").read_text() == "mine"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "crm").write_text("mine")
    with pytest.raises(InputError, match="is not a folder"):
        sample.write(tmp_path / "crm")
    with pytest.raises(InputError, match="cannot be written"):
        sample.write(tmp_path / "crm" / "below")


@pytest.mark.parametrize("wanted", [{"customers": 0}, {"customers": -5}, {"seed": -1}])
def test_impossible_wishes_are_refused(wanted: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least 50 customers, seed 0 or more"):
        sample.write(tmp_path / "crm", **wanted)
    assert not list(tmp_path.iterdir())
