"""Phones, e-mails and other personal values of a sample that cannot be read: how many, where, and in what form."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb

from expectations.suites.raw_values import MIN_UNREADABLE
from ingestion.contract.table import Column, Table
from ingestion.personal_data.protection import is_sealed_as_written, reference_part, scope_of
from ingestion.quarantine.unreadable_values import no_identifier, one_more
from orchestration.channel_check.findings import NOTE, PROBLEM, WARNING, Finding
from stores.counted import counted
from stores.duckdb_connection import identifier
from stores.errors import UserError
from stores.keyring import load_keyring
from stores.lake.vault import find_sealed
from stores.normalisation import looks_like_several
from stores.settings import Settings

_EXAMPLES = 3
_LONGEST = 40
_SPLIT = "Complete it in the file. Several in a cell are read where a comma, a slash or a blank stands between them."


def unreadable_values(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    table: Table,
    settings: Settings,
    contract: str,
    sampled: Settings | None = None,
) -> Iterator[Finding]:
    """Personal values of which no token could be made, or of which a part is left over.

    Args:
        connection: any DuckDB connection.
        rows: the table's sample, as SQL.
        table: the contract.
        settings: the installation, for what it takes for too much.
        contract: where the contract stands.
        sampled: the home that the sample was read into, to say what the values look like.
    """
    for name, column in table.contract.items():
        if not column.is_token or not {"token", "mask"} <= set(column.parts):
            continue
        found = _found(connection, rows, no_identifier(name))
        ((filled,),) = connection.execute(f"select count({identifier(f'{name}_mask')}) from {rows}").fetchall()
        if found and filled:
            yield from _unreadable(connection, rows, table, name, found, filled, settings, contract, sampled)
        has_further = f"{name}_further" in connection.sql(f"from {rows}").columns
        if has_further and (found := _found(connection, rows, one_more(name))):
            count, file, line = found
            text = (
                f"{counted(count, 'value')} of {name} {'holds' if count == 1 else 'hold'} beside what is read "
                f"something that looks like one more and cannot be read."
            )
            text += _examples(connection, rows, name, column, one_more(name), sampled)
            yield Finding(WARNING if count >= MIN_UNREADABLE else NOTE, table.name, text, _SPLIT, file, line, name)


def _unreadable(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    table: Table,
    name: str,
    found: tuple[int, str, int],
    filled: int,
    settings: Settings,
    contract: str,
    sampled: Settings | None,
) -> Iterator[Finding]:
    column, (count, file, line) = table.contract[name], found
    is_few = count < MIN_UNREADABLE or count <= settings.gates.unreadable_share * filled
    if is_few and is_sealed_as_written(column.type):
        return  # a name that says nothing
    is_most = count > settings.gates.unreadable_share_critical * filled
    text = (
        f"{count:,} of {counted(filled, 'value')} of {name} cannot be read as {column.type}: "
        "nobody is known or reached by them."
    )
    text += _examples(connection, rows, name, column, no_identifier(name), sampled)
    fix = f"Correct the type or the header of {name} in {contract}, or the file (a spreadsheet rounds long numbers)."
    level = PROBLEM if is_most and not is_few else NOTE if is_few else WARNING
    yield Finding(level, table.name, text, fix, file, line, name)


def _found(connection: duckdb.DuckDBPyConnection, rows: str, condition: str) -> tuple[int, str, int] | None:
    """How many there are, and file and line of the first; None where there is none."""
    ((count, file, line),) = connection.execute(
        f"select count(*), min(_source_file), arg_min(_line, (_source_file, _line)) from {rows} where {condition}"
    ).fetchall()
    return (count, str(file), int(line)) if count else None


def _examples(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    name: str,
    column: Column,
    condition: str,
    sampled: Settings | None,
) -> str:
    """A few of them: file, line, and what the value looks like, with # for a digit and * for a letter."""
    reference = f"{name}_{reference_part(column.type)}"
    if sampled is None or reference not in connection.sql(f"from {rows}").columns:
        return ""
    found = connection.execute(
        f"select _source_file, _line, coalesce({identifier(reference)}, {identifier(f'{name}_token')}) from {rows} "
        f"where {condition} order by _source_file, _line limit {_EXAMPLES}"
    ).fetchall()
    try:
        sealed = find_sealed(sampled, [ref for _, _, ref in found if ref])
        keyring = load_keyring(sampled.keyring_path)
        opened = {ref: keyring.unseal(scope_of(column.type), cipher) for ref, (_, cipher) in sealed.items()}
    except UserError:
        return ""
    told = [f"{file}, line {line}: {_look(column.type, opened[ref])}" for file, line, ref in found if ref in opened]
    return f" Such as {'; '.join(told)}." if told else ""


def _look(kind: str, value: str) -> str:
    """A value as it may be shown: its form, and whether it is several."""
    shown = re.sub(r"\w", lambda sign: "#" if sign[0].isdigit() else "*", value.strip())
    shown = f"{shown[:_LONGEST]}…" if len(shown) > _LONGEST else shown
    return f"'{shown}'" + (" (several in one cell)" if looks_like_several(kind, value) else "")
