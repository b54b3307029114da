"""Whose identifiers these are: the way from an address, a record or a source to its customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.campaign_plan import IDENTIFIERS
from serving.published_copy import PublishedCopy, Row

if TYPE_CHECKING:
    import pyarrow as pa


def of_customer(published: PublishedCopy, customer_id: str) -> list[Row]:
    """The identifiers of a customer."""
    return published.rows(f"select * from {IDENTIFIERS} where customer_id = ? order by all", [customer_id])


def refused(published: PublishedCopy, refusals: pa.Table) -> list[tuple[str, str, str]]:
    """(customer, message channel, purpose) of refusals, by the identifier and by the record that they were given by.

    Args:
        published: the publication whose customers are meant.
        refusals: source_profile_id, identifier_type, identifier_value, channel and purpose of each.
    """
    published.bring("refusals", refusals)
    found = published.values(
        "select distinct identifiers.customer_id, refusals.channel, refusals.purpose"
        f" from refusals inner join {IDENTIFIERS} as identifiers"
        " on identifiers.identifier_type = refusals.identifier_type"
        " and identifiers.identifier_value = refusals.identifier_value"
        " union select identifiers.customer_id, refusals.channel, refusals.purpose"
        f" from refusals inner join {IDENTIFIERS} as identifiers"
        " on identifiers.source_profile_id = refusals.source_profile_id"
    )
    return [(row[0], row[1], row[2]) for row in found]


def of_source(published: PublishedCopy, source: str) -> list[str]:
    """Customers with a record of a source channel."""
    found = published.values(
        f"select distinct customer_id from {IDENTIFIERS} where starts_with(source_profile_id, ?)", [f"{source}:"]
    )
    return [customer_id for (customer_id,) in found]


def said_by(published: PublishedCopy, said: pa.Table) -> list[tuple[str, str, str]]:
    """(customer, channel, what) of what was said by identifiers.

    Args:
        published: the publication whose customers are meant.
        said: identifier_type, identifier_value, channel and what of each.

    Raises:
        TableMissing: the publication has no identifiers, which says nothing about anybody.
    """
    published.bring("said", said)
    found = published.values(
        f"select distinct customer_id, channel, what from {IDENTIFIERS}"
        " inner join said using (identifier_type, identifier_value)"
    )
    return [(row[0], row[1], row[2]) for row in found]
