"""Which of the pulled rows the lake has already: a pull looks back further than it must, now and then at everything."""

from __future__ import annotations

from contextlib import closing

import duckdb

from ingestion.contract.table import Table
from ingestion.lake.gathered_rows import Gathering
from ingestion.lake.workspace import Workspace
from stores.duckdb_connection import identifier, literal, open_duckdb


def drop_seen(work: Workspace, table: Table, pulled: Gathering, source_file: str) -> None:
    """Take out the rows that the lake holds in just this state, and the quarantine records that it holds.

    A row is known when a row of the same key and content is stored and the newest stored state of the key is still
    what the source has: a value that went back to what it was is news.

    Args:
        work: the workspace.
        table: the contract.
        pulled: what a pull brought for the table; only what is new stays in it.
        source_file: name of the pull.
    """
    # what is compared here holds no clear value, so this connection may spill as it likes
    with closing(open_duckdb(work.settings)) as connection:
        if pulled.rows(table.name):
            connection.execute(f"create temp table seen as {_seen_rows(work, table, pulled)}")
            _keep_others(connection, table.name, pulled, "_line")
            connection.execute("drop table seen")
        if pulled.rows("quarantine"):
            connection.execute(
                f"create temp table seen as select distinct reason, row from {work.lake.rows('quarantine')} "
                f"where target = {literal(table.name)} and source_file = {literal(source_file)}"
            )
            _keep_others(connection, "quarantine", pulled, "reason", "row")


def _seen_rows(work: Workspace, table: Table, pulled: Gathering) -> str:
    """SQL for the line numbers of the rows that are known."""
    content = _content(table)
    keys = ", ".join(identifier(name) for name in table.key)
    comma = f"{keys}, " if keys else ""
    document = f", {identifier(table.document)} as document" if table.document else ""
    by_key = f"semi join pulled using ({keys})" if keys else ""
    newest = f"row_number() over (partition by {keys} order by _dlt_load_id desc, _line desc) = 1" if keys else "true"
    still_there = f"semi join unchanged using ({keys})" if keys else ""
    again = f"row_number() over (partition by {keys}, content order by _line) > 1" if keys else "false"
    whole = (
        "where document not in (select document from pulled anti join known using (_line) where document is not null)"
    )
    return f"""
        with
        pulled as (select _line, {comma}{content} as content{document} from {pulled.relation(table.name)}),
        arrived as (select {comma}{content} as content, _dlt_load_id, _line from {work.lake.rows(table.name)}),
        stored as (select {comma}content, {newest} as is_newest from arrived {by_key}),
        unchanged as (
            select distinct {comma}content
            from pulled semi join (from stored where is_newest) as newest using ({comma}content)
        ),
        known as (
            select _line from (from pulled semi join stored using ({comma}content)) {still_there}
            union
            select _line from (select _line, {again} as is_again from pulled) where is_again
        ),
        final as (select _line from pulled semi join known using (_line) {whole if table.document else ""})
        select * from final
    """


def _content(table: Table) -> str:
    """SQL for a hash of a row's content. Ciphertexts never repeat, and masks and features follow from the value."""
    values = []
    for name, column in table.contract.items():
        if column.is_token:
            values += [identifier(f"{name}_token"), f"{identifier(f'{name}_mask')} is null"]
        else:
            values.append(f"try_cast({identifier(name)} as {column.lake_type})")
    return f"hash({', '.join(values)})"


def _keep_others(connection: duckdb.DuckDBPyConnection, table: str, pulled: Gathering, *by: str) -> None:
    """Replace what was gathered of a table by its rows that are not in `seen`."""
    ((seen,),) = connection.execute("select count(*) from seen").fetchall()
    if not seen:
        return
    names = ", ".join(identifier(name) for name in by)
    place = pulled.new_place(table)
    written = connection.execute(
        f"copy (from {pulled.relation(table)} anti join seen using ({names})) to {literal(str(place))} (format parquet)"
    ).fetchall()
    pulled.drop(table)
    pulled.add_file(table, (place, int(written[0][0])))
