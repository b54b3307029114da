"""Histories in the lake: rows of the warehouse that no rebuild makes again, such as which customer ids were issued.

What depends on which days a run saw is appended to `lake/history/` at each publication, and read back into a warehouse
that does not have it, as after its deletion. `manifest.json` says which files count; whoever dies while it writes
leaves a file that does not.
"""

from __future__ import annotations

import itertools
import json
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from stores.atomic_files import replacing, write_json
from stores.duckdb_connection import literal
from stores.errors import UserError
from stores.lake.checksums import sha256
from stores.settings import Settings
from stores.warehouse import connect, current_publication

Table = tuple[str, str]  # schema, name

_FOLDER = "history"
_MOST_PARTS = 30

log = logging.getLogger(__name__)


def append_history(
    settings: Settings, tables: Iterable[Table], grows_by: Mapping[Table, str] | None = None
) -> dict[str, int]:
    """Add to the lake the rows of tables that it does not have yet. The caller holds the writer's lock.

    Args:
        settings: the installation, whose warehouse is built.
        tables: the tables of the warehouse that are histories.
        grows_by: by table, a column that is greater in new rows than in all that were there before, so that a large
            table need not be compared row by row.

    Returns:
        Rows added by table.

    Raises:
        UserError: the histories in the lake are damaged.
    """
    folder = settings.lake / _FOLDER
    parts, added = _read(folder), dict[str, int]()
    there = _tables(settings)
    with closing(connect(settings)) as warehouse:
        for schema, name in sorted(set(tables) & there):
            known = _relation(folder, parts.get(name, []))
            since = _since(warehouse, schema, name, known, (grows_by or {}).get((schema, name), ""))
            new = _new_rows(warehouse, schema, name, known, since)
            with _part(folder, name) as (draft, place):
                ((rows,),) = warehouse.execute(f"copy ({new}) to {literal(draft)} (format parquet)").fetchall()
            if rows:
                added[name] = int(rows)
                parts.setdefault(name, []).append(_noted(place, int(rows)))
            if len(parts.get(name, [])) > _MOST_PARTS:
                whole = f"copy (from {_relation(folder, parts[name])}) to "
                with _part(folder, name) as (draft, place):
                    ((rows,),) = warehouse.execute(f"{whole}{literal(draft)} (format parquet)").fetchall()
                parts[name] = [_noted(place, int(rows))]
    if added:
        write_json(folder / "manifest.json", {"tables": parts})
    _remove_others(folder, parts)
    return added


def restore_history(settings: Settings, tables: Iterable[Table]) -> dict[str, int]:
    """Give a warehouse the histories that it does not have. The caller holds the writer's lock.

    Args:
        settings: the installation.
        tables: the tables of the warehouse that are histories.

    Returns:
        Rows by table that was made.

    Raises:
        UserError: the histories in the lake are damaged.
    """
    folder = settings.lake / _FOLDER
    parts, made = _read(folder), dict[str, int]()
    missing = {one for one in tables if one[1] in parts} - _tables(settings)
    if not missing:
        return made
    with closing(connect(settings, read_only=False)) as warehouse:
        for schema, name in sorted(missing):
            for part in parts[name]:
                _require_content(folder, part)
            warehouse.execute(f'create schema if not exists "{schema}"')
            warehouse.execute(f'create table "{schema}"."{name}" as from {_relation(folder, parts[name])}')
            made[name] = sum(part["rows"] for part in parts[name])
    if made:
        log.info("Histories read back from the lake: %s", ", ".join(f"{name} {rows:,}" for name, rows in made.items()))
    return made


def reset_to_published(settings: Settings, grows_by: Mapping[Table, str]) -> dict[str, int]:
    """Give tables of the warehouse the rows that the lake has: what no publication had never happened.

    That is what a build left which failed or was stopped by a gate, and what a warehouse lacks that was put back from a
    backup. The caller holds the writer's lock. A lake without any history, where something is published, has lost them:
    then nothing is changed.

    Args:
        settings: the installation.
        grows_by: by table, a column that is greater in new rows than in all that were there before.

    Returns:
        Rows that there are now, by name of each table that differed.

    Raises:
        UserError: the histories in the lake are damaged.
    """
    folder = settings.lake / _FOLDER
    parts = _read(folder)
    there = sorted(set(grows_by) & _tables(settings))
    if not there or (not parts and current_publication(settings)):
        return {}
    published = {(schema, name): _relation(folder, parts.get(name, [])) for schema, name in there}
    with closing(connect(settings)) as warehouse:
        different = [
            (schema, name)
            for schema, name in there
            if _extent(warehouse, f'"{schema}"."{name}"', grows_by[schema, name])
            != _extent(warehouse, published[schema, name], grows_by[schema, name])
        ]
    if not different:
        return {}
    with closing(connect(settings, read_only=False)) as warehouse:
        for schema, name in different:
            warehouse.execute("begin")
            warehouse.execute(f'delete from "{schema}"."{name}"')
            if published[schema, name]:
                warehouse.execute(f'insert into "{schema}"."{name}" by name from {published[schema, name]}')
            warehouse.execute("commit")
    return {name: sum(part["rows"] for part in parts.get(name, [])) for _, name in different}


