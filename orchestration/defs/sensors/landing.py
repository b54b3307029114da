"""A file dropped into `landing/<channel>/` starts the ingestion of that channel, and of no other."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import dagster as dg

from orchestration.asset_keys import CAMPAIGN_DEFINITIONS, READ_BACK, RECEIPTS, raw_key
from orchestration.dbt.active_channels import channels_in_use
from orchestration.defs.ingest import lake_tables
from orchestration.defs.schedules import ingest
from stores.settings import load_settings

# A file that changed within the last seconds may still be growing; it is looked at again at the next tick.
SETTLE_SECONDS = 5.0
_UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".filepart", "-wal", "-shm", "-journal")
_RECEIPTS = "receipts"


def folder_signatures(landing: Path, now: float) -> dict[str, str]:
    """One short text for each folder of the landing area, which changes when a settled file in it does.

    Args:
        landing: the landing area.
        now: seconds since the epoch.
    """
    signatures = {}
    for folder in sorted(path for path in landing.iterdir() if path.is_dir()) if landing.exists() else []:
        total = hashlib.sha256()
        settled = 0
        for path in sorted(folder.rglob("*")):
            if path.name.startswith((".", "~")) or path.name.endswith(_UNFINISHED) or not path.is_file():
                continue
            status = path.stat()
            if now - status.st_mtime < SETTLE_SECONDS:
                continue
            settled += 1
            total.update(f"{path.relative_to(folder)}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
        if settled:
            signatures[folder.name] = total.hexdigest()[:16]
    return signatures


def selection_for(folders: list[str]) -> list[dg.AssetKey]:
    """The assets to materialize when these landing folders got files; a folder of no channel selects nothing."""
    channels = channels_in_use(load_settings())
    wanted = {READ_BACK if folder == _RECEIPTS else folder for folder in folders} & set(channels)
    keys = [raw_key(name, table) for name in sorted(wanted) for table in lake_tables(channels[name])]
    return [*keys, CAMPAIGN_DEFINITIONS, RECEIPTS] if READ_BACK in wanted else keys


@dg.sensor(
    name="landing_files",
    job=ingest,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts the ingestion of just the channels whose landing folder got a file.",
)
def landing_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Compare each landing folder with the last tick."""
    before = json.loads(context.cursor) if context.cursor else {}
    after = folder_signatures(load_settings().landing, time.time())
    changed = sorted(name for name, signature in after.items() if before.get(name) != signature)
    keys = selection_for(changed)
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
