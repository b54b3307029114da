"""Campaigns out and receipts back: what is registered, what is sent, what came of it."""

import logging

import dagster as dg
from exports.receipts import collect

from exports.campaign import load_campaigns, register
from exports.deliver import deliver
from orchestration.defs.resources import RunScope
from orchestration.keys import CAMPAIGN_DEFINITIONS, DELIVERIES, DELIVERY_POOL, OPERATIONS_TEAM, PUBLICATION, RECEIPTS
from orchestration.locks import exclusive

log = logging.getLogger(__name__)


@dg.asset(
    key=CAMPAIGN_DEFINITIONS,
    group_name="engagement",
    owners=[OPERATIONS_TEAM],
    kinds={"yaml", "sqlalchemy"},
    description="The campaign files, checked and registered in the operations store; a changed file is a new version.",
)
def campaign_definitions(run: RunScope) -> dg.MaterializeResult[None]:
    """Register the campaign files, so that the operations channel brings them to the models."""
    campaigns = load_campaigns(run.settings.project_root / "exports" / "campaigns")
    register(run.settings, campaigns)
    names = [campaign.campaign_id for campaign in campaigns]
    log.info("Campaigns registered: %s", ", ".join(names) or "none")
    return dg.MaterializeResult(metadata={"campaigns": len(names), "names": ", ".join(names)})


@dg.asset(
    key=RECEIPTS,
    group_name="engagement",
    owners=[OPERATIONS_TEAM],
    kinds={"sqlalchemy"},
    description="Receipts that the messaging tools wrote, taken into the delivery ledger once each.",
)
def receipts(run: RunScope) -> dg.MaterializeResult[None]:
    """Take new receipt files into the ledger."""
    report = collect(run.settings)
    log.info(
        "Receipts: %d files, %d events, %d known already, %d rejected",
        report.files, report.events, report.duplicates, report.rejected,
    )  # fmt: skip
    return dg.MaterializeResult(
        metadata={
            "files": report.files,
            "events": report.events,
            "duplicates": report.duplicates,
            "rejected": report.rejected,
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
    """Carry out the plan of the current publication."""
    with exclusive(run.settings.state / "deliver.lock", "delivery"):
        report = deliver(run.settings)
    held = sum(report.held.values())
    log.info(
        "Deliveries: %d sent, %d held back, %d refused, %d unknown, %d to be tried again",
        report.sent, held, sum(report.refused.values()), report.unknown, report.retry,
    )  # fmt: skip
    return dg.MaterializeResult(
        metadata={
            "publication": report.publication_id or "none",
            "planned": report.planned,
            "sent": report.sent,
            "held": dg.MetadataValue.json(dict(report.held)),
            "refused": dg.MetadataValue.json(dict(report.refused)),
            "unknown": report.unknown,
            "retry": report.retry,
            "by_destination": dg.MetadataValue.json(dict(report.by_destination)),
        }
    )


@dg.definitions
def engagement() -> dg.Definitions:
    """The three engagement assets."""
    return dg.Definitions(assets=[campaign_definitions, receipts, deliveries])
