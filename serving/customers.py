"""One customer: finding, profile, timeline, and the figures behind stage, tier and merge."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from serving.answers import DECLARED, answers
from serving.published_copy import PublishedCopy, Row
from serving.search_terms import Lookup, Search

if TYPE_CHECKING:
    import pandas as pd

FOUND_SHOWN = 50
PROFILES_SHOWN = 100

_LISTED = """
    select
        c.customer_id, c.name_mask, c.phone_mask, c.city, l.stage, r.segment_8, r.segment_8_zh, v.abc_class,
        v.value_score, c.orders_count, c.net_revenue, c.last_purchase_at, c.last_seen_at
    from found as f
    inner join marts.customers as c on f.customer_id = c.customer_id
    left join marts.customer_lifecycle as l on c.customer_id = l.customer_id
    left join marts.customer_rfm as r on c.customer_id = r.customer_id
    left join marts.customer_value as v on c.customer_id = v.customer_id
"""


@answers(
    "customer_id text, name_mask text, phone_mask text, city text, stage text, segment_8 text, segment_8_zh text, "
    "abc_class text, value_score number, orders_count whole, net_revenue money, last_purchase_at time, "
    "last_seen_at time"
)
def find(published: PublishedCopy, search: Search) -> pd.DataFrame:
    """Customers that the search may mean, masked, at most `FOUND_SHOWN`; nothing of it is cached."""
    if not search.lookups:
        import pandas as pd

        return pd.DataFrame(columns=list(DECLARED[f"{__name__}.find"]))
    parts, parameters = [], []
    for lookup in search.lookups:
        sql, values = _conditions(lookup)
        parts.append(sql)
        parameters.extend(values)
    return published.frame(
        f"with found as ({' union '.join(parts)}) {_LISTED}"
        f" order by c.last_seen_at desc nulls last, c.customer_id limit {FOUND_SHOWN}",
        parameters,
    )


def _conditions(lookup: Lookup) -> tuple[str, list[str]]:
    """A select of customer_id for one lookup, and its values."""
    value = lookup.value
    if lookup.how == "customer_id":
        return (
            "select customer_id from marts.customers where customer_id = ?"
            " union select customer_id from marts.customer_id_redirects where retired_customer_id = ?",
            [value, value],
        )
    if lookup.how == "token":
        tokens = [value, *lookup.others]
        among = f"in ({', '.join('?' * len(tokens))})"
        sql = f"select customer_id from marts.customer_identifiers where identifier_value {among}"
        sql += " union select customer_id from marts.customers where "
        sql += " or ".join(f"{kind}_token {among}" for kind in ("name", "phone", "email"))
        return sql, tokens * 4
    if lookup.how == "mask":
        column = {"phone": "phone_mask", "email": "email_mask", "name": "name_mask"}[lookup.kind]
        # However many stars were typed; lists may show a country's code before them.
        start = ".*" if lookup.kind == "phone" and value.startswith("*") else ""
        pattern = start + r"\*+".join(re.escape(part) for part in re.split(r"\*+", value))
        return (
            f"select customer_id from marts.customers where regexp_full_match({column}, ?)"
            " union select customer_id from marts.customer_identifiers where identifier_type = ?"
            " and regexp_full_match(identifier_mask, ?)",
            [pattern, lookup.kind, pattern],
        )
    if lookup.how == "tail":
        return "select customer_id from marts.customers where phone_mask like '%*' || ?", [value]
    return (
        "select customer_id from marts.customers where ? in (member_no, app_user_id, wecom_external_userid)"
        " union select customer_id from marts.customer_identifiers where identifier_value = ?"
        " union select customer_id from marts.customer_profiles where source_profile_id = ?",
        [value, value, value],
    )


@answers(
    "customer_id text, name_mask text, phone_mask text, city text, stage text, segment_8 text, segment_8_zh text, "
    "abc_class text, value_score number, orders_count whole, net_revenue money, last_purchase_at time, "
    "last_seen_at time"
)
def recent(published: PublishedCopy, limit: int = 12) -> pd.DataFrame:
    """Customers who were seen last: something to click on before anything is searched."""
    return published.frame(
        "with found as (select customer_id from marts.customers where last_seen_at is not null"
        f" order by last_seen_at desc, customer_id limit ?) {_LISTED} order by c.last_seen_at desc, c.customer_id",
        [limit],
    )


def resolve(published: PublishedCopy, customer_id: str) -> str | None:
    """The present id of a customer: the same, the one it was merged into, or None when it was never issued."""
    found = published.record(
        """
        select customer_id from marts.customers where customer_id = ?
        union all
        select customer_id from marts.customer_id_redirects where retired_customer_id = ?
        limit 1
        """,
        [customer_id, customer_id],
    )
    return found.get("customer_id")


def profile(published: PublishedCopy, customer_id: str) -> dict[str, Any]:
    """The customer's masked attributes and totals."""
    return published.record(
        """
        select
            customer_id, name_mask, phone_mask, email_mask, member_no, gender, birthday, province, city, company,
            job_title, is_profiling_optout,
            source_profiles, orders_count, interactions_count, interactions_30d, tickets_count, points_balance,
            gross_revenue, refunded_amount, net_revenue, average_order_value, registered_at, first_seen_at,
            last_seen_at, first_purchase_at, last_purchase_at, last_interaction_at, first_channel, as_of
        from marts.customers
        where customer_id = ?
        """,
        [customer_id],
    )


