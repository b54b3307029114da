"""Which operations store a data folder belongs to, and how far it had got.

A lost store that is made again empty forgets every delivery and every opt-out. So the store has an id and counts its
writing transactions, and `lake/operations_record.json` knows both. A store that is missing, another one or older than
that is not used: nothing is sent and no receipt is taken in, until somebody accepts the loss by name and with a reason.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import BigInteger, Column, Connection, Engine, Integer, String, Table, inspect, select, update

from stores.atomic_files import write_json
from stores.errors import UserError
from stores.lake.layout import dataset_of
from stores.lake.reader import has_rows
from stores.operations.table_base import READS_ONLY, insert, metadata, updated_at, wall_clock

RECORD = "operations_record.json"
_THE_ROW = 1
_REMEMBERED = ("deliveries", "suppressions", "consents")
_LEAVE = (
    "Nothing is sent and no receipt is taken in. Restore the newest backup of it; what came after the backup, or "
    "without one everything that can be found, is rebuilt from the lake by `guanxi operations recover --by NAME --why "
    "REASON`, which accepts the rest of the loss."
)
_tolerated: ContextVar[str] = ContextVar("which lost stores are tolerated", default="")

store_records = Table(
    "store_records",
    metadata,
    Column("record_id", Integer, primary_key=True, autoincrement=False),
    Column("store_id", String(40), nullable=False),
    # How many transactions have written: a copy from a backup has counted less far.
    Column("writes", BigInteger, nullable=False),
    updated_at(),
)


class StoreLost(UserError):
    """The operations store of a data folder is missing, another one, or older than it was."""


@dataclass(frozen=True)
class StoreRecord:
    """A store and how far it has got: its id, and how many transactions have written to it."""

    store_id: str
    writes: int


@contextmanager
def lost_store_tolerated(may_be_missing: bool = False) -> Iterator[None]:
    """Within it an operations store may be another or an older one: for the commands that repair a data folder.

    Args:
        may_be_missing: it may also be made again.
    """
    before = _tolerated.set("missing" if may_be_missing else "older")
    try:
        yield
    finally:
        _tolerated.reset(before)


def read_record(lake: Path) -> StoreRecord | None:
    """What is known beside the lake; None where nothing is.

    Raises:
        StoreLost: it is damaged.
    """
    path = lake / RECORD
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return StoreRecord(str(document["store_id"]), int(document["writes"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as bad:
        if _tolerated.get():
            return None
        raise StoreLost(
            f"{path} is damaged, so nobody can tell whether the operations store is the right one. {_LEAVE}"
        ) from bad


def was_there(lake: Path) -> bool:
    """Whether a data folder had an operations store. To be asked before the store is looked at: others may make one."""
    return _tolerated.get() != "missing" and (read_record(lake) is not None or _was_read_back(lake))


def missing(where: str) -> StoreLost:
    """The error of a store that was there and is not: made again empty, it would know of no opt-out."""
    return StoreLost(f"The operations store at {where} is missing or empty, and there was one. {_LEAVE}")


def hold_against(store: Engine, lake: Path, where: str) -> None:
    """Compare a store with what is known of it beside the lake; a first store is given its id.

    Args:
        store: the store, its tables up to date.
        lake: the lake of the data folder.
        where: its place, without a password.

    Raises:
        StoreLost: it is another store, or an older copy.
    """
    # In this order: the count in the store never lies behind the file.
    known = read_record(lake)
    if _tolerated.get():
        return
    with store.connect().execution_options(**{READS_ONLY: True}) as connection:
        if not inspect(connection).has_table(store_records.name):
            raise missing(where)  # emptied while this process had it open
        found = stored_record(connection)
    if known is None:
        if found is None:
            with store.begin() as connection:
                found = _name_store(connection)
        write_json(lake / RECORD, asdict(found))
    elif found is None or found.store_id != known.store_id:
        raise StoreLost(f"The operations store at {where} is another one than this data folder was used with. {_LEAVE}")
    elif found.writes < known.writes:
        raise StoreLost(
            f"The operations store at {where} is an older copy: {known.writes - found.writes:,} later changes are "
            f"missing. {_LEAVE}"
        )


def stored_record(connection: Connection) -> StoreRecord | None:
    """What a store knows of itself; None for one of an older release."""
    row = connection.execute(select(store_records.c.store_id, store_records.c.writes)).first()
    return StoreRecord(row.store_id, row.writes) if row else None


def count_write(connection: Connection) -> StoreRecord | None:
    """Count the transaction of this connection as one that writes; to be called right before it is committed."""
    counted = update(store_records).values(writes=store_records.c.writes + 1)
    row = connection.execute(counted.returning(store_records.c.store_id, store_records.c.writes)).first()
    return StoreRecord(row.store_id, row.writes) if row else None


def note_write(lake: Path, record: StoreRecord) -> None:
    """Note beside the lake how far a store has got, after its transaction was committed."""
    if _tolerated.get():
        return
    known = read_record(lake)
    if known is None or (known.store_id == record.store_id and known.writes < record.writes):
        write_json(lake / RECORD, asdict(record))


def accept_store(connection: Connection, lake: Path) -> StoreRecord:
    """Make a store the one of a data folder, whatever was known; the caller writes the record once that is committed.

    Args:
        connection: a connection of `writing`.
        lake: the lake of the data folder.
    """
    known = read_record(lake)
    found = stored_record(connection) or _name_store(connection)
    writes = max(found.writes, known.writes if known else 0) + 1
    connection.execute(update(store_records).values(writes=writes, updated_at=wall_clock()))
    return StoreRecord(found.store_id, writes + 1)  # this transaction itself is counted at its end


def write_record(lake: Path, record: StoreRecord) -> None:
    """Replace what is known beside the lake."""
    write_json(lake / RECORD, asdict(record))


def _name_store(connection: Connection) -> StoreRecord:
    """Give a store an id; of two that try, one wins."""
    values = {"record_id": _THE_ROW, "store_id": f"s_{secrets.token_hex(8)}", "writes": 1}
    connection.execute(insert(connection, store_records).values(values).on_conflict_do_nothing())
    found = stored_record(connection)
    assert found is not None
    return found


def _was_read_back(lake: Path) -> bool:
    """Whether the lake holds rows of an operations store, as in a data folder of an older release."""
    return any(has_rows(dataset_of(lake, "operations"), table) for table in _REMEMBERED)
