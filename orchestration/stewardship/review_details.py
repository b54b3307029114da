"""Profiles and pairs of them as a steward sees them: the material of `guanxi identity`."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestration.stewardship.subjects import Subject, readable_publication, subjects
from serving import identities
from serving.published_copy import PublishedCopy, Row
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
    with operations.reading(operations.engine_to_read(settings)) as connection:
        decided = {
            (row.left_profile_id, row.right_profile_id)
            for row in operations.list_decisions(connection, active_only=True)
        }
    with PublishedCopy(publication.path) as published:
        found = identities.to_review(published)
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
    with PublishedCopy(publication.path) as published:
        events = identities.events_between(published, ids)
        if left.customer_id == right.customer_id:
            links = identities.links(published, left.customer_id)
            path = shortest_path(links, left.profile_id, right.profile_id)
            return PairStory(publication, left, right, path=path, decisions=decisions, events=events)
        return PairStory(
            publication,
            left,
            right,
            decisions=decisions,
            refused=identities.refused_links(published, left.customer_id, right.customer_id),
            shared=identities.shared_values(published, left.customer_id, right.customer_id),
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
    with operations.reading(operations.engine_to_read(settings)) as connection:
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
