"""What people said in rows and files that are in quarantine: a no that could not be loaded is a no all the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.contract.casting import as_text, cast, in_one_spelling
from ingestion.contract.channel import Channel
from ingestion.contract.column_mapping import map_columns
from ingestion.contract.consent_columns import ConsentColumn
from ingestion.contract.table import Table
from ingestion.lake.channel_lake import Lake
from ingestion.personal_data.protection import protect_column
from ingestion.quarantine.pending import A_ROW, A_WHOLE_FILE, waiting
from ingestion.quarantine.replay import parsed_fields
from ingestion.readers.parsed_file import Field, Unreadable
from stores.duckdb_connection import identifier, literal
from stores.keyring import Keyring

_ROWS_AT_ONCE = 20_000
_UNKNOWN = "?"  # an answer that nobody can read
_BETWEEN_CELLS = re.compile(r"""[;,|\t"{}\[\]\r\n]+""")
_SAID = pa.schema(
    [pa.field(name, pa.string()) for name in ("key", "value", "answer", "load_id", "source_file")]
    + [pa.field("line", pa.int64())]
)
_Said = tuple[str | None, str | None, str, str, str, int]


def withheld_refusals(
    channel: Channel, table: Table, lake: Lake, connection: duckdb.DuckDBPyConnection, keyring: Keyring, country: str
) -> list[pa.Table]:
    """Refusals in rows of a table that wait in quarantine, with the columns of `HeldConsents.refusals`.

    An answer that is neither yes nor no counts as a no. Of a row that could not even be parsed, every cell is taken for
    the record's id and for its address. Nothing counts any more once a later row of the same record has loaded, or, of
    a row without a record's id, a later row of the same address.

    Args:
        channel: the channel.
        table: its table, which declares consents.
        lake: the channel's part of the lake.
        connection: sees tokens and ids, no clear value of personal data.
        keyring: opens the rows.
        country: ISO code of the country whose phone numbers are written without their country's code.
    """
    found = []
    for rows in _rows(table, lake, connection, keyring):
        for consent in table.consents:
            said = _as_table([entry for row in rows for entry in _entries(table, consent, *row)])
            connection.register("said", _protected(table, consent, said, keyring, country))
            found.append(connection.execute(_refusals(channel, table, consent, lake)).to_arrow_table())
            connection.unregister("said")
    return found


