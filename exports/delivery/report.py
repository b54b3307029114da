"""The report of a delivery: every row of the plan, accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from exports.policy.plan_obstacles import Obstacle
from serving.campaign_plan import PlanCounts

States = Counter[tuple[str, str, str]]
"""How many messages are in which (destination, state, reason)."""

_REACHED = ("accepted", "sent", "delivered", "failed", "bounced")
_GROUPS = {
    "held": ("planned", "held"),
    "refused": ("refused", "expired", "cancelled", "dead"),
    "unknown": ("sending", "unknown"),
    "retry": ("queued",),
}


@dataclass
class DeliveryReport:
    """What became of every row of the plan.

    `rows` is `sent` + `sent_before` + `held` + `refused` + `unknown` + `retry`.

    Attributes:
        publication_id: the publication whose plan it was; None before the first one.
        rows: rows of the plan.
        planned: of these, the ones that the plan decided to send.
        sent: accepted by their destinations in this run.
        sent_before: accepted in an earlier run.
        held: held back, by the plan or at the last look, by reason; may go out later.
        refused: refused for good, by the plan, at the last look or by the peer, by reason.
        unknown: nobody can tell whether the peer has it.
        retry: not sent; tried again by a later run.
        by_destination: the same numbers for each destination, without what the plan itself held or refused.
        stopped: why a destination took no more in this run.
        mistakes: what is wrong with the files of campaigns of which nothing is sent, by campaign.
        obstacle: why nothing at all was sent, in a sentence; empty when the plan was carried out.
    """

    publication_id: str | None = None
    rows: int = 0
    planned: int = 0
    sent: int = 0
    sent_before: int = 0
    held: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    unknown: int = 0
    retry: int = 0
    by_destination: dict[str, dict[str, int]] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    mistakes: dict[str, str] = field(default_factory=dict)
    obstacle: str = ""


def nothing_sent(publication_id: str, counts: PlanCounts, found: Obstacle) -> DeliveryReport:
    """The report of a plan that must not be carried out now."""
    held = Counter(counts.held) + Counter({found.reason: counts.send})
    return DeliveryReport(
        publication_id, _rows(counts), counts.send,
        held=dict(held), refused=dict(counts.refused), obstacle=found.sentence,
    )  # fmt: skip


def report_of(
    publication_id: str,
    counts: PlanCounts,
    before: States,
    after: States,
    stopped: dict[str, str],
    mistakes: Mapping[str, str],
) -> DeliveryReport:
    """The report of a plan that was carried out.

    Args:
        publication_id: the publication whose plan it was.
        counts: what the plan decided.
        before: where its messages stood before sending began.
        after: where they stand now.
        stopped: why destinations stopped.
        mistakes: what is wrong with campaign files.
    """
    report = DeliveryReport(publication_id, _rows(counts), counts.send, stopped=stopped, mistakes=dict(mistakes))
    held, refused = Counter(counts.held), Counter(counts.refused)
    for name in sorted({destination for destination, _, _ in after}):
        own = {(state, why): n for (destination, state, why), n in after.items() if destination == name}
        earlier = sum(n for (where, state, _), n in before.items() if where == name and state in _REACHED)
        reached = sum(n for (state, _), n in own.items() if state in _REACHED)
        numbers = {group: sum(n for (s, _), n in own.items() if s in states) for group, states in _GROUPS.items()}
        report.by_destination[name] = {"sent": reached - earlier, "sent_before": earlier, **numbers}
        for (state, why), n in own.items():
            if state in _GROUPS["held"]:
                held[why or state] += n
            elif state in _GROUPS["refused"]:
                refused[why or state] += n
    for field_name in ("sent", "sent_before", "unknown", "retry"):
        setattr(report, field_name, sum(numbers[field_name] for numbers in report.by_destination.values()))
    report.held, report.refused = dict(held), dict(refused)
    return report


def _rows(counts: PlanCounts) -> int:
    return counts.send + sum(counts.held.values()) + sum(counts.refused.values())
