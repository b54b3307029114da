"""What the plan would send for one campaign: counts, texts, whom to, and what the plan was made from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from serving.campaign_plan import PLAN
from serving.published_copy import PublishedCopy, Row
from serving.rules import rule_rows

# A row has its fields where a message is sent, or would be once its campaign is approved.
_IS_MEANT = "fields is not null"
# What a mask shows of a number in international form (`stores.normalisation.mask`); one of China has no +86 in it.
_NUMBER_BEGINS = """case
    when identifier_mask like '+%' then left(identifier_mask, 3)
    when regexp_matches(identifier_mask, '^[0-9]') then '+86'
    else ''
end"""


@dataclass(frozen=True)
class Wording:
    """Messages of one step, channel and variant that share every field that text and its approval depend on.

    Attributes:
        variant: the variant.
        fields: those fields.
        messages: how many.
        waiting: how many of them only wait for the approval of their campaign.
        customer_id: one of the customers.
        number_begins: how their numbers begin, such as +48; empty where the mask does not show it, or nobody asked.
    """

    variant: str
    fields: dict[str, Any]
    messages: int
    waiting: int
    customer_id: str
    number_begins: str


def decisions(published: PublishedCopy, campaign_id: str) -> list[Row]:
    """Rows of the plan by step, channel, variant, decision and first reason, with how many of them would be sent.

    Args:
        published: the publication.
        campaign_id: the campaign.

    Raises:
        TableMissing: the publication has no plan.
    """
    return published.rows(
        f"""
        select step, channel, variant, decision, reason, count(*) as messages, count(fields) as meant
        from {PLAN} where campaign_id = ?
        group by all order by step, channel, variant, decision desc, messages desc, reason
        """,
        [campaign_id],
    )


def customers(published: PublishedCopy, campaign_id: str) -> dict[str, int]:
    """How many customers the plan looked at, would send something to, and holds out for comparison."""
    found = published.first(
        f"""
        select
            count(distinct customer_id) as audience,
            count(distinct customer_id) filter (where {_IS_MEANT}) as meant,
            count(distinct customer_id) filter (where is_holdout) as holdout
        from {PLAN} where campaign_id = ?
        """,
        [campaign_id],
    )
    return {name: int(value) for name, value in found.items()}


def employee_load(published: PublishedCopy, campaign_id: str) -> list[Row]:
    """Which employees pass on how many messages of a campaign, the busiest first.

    Args:
        published: the publication; one of a release that did not plan by employee has none.
        campaign_id: the campaign.

    Returns:
        Of each channel and employee `messages` (of the campaign, also those that only wait for its approval),
        `of_all_campaigns` (to send, of all campaigns) and `most_per_day`, None for no limit.
    """
    if "employee" not in published.first(f"select * from {PLAN} limit 1"):
        return []
    rows = published.rows(
        f"""
        select
            channel,
            employee,
            count(*) filter (where campaign_id = ? and {_IS_MEANT}) as messages,
            count(*) filter (where decision = 'send') as of_all_campaigns
        from {PLAN} where employee is not null
        group by all having messages > 0 order by messages desc, channel, employee
        """,
        [campaign_id],
    )
    limits = {
        (one["channel"], one["employee"]): one["max_messages_per_day"]
        for one in (rule_rows(published, "employee_limits") if rows else [])
    }
    for row in rows:
        most = limits.get((row["channel"], row["employee"]), limits.get((row["channel"], "*"), ""))
        row["most_per_day"] = int(most) if most else None
    return rows


def made_from(published: PublishedCopy, campaign_id: str) -> list[Row]:
    """What the plan took from the campaign's file: one row for each combination."""
    return published.rows(
        f"""
        select distinct
            campaign_version, segment, occurrence, consent_purpose, cap_class, priority, is_approved, step, channel,
            destination, template, variant
        from {PLAN} where campaign_id = ? order by all
        """,
        [campaign_id],
    )


