"""Sentiment: what do customers feel, in their own languages, how sure is that, and what does the score cost?

In: the messages of a CRM.   Out, in this order, each from the one before:

    gather             clean messages, their language decided, ratings made labels; split holds the newest out
    candidates         what to try, cheapest first; fit fits one, score scores with it
    appoint            the cheapest that is good enough, by trial below a meter, or the one kept that may stay
    quality            how good it is, by language and channel; confusion, reliability, coverage, abstain_at,
                       side_by_side for reading
    learning_curve     how many labelled messages would be needed
    score              `Sentiment`: probabilities of every message; what was scored before is not scored again;
                       account says what that saved
    over_time          shares by period with marked changes; by_group, satisfaction, by_rating;
                       in_context adds product, campaign and segment
    terms              what it is about, from exact contributions; examples to read, masked
    turned             customers who were content and no longer are
    headline           the figures by which all this is judged
    contest            the models as contenders, for energy beside quality; fewer_messages, learnt from less
    about, judged      what the model says of itself, and how each outcome came out, for governance

Figures are `plot_<noun>(…)`. Below: labels, languages, n-grams with their kernels, the linear model and its store, the
shipped model, transformers (checkpoint, hub, mapping; compact, learnt here) and the students that they teach (distil).
"""

from workbench.sentiment.about import about, judged
from workbench.sentiment.appointment import Appointment, account, appoint, candidates
from workbench.sentiment.choice import Choice, Trial, choose, rehearse
from workbench.sentiment.contest import contest, fewer_messages
from workbench.sentiment.context import in_context
from workbench.sentiment.curve import Curve, learning_curve
from workbench.sentiment.examples import examples
from workbench.sentiment.headline import headline
from workbench.sentiment.labels import LABELS, from_ratings
from workbench.sentiment.messages import Messages, gather, split
from workbench.sentiment.models import Model, Sentiment, fit, score
from workbench.sentiment.plots import (
    plot_agreement,
    plot_by_group,
    plot_candidates,
    plot_confusion,
    plot_coverage,
    plot_curve,
    plot_over_time,
    plot_quality,
    plot_reliability,
    plot_terms,
)
from workbench.sentiment.quality import abstain_at, confusion, coverage, quality, reliability, side_by_side
from workbench.sentiment.satisfaction import by_rating, satisfaction
from workbench.sentiment.terms import terms
from workbench.sentiment.trend import by_group, over_time
from workbench.sentiment.turned import Turned, turned

__all__ = [
    "LABELS",
    "Appointment",
    "Choice",
    "Curve",
    "Messages",
    "Model",
    "Sentiment",
    "Trial",
    "Turned",
    "about",
    "abstain_at",
    "account",
    "appoint",
    "by_group",
    "by_rating",
    "candidates",
    "choose",
    "confusion",
    "contest",
    "coverage",
    "examples",
    "fewer_messages",
    "fit",
    "from_ratings",
    "gather",
    "headline",
    "in_context",
    "judged",
    "learning_curve",
    "over_time",
    "plot_agreement",
    "plot_by_group",
    "plot_candidates",
    "plot_confusion",
    "plot_coverage",
    "plot_curve",
    "plot_over_time",
    "plot_quality",
    "plot_reliability",
    "plot_terms",
    "quality",
    "rehearse",
    "reliability",
    "satisfaction",
    "score",
    "side_by_side",
    "split",
    "terms",
    "turned",
]
