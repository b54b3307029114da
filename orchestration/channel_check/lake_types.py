"""Columns whose type in the contract is another than the one that the lake's rows were read with."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from ingestion.contract.channel import Channel
from orchestration.channel_check.findings import WARNING, Finding
from stores.duckdb_connection import literal
from stores.lake import reader
from stores.lake.layout import CONTRACT, dataset_of
from stores.settings import Settings


def type_findings(
    connection: duckdb.DuckDBPyConnection, settings: Settings, channel: Channel, contract: str
) -> Iterator[Finding]:
    """What of the files that were loaded has to be read again; only the footers of the lake's files are read.

    Args:
        connection: any.
        settings: the installation, whose lake is looked at.
        channel: a channel of files.
        contract: where its contract stands, for people.
    """
    dataset = dataset_of(settings.lake, channel.name)
    for table in channel.tables:
        if not reader.has_rows(dataset, table.name):
            continue
        found = connection.execute(
            f"""
            select name, lower(duckdb_type)
            from parquet_schema({literal(dataset / table.name / "*.parquet")})
            where duckdb_type is not null and not contains(file_name, {literal(f"/{CONTRACT}")})
            group by all
            order by all
            """
        ).fetchall()
        today = table.lake_columns
        for name, kind in found:
            if today.get(name, kind) == kind:
                continue
            text = (
                f"Rows of {name} were loaded as {kind}, and the contract makes it {today[name]} now: what was read in "
                "another form may be lost in the models."
            )
            fix = f"`guanxi lake read-again {channel.name}`, then `guanxi run`; or take the change in {contract} back."
            yield Finding(WARNING, table.name, text, fix, field=name)
