"""What people said in rows and files that are in quarantine: a no that could not be loaded is a no all the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.contract.casting import as_text, cast, in_one_spelling, meaning_of
from ingestion.contract.channel import Channel
from ingestion.contract.column_mapping import map_columns
from ingestion.contract.consent_columns import ConsentQuestion
from ingestion.contract.table import Table
from ingestion.lake.channel_lake import Lake
from ingestion.lake.consent_refusals import about
from ingestion.personal_data.protection import protect_column
from ingestion.quarantine.pending import A_ROW, A_WHOLE_FILE, waiting
from ingestion.quarantine.replay import parsed_fields
from ingestion.readers.parsed_file import Field, Unreadable
from stores.duckdb_connection import identifier, literal
from stores.keyring import Keyring
from stores.normalisation import plain

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

    An answer that is neither yes nor no counts as a no; so does, for every message channel of the table, one that
    does not say in known words what it is about, unless it is a yes. Of a row that could not even be parsed, every cell
    is taken for the record's id and for its address. Nothing counts any more once a later row of the same record has
    loaded, or, of a row without a record's id, a later row of the same address.

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
        for question in table.consent_questions:
            said = _as_table([entry for row in rows for entry in _entries(table, question, *row)])
            connection.register("said", _protected(table, question, said, keyring, country))
            found.append(connection.execute(_refusals(channel, table, question, lake)).to_arrow_table())
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
    question: ConsentQuestion,
    fields: dict[str, str | None] | None,
    text: str,
    load_id: str,
    source_file: str,
    line: int,
) -> Iterator[_Said]:
    """What a row says of one question: record, address, answer."""
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

    for name, word in question.among.items():
        cell = value(name)
        is_known, meaning = (
            meaning_of(table.contract[name], cell) if cell not in (None, *table.nulls) else (False, None)
        )
        if is_known and meaning != word:
            return  # about another channel or purpose
    answer = value(question.granted)
    if answer is not None and plain(answer).lower() in table.contract[question.granted].unanswered_words:
        return
    if answer is None or answer in table.nulls:
        if not question.among:
            return
        answer = _UNKNOWN  # a row that is there to say something, and nobody knows what
    yield (value(question.record) if question.record else None, value(question.identifier), answer, *origin)


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


def _protected(table: Table, question: ConsentQuestion, said: pa.Table, keyring: Keyring, country: str) -> pa.Table:
    """With the token of the address in the place of its clear value."""
    column = table.contract[question.identifier]
    if not column.is_token:
        return said
    tokens = protect_column(said.column("value"), column.type, keyring, country)["token"]
    return said.set_column(said.schema.get_field_index("value"), "value", tokens)


def _refusals(channel: Channel, table: Table, question: ConsentQuestion, lake: Lake) -> str:
    granted = table.contract[question.granted]
    column = table.contract[question.identifier]
    value = identifier(f"{question.identifier}_token" if column.is_token else question.identifier)
    record, loaded_record = _records(table, question.record)
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
    where {about(question)}
),
by_record as (select record, max(arrived) as arrived from loaded group by record),
by_value as (select value, max(arrived) as arrived from loaded group by value)
select
    {literal(f"{channel.name}:")} || answers.record as source_profile_id,
    {literal(question.identifier_type)} as identifier_type,
    answers.value as identifier_value,
    {literal(question.channel)} as channel,
    {literal(question.purpose)} as purpose
from answers
left join by_record on answers.record = by_record.record
left join by_value on answers.record is null and answers.value = by_value.value
where is_yes is distinct from true
    and (answers.record is not null or answers.value is not null)
    and coalesce(by_record.arrived <= answers.arrived, true)
    and coalesce(by_value.arrived <= answers.arrived, true)"""


def _records(table: Table, record: str) -> tuple[str, str]:
    """SQL for the record of a withheld answer and for that of a loaded row; null where only addresses answer."""
    if not record:
        return "cast(null as varchar)", "cast(null as varchar)"
    column = table.contract[record]
    text = as_text("key", "varchar", tuple(table.nulls))
    known = text if column.type == "text" else cast(column, in_one_spelling(text))
    withheld = f"coalesce(cast({known} as varchar), if(answer = {literal(_UNKNOWN)}, key, null))"
    return withheld, f"cast({identifier(record)} as varchar)"
