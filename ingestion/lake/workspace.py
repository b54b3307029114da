"""Where a run gathers what it will hand to dlt."""

from __future__ import annotations

import shutil
from datetime import datetime

import duckdb

from ingestion.contract.channel import Channel
from ingestion.encrypted_spill import connect
from ingestion.lake.channel_lake import Lake, table_columns
from ingestion.lake.gathered_rows import Gathering, LakePart
from ingestion.personal_data.sealed_values import SealedValues
from stores.key_record import open_keyring
from stores.keyring import Keyring
from stores.settings import Settings


class Workspace:
    """Working state of one ingestion run of one channel; use as a context manager.

    Attributes:
        connection: in-memory DuckDB; sees clear values, so it is only ever given batches that fit into memory.
        lake: the channel's part of the lake.
        keyring: keys of this installation.
        now: naive business time of the run.
        load_id: dlt's id of the load package, known once extraction has begun.
        gathered: what the run will load.
        sealed: the personal values in it.
    """

    def __init__(self, settings: Settings, channel: Channel) -> None:
        self.settings = settings
        self.channel = channel
        self.folder = settings.state / "ingestion" / channel.name
        parts = self.folder / "parts"
        # what a killed run left behind is of no use any more
        for name in ("parts", "spill"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        parts.mkdir(parents=True, exist_ok=True)
        self.connection: duckdb.DuckDBPyConnection = connect(settings, self.folder / "spill")
        self.lake = Lake(settings, channel, self.connection)
        self.keyring: Keyring = open_keyring(settings)
        self.now: datetime = settings.now().replace(tzinfo=None)
        self.load_id: str | None = None
        self.sealed = SealedValues(parts)
        self.gathered = Gathering(parts, table_columns(channel), lambda: self.load_id or "")

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *failure: object) -> None:
        self.gathered.drop()
        self.connection.close()
        for name in ("parts", "spill"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def keep_sealed(self) -> None:
        """Bring the personal values into the vault; to be called before anything that refers to them is loaded."""
        self.sealed.keep(self.settings, f"{self.channel.name}.{self.load_id}", self.folder / "parts")

    def parts(self, table: str) -> list[LakePart]:
        """The Parquet files of a table with their numbers of rows."""
        assert self.load_id is not None
        return self.gathered.parts(table)
