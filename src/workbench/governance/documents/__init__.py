"""Documents that a run writes of itself: cards of models, a record of processing, drafts of assessments, what changed.

In: what the audit, the models and the meter found.   Out:

    write_documents    a card and a draft of an assessment for each model, the record of processing, what has changed
    of_documents       what a page shows of them: titles, summaries, names
    Document           name (of the file), title, summary (for an index), text in Markdown

What is not known is said to be so, with the reason or with who has to supply it; nothing is left blank. No id of a
customer is in a document, and what comes from data is text, whatever it looks like.
"""

from workbench.governance.documents.evidence import Document
from workbench.governance.documents.writing import of_documents, write_documents

__all__ = ["Document", "of_documents", "write_documents"]
