"""The data contract: which tables a CRM may hold, which columns they have, and what their values may be.

Plain data, read by `conform` (types) and `checks` (values).   In: nothing.   Out: `TABLES`, by name.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "number", "integer", "year", "timestamp", "boolean"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the contract.

    `references` names the table whose key the values must be found in, where that table is there. `after` names the
    column of the same row that a time may not lie before. `planned` times may lie in the future. `personal` values are
    masked wherever a message could reach a report.
    """

    name: str
    kind: Kind
    required: bool = False
    references: str | None = None
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    after: str | None = None
    planned: bool = False
    personal: bool = False


@dataclass(frozen=True, kw_only=True)
class TableSpec:
    """One table of the contract: its columns, which of them make a row unique, and which says when it happened."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    time: str | None = None

    def column(self, name: str) -> Column | None:
        """Return the column of this name, or None for one that the contract does not know."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def required(self) -> tuple[Column, ...]:
        """The columns without which the table is not one."""
        return tuple(column for column in self.columns if column.required)


LARGEST = 1e9  # amounts, prices and counts beyond this are slips of the keyboard or of the decimal sign
MESSAGE_CHANNELS = ("email", "chat", "review", "survey", "social", "call", "ticket")
MESSAGE_LABELS = ("negative", "neutral", "positive")
REQUEST_KINDS = ("access", "erasure", "rectification", "objection", "opt_out", "portability")


def _id(name: str, *, required: bool = False, references: str | None = None) -> Column:
    return Column(name=name, kind="id", required=required, references=references, personal=name == "customer_id")


def _text(name: str, *, required: bool = False, values: tuple[str, ...] = (), personal: bool = False) -> Column:
    return Column(name=name, kind="text", required=required, values=values, personal=personal)


def _time(name: str, *, required: bool = False, after: str | None = None, planned: bool = False) -> Column:
    return Column(name=name, kind="timestamp", required=required, after=after, planned=planned)


def _number(name: str, *, required: bool = False, low: float = -LARGEST, high: float = LARGEST) -> Column:
    return Column(name=name, kind="number", required=required, low=low, high=high)


def _flag(name: str) -> Column:
    return Column(name=name, kind="boolean")


_CUSTOMER = _id("customer_id", required=True, references="customers")
_CUSTOMER_IF_KNOWN = _id("customer_id", references="customers")
# Proof of consent and of an answered request outlives the customer's row: an erased customer is no orphan there.
_CUSTOMER_OR_ERASED = _id("customer_id", required=True)
_CAMPAIGN = _id("campaign_id", references="campaigns")

