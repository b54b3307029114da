"""Which keys and which normal forms the tokens in this store were made with: one row."""

from __future__ import annotations

from sqlalchemy import Column, Connection, Integer, Table, Text, select

from stores.operations.table_base import insert, metadata, updated_at, wall_clock

_THE_ROW = 1

key_records = Table(
    "key_records",
    metadata,
    Column("record_id", Integer, primary_key=True, autoincrement=False),
    # The same JSON document as the file beside the lake; see `stores.key_record`.
    Column("record", Text, nullable=False),
    updated_at(),
)


def read_key_record(connection: Connection) -> str | None:
    """The record as JSON text; None where none was written yet."""
    return connection.scalar(select(key_records.c.record).where(key_records.c.record_id == _THE_ROW))


def write_key_record(connection: Connection, record: str) -> None:
    """Replace the record.

    Args:
        connection: a connection of `writing`.
        record: the JSON text.
    """
    statement = insert(connection, key_records).values(record_id=_THE_ROW, record=record)
    changed = {"record": record, "updated_at": wall_clock()}
    connection.execute(statement.on_conflict_do_update(index_elements=["record_id"], set_=changed))
