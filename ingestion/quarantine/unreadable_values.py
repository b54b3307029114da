"""Where phones, e-mails and id numbers stand that were loaded and cannot be read: file and lines, never the value.

Rows of a database or an API have no lines that anybody could look up, so they are told by their key.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb

from ingestion.channels import discover
from ingestion.personal_data.protection import UNREAD
from ingestion.quarantine.listing import Group
from stores.duckdb_connection import identifier, literal, open_duckdb
from stores.lake import reader
from stores.lake.layout import channel_of, datasets
from stores.normalisation import HIDDEN, normalise
from stores.settings import Settings

LOADED = "loaded"
_SHOWN = 5


def no_identifier(column: str) -> str:
    """SQL condition: the value says something and is no identifier."""
    return f"({identifier(f'{column}_token')} is null and {identifier(f'{column}_mask')} is not null)"


def one_more(column: str) -> str:
    """SQL condition: beside what is read there is something that looks like one more identifier and cannot be read."""
    return f"coalesce(ends_with({identifier(f'{column}_further')}, {literal(UNREAD)}), false)"


def unreadable_groups(settings: Settings, channel: str = "") -> list[Group]:
    """Rows that were loaded with such values, by column and file, those of the latest load first.

    Args:
        settings: of this installation.
        channel: only this one; all that the lake knows when empty.
    """
    groups: list[Group] = []
    with closing(open_duckdb(settings)) as connection:
        for folder in datasets(settings.lake):
            name = channel_of(folder)
            if channel in ("", name):
                groups += _of_channel(connection, settings, folder)
    return groups


def _of_channel(connection: duckdb.DuckDBPyConnection, settings: Settings, folder: Path) -> Iterator[Group]:
    channel = channel_of(folder)
    declared = discover().get(channel)
    keys = {table.name: table.key for table in declared.tables} if declared and declared.source else {}
    for table in reader.tables(folder):
        rows = reader.rows(folder, table)
        columns = set(connection.sql(f"from {rows}").columns)
        if not {"_source_file", "_line"} <= columns:
            continue
        for stem in sorted(name.removesuffix("_source_ref") for name in columns if name.endswith("_source_ref")):
            if not {f"{stem}_token", f"{stem}_mask"} <= columns:
                continue
            key = [name for name in keys.get(table, ()) if name in columns]
            shown = f"concat_ws(' ', {', '.join(map(identifier, key))})" if key else "cast(_line as varchar)"
            word = ", ".join(key) if key else "line"
            kinds = {"cannot be read, so nobody is known or reached by it": no_identifier(stem)}
            if f"{stem}_further" in columns:
                kinds["holds one more that cannot be read"] = one_more(stem)
            for told, condition in kinds.items():
                found = connection.execute(
                    f"select _source_file, count(*), min(_line), list({shown} order by _line)[:{_SHOWN}] from {rows} "
                    f"where {condition} "
                    "group by _source_file order by max(_dlt_load_id) desc, _source_file"
                ).fetchall()
                for file, count, line, places in found:
                    more = f" and {count - len(places):,} more" if count > len(places) else ""
                    where = ", ".join(HIDDEN if key and _is_personal(place, settings) else place for place in places)
                    yield Group(
                        channel, table, LOADED, f"{stem}: {told}; {word} {where}{more}", file, count, line, None
                    )


def _is_personal(key: str, settings: Settings) -> bool:
    """Whether somebody's phone, address or id number is the key; with letters in it it is the source's own number."""
    if any(sign.isalpha() for sign in key.rstrip("Xx")):
        return "@" in key
    return any(normalise(kind, key, settings.country) for kind in ("phone", "id_number"))
