"""Tags: the catalogue with its coverage, and what a customer has and had."""

from __future__ import annotations

from serving.published_copy import PublishedCopy, Row


def catalogue(published: PublishedCopy, family: str = "") -> list[Row]:
    """Tags and values with their families and how many customers have them, in the order of families.

    Args:
        published: the publication.
        family: only this one; all by default.
    """
    return published.rows(
        """
        select
            coverage.tag, coverage.value, coverage.family, families.name_zh as family_zh, families.name_en as family_en,
            families.is_inferred, coverage.name_zh, coverage.name_en, coverage.value_zh, coverage.value_en,
            coverage.metric, coverage.state, states.name_zh as state_zh, states.name_en as state_en,
            coverage.is_sensitive, coverage.customers, coverage.active_customers, coverage.customer_share,
            coverage.active_share
        from marts.tag_coverage as coverage
        inner join rules.tag_families as families on coverage.family = families.family
        inner join rules.tag_states as states on coverage.state = states.state
        where ? in ('', coverage.family)
        order by families.position, coverage.tag, coverage.value
        """,
        [family],
    )


def summary(published: PublishedCopy) -> Row:
    """The catalogue in one row: how many tags there are, and how many active customers have enough of them."""
    return published.first("select * from marts.tag_summary")


def rules_of(published: PublishedCopy, tag: str) -> list[Row]:
    """The rows of the seed that define a tag, with its family; none where a model does."""
    return published.rows(
        """
        select rules.*, families.name_zh as family_zh, families.name_en as family_en, families.is_inferred
        from rules.tag_rules as rules
        inner join rules.tag_families as families on rules.family = families.family
        where rules.tag = ?
        order by rules.lower nulls first, rules.value
        """,
        [tag],
    )


def known_tags(published: PublishedCopy) -> list[str]:
    """Names of all tags of the catalogue."""
    return [name for (name,) in published.values("select distinct tag from marts.tag_coverage order by all")]


def periods(published: PublishedCopy, customer_id: str, tag: str) -> list[Row]:
    """Since when and until when a customer had a tag, the newest first."""
    return published.rows(
        "select value, is_current, since, until from marts.customer_tags where customer_id = ? and tag = ?"
        " order by since desc, value",
        [customer_id, tag],
    )


def is_profiled(published: PublishedCopy, customer_id: str) -> bool:
    """Whether tags of inferred families are given to a customer; False where nothing is known of them."""
    found = published.first("select is_profiled from marts.customer_tag_counts where customer_id = ?", [customer_id])
    return bool(found.get("is_profiled"))


def newest_entries(published: PublishedCopy, customer_id: str, limit: int) -> list[Row]:
    """The newest entries of a customer's timeline: contacts, purchases and refunds."""
    return published.rows(
        "select occurred_at, channel, kind, title, detail, amount from marts.customer_timeline where customer_id = ?"
        " order by position limit ?",
        [customer_id, limit],
    )