def lifecycle(published: PublishedCopy, customer_id: str) -> dict[str, Any]:
    """Stage, reason and the figures it was judged by."""
    return published.record("select * from marts.customer_lifecycle where customer_id = ?", [customer_id])


@answers("stage text, valid_from day, valid_to day")
def lifecycle_history(published: PublishedCopy, customer_id: str) -> pd.DataFrame:
    """Stages over time, newest first: stage, valid_from, valid_to."""
    return published.frame(
        "select stage, valid_from, valid_to from marts.customer_lifecycle_history"
        " where customer_id = ? order by valid_from desc",
        [customer_id],
    )


def rfm(published: PublishedCopy, customer_id: str) -> dict[str, Any]:
    """Scores and segments, empty without a paid order in the window."""
    return published.record("select * from marts.customer_rfm where customer_id = ?", [customer_id])


def rfm_means(published: PublishedCopy) -> dict[str, Any]:
    """The mean scores that high and low are measured against."""
    return published.record("select avg(r_score) as r, avg(f_score) as f, avg(m_score) as m from marts.customer_rfm")


def value(published: PublishedCopy, customer_id: str) -> dict[str, Any]:
    """Value class, scores, quadrant, tiers and their figures."""
    return published.record("select * from marts.customer_value where customer_id = ?", [customer_id])


@answers(
    "channel text, source_profiles whole, orders_count whole, interactions_count whole, net_revenue money, "
    "first_seen_at time, last_seen_at time"
)
def channels(published: PublishedCopy, customer_id: str) -> pd.DataFrame:
    """What the customer did in each channel."""
    return published.frame(
        """
        select channel, source_profiles, orders_count, interactions_count, net_revenue, first_seen_at, last_seen_at
        from marts.customer_channel_summary
        where customer_id = ?
        order by net_revenue desc nulls last, interactions_count desc nulls last, channel
        """,
        [customer_id],
    )


def consents(published: PublishedCopy, customer_id: str) -> list[Row]:
    """What the customer allows, and the answer that decides it: channel, purpose, is_granted, reason and evidence."""
    return published.rows(
        """
        select
            channel, purpose, is_granted, reason, identifier_type, identifier_mask, source, source_profile_id,
            answered_at
        from marts.customer_consents
        where customer_id = ?
        order by purpose, channel
        """,
        [customer_id],
    )


