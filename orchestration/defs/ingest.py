"""The channels: one asset per raw table, one step per channel."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from ingestion.channels import Channel
from ingestion.contract.table import RESERVED_TABLES
from orchestration.asset_keys import CAMPAIGN_DEFINITIONS, DATA_TEAM, READ_BACK, RECEIPTS, raw_key
from orchestration.dbt.active_channels import channels_in_use
from orchestration.defs.resources import RunScope
from orchestration.runs.alerts import send_alert
from orchestration.runs.landing_folders import note_read, signature_of
from orchestration.runs.run_metadata import UNREADABLE
from orchestration.runs.skipped_output import skipped_output
from stores.errors import UserError
from stores.lake.layout import dataset_of
from stores.settings import load_settings

if TYPE_CHECKING:
    from ingestion.pipeline import IngestReport

log = logging.getLogger(__name__)

ANSWERS = "source_answers"


def channel_assets(channel: Channel) -> dg.AssetsDefinition:
    """The raw tables of one channel as assets, filled by one dlt load.

    A channel that cannot be read fails its own check and raises an alert; its tables keep the data of the last success
    and its freshness runs out, while everything downstream goes on.
    """
    keys = {name: raw_key(channel.name, name) for name in lake_tables(channel)}
    first = next(iter(keys.values()))

    @dg.multi_asset(
        name=f"ingest_{channel.name}",
        specs=[
            dg.AssetSpec(
                key,
                description=f"{channel.titles[0]}: {channel.description} Table `{name}`, as delivered, append-only.",
                group_name=channel.name,
                owners=[DATA_TEAM],
                kinds={"dlt", "parquet"},
                deps=[CAMPAIGN_DEFINITIONS, RECEIPTS] if channel.name == READ_BACK else [],
                freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=channel.freshness_hours)),
            )
            for name, key in keys.items()
        ],
        check_specs=[
            dg.AssetCheckSpec(
                ANSWERS,
                asset=first,
                description="The source could be read; if not, its data stays as of the last time.",
            )
        ],
    )
    def _assets(context: dg.AssetExecutionContext, run: RunScope) -> Iterator[Any]:
        # Here, because the code location need not wait for dlt.
        from ingestion.pipeline import SourceUnavailable, ingest

        settings = run.settings
        before = signature_of(settings, channel.name)
        try:
            report = ingest(settings, channel.name)
        except Exception as failed:
            if isinstance(failed, UserError) and not isinstance(failed, SourceUnavailable):
                raise  # wrong configuration: people must fix it, going on with old data would hide it
            context.log.exception(f"Channel {channel.name} could not be read")
            log.warning("Channel %s could not be read, going on with what is there: %s", channel.name, failed)
            send_alert(settings, f"Guanxi: channel {channel.name} could not be read", str(failed))
            yield from (skipped_output(name) for name in _output_names(context))
            yield dg.AssetCheckResult(
                check_name=ANSWERS, asset_key=first, passed=False, metadata={"error": str(failed)[:2000]}
            )
            return
        if not report.waiting:
            note_read(settings, channel.name, before)
        if sum(report.loaded.values()):
            run.expect_build()
        for name, key in keys.items():
            yield dg.MaterializeResult(asset_key=key, metadata=_metadata(report, name, settings.lake))
        yield dg.AssetCheckResult(check_name=ANSWERS, asset_key=first, passed=True)

    return _assets


def lake_tables(channel: Channel) -> list[str]:
    """Tables that a channel has in the lake: its own, and those that every channel has."""
    return [*(table.name for table in channel.tables), *RESERVED_TABLES]


def _output_names(context: dg.AssetExecutionContext) -> list[str]:
    definition = context.assets_def
    return sorted(definition.keys_by_output_name)


def _metadata(report: "IngestReport", table: str, lake: Path) -> dict[str, Any]:
    """What the UI shows for one load of one table."""
    return {
        "rows_loaded": report.loaded.get(table, 0),
        "channel_rows_read": report.physical_rows,
        "channel_rows_quarantined": report.quarantined,
        "files_read": report.files,
        "files_known_already": report.skipped_files,
        "files_waiting": ", ".join(report.waiting) or "none",
        "files_that_no_table_takes": ", ".join(report.unclaimed) or "none",
        UNREADABLE: _unreadable(report, table) or "none",
        "files_that_cannot_be_read": "; ".join(f"{name}: {why}" for name, why in report.refused.items()) or "none",
        "seconds": round(report.seconds, 2),
        "lake_folder": dg.MetadataValue.path(str(dataset_of(lake, report.channel) / table)),
    }


def _unreadable(report: "IngestReport", table: str) -> str:
    """The personal values of a table that are no identifier, by column."""
    of_table = {name.removeprefix(f"{table}."): count for name, count in report.unreadable.items()
                if name.startswith(f"{table}.")}  # fmt: skip
    return ", ".join(f"{name} {count:,}" for name, count in of_table.items())


@dg.definitions
def channels() -> dg.Definitions:
    """Assets of every channel in use."""
    return dg.Definitions(assets=[channel_assets(channel) for channel in channels_in_use(load_settings()).values()])
