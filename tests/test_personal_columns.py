"""What columns hold is known by what they are called, in seven languages, and by what stands in them."""

import pandas as pd
import pytest

from workbench.personal import IDENTIFIED, looks_personal, names_in, personal_by_name, sensitive_by_name


@pytest.mark.parametrize("column", ["name", "First Name", "last_name", "Nachname", "apellidos", "nome", "氏名"])
def test_name_columns_are_known_in_several_languages(column):
    assert names_in(pd.DataFrame({column: ["Curie", None, "Curie"]})) == ["Curie"]


@pytest.mark.parametrize("column", ["customer_id", "country_name", "plan_name", "filename", "renamed"])
def test_other_names_are_left_alone(column):
    assert names_in(pd.DataFrame({column: ["gold"]})) == []


def test_the_samples_customers_are_known(sample_folder):
    customers = pd.read_parquet(sample_folder / "customers.parquet")
    assert set(names_in(customers)) == set(customers["name"].dropna())
    assert names_in(None) == []


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("health_condition", "health"),
        ("Krankenkasse", "health"),
        ("étatDeSanté", "health"),
        ("ReligionsZugehörigkeit", "religion"),
        ("धर्म", "religion"),
        ("ethnic-origin", "ethnicity"),
        ("Gewerkschaftsmitglied", "union"),
        ("orientacion_sexual", "orientation"),
        ("Geschlecht", "gender"),
        ("性別", "gender"),
        ("支持政党", "politics"),
        ("impressão_digital", "biometrics"),
        ("dna", "genetics"),
        ("antecedentes criminais", "crime"),
    ],
)
def test_sensitive_columns_are_known_by_name(column, kind):
    assert sensitive_by_name(column) == kind


@pytest.mark.parametrize(
    "column",
    [
        "health_score",
        "account_health",
        "device_fingerprint",
        "trace",
        "reunion",
        "sextant",
        "segment",
        "parties",
        "traceback",
    ],
)
def test_names_that_only_sound_sensitive_are_left_alone(column):
    assert sensitive_by_name(column) is None


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("EMail", "email"),
        ("mail_address", "email"),
        ("メールアドレス", "email"),
        ("Telefon-Nr", "phone"),
        ("numeroDeTelefono", "phone"),
        ("PhoneNumber", "phone"),
        ("birth_year", "date_of_birth"),
        ("生年月日", "date_of_birth"),
        ("जन्मतिथि", "date_of_birth"),
        ("Bankverbindung", "iban"),
        ("SSN", "national_id"),
        ("client_ip", "ip"),
        ("shipping_address", "address"),
        ("code_postal", "address"),
        ("sobrenome", "name"),
        ("last_name", "name"),
        ("customer_id", "customer_id"),
    ],
)
def test_personal_columns_are_known_by_name(column, kind):
    assert personal_by_name(column) == kind


@pytest.mark.parametrize(
    "column",
    [
        "email_opened_at",
        "phone_count",
        "name",
        "hotel",
        "plan",
        "zipped",
        "source",
        "country",
        "channel",
        "account_age",
        "nome",
    ],
)
def test_names_that_only_sound_personal_are_left_alone(column):
    assert personal_by_name(column) is None


def test_a_mere_name_is_a_persons_among_customers_only():
    assert personal_by_name("Name", table="customers") == "name"
    assert personal_by_name("name", table="products") is None


@pytest.mark.parametrize(
    ("values", "countries", "kind"),
    [
        (["a@example.org", "b@example.org", "c@example.net"], [], "email"),
        (["39053344705", "52998224725", "111.444.777-35"], ["br"], "cpf"),
        (["01713920029", "0171 3920030", "+49 171 3920031"], ["DE"], "phone"),
        (["4111111111111111", "5555555555554444", "3782 822463 10005"], [], "card"),
        (["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "BE68539007547034"], [], "iban"),
        (["203.0.113.7", "203.0.113.8", "203.0.113.9"], [], "ip"),
        (["gold", "silver", "a@example.org"], [], None),
        (["a@example.org", "b@example.org"], [], None),
        (["12345678", "12345679", "12345680"], ["DE", "FR"], None),
        ([None, None], [], None),
    ],
)
def test_columns_are_known_by_what_stands_in_them(values, countries, kind):
    assert looks_personal(pd.Series(values, dtype="str"), countries=countries) == kind
    assert kind is None or kind in IDENTIFIED


def test_one_value_in_ten_may_be_something_else():
    mails = [f"m{number}@example.org" for number in range(9)]
    assert looks_personal(pd.Series([*mails, "none"])) == "email"
    assert looks_personal(pd.Series([*mails[:8], "none", "unknown"])) is None