def files_kept_aside(table: str, lake: Lake, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Names of files (or pulls) of a table that went to quarantine whole and were not read since.

    A file counts as read once a replay has loaded it, or a corrected one came under the same name.
    """
    aside = waiting(lake, [table], A_WHOLE_FILE)
    query = f"""
with aside as ({aside})
select distinct source_file
from aside
where not exists (
    select 1
    from {lake.rows("file_ledger")} as read
    where read.target = aside.target
        and read.source_file = aside.source_file
        and read._dlt_load_id > aside._dlt_load_id
        and (read.target, read.file_id) not in (select (target, file_id) from aside)
)
order by source_file"""
    return [str(name) for (name,) in connection.execute(query).fetchall()]


_Row = tuple[dict[str, str | None] | None, str, str, str, int]  # fields, text where there are none, origin


def _rows(table: Table, lake: Lake, connection: duckdb.DuckDBPyConnection, keyring: Keyring) -> Iterator[list[_Row]]:
    query = (
        "select distinct on (file_id, line) row_cipher, _dlt_load_id, source_file, line "
        f"from ({waiting(lake, [table.name], A_ROW)})"
    )
    with connection.cursor() as reading:
        found = reading.execute(query)
        while sealed := found.fetchmany(_ROWS_AT_ONCE):
            rows: list[_Row] = []
            for cipher, load_id, source_file, line in sealed:
                content: dict[str, Any] = json.loads(keyring.unseal("row", cipher))
                rows.append((parsed_fields(table, content), content.get("text", ""), load_id, source_file, int(line)))
            yield rows


def _entries(
    table: Table,
    consent: ConsentColumn,
    fields: dict[str, str | None] | None,
    text: str,
    load_id: str,
    source_file: str,
    line: int,
) -> Iterator[_Said]:
    """What a row says of one consent: record, address, answer."""
    origin = (load_id, source_file, line)
    bound = _bound(table, list(fields)) if fields is not None else None
    if fields is None or bound is None:
        every = [text] if fields is None else [value for value in fields.values() if value]
        for cell in {cell.strip() for some in every for cell in _BETWEEN_CELLS.split(some)} - {""}:
            yield (cell, None, _UNKNOWN, *origin)
            yield (None, cell, _UNKNOWN, *origin)
        return

    def value(name: str) -> str | None:
        return fields.get(bound[name]) if name in bound else None

    answer = value(consent.granted)
    if answer is not None and answer not in table.nulls:
        yield (value(table.key[0]) if table.key else None, value(consent.identifier), answer, *origin)


def _bound(table: Table, names: list[str]) -> dict[str, str] | None:
    """Column to the name of the field that feeds it; None where two fields claim one column."""
    lenient = {name: replace(column, required=False) for name, column in table.contract.items()}
    try:
        binding = map_columns(
            replace(table, columns=lenient, key=(), consents=()), [Field(name, name) for name in names]
        )
    except Unreadable:
        return None
    return {name: field.name for name, field in binding.fields.items() if field is not None}


def _as_table(said: list[_Said]) -> pa.Table:
    columns = list(zip(*said, strict=True)) if said else [()] * len(_SAID)
    return pa.table({field.name: pa.array(values, field.type) for field, values in zip(_SAID, columns, strict=True)})


def _protected(table: Table, consent: ConsentColumn, said: pa.Table, keyring: Keyring, country: str) -> pa.Table:
    """With the token of the address in the place of its clear value."""
    column = table.contract[consent.identifier]
    if not column.is_token:
        return said
    tokens = protect_column(said.column("value"), column.type, keyring, country)["token"]
    return said.set_column(said.schema.get_field_index("value"), "value", tokens)


def _refusals(channel: Channel, table: Table, consent: ConsentColumn, lake: Lake) -> str:
    granted = table.contract[consent.granted]
    column = table.contract[consent.identifier]
    value = identifier(f"{consent.identifier}_token" if column.is_token else consent.identifier)
    record, loaded_record = _records(table)
    answer = cast(granted, in_one_spelling("answer"))
    return f"""
with answers as (
    select
        {record} as record,
        value,
        {answer} as is_yes,
        (load_id, source_file, line) as arrived
    from said
),
loaded as (
    select
        {loaded_record} as record,
        cast({value} as varchar) as value,
        (_dlt_load_id, _source_file, _line) as arrived
    from {lake.rows(table.name)}
),
by_record as (select record, max(arrived) as arrived from loaded group by record),
by_value as (select value, max(arrived) as arrived from loaded group by value)
select
    {literal(f"{channel.name}:")} || answers.record as source_profile_id,
    {literal(consent.identifier_type)} as identifier_type,
    answers.value as identifier_value,
    {literal(consent.channel)} as channel,
    {literal(consent.purpose)} as purpose
from answers
left join by_record on answers.record = by_record.record
left join by_value on answers.record is null and answers.value = by_value.value
where is_yes is distinct from true
    and (answers.record is not null or answers.value is not null)
    and coalesce(by_record.arrived <= answers.arrived, true)
    and coalesce(by_value.arrived <= answers.arrived, true)"""


def _records(table: Table) -> tuple[str, str]:
    """SQL for the record of a withheld answer and for that of a loaded row; null where only addresses answer."""
    if not table.key:
        return "cast(null as varchar)", "cast(null as varchar)"
    key = table.contract[table.key[0]]
    text = as_text("key", "varchar", tuple(table.nulls))
    record = text if key.type == "text" else cast(key, in_one_spelling(text))
    withheld = f"coalesce(cast({record} as varchar), if(answer = {literal(_UNKNOWN)}, key, null))"
    return withheld, f"cast({identifier(table.key[0])} as varchar)"
