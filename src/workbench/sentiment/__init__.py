"""Sentiment: what do customers feel, in their own languages, and how sure is that?"""

from workbench.sentiment.labels import LABELS, from_ratings

__all__ = ["LABELS", "from_ratings"]
