"""The jobs and when they run by themselves."""

from __future__ import annotations

import dagster as dg

from orchestration.asset_keys import (
    CAMPAIGN_DEFINITIONS,
    DELIVERIES,
    LAKE_CONTENTS,
    LAKE_PARTS,
    READ_BACK,
    RECEIPTS,
    raw_key,
)
from orchestration.dbt.active_channels import channels_in_use
from orchestration.defs.ingest import lake_tables
from orchestration.defs.resolve_report import IDENTITY_REPORT
from stores.settings import load_settings

# What starts by itself is meant to be delivered; a run that somebody starts in the launchpad says so itself.
DELIVERABLE = {"resources": {"run": {"config": {"may_deliver": True}}}}
_DELIVERABLE_IDENTITY = {"resources": {"run": {"config": {"full": True, "may_deliver": True}}}}
# A nightly run that was killed, or whose machine went down, starts once more: from its first step, since what it had
# built may be half done.
_TRIED_AGAIN = {"dagster/max_retries": "1", "dagster/retry_strategy": "ALL_STEPS"}
_EVERYTHING_SENT = dg.AssetSelection.assets(DELIVERIES)
_REPORTED = dg.AssetSelection.assets(IDENTITY_REPORT)
_VERIFIED = dg.AssetSelection.assets(LAKE_CONTENTS)
_COMPACTED = dg.AssetSelection.assets(LAKE_PARTS)
_UPKEEP = _VERIFIED | _COMPACTED
_CHANNELS = channels_in_use(load_settings()).values()
_RAW = [raw_key(channel.name, table) for channel in _CHANNELS for table in lake_tables(channel)]
_READ_IN = dg.AssetSelection.assets(*_RAW, CAMPAIGN_DEFINITIONS, RECEIPTS)
# A build registers campaign files that were saved since, and reads them back: a plan knows no others.
_REGISTERED = dg.AssetSelection.assets(
    CAMPAIGN_DEFINITIONS,
    *(raw_key(READ_BACK, table) for one in _CHANNELS if one.name == READ_BACK for table in lake_tables(one)),
)

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all() - _EVERYTHING_SENT - _UPKEEP - _REPORTED,
    description="Channels in, gates, models, publication. Skips what has nothing new.",
)
ingest = dg.define_asset_job("ingest", selection=_READ_IN, description="Only read the channels into the lake.")
build = dg.define_asset_job(
    "build",
    selection=dg.AssetSelection.all() - _EVERYTHING_SENT - _UPKEEP - (_READ_IN - _REGISTERED) - _REPORTED,
    description="Only campaigns, models, gates and publication, on what the lake holds.",
)
resolve_identity = dg.define_asset_job(
    "resolve_identity",
    selection=dg.AssetSelection.all() - _EVERYTHING_SENT - _UPKEEP - (_READ_IN - _REGISTERED),
    config={"resources": {"run": {"config": {"full": True}}}},
    description="Everything rebuilt from the lake, identities first of all, with a report of what that changed.",
)
deliver = dg.define_asset_job(
    "deliver", selection=_EVERYTHING_SENT, description="Carry out the published campaign plan, each message once."
)

verify_lake = dg.define_asset_job(
    "verify_lake", selection=_VERIFIED, description="Read the whole lake and compare it with the sums of its loads."
)
compact_lake = dg.define_asset_job(
    "compact_lake", selection=_COMPACTED, description="Merge the many small parts that daily loads leave in the lake."
)


@dg.definitions
def schedules() -> dg.Definitions:
    """Jobs and schedules, in the business time zone."""
    zone = load_settings().timezone
    return dg.Definitions(
        jobs=[refresh, ingest, build, resolve_identity, deliver, verify_lake, compact_lake],
        schedules=[
            dg.ScheduleDefinition(
                name="daily_refresh",
                job=refresh,
                run_config=DELIVERABLE,
                cron_schedule="0 2 * * *",
                tags=_TRIED_AGAIN,
                execution_timezone=zone,
                default_status=dg.DefaultScheduleStatus.RUNNING,
                description="Everything, each night at two.",
            ),
            dg.ScheduleDefinition(
                name="monthly_identity",
                job=resolve_identity,
                run_config=_DELIVERABLE_IDENTITY,
                cron_schedule="0 4 1 * *",
                tags=_TRIED_AGAIN,
                execution_timezone=zone,
                default_status=dg.DefaultScheduleStatus.RUNNING,
                description="On the first of the month: identities resolved again, before and after compared.",
            ),
            dg.ScheduleDefinition(
                name="weekly_lake_check",
                job=verify_lake,
                cron_schedule="0 5 * * 0",
                execution_timezone=zone,
                default_status=dg.DefaultScheduleStatus.RUNNING,
                description="On Sundays: every part of the lake compared with its sha256.",
            ),
            dg.ScheduleDefinition(
                name="weekly_lake_compaction",
                job=compact_lake,
                cron_schedule="0 6 * * 0",
                execution_timezone=zone,
                default_status=dg.DefaultScheduleStatus.RUNNING,
                description="On Sundays, after the check: small parts of the lake merged into larger ones.",
            ),
            dg.ScheduleDefinition(
                name="hourly_delivery",
                job=deliver,
                cron_schedule="5 9-20 * * *",
                execution_timezone=zone,
                default_status=dg.DefaultScheduleStatus.RUNNING,
                description="Messages that waited for the end of quiet hours or for another try.",
            ),
        ],
    )
