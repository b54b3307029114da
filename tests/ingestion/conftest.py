"""A made-up channel to drop files into, and eyes on what reached the lake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion import pipeline, readers
from ingestion.contract.channel import Channel
from ingestion.contract.contract_sql import Origin
from ingestion.contract.table import Column, Table
from ingestion.contract.validation import validate
from ingestion.lake.channel_lake import Lake
from ingestion.lake.workspace import Workspace
from ingestion.pipeline import IngestReport, ingest, replay
from ingestion.readers.parsed_file import Readable
from stores.settings import Settings, load_settings

ORDERS = Table(
    name="orders",
    pattern="orders*.csv",
    key=["order_id"],
    columns={
        "order_id": Column("text", "订单号"),
        "name": Column("name", "姓名"),
        "phone": Column("phone", "手机"),
        "amount": Column("decimal", "金额"),
        "note": Column("free_text", "备注"),
        "ordered_at": Column("timestamp", "下单时间"),
    },
)


class Desk:
    """One channel of one installation, with files to drop and tables to look at."""

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch, *tables: Table, source: Any = None) -> None:
        self._monkeypatch = monkeypatch
        self.settings = settings.model_copy(update={"channels": {"trade": {"settle_seconds": 0}}})
        self.landing = self.settings.landing / "trade"
        self.landing.mkdir(parents=True, exist_ok=True)
        self.declare(*tables, source=source)

    def declare(self, *tables: Table, source: Any = None) -> None:
        """Let the channel consist of these tables."""
        self.channel = Channel("trade", "贸易", list(tables), source=source)
        self._monkeypatch.setattr(pipeline, "discover", lambda: {"trade": self.channel})

    def drop(self, name: str, content: str | bytes) -> Path:
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ingest(self) -> IngestReport:
        report = ingest(self.settings, "trade")
        assert report.physical_rows == sum(report.loaded.values()) + report.quarantined
        return report

    def replay(self) -> IngestReport:
        return replay(self.settings, "trade")

    def rows(self, table: str, columns: str = "*", order: str = "all") -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            lake = Lake(self.settings, self.channel, connection)
            return connection.execute(f"select {columns} from {lake.rows(table)} order by {order}").fetchall()

    def reasons(self) -> list[tuple[Any, ...]]:
        return self.rows("quarantine", "line, reason")


@pytest.fixture
def desk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Desk]:
    """Make a desk for these tables (orders by default)."""

    def make(*tables: Table, source: Any = None) -> Desk:
        return Desk(settings, monkeypatch, *(tables or (ORDERS,)), source=source)

    return make


def told(brought, table, *columns):
    """Rows gathered for a table, in order."""
    batches = [batch.to_pylist() for batch in brought.batches(table, list(columns))]
    return sorted(tuple(row[name] for name in columns) for rows in batches for row in rows)


TEXTS = Table("items", {"a": "text", "b": "text", "c": "text", "d": "text"}, pattern="*.csv")


@pytest.fixture(scope="module")
def reading(tmp_path_factory):
    """Read bytes as a CSV file: loaded rows as (line, a, b, c, d), and quarantined (line, reason); then `notes`."""
    folder = tmp_path_factory.mktemp("reading")
    work = Workspace(load_settings(home=folder / "home"), Channel("trade", "贸易", [TEXTS]))

    notes: list[str] = []

    def read(content, name="items.csv", table=TEXTS):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        raw = readers.read(work.connection, table, Readable(path, name, "id", path.stat().st_size))
        brought = work.gathered.beside()
        outcome = validate(work, table, raw, Origin.of(name, "id"), brought)
        loaded = told(brought, "items", "_line", "a", "b", "c", "d")
        told_of = told(brought, "quarantine", "line", "reason")
        kept = [row for row in told_of if row[0] > 0]
        notes[:] = [reason for line, reason in told_of if line == 0]
        assert outcome.physical == len(loaded) + len(kept)
        return loaded, kept

    read.notes = lambda: notes
    with work:
        yield read
