"""Who is one customer with whom, and why: what `guanxi explain` and stewards ask."""

from __future__ import annotations

from collections.abc import Collection

from serving.published_copy import PublishedCopy, Row
from serving.rules import rule_rows

EVENTS = "marts.identity_events"

_KINDS_IN_ORDER = "case kind when 'probable_link' then 1 when 'refused_edge' then 2 when 'shared_key' then 3 else 4 end"
_NEAREST_FIRST = f"{_KINDS_IN_ORDER}, match_probability desc nulls last, customers > 1 desc, profiles desc, review_id"
# A decision about the pair settles it, but for a shared value: other profiles carry that too.
_UNDECIDED = "(kind = 'shared_value' or not list_contains(?, left_profile_id || ' ' || right_profile_id))"


def redirect(published: PublishedCopy, customer_id: str) -> Row:
    """Where an id that was merged away leads, empty for any other id."""
    return published.first("select * from marts.customer_id_redirects where retired_customer_id = ?", [customer_id])


def customer(published: PublishedCopy, customer_id: str) -> Row:
    """The customer's row, empty when there is none of today's with this id."""
    return published.first(
        "select customer_id, name_mask, phone_mask, email_mask, first_channel, source_profiles, orders_count,"
        " net_revenue, first_seen_at from marts.customers where customer_id = ?",
        [customer_id],
    )


def days(published: PublishedCopy, customer_id: str) -> Row:
    """When a customer registered, bought first and last, and last did something of their own."""
    return published.first(
        "select customer_id, registered_at, first_purchase_at, last_purchase_at, last_interaction_at"
        " from marts.customers where customer_id = ?",
        [customer_id],
    )


def stages(published: PublishedCopy, customer_id: str) -> list[Row]:
    """The lifecycle stages that a customer was in up to the publication's day, oldest first, each with its days."""
    return published.rows(
        "select stage, valid_from, valid_to from marts.customer_lifecycle_history where customer_id = ?"
        " order by valid_from nulls first",
        [customer_id],
    )


def judged(published: PublishedCopy, mart: str, customer_id: str) -> Row:
    """A customer's row in a mart of one row a customer, empty where it has none.

    Args:
        published: a publication.
        mart: customer_lifecycle, customer_rfm or customer_value.
        customer_id: a customer of today.
    """
    return published.first(f"select * from marts.{mart} where customer_id = ?", [customer_id])


def rfm(published: PublishedCopy, customer_id: str) -> Row:
    """A customer's RFM scores, with the English names of the two segments; empty where there are none."""
    found = judged(published, "customer_rfm", customer_id)
    for scheme in ("segment_8", "segment_11") if found else ():
        seed = scheme.replace("segment", "segments")
        names = {row["segment"]: row["name_en"] for row in rule_rows(published, f"rfm_{seed}")}
        found[f"{scheme}_en"] = names.get(found[scheme], "")
    return found


def profiles(published: PublishedCopy, customer_id: str) -> list[str]:
    """The source profiles of a customer, the first-registered one first."""
    found = published.values(
        "select source_profile_id from marts.customer_profiles where customer_id = ?"
        " order by registered_at, source_profile_id",
        [customer_id],
    )
    return [str(profile) for (profile,) in found]


def customer_of_profile(published: PublishedCopy, profile_id: str) -> str | None:
    """The customer that a source profile belongs to; None where it is not known."""
    found = published.first("select customer_id from marts.customer_profiles where source_profile_id = ?", [profile_id])
    return found.get("customer_id")


def customer_of_id(published: PublishedCopy, customer_id: str) -> str | None:
    """The customer of today that an id stands for; None where it was never issued."""
    found = published.first(
        "select customer_id from marts.customer_profiles where customer_id = ?"
        " union all select customer_id from marts.customer_id_redirects where retired_customer_id = ? limit 1",
        [customer_id, customer_id],
    )
    return found.get("customer_id")


def links(published: PublishedCopy, customer_id: str) -> list[Row]:
    """Why the source profiles of a customer are one: pairs, with what links them."""
    return published.rows("select * from marts.customer_links where customer_id = ? order by all", [customer_id])


def kept_apart(published: PublishedCopy, customer_id: str) -> Row:
    """Profiles of other customers that carry an identifier of this one, of a type that may link.

    Returns:
        profiles (how many), and left_profile_id and right_profile_id, one of them beside one of the customer's; empty
        where there are none.
    """
    found = published.first(
        "select count(distinct o.source_profile_id) as profiles,"
        " min((l.source_profile_id, o.source_profile_id)) as pair"
        " from marts.customer_identifiers as l"
        " inner join marts.customer_identifiers as o using (identifier_type, identifier_value)"
        " where l.is_linking and l.customer_id = ? and o.customer_id <> ?",
        [customer_id, customer_id],
    )
    if not found.get("profiles"):
        return {}
    left, right = found["pair"]
    return {"profiles": found["profiles"], "left_profile_id": left, "right_profile_id": right}


def events(published: PublishedCopy, ids: Collection[str]) -> list[Row]:
    """What happened to any of these customer ids, oldest first; publications before events were kept have none."""
    return _events(published, ids, "or")


def events_between(published: PublishedCopy, ids: Collection[str]) -> list[Row]:
    """What happened between two of these customer ids, oldest first."""
    return _events(published, ids, "and")


