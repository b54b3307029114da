"""The made-up retailer that the refresh benchmarks share: generated and ingested once in a run of the benchmarks."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from benchmarks.claim import Bench
from benchmarks.measure import Measurement, Stopwatch, measured
from stores.settings import Settings, load_settings

AS_OF = date(2026, 6, 30)


def world(bench: Bench, name: str = "world", customers: int | None = None) -> tuple[Path, Measurement]:
    """The installation's folder, and what ingestion took when it was made.

    Args:
        bench: sizes and folder.
        name: another name, another retailer.
        customers: how many; None: as `bench` says for the retailer that is refreshed.
    """
    home = bench.folder / name
    known = home / "ingested.txt"
    if known.exists():
        seconds, cpu_seconds, peak = map(float, known.read_text(encoding="utf-8").split())
        return home, Measurement({"ingest": seconds}, cpu_seconds, peak, None)
    measured(generate, home=home, bench=bench, customers=customers or bench.sizes.customers)
    with serving(home):
        taken = measured(ingest, home=home)
    known.write_text(f"{taken.seconds} {taken.cpu_seconds} {taken.peak_mb}", encoding="utf-8")
    return home, taken


def settings_of(home: Path, day: date = AS_OF) -> Settings:
    """Settings of the installation, as its command line sees them on a day, which stands still."""
    os.environ["GUANXI_NOW"] = f"{day:%Y-%m-%d}T10:00:00"
    os.environ["GUANXI_CONFIG"] = str(home / "benchmark.toml")
    os.environ["GUANXI_HOME"] = str(home)
    return load_settings(home=home)


@contextmanager
def serving(home: Path, day: date = AS_OF) -> Iterator[None]:
    """Serve the retailer's shop while the block runs, in this process, on the port that its settings name."""
    from demo_retailer.servers.local_server import serve

    settings = settings_of(home, day)
    with serve(settings, settings.ports.demo):
        yield


def generate(_: Stopwatch, home: Path, bench: Bench, customers: int) -> None:
    """Write the channel files, and a settings file with a free port."""
    from demo_retailer import generate as generate_demo

    home.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (home / "benchmark.toml").write_text(
        f'[guanxi]\nthreads = {bench.threads}\nmemory_limit = "{bench.memory_limit}"\n[guanxi.ports]\ndemo = {port}\n',
        encoding="utf-8",
    )
    generate_demo(
        settings_of(home),
        customers=customers,
        until=AS_OF,
        events_per_customer=bench.sizes.events_per_customer,
        orders_per_customer=bench.sizes.orders_per_customer,
    )


def ingest(stopwatch: Stopwatch, home: Path, day: date = AS_OF) -> dict[str, int]:
    """Ingest every channel; rows by channel."""
    from ingestion.channels import discover
    from ingestion.pipeline import ingest as ingest_channel

    settings = settings_of(home, day)
    rows = {}
    for name in discover():
        with stopwatch.phase(name):
            report = ingest_channel(settings, name)
        rows[name] = sum(report.loaded.values())
    return rows
