"""Tags: the catalogue with its coverage, and what a customer has and had."""

from __future__ import annotations

from serving.published_copy import PublishedCopy, Row


def catalogue(published: PublishedCopy, family: str = "") -> list[Row]:
    """Tags and values with their families, how many customers have them, and how that moved.

    In the order of families, the most held first.

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
            coverage.active_share, coverage.changed_on, drift.customer_share_before, drift.compared_with,
            coalesce(drift.is_drifting, false) as is_drifting
        from marts.tag_coverage as coverage
        inner join rules.tag_families as families on coverage.family = families.family
        inner join rules.tag_states as states on coverage.state = states.state
        left join marts.tag_drift as drift
            on coverage.tag = drift.tag and coverage.value is not distinct from drift.value
        where ? in ('', coverage.family)
        order by cast(families.position as int), coverage.customers desc, coverage.tag, coverage.value
        """,
        [family],
    )


def summary(published: PublishedCopy) -> Row:
    """The catalogue in one row: its tags, how many drift, how many active customers have enough of them."""
    return published.first(
        "select *, (select count(*) from marts.tag_drift where is_drifting) as drifting_tags from marts.tag_summary"
    )


def families(published: PublishedCopy) -> list[Row]:
    """Every family with how many of its tags are held and by how many customers, in the order of the catalogue."""
    return published.rows(
        """
        select
            families.*, family in (select family from marts.tag_coverage where is_sensitive) as has_sensitive
        from marts.tag_family_coverage as families
        order by position, family
        """
    )


def names(published: PublishedCopy, tag: str) -> list[Row]:
    """What a tag and its values are called."""
    return published.rows(
        "select tag, value, name_zh, name_en, value_zh, value_en from marts.tag_coverage where tag = ? order by value",
        [tag],
    )


def of_customer(published: PublishedCopy, customer_id: str) -> list[Row]:
    """The tags that a customer has today, family by family; sensitive ones are left out, for they need a purpose."""
    return published.rows(
        """
        select
            families.name_zh as family_zh, families.name_en as family_en, tags.tag, coverage.name_zh, coverage.name_en,
            tags.value, coverage.value_zh, coverage.value_en, tags.since
        from marts.customer_tags as tags
        inner join marts.tag_coverage as coverage
            on tags.tag = coverage.tag and tags.value is not distinct from coverage.value
        inner join marts.tag_family_coverage as families on coverage.family = families.family
        where tags.customer_id = ? and tags.is_current and not coverage.is_sensitive
        order by families.position, tags.tag, tags.value
        """,
        [customer_id],
    )


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


def sensitive_tags(published: PublishedCopy) -> list[str]:
    """Names of the tags of which nobody is told without a purpose."""
    found = published.values("select distinct tag from marts.tag_coverage where is_sensitive order by all")
    return [name for (name,) in found]


def known_families(published: PublishedCopy) -> list[str]:
    """Names of all families of tags, in their order."""
    return [name for (name,) in published.values("select family from rules.tag_families order by position, family")]


def kind_of(published: PublishedCopy, tag: str) -> Row:
    """What a tag of the catalogue is, whether rows or a model define it: family, is_inferred, is_sensitive.

    Of a family that is not known, tags count as inferred.
    """
    return published.first(
        """
        select
            coverage.family, families.name_zh as family_zh, families.name_en as family_en,
            coalesce(families.is_inferred, true) as is_inferred, coverage.is_sensitive
        from marts.tag_coverage as coverage
        left join rules.tag_families as families on coverage.family = families.family
        where coverage.tag = ?
        """,
        [tag],
    )


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