def _events(published: PublishedCopy, ids: Collection[str], which: str) -> list[Row]:
    if not published.has(EVENTS):
        return []
    return published.rows(
        f"select * from {EVENTS} where list_contains(?, from_customer_id) {which}"
        " list_contains(?, to_customer_id) order by happened_at, event_id",
        [sorted(ids), sorted(ids)],
    )


def to_review(published: PublishedCopy) -> list[Row]:
    """What waits for a steward, what is nearest to a decision first."""
    return published.rows(f"select * from marts.identity_review order by {_NEAREST_FIRST}")


def waiting_counts(published: PublishedCopy, decided: Collection[str]) -> list[Row]:
    """How much waits for a steward by kind and reason, nearest to a decision first.

    Args:
        published: a publication.
        decided: pairs that were decided since, as `left right`.
    """
    return published.rows(
        "select kind, reason, reason_zh, reason_en, count(*) as waiting from marts.identity_review"
        f" where {_UNDECIDED} group by kind, reason, reason_zh, reason_en"
        f" order by {_KINDS_IN_ORDER}, waiting desc, reason",
        [list(decided)],
    )


def waiting_first(published: PublishedCopy, decided: Collection[str], kind: str, reason: str, limit: int) -> list[Row]:
    """What waits for a steward, what is nearest to a decision first.

    Args:
        published: a publication.
        decided: pairs that were decided since, as `left right`.
        kind: only this kind; empty: all.
        reason: only this reason; empty: all.
        limit: how many to return.
    """
    return published.rows(
        f"select * from marts.identity_review where {_UNDECIDED} and ? in ('', kind) and ? in ('', reason)"
        f" order by {_NEAREST_FIRST} limit ?",
        [list(decided), kind, reason, limit],
    )


def to_review_by_id(published: PublishedCopy, review_id: str) -> Row:
    """One thing that waits, or was decided since; with its identifier in words. Empty where it is not known."""
    return published.first(
        "select review.*, rules.name_zh as identifier_zh, rules.name_en as identifier_en"
        " from marts.identity_review as review left join rules.identity_rules as rules using (identifier_type)"
        " where review_id = ?",
        [review_id],
    )


def compared_identifiers(published: PublishedCopy, left: str, right: str) -> list[Row]:
    """What two source profiles carry, masked, by kind of identifier: what both share first, then what differs.

    Returns:
        identifier_type, name_zh, name_en, left_values and right_values (empty where it has none), is_shared.
    """
    return published.rows(
        """
        with carried as (

            select
                identifier_type, identifier_value, identifier_mask,
                bool_or(source_profile_id = ?1) as of_left, bool_or(source_profile_id = ?2) as of_right
            from marts.customer_identifiers
            where source_profile_id in (?1, ?2)
            group by identifier_type, identifier_value, identifier_mask

        ),

        by_type as (

            select
                identifier_type,
                string_agg(distinct identifier_mask, ' · ' order by identifier_mask)
                    filter (where of_left) as left_values,
                string_agg(distinct identifier_mask, ' · ' order by identifier_mask)
                    filter (where of_right) as right_values,
                bool_or(of_left and of_right) as is_shared
            from carried
            group by identifier_type

        )

        select by_type.*, rules.name_zh, rules.name_en
        from by_type
        left join rules.identity_rules as rules using (identifier_type)
        order by is_shared desc, (left_values is null) or (right_values is null), rules.trust desc, identifier_type
        """,
        [left, right],
    )


def profile_row(published: PublishedCopy, profile_id: str) -> Row:
    """A source profile: customer_id, channel, registered_at, updated_at; empty where it is not known."""
    return published.first("select * from marts.customer_profiles where source_profile_id = ?", [profile_id])


def customers_of_profiles(published: PublishedCopy, profile_ids: Collection[str]) -> dict[str, str]:
    """The customer of each of these source profiles that is known."""
    found = published.values(
        "select source_profile_id, customer_id from marts.customer_profiles where list_contains(?, source_profile_id)",
        [list(profile_ids)],
    )
    return {str(profile): str(customer) for profile, customer in found}


def refused_links(published: PublishedCopy, left: str, right: str) -> list[Row]:
    """Links between two customers that a guard refused or that wait for a steward."""
    pair = [left, right]
    return published.rows(
        "select * from marts.identity_review where kind <> 'shared_value' and list_contains(?, left_customer_id)"
        " and list_contains(?, right_customer_id) and left_customer_id <> right_customer_id"
        " order by kind, review_id",
        [pair, pair],
    )


def shared_values(published: PublishedCopy, left: str, right: str) -> list[Row]:
    """Identifiers that two customers both carry, with the reason why they are two where one is known."""
    return published.rows(
        "select distinct l.identifier_type, l.identifier_mask, l.is_linking, r.reason, r.reason_zh, r.reason_en"
        " from marts.customer_identifiers as l"
        " inner join marts.customer_identifiers as o using (identifier_type, identifier_value)"
        " left join marts.identity_review as r on r.kind = 'shared_value'"
        " and r.identifier_type = l.identifier_type and r.identifier_value = l.identifier_value"
        " where l.customer_id = ? and o.customer_id = ? order by all",
        [left, right],
    )
