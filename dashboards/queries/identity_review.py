"""What waits for a steward, the profiles side by side, and the decisions in force."""

from __future__ import annotations

from dashboards.queries.published_copy import cached, settings
from serving import identities as questions
from stores import operations
from stores.operations import Decision

SHOWN = 100

counts = cached(questions.waiting_counts)
first = cached(questions.waiting_first)
by_id = cached(questions.to_review_by_id)
compared = cached(questions.compared_identifiers)
profile = cached(questions.profile_row)
customers_of = cached(questions.customers_of_profiles)


def decisions() -> list[Decision]:
    """The decisions in force, the newest first.

    Raises:
        UserError: the operations store cannot be used.
    """
    current = settings()
    if not operations.exists(current):
        return []
    with operations.reading(operations.engine_to_read(current)) as connection:
        rows = operations.list_decisions(connection, active_only=True)
    return sorted(rows, key=lambda row: (row.decided_at, row.decision_id), reverse=True)
