"""The state of an installation in numbers: what `guanxi demo`, `run` and `status` show."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from ingestion.lake.undelivered_consents import known_undelivered
from orchestration.dbt.active_channels import channels_without_models, names_in_use
from orchestration.lake_reconciliation import Reconciliation, reconcile
from serving.published_copy import PublishedCopy
from serving.totals import Segment, totals
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import Publication, current_publication, read_gate_state, warehouse_damage


@dataclass(frozen=True)
class Overview:
    """What an installation holds.

    Attributes:
        publication: what readers see; None before the first.
        channels: rows read, loaded, in quarantine, by channel and table.
        customers: customers in the publication.
        profiles: source profiles that they were made from.
        merged_customers: customers made from more than one profile.
        stages: customers by lifecycle stage.
        segments: every published segment.
        plan: rows of the campaign plan by (decision, first reason), most first.
        ledger: messages by state, over all time.
        gates: what the last gates said (see `stores.warehouse.read_gate_state`).
        campaigns: where each campaign stands, by its id: approved, draft, paused, changed.
        without_models: channels that are read and have no staging model.
        undelivered_consents: by channel the tables of consents that never came, with the message channels of each.
        warehouse_damage: what is wrong with the warehouse file; empty where it looks whole.
    """

    publication: Publication | None
    channels: list[Reconciliation]
    customers: int = 0
    profiles: int = 0
    merged_customers: int = 0
    stages: dict[str, int] = field(default_factory=dict)
    segments: list[Segment] = field(default_factory=list)
    plan: dict[tuple[str, str], int] = field(default_factory=dict)
    ledger: dict[str, int] = field(default_factory=dict)
    gates: dict[str, Any] | None = None
    campaigns: dict[str, str] = field(default_factory=dict)
    without_models: list[str] = field(default_factory=list)
    undelivered_consents: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    warehouse_damage: str = ""


def overview(settings: Settings) -> Overview:
    """Read everything that an installation can say about itself; works before the first run too."""
    publication = current_publication(settings)
    seen = Overview(
        publication=publication,
        channels=reconcile(settings),
        ledger=_ledger(settings),
        gates=read_gate_state(settings),
        campaigns=_campaigns(settings),
        without_models=channels_without_models(settings),
        undelivered_consents={
            name: found for name in names_in_use(settings) if (found := known_undelivered(settings, name))
        },
        warehouse_damage=warehouse_damage(settings),
    )
    if publication is None or not publication.path.exists():
        return seen
    with PublishedCopy(publication.path) as published:
        return replace(seen, **vars(totals(published)))


def _campaigns(settings: Settings) -> dict[str, str]:
    from exports.definitions.approval import approvals
    from exports.definitions.registration import campaigns_in_force
    from stores import operations

    if not operations.exists(settings):
        return {}
    try:
        found = campaigns_in_force(settings)
        stand = {name: approval.state for name, approval in approvals(settings, found.campaigns).items()}
        return stand | {name: f"not sent: {mistake}" for name, mistake in found.mistakes.items()}
    except UserError as wrong:
        return {"(none is sent)": str(wrong)}


def _ledger(settings: Settings) -> dict[str, int]:
    from stores import operations

    if not operations.exists(settings):
        return {}
    table = operations.deliveries
    counted = sa.select(table.c.state, sa.func.count()).group_by(table.c.state).order_by(table.c.state)
    try:
        store = operations.engine(settings)
    except UserError:  # said where the campaigns stand
        return {}
    with operations.reading(store) as connection:
        return {str(row[0]): int(row[1]) for row in connection.execute(counted)}
