"""Profiles and pairs of them as a steward sees them: the material of `guanxi identity`."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from orchestration.installation_overview import published
from orchestration.stewardship.explanations import Row, rows_of
from orchestration.stewardship.subjects import Subject, readable_publication, subjects
from stores import operations
from stores.errors import UserError
from stores.operations import Decision
from stores.settings import Settings
from stores.warehouse import Publication


@dataclass(frozen=True)
class PairStory:
    """Everything that says why two profiles are, or are not, one customer.

    Attributes:
        publication: what was looked at.
        left: the one.
        right: the other.
        path: links from one to the other in `marts.customer_links`' columns; empty where they are two customers.
        decisions: decisions between profiles of the two, those not in force included.
        refused: links between the two that a guard refused or that wait for a steward, in `identity_review`'s columns.
        shared: identifiers that both carry although they are two customers, with the reason where one is known.
        events: what happened between the two customer ids, oldest first.
    """

    publication: Publication
    left: Subject
    right: Subject
    path: list[Row] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    refused: list[Row] = field(default_factory=list)
    shared: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)

    @property
    def is_one(self) -> bool:
        """Whether they are one customer in the publication."""
        return self.left.customer_id == self.right.customer_id


@dataclass(frozen=True)
class Waiting:
    """What waits for a steward.

    Attributes:
        rows: the first things to review, in `identity_review`'s columns.
        counts: how many wait by kind and reason, the listed ones included.
    """

    rows: list[Row]
    counts: dict[tuple[str, str], int]


def waiting(settings: Settings, reason: str, limit: int) -> Waiting:
    """What waits in the publication and has not been decided since: what is nearest to a decision comes first.

    Args:
        settings: the installation.
        reason: only this reason or kind; empty: all.
        limit: how many to return.

    Raises:
        UserError: nothing is published, or there is no such reason.
    """
    publication = readable_publication(settings)
    with operations.reading(operations.engine(settings)) as connection:
        decided = {
            (row.left_profile_id, row.right_profile_id)
            for row in operations.list_decisions(connection, active_only=True)
        }
    with published(publication) as db:
        found = rows_of(
            db,
            "select * from marts.identity_review order by"
            " case kind when 'probable_link' then 1 when 'refused_edge' then 2 when 'shared_key' then 3 else 4 end,"
            " match_probability desc nulls last, customers > 1 desc, profiles desc, review_id",
        )
    counts: dict[tuple[str, str], int] = {}
    chosen: list[Row] = []
    for row in found:
        if row["kind"] != "shared_value" and (row["left_profile_id"], row["right_profile_id"]) in decided:
            continue
        counts[row["kind"], row["reason"]] = counts.get((row["kind"], row["reason"]), 0) + 1
        if reason in ("", row["kind"], row["reason"]) and len(chosen) < limit:
            chosen.append(row)
    if reason and not chosen:
        known = sorted({name for pair in counts for name in pair})
        hint = f"What waits: {', '.join(known)}." if known else "Nothing waits at all."
        raise UserError(f"Nothing waits for review with reason or kind {reason!r}. {hint}")
    return Waiting(chosen, counts)


def pair_story(settings: Settings, one: str, other: str) -> PairStory:
    """Collect what links two profiles, or what keeps them apart.

    Raises:
        UserError: see `subjects`.
    """
    left, right = subjects(settings, one, other)
    publication = readable_publication(settings)
    decisions = _decisions_between(settings, left, right)
    ids = [left.customer_id, right.customer_id, *(asked for asked in (one, other) if asked.startswith("c_"))]
    with published(publication) as db:
        events = rows_of(
            db,
            "select * from marts.identity_events where list_contains(?, from_customer_id)"
            " and list_contains(?, to_customer_id) order by happened_at, event_id",
            ids,
            ids,
        )
        if left.customer_id == right.customer_id:
            links = rows_of(
                db, "select * from marts.customer_links where customer_id = ? order by all", left.customer_id
            )
            path = shortest_path(links, left.profile_id, right.profile_id)
            return PairStory(publication, left, right, path=path, decisions=decisions, events=events)
        pair = [left.customer_id, right.customer_id]
        refused = rows_of(
            db,
            "select * from marts.identity_review where kind <> 'shared_value' and list_contains(?, left_customer_id)"
            " and list_contains(?, right_customer_id) and left_customer_id <> right_customer_id"
            " order by kind, review_id",
            pair,
            pair,
        )
        return PairStory(
            publication,
            left,
            right,
            decisions=decisions,
            refused=refused,
            shared=_shared_values(db, *pair),
            events=events,
        )


def shortest_path(links: list[Row], start: str, end: str) -> list[Row]:
    """The fewest links that lead from one profile to another; empty where none do.

    Args:
        links: rows with `source_profile_id` and `linked_profile_id`; may be walked both ways.
        start: a profile.
        end: another one.
    """
    beside: dict[str, list[Row]] = {}
    for link in links:
        for name in ("source_profile_id", "linked_profile_id"):
            beside.setdefault(link[name], []).append(link)
    came_by: dict[str, tuple[str, Row]] = {}
    reached = [start]
    for profile in reached:  # grows while it is walked
        for link in beside.get(profile, []):
            ends = (link["source_profile_id"], link["linked_profile_id"])
            neighbour = ends[1] if ends[0] == profile else ends[0]
            if neighbour != start and neighbour not in came_by:
                came_by[neighbour] = (profile, link)
                reached.append(neighbour)
    path: list[Row] = []
    while end in came_by:
        end, link = came_by[end]
        path.insert(0, link)
    return path


def _decisions_between(settings: Settings, left: Subject, right: Subject) -> list[Decision]:
    """Decisions with one end at each of the two customers; within one customer those about either profile."""
    with operations.reading(operations.engine(settings)) as connection:
        rows = operations.list_decisions(connection)
    if left.customer_id == right.customer_id:
        named = {left.profile_id, right.profile_id}
        return [row for row in rows if named & {row.left_profile_id, row.right_profile_id}]
    return [
        row
        for row in rows
        if (row.left_profile_id in left.profiles and row.right_profile_id in right.profiles)
        or (row.left_profile_id in right.profiles and row.right_profile_id in left.profiles)
    ]


def _shared_values(db: duckdb.DuckDBPyConnection, left: str, right: str) -> list[Row]:
    return rows_of(
        db,
        "select distinct l.identifier_type, l.identifier_mask, l.is_linking, r.reason, r.reason_zh, r.reason_en"
        " from marts.customer_identifiers as l"
        " inner join marts.customer_identifiers as o using (identifier_type, identifier_value)"
        " left join marts.identity_review as r on r.kind = 'shared_value'"
        " and r.identifier_type = l.identifier_type and r.identifier_value = l.identifier_value"
        " where l.customer_id = ? and o.customer_id = ? order by all",
        left,
        right,
    )