_ALL = (
    TableSpec(
        name="customers",
        key=("customer_id",),
        columns=(
            _id("customer_id", required=True),
            _time("signup_at"),
            _text("country"),
            _text("language"),
            Column(name="birth_year", kind="year", personal=True),
            _text("gender"),
            _text("segment"),
            _text("acquisition_channel"),
            _number("acquisition_cost", low=0),
            _time("last_login_at"),
            _text("timezone"),
            _flag("hold_out"),
            _flag("churned"),
        ),
    ),
    TableSpec(
        name="orders",
        key=("order_id",),
        time="ordered_at",
        columns=(
            _id("order_id", required=True),
            _CUSTOMER,
            _time("ordered_at", required=True),
            _number("amount", required=True),
            _text("currency"),
            _CAMPAIGN,
        ),
    ),
    TableSpec(
        name="order_lines",
        columns=(
            _id("order_id", required=True, references="orders"),
            _id("product_id", required=True, references="products"),
            _number("quantity", required=True),
            _number("unit_price", required=True),
        ),
    ),
    TableSpec(
        name="products",
        key=("product_id",),
        columns=(_id("product_id", required=True), _text("name"), _text("category"), _number("price", low=0)),
    ),
    TableSpec(
        name="messages",
        key=("message_id",),
        time="sent_at",
        columns=(
            _id("message_id", required=True),
            _time("sent_at", required=True),
            _text("channel", required=True, values=MESSAGE_CHANNELS),
            _text("text", required=True, personal=True),
            _CUSTOMER_IF_KNOWN,
            _text("language"),
            _number("rating", low=1, high=5),
            _text("label", values=MESSAGE_LABELS),
            _id("product_id", references="products"),
            _CAMPAIGN,
        ),
    ),
    TableSpec(
        name="touches",
        key=("touch_id",),
        time="sent_at",
        columns=(
            _id("touch_id", required=True),
            _CUSTOMER,
            _text("channel", required=True),
            _time("sent_at", required=True),
            _CAMPAIGN,
            _time("opened_at", after="sent_at"),
            _time("clicked_at", after="sent_at"),
            _time("converted_at", after="sent_at"),
            _time("unsubscribed_at", after="sent_at"),
        ),
    ),
    TableSpec(
        name="campaigns",
        key=("campaign_id",),
        columns=(
            _id("campaign_id", required=True),
            _text("name"),
            _text("channel"),
            _time("starts_at", planned=True),
            _time("ends_at", after="starts_at", planned=True),
            _number("cost", low=0),
            _number("priority"),
        ),
    ),
    TableSpec(
        name="activity",
        time="occurred_at",
        columns=(_CUSTOMER, _time("occurred_at", required=True), _text("kind", required=True)),
    ),
    TableSpec(
        name="subscriptions",
        key=("customer_id", "started_at", "plan"),
        columns=(
            _CUSTOMER,
            _time("started_at", required=True),
            _time("ended_at", after="started_at", planned=True),
            _text("plan"),
            _number("price", low=0),
        ),
    ),
    TableSpec(
        name="leads",
        key=("lead_id",),
        columns=(
            _id("lead_id", required=True),
            _time("created_at", required=True),
            _text("source"),
            _text("country"),
            _number("cost", low=0),
            _time("converted_at", after="created_at"),
            _CUSTOMER_IF_KNOWN,
        ),
    ),
    TableSpec(
        name="consents",
        columns=(
            _CUSTOMER_OR_ERASED,
            _text("purpose", required=True),
            _text("lawful_basis", required=True),
            _time("granted_at", required=True),
            _text("channel"),
            _time("withdrawn_at", after="granted_at"),
            _text("evidence"),
            _text("notice_version"),
        ),
    ),
    TableSpec(
        name="requests",
        key=("request_id",),
        columns=(
            _id("request_id", required=True),
            _CUSTOMER_OR_ERASED,
            _text("kind", required=True, values=REQUEST_KINDS),
            _time("received_at", required=True),
            _time("acknowledged_at", after="received_at"),
            _time("closed_at", after="received_at"),
            _text("outcome"),
        ),
    ),
    TableSpec(
        name="decisions",
        time="decided_at",
        columns=(
            _CUSTOMER,
            _text("model", required=True),
            _time("decided_at", required=True),
            _text("action", required=True),
            _number("score"),
            _flag("automated"),
            _time("explained_at", after="decided_at"),
            _text("reviewed_by", personal=True),
        ),
    ),
    TableSpec(
        name="fields",
        key=("table", "column"),
        columns=(
            _text("table", required=True),
            _text("column", required=True),
            _text("category"),
            _flag("personal"),
            _flag("sensitive"),
            _text("purpose"),
            _text("lawful_basis"),
            _text("owner"),
            _number("retention_days", low=0),
            _text("used_by"),
        ),
    ),
    TableSpec(
        name="transfers",
        key=("table", "country", "from_country"),
        columns=(
            _text("table", required=True),
            _text("country", required=True),
            _text("mechanism"),
            _text("from_country"),
        ),
    ),
    TableSpec(
        name="assessments",
        key=("subject", "kind", "assessed_at"),
        columns=(
            _text("subject", required=True),
            _text("kind", required=True),
            _time("assessed_at", required=True),
            _time("valid_until", after="assessed_at", planned=True),
            _text("owner"),
            _text("outcome"),
        ),
    ),
)
TABLES = {spec.name: spec for spec in _ALL}
