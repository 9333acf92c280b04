"""Personal data: where does it stand in a text, and what is shown in its place?

In: texts, ids; a market's countries and the names that its CRM knows.   Out:

    find               every span that may be personal, and of which of the `KINDS`
    mask               the texts with a word in brackets in place of each span
    names_in           the names that a CRM knows, by its columns
    pseudonyms         names for ids that only the holder of the key can trace back; pseudonym_key reads the key
"""

from workbench.personal.columns import names_in
from workbench.personal.finding import KINDS, find, mask
from workbench.personal.pseudonyms import pseudonym_key, pseudonyms

__all__ = ["KINDS", "find", "mask", "names_in", "pseudonym_key", "pseudonyms"]
