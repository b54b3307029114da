"""Ingesting a CSV and a Parquet channel into the lake, against DuckDB's own reader writing Parquet; tokens apart."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import duckdb

from benchmarks.claim import Bench, Line
from benchmarks.measure import Stopwatch, best_of_each, measured

ORDER = 1
# Beside DuckDB: line numbers, checks, the file's hash, the reconciliation of every row.
LIMITS = {"csv": 2.5, "parquet": 2.0}

# What DuckDB computes for each column of the files, and the type that the channel's contract declares.
PLAIN_COLUMNS = {
    "event_id": ("'e' || i", "text"),
    "customer_id": ("'C' || lpad((hash(i) % 200000)::text, 7, '0')", "text"),
    "event_name": ("['view', 'cart', 'search', 'share'][(1 + hash(i, 1) % 4)::int]", "text"),
    "page": ("'/p/' || (hash(i, 2) % 5000)", "text"),
    "sku": ("'SKU' || (hash(i, 3) % 5000)", "text"),
    "category": ("['手机', '家电', '服饰', '食品'][(1 + hash(i, 4) % 4)::int]", "text"),
    "quantity": ("(1 + hash(i, 5) % 9)::bigint", "int"),
    "price": ("((hash(i, 6) % 100000)::decimal(18, 2) / 100)::decimal(18, 2)", "decimal"),
    "discount": ("(hash(i, 7) % 1000) / 1000.0", "double"),
    "is_member": ("hash(i, 8) % 3 = 0", "bool"),
    "occurred_at": ("timestamp '2025-01-01' + to_seconds((hash(i, 9) % 30000000)::int)", "timestamp"),
    "day": ("date '2025-01-01' + (hash(i, 9) % 365)::int", "date"),
}
PERSONAL_COLUMNS = {
    "phone": ("'+86 13' || lpad((hash(i, 10) % 1000000000)::text, 9, '0')", "phone"),
    "email": ("'Kunde' || (hash(i, 11) % 500000) || '@Example.com'", "email"),
    "name": ("'王小' || chr((19968 + hash(i, 12) % 2000)::int)", "name"),
}
WITH_PERSONAL = {**PLAIN_COLUMNS, **PERSONAL_COLUMNS}


def run(bench: Bench) -> list[Line]:
    """Both formats without personal data against the peer; then the same CSV with three personal columns."""
    lines = []
    sizes = {"csv": bench.sizes.csv_rows, "parquet": bench.sizes.parquet_rows}
    for number, (kind, rows) in enumerate(sizes.items()):
        home = bench.folder / f"ingest_{kind}"
        file = home / "landing" / "bench" / f"events.{kind}"
        measured(make_file, file=file, rows=rows, columns=PLAIN_COLUMNS)
        peer, ours = best_of_each(
            partial(measured, read_with_duckdb, file=file, threads=bench.threads),
            partial(measured, ingest_file, home=home, file=file, columns=PLAIN_COLUMNS),
        )
        if ours.found != rows:
            raise RuntimeError(f"{ours.found} of {rows} rows were loaded")
        lines.append(
            Line(
                claim=f"ingest {kind}, {rows:,} rows x {len(PLAIN_COLUMNS)} columns",
                ours=ours,
                against="DuckDB reads it and writes Parquet",
                peer=peer,
                limit=LIMITS[kind],
                note=f"{file.stat().st_size / 1e6:.0f} MB",
            )
        )
        if number == 0:
            lines.append(_tokenised(bench, rows))
    return lines


def _tokenised(bench: Bench, rows: int) -> Line:
    home = bench.folder / "ingest_personal"
    file = home / "landing" / "bench" / "events.csv"
    measured(make_file, file=file, rows=rows, columns=WITH_PERSONAL)
    ours = measured(ingest_file, home=home, file=file, columns=WITH_PERSONAL)
    return Line(
        claim=f"the same CSV with {len(PERSONAL_COLUMNS)} personal columns tokenised, sealed and masked",
        ours=ours,
        note=f"{rows * len(PERSONAL_COLUMNS) / ours.seconds:,.0f} values a second, reading included",
    )


def make_file(_: Stopwatch, file: Path, rows: int, columns: dict[str, tuple[str, str]]) -> None:
    """Write a file of made-up events in the format of its ending."""
    file.parent.mkdir(parents=True, exist_ok=True)
    selected = ", ".join(f"{expression} as {name}" for name, (expression, _) in columns.items())
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"copy (select {selected} from range({rows}) as r(i)) to '{file}'")


def read_with_duckdb(stopwatch: Stopwatch, file: Path, threads: int) -> None:
    """The least that ingestion must do: read with known types, write Parquet."""
    types = {"int": "bigint", "text": "varchar", "decimal": "decimal(18,2)", "bool": "boolean"}
    columns = ", ".join(f"'{name}': '{types.get(kind, kind)}'" for name, (_, kind) in PLAIN_COLUMNS.items())
    source = f"read_csv('{file}', columns = {{{columns}}}, header = true)" if file.suffix == ".csv" else f"'{file}'"
    target = file.parents[2] / "peer.parquet"
    with duckdb.connect(config={"threads": threads}) as connection:
        connection.execute("set enable_progress_bar = false")
        with stopwatch.phase("copy"):
            connection.execute(f"copy (from {source}) to '{target}' (format parquet)")


def ingest_file(stopwatch: Stopwatch, home: Path, file: Path, columns: dict[str, tuple[str, str]]) -> int:
    """Ingest the file into an empty lake; the number of rows loaded."""
    import shutil

    import dlt  # noqa: F401  its import takes seconds that no file costs

    from ingestion import pipeline
    from ingestion.contract.channel import Channel
    from ingestion.contract.table import Table
    from stores.settings import load_settings

    table = Table(name="events", pattern=file.name, columns={name: kind for name, (_, kind) in columns.items()})
    channel = Channel(name="bench", title_zh="基准", tables=[table])
    # The channel exists for the benchmark only, so it is put where the pipeline looks for channels.
    pipeline.discover = lambda: {"bench": channel}
    for folder in ("lake", "state"):
        shutil.rmtree(home / folder, ignore_errors=True)
    settings = load_settings(home=home).model_copy(update={"channels": {"bench": {"settle_seconds": 0}}})
    with stopwatch.phase("ingest"):
        report = pipeline.ingest(settings, "bench")
    return report.loaded["events"]
