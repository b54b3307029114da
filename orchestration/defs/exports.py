"""Campaigns out and receipts back: what is registered, what is sent, what came of it."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from exports.definitions.registration import campaigns_in_force, register
from orchestration.asset_keys import (
    CAMPAIGN_DEFINITIONS,
    DELIVERIES,
    DELIVERY_POOL,
    OPERATIONS_TEAM,
    PUBLICATION,
    RECEIPTS,
)
from orchestration.defs.resources import RunScope
from orchestration.runs.alerts import send_alert
from orchestration.runs.landing_folders import note_read, signature_of
from orchestration.sending.carried_out import note_carried_out
from orchestration.sending.collect_receipts import collect_receipts

FILES_RIGHT = "campaign_files_right"


@dg.asset(
    key=CAMPAIGN_DEFINITIONS,
    group_name="engagement",
    owners=[OPERATIONS_TEAM],
    kinds={"yaml", "sqlalchemy"},
    description="The campaign files, checked and registered in the operations store; a changed file is a new version.",
    check_specs=[
        dg.AssetCheckSpec(
            FILES_RIGHT,
            asset=CAMPAIGN_DEFINITIONS,
            description="Every campaign and journey file is right; of one that is not nothing is sent.",
        )
    ],
)
def campaign_definitions(run: RunScope) -> Iterator[Any]:
    """Register the campaign files, so that the operations channel brings them to the models."""
    found = campaigns_in_force(run.settings)
    register(run.settings, found.campaigns, found.mistakes)
    if found.mistakes:
        said = "\n".join(f"{name}: {mistake}" for name, mistake in found.mistakes.items())
        send_alert(run.settings, "Guanxi: nothing is sent of campaigns whose files are wrong", said)
    names = [campaign.campaign_id for campaign in found.campaigns]
    yield dg.MaterializeResult(metadata={"campaigns": len(names), "names": ", ".join(names)})
    yield dg.AssetCheckResult(
        check_name=FILES_RIGHT, passed=not found.mistakes, metadata={"mistakes": dict(found.mistakes)}
    )


@dg.asset(
    key=RECEIPTS,
    group_name="engagement",
    owners=[OPERATIONS_TEAM],
    kinds={"sqlalchemy"},
    description="Receipts that the messaging tools wrote, taken into the delivery ledger once each.",
)
def receipts(run: RunScope) -> dg.MaterializeResult[None]:
    """Take new receipt files into the ledger."""
    before = signature_of(run.settings, "receipts")
    report = collect_receipts(run.settings)
    if not report.unread:
        note_read(run.settings, "receipts", before)
    return dg.MaterializeResult(
        metadata={
            "files": report.files,
            "events": report.events,
            "duplicates": report.duplicates,
            "rejected": report.rejected,
            "addresses_closed": report.closed,
            "not_read": dg.MetadataValue.json(report.unread),
            "alarms": dg.MetadataValue.json(report.alarms),
        }
    )


@dg.asset(
    key=DELIVERIES,
    deps=[PUBLICATION],
    group_name="engagement",
    owners=[OPERATIONS_TEAM],
    kinds={"sqlalchemy"},
    pool=DELIVERY_POOL,
    description="What the published campaign plan says is sent, each message once, through the delivery ledger.",
)
def deliveries(run: RunScope) -> dg.MaterializeResult[None]:
    """Carry out the plan of the current publication, after what people said since it was made."""
    # Here, because the code location need not wait for what only a delivery uses.
    from exports.delivery.deliver import deliver
    from orchestration.sending.late_answers import read_late_answers

    collect_receipts(run.settings)
    report = deliver(run.settings, read_answers=lambda: read_late_answers(run.settings))
    if report.publication_id and not report.obstacle:
        note_carried_out(run.settings, report.publication_id)
    return dg.MaterializeResult(
        metadata={
            "publication": report.publication_id or "none",
            "rows_of_the_plan": report.rows,
            "planned": report.planned,
            "sent": report.sent,
            "sent_before": report.sent_before,
            "held": dg.MetadataValue.json(dict(report.held)),
            "refused": dg.MetadataValue.json(dict(report.refused)),
            "unknown": report.unknown,
            "retry": report.retry,
            "by_destination": dg.MetadataValue.json(dict(report.by_destination)),
            "stopped": dg.MetadataValue.json(dict(report.stopped)),
            "mistakes": dg.MetadataValue.json(dict(report.mistakes)),
            "obstacle": report.obstacle or "none",
        }
    )


@dg.definitions
def engagement() -> dg.Definitions:
    """The three engagement assets."""
    return dg.Definitions(assets=[campaign_definitions, receipts, deliveries])
