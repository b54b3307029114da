"""What a publication holds in numbers: what `guanxi run` and `status` show."""

from __future__ import annotations

from dataclasses import dataclass

from serving.campaign_plan import counts_by_reason
from serving.published_copy import PublishedCopy
from serving.segments import named_segments


@dataclass(frozen=True)
class Segment:
    """A published segment and its size."""

    name: str
    name_zh: str
    name_en: str
    customers: int


@dataclass(frozen=True)
class Totals:
    """The numbers of a publication.

    Attributes:
        customers: customers in the publication.
        profiles: source profiles that they were made from.
        merged_customers: customers made from more than one profile.
        stages: customers by lifecycle stage, most first.
        segments: every published segment.
        plan: rows of the campaign plan by (decision, first reason), most first.
    """

    customers: int
    profiles: int
    merged_customers: int
    stages: dict[str, int]
    segments: list[Segment]
    plan: dict[tuple[str, str], int]


def totals(published: PublishedCopy) -> Totals:
    """Count everything that an overview names."""
    customers = published.values(
        "select count(*), coalesce(sum(source_profiles), 0), count(*) filter (where source_profiles > 1)"
        " from marts.customers"
    )[0]
    stages = published.values("select stage, count(*) from marts.customer_lifecycle group by all order by 2 desc")
    return Totals(
        customers=int(customers[0]),
        profiles=int(customers[1]),
        merged_customers=int(customers[2]),
        stages=dict(stages),
        segments=_segments(published),
        plan={(decision, reason or ""): count for decision, reason, count in counts_by_reason(published)},
    )


def _segments(published: PublishedCopy) -> list[Segment]:
    # A publication of the release before has no such table, and is looked at until the next run.
    if not published.has("segments.segment_members"):
        return []
    members = dict(published.values("select segment, count(*) from segments.segment_members group by segment"))
    return [
        Segment(segment.name, segment.name_zh, segment.name_en, members.get(segment.name, 0))
        for segment in named_segments(published)
    ]
