"""A number is what its check digits say; a column of numbers needs no word beside them."""

from workbench.personal.certain import number_kinds, value_kinds


def test_the_surest_kind_comes_first():
    # By chance both a card of Maestro and a phone beside a word.
    assert number_kinds("5018 0000 0009", countries=["US"], said=["phone"])[0] == "card"
    assert number_kinds("2125550142", countries=["US"]) == []
    assert number_kinds("2125550142", countries=["US"], said=["phone"]) == ["phone"]


def test_values_of_columns_are_taken_at_their_digits():
    assert value_kinds(" ３９０５３３４４７０５ ", countries=["BR"])[0] == "cpf"
    assert value_kinds("39053344706", countries=["BR"]) != ["cpf"]
    assert value_kinds("gb82 west 1234 5698 7654 32", countries=[]) == ["iban"]
    assert value_kinds("gold", countries=["BR", "DE"]) == []
