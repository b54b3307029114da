"""What the ledgers of the lake add up to: rows read, loaded and in quarantine, per channel and table."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.duckdb_sql import literal, literals
from stores.duckdb_connection import open_duckdb
from stores.settings import Settings


@dataclass(frozen=True)
class Reconciliation:
    """One table's rows over all its completed loads; read = loaded + quarantined."""

    channel: str
    table: str
    files: int
    physical: int
    loaded: int
    quarantined: int


_QUERY = """
with
ledger as (select * from read_parquet({ledger}, union_by_name = true)),
loads as (
    select load_id
    from read_json({loads}, format = 'newline_delimited', columns = {{load_id: 'varchar', status: 'bigint'}})
    where status = 0
),
final as (
    select
        target,
        count(*) filter (where kind = 'file') as files,
        coalesce(sum(physical_rows), 0) as physical,
        coalesce(sum(loaded_rows), 0) as loaded,
        coalesce(sum(quarantined_rows), 0) as quarantined
    from ledger
    where _dlt_load_id in (select load_id from loads)
    group by target
    order by target
)
select * from final
"""


def reconcile(settings: Settings) -> list[Reconciliation]:
    """One entry per channel and table that has ever loaded anything.

    Args:
        settings: the installation.
    """
    entries = []
    with open_duckdb(settings) as connection:
        for folder in sorted(settings.lake.glob("raw_*")):
            ledger = folder / "file_ledger"
            loads = [str(path) for path in (folder / "_dlt_loads").glob("*.jsonl")]
            if not loads or not any(ledger.glob("*.parquet")):
                continue
            for target, *counts in connection.execute(
                # values in place: binding them would import pandas
                _QUERY.format(ledger=literal(str(ledger / "*.parquet")), loads=literals(loads))
            ).fetchall():
                entries.append(Reconciliation(folder.name.removeprefix("raw_"), target, *(int(n) for n in counts)))
    return entries
