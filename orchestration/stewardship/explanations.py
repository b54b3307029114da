"""From an id to the rows and rules behind it: the material of `guanxi explain`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from orchestration.sending.withheld_answers import withheld_answers_or_why_not
from orchestration.stewardship.asked_customer import asked_customer
from orchestration.stewardship.message_chain import MessageChain, message_chain
from serving import campaign_plan, customers, identifiers, identities, overview, withheld
from serving.journeys.figures import TRANSITIONS
from serving.journeys.runs import Transition, transitions_of_run
from serving.published_copy import PublishedCopy, Row
from stores import operations
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import Publication, current_publication


@dataclass(frozen=True)
class CustomerStory:
    """Everything that says who a customer is and why."""

    publication: Publication
    asked: str
    customer: Row
    currency: str = ""
    merged_at: Any = None
    profiles: list[str] = field(default_factory=list)
    identifiers: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    kept_apart: Row = field(default_factory=dict)
    events: list[Row] = field(default_factory=list)
    lifecycle: Row = field(default_factory=dict)
    rfm: Row = field(default_factory=dict)
    value: Row = field(default_factory=dict)
    segments: list[str] = field(default_factory=list)
    consents: list[Row] = field(default_factory=list)
    withheld: list[Row] = field(default_factory=list)
    withheld_unknown: str = ""
    plan: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    suppressions: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class DeliveryStory:
    """Everything that says why a message was sent or not, and what became of it."""

    delivery: Row
    attempts: list[Row]
    events: list[Row]
    plan: Row
    suppressions: list[Row] = field(default_factory=list)
    step_name: str = ""
    way: list[Transition] = field(default_factory=list)
    chain: MessageChain = field(default_factory=MessageChain)


def customer_story(settings: Settings, customer_id: str) -> CustomerStory:
    """Collect what is published about a customer; an id that was merged away leads to today's customer.

    Args:
        settings: the installation.
        customer_id: of the customer, today's or a former one; or a source profile, which leads to its customer.

    Raises:
        UserError: nothing is published, or no such customer was ever known.
    """
    with asked_customer(settings, customer_id) as asked:
        published, current = asked.published, asked.customer_id
        known_by = identifiers.of_customer(published, current)
        answers = withheld_answers_or_why_not(settings)
        answers.bring(published)
        return CustomerStory(
            publication=asked.publication,
            asked=asked.named,
            customer=identities.customer(published, current),
            currency=overview.reporting_currency(published),
            merged_at=identities.redirect(published, asked.named).get("merged_at"),
            profiles=sorted(identities.profiles(published, current)),
            identifiers=known_by,
            links=identities.links(published, current),
            kept_apart=identities.kept_apart(published, current),
            events=identities.events(published, {asked.named, current}),
            lifecycle=identities.judged(published, "customer_lifecycle", current),
            rfm=identities.rfm(published, current),
            value=identities.judged(published, "customer_value", current),
            segments=customers.segments_of(published, current),
            consents=customers.consents(published, current),
            withheld=withheld.of_customer(published, current),
            withheld_unknown=answers.unknown,
            plan=campaign_plan.rows_of_customer(published, current),
            messages=messages_of(settings, current),
            suppressions=suppressions_of(settings, known_by),
        )


def delivery_story(settings: Settings, delivery_id: str) -> DeliveryStory:
    """Collect the ledger's row, attempts and receipts of a message, what stands before it and what came after it.

    Raises:
        UserError: no such delivery.
    """
    table = operations.deliveries
    with operations.reading(operations.engine_to_read(settings)) as connection:
        found = connection.execute(sa.select(table).where(table.c.delivery_id == delivery_id)).mappings().first()
        if found is None:
            raise UserError(f"No delivery {delivery_id!r} in the ledger. Check the id.")
        delivery = _local(settings, found)
        step_name = _step_name(connection, delivery)
        attempts, events = (
            [
                _local(settings, row)
                for row in connection.execute(
                    sa.select(other).where(other.c.delivery_id == delivery_id).order_by(order)
                ).mappings()
            ]
            for other, order in (
                (operations.delivery_attempts, operations.delivery_attempts.c.attempt),
                (operations.delivery_events, operations.delivery_events.c.occurred_at),
            )
        )
    plan, known_by = _published_about(settings, delivery)
    addressed = {
        "identifier_type": delivery["identifier_type"],
        "identifier_value": delivery["identifier_token"],
        "identifier_mask": plan.get("identifier_mask"),
    }
    closed = suppressions_of(settings, [*known_by, addressed])
    way = _way(settings, delivery["occurrence"])
    chain = message_chain(settings, delivery)
    return DeliveryStory(delivery, attempts, events, plan, closed, step_name, way, chain)


def _way(settings: Settings, occurrence: str) -> list[Transition]:
    """The steps of the journey's run that a message belongs to; none for the message of a campaign."""
    publication = current_publication(settings)
    if publication is None or not publication.path.exists():
        return []
    with PublishedCopy(publication.path) as published:
        return transitions_of_run(published, occurrence) if published.has(TRANSITIONS) else []


