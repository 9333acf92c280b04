"""Columns that hold names are known by what they are called."""

import pandas as pd
import pytest

from workbench.personal import names_in


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