def _extent(warehouse: duckdb.DuckDBPyConnection, relation: str, column: str) -> tuple[int, int]:
    """How many rows there are, and the greatest number; nothing where there is no relation."""
    if not relation:
        return 0, 0
    ((rows, last),) = warehouse.execute(f'select count(*), coalesce(max("{column}"), 0) from {relation}').fetchall()
    return int(rows), int(last)


def check_history(settings: Settings, contents: bool) -> None:
    """Compare the histories in the lake with what was written.

    Args:
        settings: the installation.
        contents: True reads every byte and compares the sha256; False looks at names and sizes only.

    Raises:
        UserError: names the damaged file.
    """
    folder = settings.lake / _FOLDER
    for part in itertools.chain.from_iterable(_read(folder).values()):
        if contents:
            _require_content(folder, part)


def _tables(settings: Settings) -> set[Table]:
    """The tables of the warehouse, if there is one."""
    if not settings.warehouse_path.exists():
        return set()
    with closing(connect(settings)) as warehouse:
        return set(warehouse.execute("select schema_name, table_name from duckdb_tables()").fetchall())


def _since(warehouse: duckdb.DuckDBPyConnection, schema: str, name: str, known: str, column: str) -> str:
    """A condition for the rows that may be new, by a column that grows; empty where all have to be compared."""
    if not known or not column:
        return ""
    ((last,),) = warehouse.execute(f'select max("{column}") from {known}').fetchall()
    counts = f'select count(*) from {{}} where "{column}" <= ?'
    ((in_lake,),) = warehouse.execute(counts.format(known), [last]).fetchall()
    ((in_warehouse,),) = warehouse.execute(counts.format(f'"{schema}"."{name}"'), [last]).fetchall()
    return f' where "{column}" >= {literal(last)}' if in_lake == in_warehouse else ""


def _new_rows(warehouse: duckdb.DuckDBPyConnection, schema: str, name: str, known: str, since: str) -> str:
    """SQL for the rows of a table that are not known; a warehouse that lacks known ones is warned of."""
    table = f'"{schema}"."{name}"'
    if not known:
        return f"from {table}"
    described = warehouse.execute(f"describe {table}").fetchall()
    columns = {column for column, *_ in warehouse.execute(f"describe from {known}").fetchall()}
    # a column that the table got later is empty in the rows that it had before
    selected = ", ".join(
        f'"{column}"' if column in columns else f'cast(null as {kind}) as "{column}"' for column, kind, *_ in described
    )
    rows, known_rows = f"(from {table}{since})", f"(select {selected} from {known}{since})"
    ((lost,),) = warehouse.execute(f"select count(*) from (from {known_rows} except all from {rows})").fetchall()
    if lost:
        log.warning("%s lacks %s rows that the lake has of it; was an older warehouse put back?", name, f"{lost:,}")
    return f"from {rows} except all from {known_rows}"


@contextmanager
def _part(folder: Path, name: str) -> Iterator[tuple[Path, Path]]:
    """Where to write a new part of a table, and where it will be."""
    place = folder / name / f"{time.time_ns()}.parquet"
    with replacing(place) as draft:
        yield draft, place


def _noted(place: Path, rows: int) -> dict[str, Any]:
    file = str(place.relative_to(place.parents[1]))
    return {"file": file, "bytes": place.stat().st_size, "sha256": sha256(place), "rows": rows}


def _relation(folder: Path, parts: list[dict[str, Any]]) -> str:
    """SQL for the rows of parts; empty where there are none."""
    files = ", ".join(literal(folder / part["file"]) for part in parts)
    return f"read_parquet([{files}], union_by_name = true, hive_partitioning = false)" if parts else ""


def _read(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The parts that count, by table; their files are there with the size that they had."""
    place = folder / "manifest.json"
    try:
        tables: dict[str, list[dict[str, Any]]] = json.loads(place.read_text(encoding="utf-8"))["tables"]
        for part in (part for parts in tables.values() for part in parts):
            file = folder / part["file"]
            if not file.is_file() or file.stat().st_size != part["bytes"]:
                raise _damaged(file, "is missing or has another size")
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as bad:
        raise _damaged(place, "cannot be read") from bad
    return tables


def _require_content(folder: Path, part: dict[str, Any]) -> None:
    if sha256(folder / part["file"]) != part["sha256"]:
        raise _damaged(folder / part["file"], "has other content than what was written (sha256)")


def _remove_others(folder: Path, parts: dict[str, list[dict[str, Any]]]) -> None:
    """Remove files that do not count: what was written without rows, or by one who died."""
    counted = {folder / part["file"] for some in parts.values() for part in some}
    for path in folder.glob("*/*"):
        if path not in counted:
            path.unlink()


def _damaged(file: Path, what: str) -> UserError:
    return UserError(
        f"A history in the lake is damaged: {file} {what}. Restore the folder {file.parent} from a backup."
    )
