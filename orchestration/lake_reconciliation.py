"""What the ledgers of the lake add up to: rows read, loaded and in quarantine, per channel and table."""

from __future__ import annotations

from dataclasses import dataclass

from stores.duckdb_connection import open_duckdb
from stores.lake.layout import channel_of, datasets
from stores.lake.reader import has_table, rows
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
ledger as {ledger},
final as (
    select
        target,
        count(*) filter (where kind = 'file') as files,
        coalesce(sum(physical_rows), 0) as physical,
        coalesce(sum(loaded_rows), 0) as loaded,
        coalesce(sum(quarantined_rows), 0) as quarantined
    from ledger
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
        for dataset in datasets(settings.lake):
            if not has_table(dataset, "file_ledger"):
                continue
            query = _QUERY.format(ledger=rows(dataset, "file_ledger"))
            for target, *counts in connection.execute(query).fetchall():
                entries.append(Reconciliation(channel_of(dataset), target, *(int(n) for n in counts)))
    return entries