def segments_of(published: PublishedCopy, customer_id: str) -> list[str]:
    """Which of the project's segments the customer is in."""
    found = published.values(
        "select segment from segments.segment_members where customer_id = ? order by segment", [customer_id]
    )
    return [str(segment) for (segment,) in found]


@answers(
    "interaction_id text, channel text, kind text, amount money, occurred_at time, title_zh text, title_en text, "
    "detail_zh text, detail_en text"
)
def timeline(published: PublishedCopy, customer_id: str) -> pd.DataFrame:
    """What happened in every channel, newest first; kinds and the campaigns of messages are named in both languages."""
    return published.frame(
        """
        with campaigns as (

            select campaign_id, max(name_zh) as name_zh, max(name_en) as name_en
            from campaigns.campaign_performance group by campaign_id

        )

        select
            happened.interaction_id, happened.channel, happened.kind, happened.amount, happened.occurred_at,
            happened.title as title_zh, titles.title_en,
            coalesce(campaigns.name_zh, happened.detail) as detail_zh,
            coalesce(campaigns.name_en, happened.detail) as detail_en
        from marts.customer_timeline as happened
        left join campaigns on happened.channel = 'operations' and happened.detail = campaigns.campaign_id
        left join rules.interaction_titles as titles on happened.kind = titles.kind
        where happened.customer_id = ?
        order by happened.occurred_at desc, happened.position
        """,
        [customer_id],
    )


@answers(
    "source_profile_id text, linked_profile_id text, identifier_type text, identifier_mask text, reason text, "
    "reason_zh text, reason_en text, field_weights text"
)
def links(published: PublishedCopy, customer_id: str) -> pd.DataFrame:
    """Why the source profiles are one customer: pairs with the identifier they share, or what makes them alike."""
    return published.frame(
        """
        select
            source_profile_id, linked_profile_id, identifier_type, identifier_mask, reason, reason_zh, reason_en,
            field_weights
        from marts.customer_links
        where customer_id = ?
        order by reason = 'probabilistic', source_profile_id, linked_profile_id, identifier_type
        limit 5000
        """,
        [customer_id],
    )


@answers("source_profile_id text, channel text, identifiers text")
def profiles(published: PublishedCopy, customer_id: str) -> pd.DataFrame:
    """The customer's source profiles with the masked identifiers each brought; some bring none that is shown."""
    return published.frame(
        f"""
        select
            known.source_profile_id, known.channel,
            string_agg(distinct brought.identifier_mask, ' · ' order by brought.identifier_mask)
                filter (where brought.identifier_type in ('phone', 'email', 'name', 'member_no')) as identifiers
        from marts.customer_profiles as known
        left join marts.customer_identifiers as brought
            on known.source_profile_id = brought.source_profile_id and known.customer_id = brought.customer_id
        where known.customer_id = ?
        group by known.source_profile_id, known.channel
        order by known.source_profile_id
        limit {PROFILES_SHOWN}
        """,
        [customer_id],
    )


@answers(
    "field text, field_zh text, field_en text, shown_value text, channel text, source_profile_id text, why_zh "
    "text, why_en text"
)
def field_sources(published: PublishedCopy, customer_id: str) -> pd.DataFrame:
    """Where each value of the customer comes from, masked, and why."""
    return published.frame(
        """
        select field, field_zh, field_en, shown_value, channel, source_profile_id, why_zh, why_en
        from marts.customer_field_sources
        where customer_id = ?
        order by distinct_values > 1 desc, field
        """,
        [customer_id],
    )


@answers("retired_customer_id text, merged_at time")
def retired_ids(published: PublishedCopy, customer_id: str) -> pd.DataFrame:
    """Ids that were merged into this customer."""
    return published.frame(
        "select retired_customer_id, merged_at from marts.customer_id_redirects where customer_id = ?"
        " order by merged_at desc nulls last, retired_customer_id limit 50",
        [customer_id],
    )
