"""A file dropped into `landing/<channel>/` starts the ingestion of that channel, and of no other."""

from __future__ import annotations

import hashlib
import json
import time

import dagster as dg

from orchestration.asset_keys import CAMPAIGN_DEFINITIONS, READ_BACK, RECEIPTS, raw_key
from orchestration.dbt.active_channels import channels_in_use
from orchestration.defs.ingest import lake_tables
from orchestration.defs.schedules import ingest
from orchestration.runs.landing_folders import folder_signatures, is_read
from stores.settings import load_settings

_RECEIPTS = "receipts"


def selection_for(folders: list[str]) -> list[dg.AssetKey]:
    """The assets to materialize when these landing folders got files; a folder of no channel selects nothing."""
    channels = channels_in_use(load_settings())
    wanted = {READ_BACK if folder == _RECEIPTS else folder for folder in folders} & set(channels)
    keys = [raw_key(name, table) for name in sorted(wanted) for table in lake_tables(channels[name])]
    return [*keys, CAMPAIGN_DEFINITIONS, RECEIPTS] if READ_BACK in wanted else keys


@dg.sensor(
    name="landing_files",
    job=ingest,
    minimum_interval_seconds=20,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts the ingestion of just the channels whose landing folder got a file.",
)
def landing_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Compare each landing folder with the last tick, and with what the last run of its channel read."""
    before = json.loads(context.cursor) if context.cursor else {}
    settings = load_settings()
    after = folder_signatures(settings, time.time())
    changed = [
        name for name, is_now in after.items() if before.get(name) != is_now and not is_read(settings, name, is_now)
    ]
    keys = selection_for(changed) if changed else []
    cursor = json.dumps(after, sort_keys=True)
    if not keys:
        context.update_cursor(cursor)
        return dg.SkipReason("No channel got a file.")
    run_key = hashlib.sha256(json.dumps({name: after[name] for name in changed}).encode()).hexdigest()[:16]
    tags = {"guanxi/channels": ",".join(changed)}
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=run_key, asset_selection=keys, tags=tags)], cursor=cursor
    )


@dg.definitions
def landing() -> dg.Definitions:
    """The landing sensor."""
    return dg.Definitions(sensors=[landing_files])
