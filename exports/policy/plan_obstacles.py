"""Whether the plan of a publication may be carried out at all. What is missing is an obstacle, never a permission."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from exports.policy.send_policy import RULES
from serving.campaign_plan import IDENTIFIERS, PLAN, unknown_addresses
from serving.published_copy import PublishedCopy
from serving.rules import SCHEMA
from stores.key_record import is_superseded
from stores.settings import Settings
from stores.warehouse import Publication, read_gate_state


@dataclass(frozen=True)
class Obstacle:
    """Why nothing of a plan is sent.

    Attributes:
        reason: one word for reports.
        sentence: for people, with what to do.
    """

    reason: str
    sentence: str


def obstacle(settings: Settings, publication: Publication, now: datetime) -> Obstacle | None:
    """The first thing that stands in the way of a publication's plan, None when it may be carried out.

    Args:
        settings: the installation.
        publication: whose plan it is.
        now: the present moment in the business time zone.
    """
    name = publication.publication_id
    if publication.as_of != now.date():
        return Obstacle(
            "as_of_not_today",
            f"The plan of {name} is of {publication.as_of}, and today is {now.date()}. `guanxi run` makes today's; a "
            "home that is fixed on a day sends nothing until `guanxi day today`.",
        )
    if not publication.may_deliver:
        return Obstacle(
            "not_released",
            f"Publication {name} may not be delivered: it is a preview, was published by hand, or is older than this "
            "rule. The next `guanxi run` makes one that may; `guanxi campaign release --by NAME` releases this one.",
        )
    if is_superseded(settings, name):
        return Obstacle(
            "tokens_made_again_since",
            f"Publication {name} is older than the upgrade that made the tokens again, so no opt-out would be found. "
            "Run `guanxi upgrade`, which builds and publishes.",
        )
    gate = read_gate_state(settings)
    if not gate:
        return Obstacle(
            "gates_missing",
            "What the gates said is missing (published/gate_state.json). `guanxi publish` checks the last build again.",
        )
    if gate.get("outcome") == "failed" and gate.get("run_id") != publication.run_id:
        return Obstacle("gate_failed", "A gate failed since this plan was published; `guanxi status` names it.")
    return _missing(publication)


def _missing(publication: Publication) -> Obstacle | None:
    """What the publication lacks that says who must not be written to."""
    with PublishedCopy(publication.path) as published:
        tables = published.tables()
        for table in (PLAN, IDENTIFIERS):
            if table not in tables:
                return Obstacle(
                    f"{table.split('.')[1]}_missing",
                    f"Publication {publication.publication_id} has no table {table}, without which nothing is sent. "
                    "Run `guanxi run --full`.",
                )
        without = [seed for seed in RULES if f"{SCHEMA}.{seed}" not in tables]
        if without:
            return Obstacle(
                "rules_missing",
                f"Publication {publication.publication_id} does not say by which rules it may be sent: it has no "
                f"{', '.join(without)}. Run `guanxi run --full`.",
            )
        unknown = unknown_addresses(published)
    if unknown:
        return Obstacle(
            "customer_identifiers_incomplete",
            f"{unknown} addresses of the plan are not in {IDENTIFIERS}, so nobody can tell whether their owners said "
            "no by another one. Run `guanxi run --full`.",
        )
    return None
