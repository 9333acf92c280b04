"""What is particular to a market: a flat YAML file, read and checked.

In: `params/<market>.yaml`.   Out: a `Market`, or one message that names file, key, what was found and what is allowed.
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import available_timezones

import yaml
from babel import Locale
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from workbench import law
from workbench.errors import InputError, did_you_mean

Share = Annotated[float, Field(ge=0, le=1)]
Cap = Annotated[int, Field(ge=1)]
Hour = Annotated[int, Field(ge=0, le=23)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _one_of(kind: str, allowed: frozenset[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"unknown {kind} '{value}'{did_you_mean(value, allowed)}")
        return value

    return AfterValidator(check)


def _regime(value: str) -> str:
    if value not in law.names():
        raise ValueError(f"must be one of {', '.join(law.names())}, found '{value}'{did_you_mean(value, law.names())}")
    return value


Regime = Annotated[str, AfterValidator(_regime)]
_ENGLISH = Locale("en")
Country = Annotated[str, _one_of("country", law.countries())]
Language = Annotated[str, _one_of("language", frozenset(c for c in _ENGLISH.languages if c.isalpha()))]
Currency = Annotated[str, _one_of("currency", frozenset(_ENGLISH.currencies))]
Timezone = Annotated[str, _one_of("timezone", frozenset(available_timezones()))]


class Market(BaseModel):
    """One market: where its data is, its language, law and clock, and the targets it is measured against."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    market: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(description="name, as in the file name")
    title: str = Field(description="name for people")
    data: str = Field(description="'sample', a folder, a DuckDB file or a database URL")
    countries: list[Country] = Field(default=[], description="ISO 3166 codes; empty: all")
    languages: Annotated[list[Language], Field(min_length=1)] = Field(description="ISO 639 codes, main first")
    regime: Regime = Field(description="privacy regime, such as gdpr; docs/regimes.md has all")
    timezone: Timezone = Field(description="IANA name")
    currency: Currency = Field(description="ISO 4217 code")
    first_day: date | None = Field(default=None, description="events before this day are left out")
    last_day: date | None = Field(default=None, description="events after this day are left out")
    as_of: date | None = Field(default=None, description="governance: the law of this day; empty: of the data's last")
    horizon_days: Annotated[int, Field(ge=1, le=730)] = Field(default=90, description="churn: days ahead")
    keep_leaks: list[str] = Field(default=[], description="columns used although the leakage check names them")
    risk_threshold: Share = Field(default=0.5, description="churn: probability from which a customer is contacted")
    contact: str = Field(default="", description="whom a customer turns to about a decision; shown on sheets")
    months: Annotated[int, Field(ge=1, le=120)] = Field(default=12, description="value: months ahead")
    margin: Annotated[float, Field(gt=0, le=1)] = Field(default=1.0, description="value: share of spend that is earned")
    annual_discount_rate: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.1, description="value: by which money a year ahead is worth less"
    )
    retention_budget: NotNegative = Field(default=1000.0, description="value: to be spent on contacts, in currency")
    contact_cost: NotNegative = Field(default=5.0, description="value: of one contact, in currency")
    save_rate: Share = Field(default=0.2, description="value: share of leaving customers whom a contact holds back")
    cap_per_day: Cap = Field(default=1, description="pressure: touches of a person within 24 hours, at most")
    cap_per_7_days: Cap = Field(default=3, description="pressure: touches of a person within 7 days, at most")
    cap_per_30_days: Cap = Field(default=8, description="pressure: touches of a person within 30 days, at most")
    quiet_from: Hour = Field(default=21, description="pressure: hour of the person's clock from which nothing is sent")
    quiet_until: Hour = Field(
        default=8, description="pressure: hour until which nothing is sent; the same: no such hours"
    )
    target_auc: Share = Field(default=0.75, description="churn: area under the ROC curve, at least")
    target_calibration_error: Share = Field(default=0.05, description="churn: at most")
    transformers: list[str] = Field(default=[], description="sentiment: models to try, hub ids or local folders")
    transformer_int8: bool = Field(default=False, description="sentiment: transformers in 8-bit whole numbers")
    transformer_pickle: bool = Field(default=False, description="sentiment: allow weights that may hold code")
    retrain_after: Share = Field(default=0.10, description="sentiment: growth of labels that calls for a new model")
    baselines: list[Annotated[str, Field(pattern=r"^[a-z_]+:.+$")]] = Field(
        default=[], description="emissions: models to save against, such as churn:trees; empty: the largest of each"
    )
    allowed_loss: Share = Field(
        default=0.01, description="emissions: share of the retained value that scoring less often may lose"
    )
    cloud_region: str = Field(
        default="",
        description="emissions: where it runs, such as gcp/europe-west3; empty: the country's grid",
    )
    hourly_profile: str = Field(default="", description="emissions: CSV of hour and gco2e_per_kwh; empty: none")
    target_total_error: Share = Field(default=0.2, description="value: error of the total forecast, at most")
    target_accuracy: Share = Field(default=0.90, description="sentiment: at least")
    target_gap: Share = Field(
        default=0.05, description="fairness: difference of a rate or an error between groups, at most"
    )
    target_compliance: Share = Field(default=1.0, description="checks met of those applicable, at least")
    target_energy_saving: Share = Field(default=0.30, description="compute energy under the baseline, at least")
    target_satisfaction: Share = Field(default=0.85, description="satisfied customers, at least")
    seed: Annotated[int, Field(ge=0)] = Field(default=0, description="of everything random")

    @model_validator(mode="after")
    def _period_in_order(self) -> Self:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} lies before first_day {self.first_day}")
        return self