def _step_name(connection: sa.Connection, delivery: Row) -> str:
    """What the campaign's file calls the step of a message; empty where it names none."""
    steps = operations.campaign_steps.c
    name = connection.execute(
        sa.select(steps.name).where(
            steps.campaign_id == delivery["campaign_id"],
            steps.version == delivery["campaign_version"],
            steps.step == delivery["step"],
        )
    ).scalar()
    return "" if name in (None, f"step_{delivery['step']}") else str(name)


def _published_about(settings: Settings, delivery: Row) -> tuple[Row, list[Row]]:
    """The plan row of a message and its customer's identifiers; nothing where nothing is published."""
    publication = current_publication(settings)
    if publication is None or not publication.path.exists():
        return {}, []
    with PublishedCopy(publication.path) as published:
        plan = campaign_plan.row_of_message(published, delivery)
        return plan, identifiers.of_customer(published, delivery["customer_id"])


def suppressions_of(settings: Settings, known_by: list[Row]) -> list[Row]:
    """The suppressions in force on identifiers, oldest first, each with the mask of its address.

    Args:
        settings: the installation.
        known_by: rows with `identifier_type`, `identifier_value` and, if published, `identifier_mask`.
    """
    masks = {
        (str(row["identifier_type"]), str(row["identifier_value"])): row.get("identifier_mask")
        for row in reversed(known_by)
    }
    s = operations.suppressions.c
    chosen = (
        sa.select(operations.suppressions)
        .where(s.is_active, s.identifier_token.in_({token for _, token in masks}))
        .order_by(s.created_at, s.identifier_type, s.identifier_token, s.channel)
    )
    with operations.reading(operations.engine_to_read(settings)) as connection:
        return [
            {**_local(settings, row), "identifier_mask": masks[row["identifier_type"], row["identifier_token"]]}
            for row in connection.execute(chosen).mappings()
            if (row["identifier_type"], row["identifier_token"]) in masks
        ]


def messages_of(settings: Settings, customer_id: str) -> list[Row]:
    """Every message of the ledger to a customer, oldest first, times in business time."""
    table = operations.deliveries
    chosen = sa.select(table).where(table.c.customer_id == customer_id).order_by(table.c.planned_at)
    with operations.reading(operations.engine_to_read(settings)) as connection:
        return [_local(settings, row) for row in connection.execute(chosen).mappings()]


def _local(settings: Settings, row: Any) -> Row:
    """A ledger row without sealed columns, its UTC times in business time."""
    values = {}
    for name, value in dict(row).items():
        if name.endswith("_cipher") or name in ("lease_owner", "lease_until"):
            continue
        if hasattr(value, "hour"):
            value = settings.business_time(value).replace(tzinfo=None)
        values[name] = value
    return values
