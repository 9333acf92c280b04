"""What customers answer in surveys, brought into the messages of a CRM that is there, once and never twice.

In: exports of Zigpoll, SurveyMonkey, Google Forms or others (CSV or .xlsx), a CRM folder.   Out: its messages, with
the answers among them; what became of every answer. Other columns are named in a YAML mapping:

    rating: Wie zufrieden sind Sie?      # 1 to 5, '4 stars', '★★★★☆', '8/10'; 0 to 10 is brought to 1 to 5
    text: Was können wir besser machen?
    date: Datum
    date_format: "%d.%m.%Y"              # only where days and months cannot be told apart
    customer_id: Kundennummer            # or email, which customers.email is asked for
    scale: 10                            # the best rating, where it is not found out
    timezone: Europe/Berlin              # of the dates; UTC if not said
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import numpy as np
import pandas as pd
import yaml
from python_calamine import CalamineError

from workbench import outputs
from workbench.crm import csvfiles, opening, reading
from workbench.crm.conform import conform
from workbench.crm.contract import TABLES
from workbench.crm.sources import Rule
from workbench.errors import InputError, did_you_mean

# What the columns are called, surest first. Google Forms has 'Timestamp', 'Email Address' and the questions,
# SurveyMonkey 'Respondent ID', 'End Date' and the questions, Zigpoll 'Response' and 'Date'.
_KNOWN = {
    "respondent": (r"respondent id|response id|participant id|submission id",),
    "date": (r"timestamp|end date|submitted at|created at|completed at|sent_at|date created", r"date|datum|start date"),
    "customer_id": (r"customer_id|customer id|customer|kundennummer|shopify customer id",),
    "email": (r"email|e-mail|email address|customer email|e-mail-adresse",),
    "rating": (
        r"rating|stars?|star rating|nps|nps score|csat|score",
        r".*\b(rating|rate|stars?|nps|csat|how likely|how satisfied|satisfaction|zufrieden|bewerten|recommend)\b.*",
    ),
    "text": (
        r"text|comments?|feedback|review|response|answer|open-ended response",
        r".*\b(comments?|feedback|why|tell us|improve|suggestions?|kommentar|better|besser|anything else)\b.*",
    ),
}
_SETTINGS = ("date_format", "scale", "timezone")
# An answer of one word may be "None" or "NA": only nothing is blank.
_BLANK: dict[str, Any] = {"keep_default_na": False, "na_values": [""]}
# The contract's first day; what lies before it is a slip.
_EARLIEST = pd.Timestamp("1990-01-01")
_DAY_AND_MONTH = re.compile(r"^\s*(\d{1,2})[./-](\d{1,2})[./-](\d{2,4})")


def import_feedback(files: Sequence[Path], *, folder: Path, mapping: Path | None = None) -> pd.DataFrame:
    """Add survey answers to the messages of a CRM folder; return each rule with the rows it took.

    The result has the columns rule, rows, what. The same answer of the same person at the same time is one message,
    however often it is imported. Of the folder only `messages` is written, whole or not at all; a folder without tables
    gets that one. InputError: a file, column, rating or date that cannot be read, with file, column and row.
    """
    chosen = _mapping(mapping)
    found = pd.concat([_answers(file, chosen) for file in files], ignore_index=True)
    known = opening.open(folder) if folder.is_dir() and any(folder.iterdir()) else None
    customers = known.frame("customers") if known and "customers" in known else None
    found, strangers = _with_customers(found, customers)
    empty = found["text"].str.strip().eq("")
    found = found[~empty].drop_duplicates("message_id")
    there = _there(folder)
    new = found[~found["message_id"].isin(there["message_id"].astype(str))] if len(there) else found
    if len(new):
        _write(folder, pd.concat([there, _as(new, there)], ignore_index=True) if len(there) else new)
    rules = [
        Rule(
            rule="taken",
            rows=len(new),
            what="new messages on the channel 'survey', in UTC, ratings 1 to 5 (of 0 to 10: 0 is 1, 10 is 5)",
        ),
        Rule(
            rule="already there", rows=len(found) - len(new), what="the same answer was imported before: left as it is"
        ),
        Rule(rule="without text", rows=int(empty.sum()), what="left out: a message needs a text"),
        Rule(rule="without rating", rows=int(new["rating"].isna().sum()), what="taken, without a label"),
        Rule(rule="unknown customer", rows=strangers, what="taken, without a customer"),
    ]
    return pd.DataFrame([vars(rule) for rule in rules], columns=["rule", "rows", "what"])


def _mapping(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read as YAML: {error}") from error
    allowed = (*_KNOWN, *_SETTINGS)
    for key in values if isinstance(values, dict) else ["?"]:
        if key not in allowed:
            raise InputError(
                f"{path}: '{key}' is no key{did_you_mean(str(key), allowed)}; allowed: {', '.join(allowed)}"
            )
    if (zone := values.get("timezone", "UTC")) not in available_timezones():
        raise InputError(f"{path}: timezone: unknown '{zone}'{did_you_mean(str(zone), available_timezones())}")
    return dict(values)


def _answers(file: Path, chosen: dict[str, Any]) -> pd.DataFrame:
    """Return the answers of one file as messages, with `email` where there is one."""
    rows = _read(file)
    columns = {role: _column(rows, role, chosen, file) for role in _KNOWN}
    for role in ("date", "text"):
        if columns[role] is None:
            raise InputError(
                f"{file}: no column for the {role} among {_shown(rows)}; name it in a mapping: '{role}: …'"
            )
    part = {role: rows[name] if name else pd.Series(pd.NA, index=rows.index) for role, name in columns.items()}
    found = pd.DataFrame(
        {
            "sent_at": _dates(part["date"], chosen, f"{file}: column '{columns['date']}'"),
            "channel": "survey",
            "text": part["text"].fillna("").astype("str"),
            "rating": _ratings(part["rating"], chosen, f"{file}: column '{columns['rating']}'", str(columns["rating"])),
            "customer_id": part["customer_id"].astype("str").str.strip(),
            "email": part["email"].astype("str").str.strip().str.casefold(),
        }
    )
    who = [part[role].fillna("").astype("str").str.strip() for role in ("respondent", "customer_id", "email")]
    keys = zip(*who, found["sent_at"].astype("str"), found["text"].str.strip(), strict=True)
    found.insert(
        0, "message_id", ["feedback-" + hashlib.sha256("\x1f".join(key).encode()).hexdigest()[:16] for key in keys]
    )
    return found


def _read(file: Path) -> pd.DataFrame:
    if not file.is_file():
        raise InputError(f"{file}: no such file")
    try:
        if file.suffix.lower() == ".xlsx":
            rows: pd.DataFrame = pd.read_excel(file, dtype="str", engine="calamine", **_BLANK)
        else:
            encoding = "utf-8-sig" if csvfiles.is_utf8(file) else "latin-1"
            with file.open(encoding=encoding) as text:
                separator = max(",;\t|", key=text.readline().count)
            rows = pd.read_csv(file, dtype="str", sep=separator, encoding=encoding, **_BLANK)
    except (ValueError, OSError, CalamineError) as error:
        raise InputError(f"{file}: cannot be read as a table: {type(error).__name__}") from error
    rows.columns = [" ".join(str(name).split()) for name in rows]
    # SurveyMonkey puts a second heading below the first: the kind of answer, in a row without a respondent.
    first = rows.iloc[0] if len(rows) else pd.Series(dtype="str")
    if "Respondent ID" in rows and len(rows) and pd.isna(first["Respondent ID"]):
        blank = [str(name).startswith("Unnamed") for name in rows]
        rows.columns = [str(first.iloc[n]) if blank[n] else name for n, name in enumerate(rows)]
        rows = rows.iloc[1:]
    return rows.loc[:, ~rows.columns.duplicated()]


def _column(rows: pd.DataFrame, role: str, chosen: dict[str, Any], file: Path) -> str | None:
    if role in chosen:
        if chosen[role] not in rows:
            near = did_you_mean(str(chosen[role]), map(str, rows))
            raise InputError(f"{file}: no column '{chosen[role]}'{near} among {_shown(rows)}")
        return str(chosen[role])
    for pattern in _KNOWN[role]:
        fits = [str(name) for name in rows if re.fullmatch(pattern, str(name), re.IGNORECASE)]
        if len(fits) > 1 and role in ("rating", "text"):
            raise InputError(
                f"{file}: several columns may be the {role}: '{fits[0]}', '{fits[1]}'; name one in a mapping"
            )
        if fits:
            return fits[0]
    return None


def _shown(rows: pd.DataFrame) -> str:
    return ", ".join(f"'{str(name)[:60]}'" for name in rows)


def _dates(values: pd.Series, chosen: dict[str, Any], place: str) -> pd.Series:
    """Return times in naive UTC; days and months that could be each other are refused unless a format tells."""
    form = chosen.get("date_format")
    parts = values.dropna().str.extract(_DAY_AND_MONTH).dropna().astype(int)
    if form is None and len(parts):
        first, second = (parts[0] > 12).any(), (parts[1] > 12).any()
        if first == second:
            raise InputError(
                f"{place}: days and months cannot be told apart; say so in a mapping, as date_format: '%d/%m/%Y'"
            )
        form = "day" if first else "month"
    if form in ("day", "month", None):
        times = _parsed(values, chosen.get("timezone", "UTC"), dayfirst=form == "day")
    else:
        times = pd.to_datetime(values, errors="coerce", format=form)
    if bad := [int(row) + 2 for row in values.index[times.isna()]]:
        raise InputError(
            f"{place}: {len(bad)} rows hold no date, such as row {bad[0]}; allowed: 2026-05-31 14:00, or date_format"
        )
    zone = chosen.get("timezone", "UTC")
    aware = (
        times
        if times.dt.tz is not None
        else times.dt.tz_localize(zone, ambiguous=np.ones(len(times), bool), nonexistent="shift_forward")
    )
    naive: pd.Series = aware.dt.tz_convert("UTC").dt.tz_localize(None).dt.as_unit("us")
    if early := int((naive < _EARLIEST).sum()):
        raise InputError(f"{place}: {early} dates lie before {_EARLIEST:%Y-%m-%d}")
    if (late := int((naive > pd.Timestamp.now("UTC").tz_localize(None)).sum())) > 0:
        raise InputError(f"{place}: {late} dates lie in the future")
    return naive


def _parsed(values: pd.Series, zone: str, *, dayfirst: bool) -> pd.Series:
    """Return times in UTC; those that name no zone are on the clock of `zone`, each row for itself."""
    # POSIX counts 'GMT+1' westwards, and so would the parser; survey tools mean one hour east.
    plain = values.str.replace(r"(?:GMT|UTC)\s*(?=[+-]\d)", "", regex=True)
    named = plain.str.contains(r":\d{2}.*(?:Z|GMT|UTC|[+-]\d{1,2}(?::?\d{2})?)\s*$", na=False)
    aware = pd.to_datetime(plain.where(named), errors="coerce", format="mixed", dayfirst=dayfirst, utc=True)
    naive = pd.to_datetime(plain.where(~named), errors="coerce", format="mixed", dayfirst=dayfirst)
    clock = naive.dt.tz_localize(zone, ambiguous=np.ones(len(naive), bool), nonexistent="shift_forward")
    return aware.fillna(clock.dt.tz_convert("UTC"))


def _ratings(values: pd.Series, chosen: dict[str, Any], place: str, name: str) -> pd.Series:
    """Return ratings from 1 to 5; those of 0 to 10 are brought there, 0 to 1 and 10 to 5."""
    said = values.astype("str").str.strip()
    stars = said.str.count("★|⭐").where(said.str.contains("★|⭐", na=False))
    number = said.str.extract(r"^(\d+(?:[.,]\d+)?)")[0].str.replace(",", ".").astype(float)
    out_of = said.str.extract(r"(?:/|out of|von)\s*(\d+)")[0].astype(float)
    rating = number.where(stars.isna(), stars.astype(float))
    if bad := [int(row) + 2 for row in values.index[values.notna() & said.ne("") & rating.isna()]]:
        raise InputError(
            f"{place}: {len(bad)} rows hold no rating, such as row {bad[0]}; allowed: 4, 4 stars, ★★★★☆, 8/10"
        )
    likely = re.search(r"nps|how likely|recommend", name, re.IGNORECASE)
    best = float(chosen.get("scale", out_of.max() if out_of.notna().any() else 10 if likely or rating.max() > 5 else 5))
    if best not in (5, 10) or rating.max() > best:
        raise InputError(f"{place}: ratings up to {rating.max():g} of {best:g}; allowed are scales of 5 and of 10")
    if best == 5 and (rating == 0).any():
        raise InputError(
            f"{place}: 0 is no rating from 1 to 5; where it is from 0 to 10, say so in a mapping, scale: 10"
        )
    return 1 + rating * 4 / 10 if best == 10 else rating


def _with_customers(found: pd.DataFrame, customers: pd.DataFrame | None) -> tuple[pd.DataFrame, int]:
    """Return answers with a customer_id where the CRM knows one, and how many named one that it does not know."""
    said = found["customer_id"].notna() | found["email"].notna()
    ids = found["customer_id"]
    if customers is not None:
        if "email" in customers:
            known = customers.dropna(subset="email").assign(email=lambda rows: rows["email"].str.casefold())
            ids = ids.fillna(
                found["email"].map(known.drop_duplicates("email", keep=False).set_index("email")["customer_id"])
            )
        ids = ids.where(ids.isin(customers["customer_id"].astype("str")))
    else:
        ids = pd.Series(np.nan, index=found.index, dtype="str")
    return found.drop(columns="email").assign(customer_id=ids), int((said & ids.isna()).sum())


def _there(folder: Path) -> pd.DataFrame:
    """Return the messages of the folder as they are; none where there are none."""
    parquet, text = folder / "messages.parquet", folder / "messages.csv"
    if parquet.is_file():
        return pd.read_parquet(parquet)
    if not text.is_file():
        return pd.DataFrame()
    frame: pd.DataFrame = conform(csvfiles.read(reading.connect(), text), TABLES["messages"]).to_pyarrow().to_pandas()
    return frame


def _as(new: pd.DataFrame, there: pd.DataFrame) -> pd.DataFrame:
    """Return new messages in the types of those that are there, so that nothing there changes."""
    wanted = {name: there[name].dtype for name in new if name in there and name != "customer_id"}
    if "sent_at" in wanted and not pd.api.types.is_datetime64_any_dtype(wanted["sent_at"]):
        wanted["sent_at"] = pd.StringDtype(na_value=np.nan)
    return new.astype(wanted)


def _write(folder: Path, messages: pd.DataFrame) -> None:
    try:
        if (folder / "messages.csv").is_file():
            outputs.write_whole(folder / "messages.csv", messages.to_csv(index=False))
        else:
            outputs.write_whole(folder / "messages.parquet", messages.to_parquet(index=False))
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from error