def read(path: Path) -> Market:
    """Read and check one params file; every fault in one InputError."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:  # ValueError: not UTF-8, or a day such as 2026-02-30
        raise InputError(f"{path}: cannot be read as YAML: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: must hold 'key: value' lines, found {type(values).__name__}")
    return check(values, place=str(path), name=path.stem)


def check(values: dict[str, Any], *, place: str, name: str | None = None) -> Market:
    """Check the values of one market; `place` is named in the message, `name` is what `market` must be."""
    faults = []
    try:
        market = Market.model_validate(values)
    except ValidationError as error:
        faults = [_say(fault) for fault in error.errors()]
    if name is not None and values.get("market", name) != name:
        faults.append(f"market is {values['market']!r}, must be '{name}' as in the file name")
    if faults:
        raise InputError("\n".join(f"{place}: {fault}" for fault in faults))
    return market


def read_folder(folder: Path) -> list[Market]:
    """Read all markets of a params folder, by name; the faults of all files in one InputError."""
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise InputError(f"{folder}: no market here; a market is a file like params/germany.yaml")
    markets, faults = [], []
    for path in paths:
        try:
            markets.append(read(path))
        except InputError as error:
            faults.append(str(error))
    if faults:
        raise InputError("\n".join(faults))
    return markets


# Where pydantic's own words leave people to guess, what to write instead, by its type of error.
_HINTS = {
    "string_type": "; text that YAML reads as something else, such as NO, needs quotes",
    "date_type": "; a day is written 2026-12-31, without quotes",
    "string_pattern_mismatch": "; a name is made of small letters, digits and '_'",
}


def _say(fault: Any) -> str:
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"unknown key '{key}'{did_you_mean(key, Market.model_fields)}"
    if fault["type"] == "missing":
        return f"key '{key}' is missing ({Market.model_fields[key].description})"
    if fault["type"] == "value_error":
        return f"{key}: {fault['ctx']['error']}" if key else str(fault["ctx"]["error"])
    return f"{key}: {fault['msg']}, found {fault['input']!r}{_HINTS.get(fault['type'], '')}"
