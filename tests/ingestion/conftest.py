"""A made-up channel to drop files into, and eyes on what reached the lake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion import pipeline
from ingestion.contract import Channel, Column, Table
from ingestion.lake import Lake
from ingestion.pipeline import IngestReport, ingest, replay
from stores.settings import Settings

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
