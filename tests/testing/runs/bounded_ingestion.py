"""One ingestion under a small memory limit: `python -m tests.testing.runs.bounded_ingestion HOME KIND ROWS LIMIT`.

Prints as JSON what it loaded and the peak of its resident memory, less what it had before it began.
"""

import json
import resource
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb

from ingestion import pipeline
from ingestion.contract.channel import Channel
from ingestion.contract.table import Table
from ingestion.lake import load_package  # noqa: F401  imported now, so that its memory counts as "before"
from ingestion.sources import pull  # noqa: F401  imported now, so that its memory counts as "before"
from ingestion.sources.database import Database, DatabaseSettings
from stores.settings import Settings, load_settings

COLUMNS = {"id": "text", "phone": "phone", "words": "text", "updated_at": "timestamp"}
# more than a kilobyte a row, few phones: what is measured is memory, not the speed of the cipher
ROWS = (
    "select i as id, '1371131' || lpad((i % 500)::varchar, 4, '0') as phone, repeat(md5(i::varchar), 40) as words, "
    "case when i % 3 = 0 then '2026年6月1日 10:00' else '2026-06-01 10:00:00' end as updated_at "
    "from range({rows}) as r(i)"
)


def csv(folder: Path, rows: int) -> None:
    duckdb.execute(f"copy ({ROWS.format(rows=rows)}) to '{folder}/rows.csv' (header)")


def broken_csv(folder: Path, rows: int) -> None:
    csv(folder, rows)
    with (folder / "rows.csv").open("a") as file:
        file.write('x,"13711310000\n')


def jsonl(folder: Path, rows: int) -> None:
    duckdb.execute(f"copy ({ROWS.format(rows=rows)}) to '{folder}/rows.jsonl' (format json)")


def parquet(folder: Path, rows: int) -> None:
    duckdb.execute(f"copy ({ROWS.format(rows=rows)}) to '{folder}/rows.parquet' (format parquet)")


def sql(folder: Path, rows: int) -> None:
    def values() -> Iterator[tuple[str, ...]]:
        found = duckdb.execute(ROWS.format(rows=rows))
        while some := found.fetchmany(10_000):
            yield from some

    connection = sqlite3.connect(folder / "rows.db")
    connection.execute("create table rows (id, phone, words, updated_at)")
    connection.executemany("insert into rows values (?, ?, ?, ?)", values())
    connection.commit()
    connection.close()


KINDS = {"csv": csv, "broken csv": broken_csv, "jsonl": jsonl, "parquet": parquet, "sql": sql}


def channel_of(kind: str) -> Channel:
    """The channel that reads files of that kind."""
    if kind == "sql":
        table = Table("rows", COLUMNS, key=["id"], cursor="updated_at", compare_days=0.0001)
        source = Database("sqlite:///{landing}/trade/rows.db")
        return Channel("trade", "贸易", [table], source=source, settings_model=DatabaseSettings)
    return Channel("trade", "贸易", [Table("rows", COLUMNS, key=["id"], pattern=f"rows.{kind.split()[-1]}")])


def main(home: Path, kind: str, rows: int, memory_limit: str) -> dict[str, float]:
    """Ingest what lies in the landing folder; a database twice, so that everything is compared with the lake."""
    settings: Settings = load_settings(home=home).model_copy(update={"memory_limit": memory_limit})
    if kind != "sql":
        settings = settings.model_copy(update={"channels": {"trade": {"settle_seconds": 0}}})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report = pipeline.ingest(settings, channel_of(kind))
    told = {"loaded": report.loaded["rows"], "quarantined": report.quarantined, "again": 0}
    if kind == "sql":
        (settings.state / "ingestion" / "trade" / "full_reads.json").unlink()
        told["again"] = pipeline.ingest(settings, channel_of(kind)).loaded["rows"]
    return {**told, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before}


if __name__ == "__main__":
    home, kind, rows, memory_limit = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    sys.stdout.write(json.dumps(main(home, kind, rows, memory_limit)))
