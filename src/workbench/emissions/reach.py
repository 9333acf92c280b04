"""May the data go there, and how far is it? What the law of transfers and the speed of light say of a place.

In: a country, a rule of a regime, a distance.   Out: sentences for people, kilometres.
"""

import math
from datetime import date

from workbench.law import Rule

_EARTH_KM = 6_371
# Light in fibre runs 200 km a millisecond there and as much back; cables are about half as long again as the way.
_KM_PER_MS = 200 / 2 / 1.5
_NEAR_KM, _FAR_KM = 1_500, 6_000


def may_be_used(country: str, rule: Rule | None, as_of: date) -> str:
    """Say what a regime's rule of transfers asks on a day before personal data go to a country: yes, only with, or not.

    >>> from workbench.law import law
    >>> gdpr = law("gdpr", as_of=date(2026, 6, 1)).rules["transfer_unprotected"]
    >>> may_be_used("BR", gdpr, date(2026, 6, 1)), may_be_used("IN", gdpr, date(2026, 6, 1))[:21]
    ('yes: adequacy since 2026-01-26', 'only with a mechanism')
    """
    if rule is None:
        return "not known: the regime has no rule of transfers"
    if not rule.in_force:
        return f"yes: no rule in force on {as_of}; {rule.article} holds from {rule.valid_from}"
    if "not_required" in rule.terms:
        return f"yes: {rule.terms['not_required']}"
    if country in rule.terms["inside"]:
        return "yes: inside"
    since = rule.terms["adequate"].get(country)
    if since is not None and since <= as_of:
        return f"yes: adequacy since {since}"
    ways = [way for way in rule.terms["mechanisms"] if not way.startswith("adequacy")]
    if not ways:
        return f"not allowed by {rule.article}"
    later = f"; adequacy from {since}" if since is not None else ""
    return f"only with a mechanism: {', '.join(ways)}{later}"


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the great-circle distance of two points (latitude, longitude), by the haversine formula.

    >>> round(distance_km((52.5, 13.4), (48.9, 2.4)), -1) # Berlin to Paris
    870.0
    """
    (lat, lon), (lat2, lon2) = ((math.radians(degree) for degree in point) for point in (one, other))
    chord = math.sin((lat2 - lat) / 2) ** 2 + math.cos(lat) * math.cos(lat2) * math.sin((lon2 - lon) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(chord))


def latency(km: float, *, same: bool) -> str:
    """Say how far a place is, and estimate the milliseconds there and back.

    >>> latency(870, same=False), latency(8_170, same=False)
    ('near: some 20 ms', 'very far: some 130 ms')
    """
    if math.isnan(km):
        return "not known: no main city of the country is held"
    # The fixed part is the network at either end.
    estimate = 10 * math.ceil((km / _KM_PER_MS + 5) / 10)
    if same:
        return f"same country: some {estimate} ms"
    kind = "near" if km < _NEAR_KM else "far" if km < _FAR_KM else "very far"
    return f"{kind}: some {estimate} ms"