def members(published: PublishedCopy, audience: Sequence[tuple[str, str, str]]) -> int | None:
    """How many customers an audience has.

    Args:
        published: the publication.
        audience: side (include, exclude), kind (segment, tag) and name of each of its conditions.

    Returns:
        The number; None where the publication does not know one of the segments.
    """
    if any(kind == "segment" and not published.has(f"segments.segment_{name}") for _, kind, name in audience):
        return None
    has_tags = any(kind == "tag" for _, kind, _ in audience)
    tags = "select distinct customer_id, 'tag', tag from marts.customer_tags where is_current"
    sides = [(side, kind) for side, kind, _ in audience]
    found = published.values(
        f"""
        select count(*) from (
            select customer_id from (
                select customer_id, 'segment' as kind, segment as name from segments.segment_members
                {f"union all {tags}" if has_tags else ""}
            ) inner join (values {", ".join("(?, ?, ?)" for _ in audience)}) as asked (side, kind, name)
                using (kind, name)
            group by customer_id
            having count(case when side = 'include' and kind = 'tag' then 1 end) = ?
                and max(case when side = 'include' and kind = 'segment' then 1 else 0 end) = ?
                and count(case when side = 'exclude' then 1 end) = 0
        )""",
        [
            *(part for condition in audience for part in condition),
            sides.count(("include", "tag")),
            int(("include", "segment") in sides),
        ],
    )
    return int(found[0][0])


def wordings(
    published: PublishedCopy,
    campaign_id: str,
    step: int,
    channel: str,
    fields: Sequence[str],
    by_number: bool = False,
    masks: Mapping[str, str] = MappingProxyType({}),
) -> list[Wording]:
    """The different messages of a step and channel that would be sent, most frequent first.

    Args:
        published: the publication.
        campaign_id: the campaign.
        step: number of the step.
        channel: the message channel.
        fields: the fields of the plan that the texts depend on.
        masks: of fields whose value is personal, the column of `customers` that is shown for it.
        by_number: apart by how the phone numbers begin, for texts that the number's country has rules for.
    """
    begins = _NUMBER_BEGINS if by_number else "''"
    values = "".join(
        f", to_json(customers.{masks[name]}) as {name}"
        if name in masks
        else f", json_extract(fields, '$.{name}') as {name}"
        for name in fields
    )
    customers = "left join marts.customers as customers on plan.customer_id = customers.customer_id" if masks else ""
    found = published.rows(
        f"""
        select
            variant{values}, {begins} as number_begins, count(*) as messages,
            count(*) filter (where decision <> 'send') as waiting, min(plan.customer_id) as customer_id
        from {PLAN} as plan {customers} where campaign_id = ? and step = ? and channel = ? and {_IS_MEANT}
        group by all order by messages desc, customer_id
        """,
        [campaign_id, step, channel],
    )
    return [
        Wording(
            row["variant"],
            {name: None if row[name] is None else json.loads(row[name]) for name in fields},
            row["messages"],
            row["waiting"],
            row["customer_id"],
            row["number_begins"],
        )
        for row in found
    ]


def addressee(published: PublishedCopy, campaign_id: str, step: int, channel: str, customer_id: str) -> Row:
    """Whom a message goes to, masked: name_mask and identifier_mask."""
    return published.first(
        f"""
        select customers.name_mask, plan.identifier_mask
        from {PLAN} as plan left join marts.customers as customers on plan.customer_id = customers.customer_id
        where plan.campaign_id = ? and plan.step = ? and plan.channel = ? and plan.customer_id = ?
        """,
        [campaign_id, step, channel, customer_id],
    )


def tags_of(published: PublishedCopy, customer_id: str) -> list[str]:
    """Which tags the customer has now."""
    found = published.values(
        "select distinct tag from marts.customer_tags where customer_id = ? and is_current order by tag", [customer_id]
    )
    return [str(tag) for (tag,) in found]
