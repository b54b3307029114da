"""Whose messages are withheld for what stands in quarantine: answers that no model has seen, by customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.campaign_plan import IDENTIFIERS, PLAN
from serving.published_copy import PublishedCopy, Row

if TYPE_CHECKING:
    import pyarrow as pa

SOURCE = "source"
REFUSED, NOT_READ = "no_consent", "consents_not_read"
_BY_WHOM = f"""
select identifiers.customer_id, refusals.channel, refusals.purpose, refusals.{SOURCE}, '{REFUSED}' as reason
from refusals
inner join {IDENTIFIERS} as identifiers
    on identifiers.identifier_type = refusals.identifier_type
    and identifiers.identifier_value = refusals.identifier_value
union
select identifiers.customer_id, refusals.channel, refusals.purpose, refusals.{SOURCE}, '{REFUSED}' as reason
from refusals
inner join {IDENTIFIERS} as identifiers on identifiers.source_profile_id = refusals.source_profile_id
union
select identifiers.customer_id, unread.channel, '*' as purpose, unread.{SOURCE}, '{NOT_READ}' as reason
from unread
inner join {IDENTIFIERS} as identifiers on starts_with(identifiers.source_profile_id, unread.{SOURCE} || ':')
"""
# Who refuses profiling is in nobody's audience, whatever the channel.
_CONCERNS = """
withheld.purpose = 'profiling'
or (withheld.channel = plan.channel and withheld.purpose in (plan.consent_purpose, '*'))
"""


def bring_answers(published: PublishedCopy, refusals: pa.Table, unread: pa.Table) -> None:
    """Let the questions below see what stands in quarantine.

    Args:
        published: the publication whose customers are meant.
        refusals: source_profile_id, identifier_type, identifier_value, channel, purpose and source of each no.
        unread: source and message channel of each file whose answers nobody knows.
    """
    published.bring("refusals", refusals)
    published.bring("unread", unread)


def customers(published: PublishedCopy) -> list[Row]:
    """customer_id, channel, purpose, source of each customer whose answer in quarantine is a no."""
    return published.rows(
        f"select customer_id, channel, purpose, {SOURCE} from ({_BY_WHOM}) where reason = '{REFUSED}' order by all"
    )


def of_customer(published: PublishedCopy, customer_id: str) -> list[Row]:
    """channel, purpose, source and reason of what withholds the messages to a customer."""
    return published.rows(
        f"select channel, purpose, {SOURCE}, reason from ({_BY_WHOM}) where customer_id = ? order by all",
        [customer_id],
    )


def planned(published: PublishedCopy, campaign_id: str) -> list[Row]:
    """How many messages that the plan would send for a campaign are withheld: channel, reason, source, messages.

    Each counts once: under the no, where there is one, which the alphabet puts last.
    """
    return published.rows(
        f"""
        select channel, reason, {SOURCE}, count(*) as messages
        from (
            select
                plan.channel,
                plan.step,
                plan.customer_id,
                max(withheld.reason) as reason,
                arg_max(withheld.{SOURCE}, (withheld.reason, withheld.{SOURCE})) as {SOURCE}
            from {PLAN} as plan
            inner join ({_BY_WHOM}) as withheld on withheld.customer_id = plan.customer_id and ({_CONCERNS})
            where plan.campaign_id = ? and plan.fields is not null
            group by plan.channel, plan.step, plan.customer_id
        )
        group by channel, reason, {SOURCE} order by messages desc, channel, reason, {SOURCE}
        """,
        [campaign_id],
    )
