"""What the files of a channel are worth: which are there, what of them fits the contract, and what does not."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Iterator
from contextlib import closing
from difflib import get_close_matches

import duckdb

from ingestion.contract.channel import Channel
from ingestion.contract.table import Table, header_key
from ingestion.quarantine.listing import quarantine_groups
from ingestion.sampling.channel_sample import Sample, SampledTable
from orchestration.channel_check.findings import NOTE, PROBLEM, WARNING, CheckedTable, Finding, listed
from orchestration.channel_check.lake_types import type_findings
from orchestration.channel_check.refused_rows import refused_files, refused_rows, refused_values
from orchestration.channel_check.unreadable_values import unreadable_values
from stores.counted import counted
from stores.duckdb_connection import identifier, open_duckdb
from stores.lake import reader
from stores.lake.layout import dataset_of
from stores.settings import Settings
from stores.settings_files import file_of

# As `ingestion.contract.validation` notes it.
_UNKNOWN = re.compile("unknown column ('.*'|\".*\"): its values were not read")


def checked_tables(sample: Sample) -> list[CheckedTable]:
    """What was read of each table."""
    return [
        CheckedTable(table.name, len(table.files), table.rows, table.loaded, table.is_whole)
        for table in sample.tables.values()
    ]


def sample_findings(settings: Settings, sampled: Settings, channel: Channel, sample: Sample) -> Iterator[Finding]:
    """Everything that can be said of the files and their rows.

    Args:
        settings: the installation, for what it takes for too much.
        sampled: the home that the sample was read into.
        channel: whose sample it is.
        sample: what was read.
    """
    contract = f"ingestion/channels/{channel.name}/"
    yield from _whereabouts(channel, sample, contract)
    groups = quarantine_groups(sampled, channel.name)
    dataset = dataset_of(sampled.lake, channel.name)
    with closing(open_duckdb(sampled)) as connection:
        if channel.source is None:
            yield from type_findings(connection, settings, channel, contract)
        unknown = _unknown_fields(connection, reader.all_rows(dataset, "quarantine"))
        for table in channel.tables:
            read = sample.tables[table.name]
            own = [group for group in groups if group.table == table.name]
            yield from refused_files(own, read)
            misfits = refused_values(connection, reader.all_rows(dataset, "quarantine"), table.name)
            yield from refused_rows(misfits, read, table.contract, settings.gates.quarantined_share, contract)
            yield from _columns(table, read, unknown.get(table.name, {}), contract)
            if read.loaded:
                rows = reader.all_rows(dataset, table.name)
                yield from _empty_columns(connection, rows, table, read, channel.source is None)
                yield from unreadable_values(connection, rows, table, settings, contract, sampled)
                yield from _repeated_keys(connection, rows, table) if table.key else ()


def _whereabouts(channel: Channel, sample: Sample, contract: str) -> Iterator[Finding]:
    if sample.unreachable:
        section = f"channels.{channel.name}"
        fix = f"Say in [{section}] of {file_of(section)} where it is, or start it, and check again."
        yield Finding(PROBLEM, channel.name, f"The source cannot be reached: {sample.unreachable.rstrip('.')}.", fix)
    for name, why in sample.refused.items():
        yield Finding(PROBLEM, channel.name, f"{name} is not read: {why}.", "Put a plain file in its place.", name)
    for name in sample.unfinished:
        text = f"{name} looks as if somebody still writes it; a run waits for it."
        yield Finding(NOTE, channel.name, text, file=name)
    patterns = [table.pattern for table in channel.tables]
    if sample.unclaimed:
        text = f"No table takes {listed(sample.unclaimed)}."
        fix = f"Rename the file, or change a pattern in {contract}, or take the file away."
        yield Finding(WARNING, channel.name, text, fix, sample.unclaimed[0], allowed=tuple(patterns))
    for table in channel.tables:
        read = sample.tables[table.name]
        if read.files or sample.unreachable:
            continue
        if channel.source is not None:
            text = f"The source has no table {table.source_table or table.name}, or it gave none of its rows."
            yield Finding(WARNING, table.name, text, f"Correct `source_table` in {contract}, unless it is empty.")
            continue
        text = f"No file in {sample.place} matches {table.pattern!r}, so nothing of this table could be checked."
        fix = f"Put a file there, or change the pattern in {contract}."
        # with files that nobody takes beside it, the pattern is wrong; else they may still come
        yield Finding(PROBLEM if sample.unclaimed else WARNING, table.name, text, fix)


def _columns(table: Table, read: SampledTable, unknown: dict[str, str], contract: str) -> Iterator[Finding]:
    """Columns and fields that do not find each other; `unknown` are fields, each with the first file that has it."""
    fields = {header_key(name): name for name in unknown}
    for column, file in read.missing_columns.items():
        meant: list[str] = []
        for spelling in (column, *table.contract[column].header):
            meant = meant or get_close_matches(header_key(spelling), fields, n=1, cutoff=0.6)
        header = fields[meant[0]] if meant else "…"
        hint = f" Is it {header!r}?" if meant else ""
        text = f"No field of the file feeds the column {column}; it stays empty.{hint}"
        fix = f'Add the spelling: "{column}": Column(…, header="{header}") in {contract}.'
        yield Finding(WARNING, table.name, text, fix, file, field=column)
    if unknown:
        text = f"No column takes {counted(len(unknown), 'field')} of the file: {listed(list(unknown))}."
        fix = f"Nothing, if nobody needs them; else declare them in {contract}."
        yield Finding(WARNING, table.name, text, fix, next(iter(unknown.values())))


def _unknown_fields(connection: duckdb.DuckDBPyConnection, quarantine: str) -> dict[str, dict[str, str]]:
    """By table the fields that no column takes, each with the first file that has it, as the reading noted them."""
    noted = connection.execute(
        f"select target, reason, min(source_file) from {quarantine} where line = 0 group by target, reason order by all"
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, reason, file in noted:
        if one := _UNKNOWN.fullmatch(reason):
            found.setdefault(table, {})[str(literal_eval(one[1]))] = file
    return found


def _empty_columns(
    connection: duckdb.DuckDBPyConnection, rows: str, table: Table, read: SampledTable, is_of_files: bool
) -> Iterator[Finding]:
    """Columns without a single value; of a database also those that its table does not have."""
    lake = {name: f"{name}_mask" if column.is_token else name for name, column in table.contract.items()}
    counts = ", ".join(f"count({identifier(name)})" for name in lake.values())
    found = connection.execute(f"select {counts} from {rows}").fetchone()
    empty = [name for name, count in zip(lake, found or (), strict=True) if not count]
    empty = [name for name in empty if name not in read.missing_columns]
    if empty:
        text = f"Empty in all {counted(read.loaded, 'row')} that were read: {listed(empty)}."
        fix = "" if is_of_files else "Look whether the source has these columns under other names."
        yield Finding(NOTE if is_of_files else WARNING, table.name, text, fix)


def _repeated_keys(connection: duckdb.DuckDBPyConnection, rows: str, table: Table) -> Iterator[Finding]:
    keys = ", ".join(identifier(name) for name in table.key)
    content = ", ".join(f"coalesce(cast({identifier(name)} as varchar), '')" for name in _told_columns(table))
    shown = ", ".join(f"cast({identifier(name)} as varchar)" for name in table.key)
    found = connection.execute(
        f"""
        with repeated as (
            select _source_file, concat_ws(', ', {shown}) as shown, count(*) as rows_of_key, max(_line) as last_line
            from {rows}
            group by _source_file, {keys}
            -- a row that is there twice as it is loses nothing
            having count(distinct ({content})) > 1
        )
        select count(*), sum(rows_of_key), arg_min(_source_file, last_line), min(last_line), arg_min(shown, last_line)
        from repeated
        """
    ).fetchone()
    if not found or not found[0]:
        return
    many, rows_of_them, file, line, example = found
    text = (
        f"{counted(many, 'key')} {'comes' if many == 1 else 'come'} more than once within one file, with different "
        f"rows ({rows_of_them:,}); of each key only one row is kept."
    )
    fix = (
        f"Name all columns that make a row unique: key={[*table.key]!r} and more; or leave key out to keep every line."
    )
    yield Finding(WARNING, table.name, text, fix, file, int(line), ", ".join(table.key), str(example))


def _told_columns(table: Table) -> list[str]:
    """Columns of the lake that are equal where what was delivered is: a sealed value differs each time."""
    return [name for name in table.lake_columns if not name.endswith(("_cipher", "_ref"))]
