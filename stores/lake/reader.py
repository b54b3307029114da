"""The one way to read the raw lake: which rows count, as SQL for DuckDB, and which loads and tables there are.

The models read the same by `dbt_project/macros/raw.sql`. Only rows of completed loads count.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from stores.duckdb_connection import literal
from stores.lake.layout import CONTRACT, LOADS, RESULTS, channel_of, datasets

# dlt's columns of its table of loads
_LOADS_COLUMNS = {
    "load_id": "varchar",
    "schema_name": "varchar",
    "status": "bigint",
    "inserted_at": "varchar",
    "schema_version_hash": "varchar",
}


def has_table(dataset: Path, table: str) -> bool:
    """Whether a table can be read: it has a file, be it one without rows.

    Args:
        dataset: a channel's folder in the lake.
        table: name of the table.
    """
    return any((dataset / table).glob("*.parquet"))


def tables(dataset: Path) -> list[str]:
    """Names of the tables of a dataset that can be read, sorted."""
    return sorted(path.name for path in dataset.glob("[!_]*") if path.is_dir() and has_table(dataset, path.name))


def all_rows(dataset: Path, table: str) -> str:
    """SQL for every row of a table, those of loads that are not complete included.

    Args:
        dataset: a channel's folder in the lake.
        table: name of a table that can be read.
    """
    return f"read_parquet({literal(dataset / table / '*.parquet')}, union_by_name = true, hive_partitioning = false)"


def rows(dataset: Path, table: str) -> str:
    """SQL for the rows of a table that came with completed loads.

    Args:
        dataset: a channel's folder in the lake.
        table: name of a table that can be read.
    """
    return f"(select * from {all_rows(dataset, table)} where _dlt_load_id in ({completed_loads(dataset)}))"


def completed_loads(dataset: Path) -> str:
    """SQL for the ids of the loads of a dataset that are complete; works before the first load too."""
    if not any((dataset / LOADS).glob("*.jsonl")):
        return "select null::varchar as load_id where false"
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in _LOADS_COLUMNS.items())
    files = literal(dataset / LOADS / "*.jsonl")
    return (
        f"select load_id from read_json({files}, format = 'newline_delimited', columns = {{{columns}}})"
        " where status = 0"
    )


def recorded_everywhere(lake: Path) -> set[str]:
    """`<dataset>/<file>` for every load of the lake that came to its end, of any channel."""
    return {f"{dataset.name}/{path.name}" for dataset in datasets(lake) for path in (dataset / LOADS).glob("*.jsonl")}


def digest_of_loads(lake: Path) -> str:
    """Digest of the loads of the lake: another one as soon as a load is added or taken out."""
    return hashlib.sha256("\n".join(sorted(recorded_everywhere(lake))).encode()).hexdigest()


def has_rows(dataset: Path, table: str) -> bool:
    """Whether a load has brought a file for a table."""
    return any(not path.name.startswith((CONTRACT, ".")) for path in (dataset / table).glob("*.parquet"))


def has_data(lake: Path) -> bool:
    """Whether a lake holds anything that a channel delivered, be it half of a load."""
    folders = [folder for folder in lake.glob("raw_*/[!_]*") if channel_of(folder.parent) not in RESULTS]
    return any(has_rows(folder.parent, folder.name) for folder in folders)
