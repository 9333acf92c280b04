"""Personal data: where does it stand in a text or a column, and what is shown in its place?

In: texts, columns, ids; a market's countries and the names that its CRM knows.   Out:

    find               every span that may be personal, and of which of the `KINDS`
    identify           what certainly points at somebody, and of which of the kinds `IDENTIFIED`: evidence for an audit
    may_identify       the pattern of texts that can hold such, to be asked where the texts are
    second_opinion     the same by Presidio, where it is installed
    mask               the texts with a word in brackets in place of each span
    names_in           the names that a CRM knows, by its columns
    personal_by_name   the kind of personal data that a column's name says; sensitive_by_name what laws guard more
    looks_personal     the kind of personal data of which a column's values are
    pseudonyms         names for ids that only the holder of the key can trace back; pseudonym_key reads the key
"""

from workbench.personal.columns import looks_personal, names_in, personal_by_name, sensitive_by_name
from workbench.personal.finding import KINDS, find, mask
from workbench.personal.identifying import IDENTIFIED, identify, may_identify
from workbench.personal.presidio import second_opinion
from workbench.personal.pseudonyms import pseudonym_key, pseudonyms

__all__ = [
    "IDENTIFIED",
    "KINDS",
    "find",
    "identify",
    "looks_personal",
    "mask",
    "may_identify",
    "names_in",
    "personal_by_name",
    "pseudonym_key",
    "pseudonyms",
    "second_opinion",
    "sensitive_by_name",
]
