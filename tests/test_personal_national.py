"""Numbers of states are known by how they are written and by their check digits."""

import pytest

from workbench.personal.national import kinds_of, national_kinds

# Each as its holders know it, and as a plain figure.
PUBLISHED = [
    ("BR", "cpf", "390.533.447-05", "39053344705"),
    ("BR", "cnpj", "11.222.333/0001-81", "11222333000181"),
    ("ES", "dni", "12345678Z", "12345678z"),
    ("ES", "nie", "X1234567L", "x1234567l"),
    ("DE", "steuer_id", "86 095 742 719", "86095742719"),
    ("IN", "aadhaar", "2341 2341 2346", "234123412346"),
    ("JP", "my_number", "1234-5678-9018", "123456789018"),
    ("GB", "nhs", "943 476 5919", "9434765919"),
    ("US", "ssn", "536-90-4399", "536904399"),
]


@pytest.mark.parametrize(("country", "kind", "written", "plain"), PUBLISHED)
def test_a_number_is_known_as_it_is_written_and_a_plain_figure_by_a_word(country, kind, written, plain):
    assert national_kinds(written, countries=[country]) == [kind]
    assert national_kinds(written, countries=["AT"]) == []
    assert national_kinds(plain, countries=[country]) == []
    assert national_kinds(plain, countries=[country], by_word=[kind]) == [kind]


def test_two_check_digits_and_a_month_are_enough_for_a_plain_french_number():
    assert national_kinds("255081416802538", countries=["FR"]) == ["nir"]
    assert national_kinds("255081416802539", countries=["FR"]) == []


@pytest.mark.parametrize("written", ["000-12-3456", "666-12-3456", "900-12-3456", "536-00-4399", "536-90-0000"])
def test_no_social_security_number_has_such_an_area_group_or_serial(written):
    assert national_kinds(written, countries=["US"]) == []


def test_every_country_has_its_own_kinds():
    assert kinds_of(["BR", "US"]) == ["cnpj", "cpf", "ssn"]
    assert kinds_of(["AT"]) == []
