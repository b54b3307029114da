"""How many phones, e-mails and id numbers of what was gathered cannot be one: they load, and are nobody's."""

from __future__ import annotations

from collections import Counter

import pyarrow.compute as pc

from ingestion.contract.table import Table
from ingestion.lake.gathered_rows import Gathering


def unreadable_values(gathered: Gathering, table: Table) -> dict[str, int]:
    """By column, values that say something (they have a mask) and are no identifier (they have no token).

    Args:
        gathered: rows on their way to the lake.
        table: those of this one.
    """
    names = [name for name, column in table.contract.items() if column.is_token and "source_ref" in column.parts]
    found: Counter[str] = Counter()
    parts = [f"{name}_{part}" for name in names for part in ("token", "mask")]
    for rows in gathered.batches(table.name, parts) if names else ():
        for name in names:
            is_unreadable = pc.and_(pc.is_null(rows.column(f"{name}_token")), pc.is_valid(rows.column(f"{name}_mask")))
            found[name] += pc.sum(is_unreadable).as_py() or 0
    return {name: count for name, count in found.items() if count}
