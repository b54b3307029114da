"""The campaign plan: what the models decided, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serving.published_copy import PublishedCopy, Row
from serving.rules import rule_rows

if TYPE_CHECKING:
    import pyarrow as pa

PLAN = "campaigns.campaign_plan"
IDENTIFIERS = "marts.customer_identifiers"

_ROWS = 10_000
_COLUMNS = (
    "campaign_id", "customer_id", "channel", "step", "campaign_version", "occurrence", "destination", "template",
    "variant", "identifier_type", "identifier_token", "fields", "consent_purpose", "cap_class",
    "priority", "value_score",
)  # fmt: skip
_UNKNOWN_ADDRESSES = f"""
select count(*)
from {PLAN} as plan
where
    plan.decision = 'send'
    and plan.identifier_token is not null
    and not exists (
        select 1
        from {IDENTIFIERS} as identifiers
        where
            identifiers.customer_id = plan.customer_id
            and identifiers.identifier_type = plan.identifier_type
            and identifiers.identifier_value = plan.identifier_token
    )
"""
_JUDGED = f"""
select
    left_over.delivery_id,
    bool_or(
        plan.occurrence = left_over.occurrence and plan.campaign_version = left_over.campaign_version
    ) as is_planned,
    any_value(plan.reason) filter (
        where plan.decision = 'refuse'
        and plan.occurrence = left_over.occurrence and plan.campaign_version = left_over.campaign_version
    ) as refusal,
    bool_or(plan.occurrence <> left_over.occurrence) as is_next_occurrence,
    bool_or(plan.campaign_version <> left_over.campaign_version) as is_other_version
from left_over
left join {PLAN} as plan
    on plan.campaign_id = left_over.campaign_id
    and plan.step = left_over.step
    and plan.customer_id = left_over.customer_id
    and plan.channel = left_over.channel
group by left_over.delivery_id
"""


@dataclass(frozen=True)
class PlanCounts:
    """How many rows the plan has, by what was decided.

    Attributes:
        send: rows to be sent.
        held: rows held back, by first reason.
        refused: rows refused, by first reason.
    """

    send: int
    held: dict[str, int]
    refused: dict[str, int]


@dataclass(frozen=True)
class Judgement:
    """What the plan says about a message of an earlier plan.

    Attributes:
        delivery_id: the message.
        is_planned: the plan has it still.
        refusal: why the plan refuses it now; None where it does not.
        is_next_occurrence: the plan has the campaign's next occurrence in its place.
        is_other_version: the plan has another version of the campaign in its place.
    """

    delivery_id: str
    is_planned: bool
    refusal: str | None
    is_next_occurrence: bool
    is_other_version: bool


def count_plan(published: PublishedCopy) -> PlanCounts:
    """Count the plan's rows by decision and first reason; all zero when the publication has no plan."""
    counted = {"send": Counter[str](), "hold": Counter[str](), "refuse": Counter[str]()}
    if published.has(PLAN):
        for decision, reason, number in published.values(
            f"select decision, coalesce(reason, ''), count(*) from {PLAN} group by all"
        ):
            counted[decision][reason] += number
    return PlanCounts(counted["send"].total(), dict(counted["hold"]), dict(counted["refuse"]))


def read_sends(published: PublishedCopy) -> Iterator[list[Row]]:
    """The rows to be sent, in lists of up to 10,000, each row by column name; none when there is no plan."""
    if published.has(PLAN):
        yield from published.batches(
            f"select {', '.join(_COLUMNS)} from {PLAN} where decision = 'send'"
            " order by campaign_id, step, customer_id, channel",
            _ROWS,
        )


def unknown_addresses(published: PublishedCopy) -> int:
    """How many rows to be sent have an address that is none of its customer's identifiers."""
    return int(published.values(_UNKNOWN_ADDRESSES)[0][0])


def judge(published: PublishedCopy, left_over: pa.Table) -> list[Judgement]:
    """What the plan says about messages of earlier plans.

    Args:
        published: the publication whose plan is carried out.
        left_over: delivery_id, campaign_id, campaign_version, step, customer_id, channel and occurrence of each.
    """
    published.bring("left_over", left_over)
    return [Judgement(row[0], bool(row[1]), row[2], bool(row[3]), bool(row[4])) for row in published.values(_JUDGED)]


def row_of_message(published: PublishedCopy, message: Row) -> Row:
    """The plan's row of a message, empty where the plan has none.

    Args:
        published: a publication.
        message: with campaign_id, customer_id, channel and step.
    """
    return published.first(
        f"select * from {PLAN} where campaign_id = ? and customer_id = ? and channel = ? and step = ?",
        [message[name] for name in ("campaign_id", "customer_id", "channel", "step")],
    )


def rows_of_customer(published: PublishedCopy, customer_id: str) -> list[Row]:
    """All rows that the plan has of a customer."""
    return published.rows(
        f"select * from {PLAN} where customer_id = ? order by campaign_id, step, channel", [customer_id]
    )


def winners_of_address(published: PublishedCopy, row: Row) -> list[str]:
    """Who gets a message in place of a customer, because the plan has the same number or address for both.

    Args:
        published: the publication.
        row: the plan's row of the one who does not get it.
    """
    found = published.values(
        f"""
        select customer_id from {PLAN}
        where
            campaign_id = ? and step = ? and channel = ? and identifier_token = ? and decision = 'send'
            and customer_id <> ?
        order by customer_id
        """,
        [row[name] for name in ("campaign_id", "step", "channel", "identifier_token", "customer_id")],
    )
    return [name for (name,) in found]


def counts_by_reason(published: PublishedCopy) -> list[tuple[Any, ...]]:
    """(decision, first reason, rows) of the plan, most first."""
    return published.values(f"select decision, reason, count(*) from {PLAN} group by all order by 3 desc")


def unknown_fields(published: PublishedCopy, customer_id: str, names: Iterable[str]) -> list[str]:
    """Those of some fields that are not known of a customer, as the plan sees it.

    Args:
        published: a publication.
        customer_id: a customer of today.
        names: the fields; one that the publication's seed does not list is known of nobody.
    """
    rows = {row["field"]: row for row in rule_rows(published, "template_fields")}
    return [name for name in names if name not in rows or not _is_known(published, customer_id, rows[name])]


def _is_known(published: PublishedCopy, customer_id: str, row: Mapping[str, str]) -> bool:
    table, column = row["source_table"], row["source_column"]
    if table == "customer_tags":
        found = published.first(
            "select coalesce(value, 'true') as value from marts.customer_tags where customer_id = ? and tag = ?"
            " and is_current",
            [customer_id, column],
        )
    else:
        found = published.first(f'select "{column}" as value from marts.{table} where customer_id = ?', [customer_id])
    return str(found.get("value") if found.get("value") is not None else "").strip() != ""
