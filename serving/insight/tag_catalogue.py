"""Tags: the catalogue with who has them, how shares moved, and the tags of one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serving.answers import answers
from serving.published_copy import PublishedCopy

if TYPE_CHECKING:
    import pandas as pd


def summary(published: PublishedCopy) -> dict[str, Any]:
    """The catalogue in numbers: the columns of `tag_summary`, and how many tags are drifting."""
    return published.record(
        "select *, (select count(*) from marts.tag_drift where is_drifting) as drifting_tags from marts.tag_summary"
    )


@answers(
    "family text, name_zh text, name_en text, is_inferred flag, tags whole, held_tags whole, customers whole, "
    "customer_share number, active_share number"
)
def families(published: PublishedCopy) -> pd.DataFrame:
    """Every family in the order of the catalogue."""
    return published.frame(
        """
        select
            family, name_zh, name_en, is_inferred, tags, held_tags, customers, customer_share, active_share
        from marts.tag_family_coverage
        order by position, family
        """
    )


@answers(
    "tag text, value text, metric text, state text, name_zh text, name_en text, value_zh text, value_en text, "
    "state_zh text, state_en text, is_sensitive flag, customers whole, customer_share number, active_share number, "
    "customer_share_before number, stability_index number, is_drifting flag, compared_with day"
)
def catalogue(published: PublishedCopy, family: str) -> pd.DataFrame:
    """The tags of a family, the most held first, each with how its share moved.

    Args:
        published: the publication.
        family: its name.
    """
    return published.frame(
        """
        select
            coverage.tag, coverage.value, coverage.metric, coverage.state, coverage.name_zh, coverage.name_en,
            coverage.value_zh, coverage.value_en, states.name_zh as state_zh, states.name_en as state_en,
            coverage.is_sensitive, coverage.customers, coverage.customer_share, coverage.active_share,
            drift.customer_share_before, drift.stability_index, coalesce(drift.is_drifting, false) as is_drifting,
            drift.compared_with
        from marts.tag_coverage as coverage
        inner join rules.tag_states as states on coverage.state = states.state
        left join marts.tag_drift as drift
            on coverage.tag = drift.tag and coverage.value is not distinct from drift.value
        where coverage.family = ?
        order by coverage.customers desc, coverage.tag, coverage.value
        """,
        [family],
    )


@answers("tag text, value text, name_zh text, name_en text, value_zh text, value_en text")
def names(published: PublishedCopy, tag: str) -> pd.DataFrame:
    """What a tag and its values are called."""
    return published.frame(
        "select tag, value, name_zh, name_en, value_zh, value_en from marts.tag_coverage where tag = ? order by value",
        [tag],
    )


@answers(
    "family text, family_zh text, family_en text, tag text, name_zh text, name_en text, value text, value_zh text, "
    "value_en text, since day"
)
def of_customer(published: PublishedCopy, customer_id: str) -> pd.DataFrame:
    """The tags that a customer has today by family; sensitive ones are left out, for they need a purpose.

    Args:
        published: the publication.
        customer_id: the customer.
    """
    return published.frame(
        """
        select
            coverage.family, families.name_zh as family_zh, families.name_en as family_en, tags.tag,
            coverage.name_zh, coverage.name_en, tags.value, coverage.value_zh, coverage.value_en, tags.since
        from marts.customer_tags as tags
        inner join marts.tag_coverage as coverage
            on tags.tag = coverage.tag and tags.value is not distinct from coverage.value
        left join marts.tag_family_coverage as families on coverage.family = families.family
        where tags.customer_id = ? and tags.is_current and not coverage.is_sensitive
        order by families.position, tags.tag, tags.value
        """,
        [customer_id],
    )
