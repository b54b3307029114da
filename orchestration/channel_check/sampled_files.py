"""What the files of a channel are worth: which are there, what of them fits the contract, and what does not."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from difflib import get_close_matches

import duckdb

from ingestion.contract.channel import Channel
from ingestion.contract.table import Table, header_key
from ingestion.quarantine.listing import WAITING, Group, quarantine_groups
from ingestion.sampling.channel_sample import Sample, SampledTable
from orchestration.channel_check.findings import NOTE, PROBLEM, WARNING, CheckedTable, Finding, counted, listed
from stores.duckdb_connection import identifier, open_duckdb
from stores.lake import reader
from stores.lake.layout import dataset_of
from stores.settings import Settings

_NO_TREND = 5
_UNKNOWN = "unknown column "  # how the note of `ingestion.contract.validation` begins


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
    for table in channel.tables:
        read = sample.tables[table.name]
        own = [group for group in groups if group.table == table.name]
        unknown = [name for group in own if (name := _unknown_column(group))]
        yield from _refused_rows(own, read, table.contract, settings.gates.quarantined_share, contract)
        yield from _columns(table, read, unknown, own, contract)
    dataset = dataset_of(sampled.lake, channel.name)
    with closing(open_duckdb(sampled)) as connection:
        for table in channel.tables:
            if table.key and sample.tables[table.name].loaded:
                yield from _repeated_keys(connection, reader.all_rows(dataset, table.name), table)


def _whereabouts(channel: Channel, sample: Sample, contract: str) -> Iterator[Finding]:
    if sample.unreachable:
        section = f"[channels.{channel.name}]"
        fix = f"Say in {section} of .dlt/config.toml where it is, or start it, and check again."
        yield Finding(PROBLEM, channel.name, f"The source cannot be reached: {sample.unreachable.rstrip('.')}.", fix)
    for name, why in sample.refused.items():
        yield Finding(PROBLEM, channel.name, f"{name} is not read: {why}.", "Put a plain file in its place.", name)
    for name in sample.unfinished:
        text = f"{name} looks as if somebody still writes it; a run waits for it."
        yield Finding(NOTE, channel.name, text, file=name)
    patterns = [table.pattern for table in channel.tables]
    for name in sample.unclaimed:
        fix = f"Rename the file, or change a pattern in {contract}, or take the file away."
        yield Finding(WARNING, channel.name, f"No table takes {name}.", fix, name, allowed=tuple(patterns))
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


def _refused_rows(
    groups: list[Group], read: SampledTable, columns: Collection[str], too_many: float, contract: str
) -> Iterator[Finding]:
    waiting = [group for group in groups if group.state == WAITING]
    refused = read.rows - read.loaded
    # a few of a few are no trend; of a file of which nothing fits, the contract is wrong
    is_many = refused >= _NO_TREND and refused > too_many * read.rows
    level = PROBLEM if is_many or not read.loaded else WARNING
    for group in waiting:
        if not group.first_line:
            text = f"{group.source_file} as a whole goes to quarantine: {group.reason}."
            fix = "Correct the table in the contract (header, skip_rows, encoding, format), or the file."
            yield Finding(PROBLEM, read.name, text, fix, group.source_file)
            continue
        verb = "does" if group.rows == 1 else "do"
        of_all = f"{counted(group.rows, 'row')} of {read.rows:,} {verb} not fit and would go to quarantine"
        text = f"{of_all}: {group.reason}."
        before = group.reason.partition(":")[0]
        column = before if before in columns else ""
        what = f"Correct the column {column} in {contract}, or the file" if column else "Correct the file"
        fix = f"{what}; the other rows load."
        yield Finding(level, read.name, text, fix, group.source_file, group.first_line, column)
    for group in groups:
        if group.state != WAITING and not _unknown_column(group):
            yield Finding(NOTE, read.name, f"{group.source_file}: {group.reason}.", file=group.source_file)


def _columns(
    table: Table, read: SampledTable, unknown: list[str], groups: list[Group], contract: str
) -> Iterator[Finding]:
    fields = {header_key(name): name for name in unknown}
    for column, file in read.missing_columns.items():
        meant = get_close_matches(header_key(column), fields, n=1, cutoff=0.6)
        for header in table.contract[column].header:
            meant = meant or get_close_matches(header_key(header), fields, n=1, cutoff=0.6)
        hint = f" Is it {fields[meant[0]]!r}?" if meant else ""
        text = f"No field of the file feeds the column {column}; it stays empty.{hint}"
        fix = f'Add the spelling: "{column}": Column(…, header="{fields[meant[0]] if meant else "…"}") in {contract}.'
        yield Finding(WARNING, table.name, text, fix, file, field=column)
    if unknown:
        file = next(group.source_file for group in groups if _unknown_column(group))
        names = list(dict.fromkeys(unknown))
        text = f"No column takes {counted(len(names), 'field')} of the file: {listed(names)}."
        fix = f"Nothing, if nobody needs them; else declare them in {contract}."
        yield Finding(WARNING, table.name, text, fix, file)


def _unknown_column(group: Group) -> str:
    """The field that a note says no column takes; empty for other notes."""
    is_one = group.state != WAITING and group.reason.startswith(_UNKNOWN)
    return group.reason.removeprefix(_UNKNOWN).partition("': ")[0].strip("'") if is_one else ""


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
