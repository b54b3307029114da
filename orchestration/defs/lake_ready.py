"""The raw lake as one asset: the point where all channels are in, and where a run decides whether there is work."""

import logging
from collections.abc import Iterator
from typing import Any

import dagster as dg

from ingestion.lake.compaction import compact
from orchestration.asset_keys import DATA_TEAM, LAKE, LAKE_CONTENTS, LAKE_PARTS, WAREHOUSE_POOL, raw_key
from orchestration.dbt.active_channels import channels_in_use
from orchestration.defs.ingest import lake_tables
from orchestration.defs.resources import RunScope
from orchestration.lake_reconciliation import Reconciliation, reconcile
from stores.lake.checksums import require_whole
from stores.lake.history import check_history
from stores.lake.vault import compact_vault
from stores.settings import load_settings

log = logging.getLogger(__name__)


@dg.asset(
    key=LAKE,
    deps=[
        raw_key(channel.name, table)
        for channel in channels_in_use(load_settings()).values()
        for table in lake_tables(channel)
    ],
    group_name="lake",
    owners=[DATA_TEAM],
    kinds={"parquet"},
    pool=WAREHOUSE_POOL,
    output_required=False,
    description=(
        "All channels together: every physical row read is loaded or in quarantine. Not materialized, and everything "
        "behind it left out, when nothing is new since the last publication."
    ),
)
def lake(run: RunScope) -> Iterator[dg.Output[None]]:
    """Take the turn at the warehouse; go on only when there is something to build."""
    run.acquire_warehouse()
    if not run.has_work:
        return
    require_whole(run.settings, contents=run.full)
    rows = reconcile(run.settings)
    read, loaded, quarantined = (
        sum(getattr(row, name) for row in rows) for name in ("physical", "loaded", "quarantined")
    )
    log.info("Lake: %s rows read = %s loaded + %s in quarantine", f"{read:,}", f"{loaded:,}", f"{quarantined:,}")
    yield dg.Output(
        None,
        metadata={
            "rows_read": read,
            "rows_loaded": loaded,
            "rows_quarantined": quarantined,
            "as_of": run.day.isoformat(),
            "by_table": _table(rows),
        },
    )


@dg.asset(
    key=LAKE_CONTENTS,
    group_name="lake",
    owners=[DATA_TEAM],
    kinds={"parquet"},
    description="Every part of the lake read and compared with the sha256 that its load noted (湖文件校验).",
)
def lake_contents(run: RunScope) -> dg.MaterializeResult:
    """Read every byte of the lake; fails when any part is damaged, missing or of no load."""
    require_whole(run.settings, contents=True)
    check_history(run.settings, contents=True)
    log.info("Lake: every part is what its load wrote")
    return dg.MaterializeResult()


@dg.asset(
    key=LAKE_PARTS,
    group_name="lake",
    owners=[DATA_TEAM],
    kinds={"parquet"},
    description="Small parts of the lake merged into larger ones; rows, loads and sums stay (湖文件合并).",
)
def lake_parts(run: RunScope) -> dg.MaterializeResult:
    """Merge the small parts of every table that has many of them, and the small files of the vault."""
    done = compact(run.settings)
    parts = sum(len(one.parts) for one in done)
    files = compact_vault(run.settings)
    log.info("Lake: %s small parts were merged into %s; of the vault %s files", f"{parts:,}", f"{len(done):,}", files)
    return dg.MaterializeResult(metadata={"parts_before": parts, "parts_after": len(done), "vault_files_before": files})


def _table(rows: list[Reconciliation]) -> Any:
    records = [dg.TableRecord(dict(vars(row))) for row in rows]
    return dg.MetadataValue.table(records) if records else dg.MetadataValue.text("no rows yet")


@dg.definitions
def lake_definitions() -> dg.Definitions:
    """The lake."""
    return dg.Definitions(assets=[lake, lake_contents, lake_parts])
