"""An ingestion that kills itself at a named point: `python -m tests.testing.runs.killed_ingestion HOME POINT`."""

import os
import signal
import sys
from pathlib import Path

import dlt
from dlt.destinations.impl.filesystem.filesystem import FilesystemClient
from dlt.normalize.items_normalizers import ArrowItemsNormalizer

from ingestion import pipeline
from ingestion.contract.channel import Channel
from ingestion.contract.table import Table
from ingestion.lake import filesystem_destination, load_package
from ingestion.lake.gathered_rows import Gathering
from ingestion.lake.workspace import Workspace
from stores.lake.vault import files as vault_files
from stores.settings import load_settings

COLUMNS = {"order_id": "text", "phone": "phone", "amount": "decimal"}
TABLES = [Table("orders", COLUMNS, key=["order_id"], pattern="orders*.csv")]


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: object, name: str, calls: int = 1) -> None:
    """Die when `owner.name` is called for the n-th time."""
    kept, seen = getattr(owner, name), []

    def wrapped(*args, **options):
        seen.append(1)
        if len(seen) == calls:
            die()
        return kept(*args, **options)

    setattr(owner, name, wrapped)


def after(owner: object, name: str) -> None:
    """Die when `owner.name` has returned."""
    kept = getattr(owner, name)

    def wrapped(*args, **options):
        kept(*args, **options)
        die()

    setattr(owner, name, wrapped)


def half_a_file(source: Path, target: Path) -> None:
    """What a plain copy leaves that is killed in the middle."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.with_name(f".{target.name}.part").write_bytes(source.read_bytes()[:20])
    die()


POINTS = {
    "while rows are gathered": lambda: before(Gathering, "take"),
    "while the vault is written": lambda: before(vault_files, "write_json"),
    "when the vault is written and nothing else": lambda: after(Workspace, "keep_sealed"),
    "when everything is extracted but not committed": lambda: after(Workspace, "parts"),
    "before normalising": lambda: before(dlt.Pipeline, "normalize"),
    "in the middle of normalising": lambda: before(ArrowItemsNormalizer, "__call__", 2),
    "before loading": lambda: before(dlt.Pipeline, "load"),
    "in the middle of a copy into the lake": lambda: setattr(filesystem_destination, "put_whole", half_a_file),
    "between two files of a load": lambda: before(filesystem_destination, "put_whole", 2),
    "when all files are there but the load is not recorded": lambda: before(FilesystemClient, "_store_load"),
    "when the load is recorded but the package not closed": lambda: after(FilesystemClient, "_store_load"),
    "before the working folder is cleared": lambda: before(load_package, "clear", 1),
}

if __name__ == "__main__":
    home, point = sys.argv[1:]
    settings = load_settings(home=Path(home)).model_copy(update={"channels": {"trade": {"settle_seconds": 0}}})
    channel = Channel("trade", "贸易", TABLES)
    pipeline.discover = lambda: {"trade": channel}
    POINTS[point]()
    pipeline.ingest(settings, "trade")
