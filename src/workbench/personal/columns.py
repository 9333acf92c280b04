"""Which columns of customers hold names, by what they are called?

In: the customers of a CRM.   Out: the names, for `find` and `mask` to know.
"""

import re

import pandas as pd

_NAMES = re.compile(
    r"(?:(?:full|first|given|middle|last|family|sur|sir|maiden|birth|nick|display|contact|customer|person)[_ ]?name"
    r"|(?:vor|nach|familien)name|prenom|prénom|nom(?:_de_famille)?|nombres?|apellidos?|nome|sobrenome|name|氏名|姓|名)",
    re.IGNORECASE,
)


def names_in(customers: pd.DataFrame | None) -> list[str]:
    """Return the values of columns such as `name`, `first_name` or `apellido`, each once; none where there is no table.

    >>> names_in(pd.DataFrame({"customer_id": ["1", "2"], "Surname": ["Curie", None], "plan_name": ["gold", "gold"]}))
    ['Curie']
    """
    if customers is None:
        return []
    columns = [customers[name] for name in customers if _NAMES.fullmatch(str(name))]
    return sorted({str(value) for column in columns for value in column.dropna()})
