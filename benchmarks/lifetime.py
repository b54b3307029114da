"""Lifetime value of a million customers: fitted and scored, judged on three horizons, and scored on an ordinary day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.claim import Bench, Line, Score
from benchmarks.measure import Stopwatch, measured
from intelligence.lifetime.fitted_model import DECIDING_DAYS, fit_and_judge, fitted_for, keep, newest
from intelligence.lifetime.purchase_tables import PurchaseTable
from intelligence.lifetime.results import write_forecasts
from intelligence.lifetime.run import forecast_customers
from intelligence.lifetime.scores import forecasts

ORDER = 8
SECONDS = 15
GIGABYTES = 8
DAY = date(2026, 6, 28)


def run(bench: Bench) -> list[Line | Score]:
    """Make purchases of two years, then fit, judge and score."""
    folder, customers = bench.folder / "lifetime", bench.sizes.published_customers
    made = measured(make_purchases, folder=folder, customers=customers)
    size = f"{customers:,} customers, {made.found:,} purchase days"
    limits = {"folder": folder, "threads": bench.threads, "memory_limit": bench.memory_limit}
    judged = measured(fit_judge_and_keep, **limits)
    fitted = measured(fit_and_score, **limits)
    day = measured(score_a_day, **limits)
    return [
        Line(
            f"lifetime value fitted and scored: {size}",
            ours=fitted,
            limit=SECONDS,
            note=f"{judged.found}; {fitted.cpu_seconds:.1f} s of processor",
        ),
        Line(
            "lifetime value fitted and judged on three horizons, once a week",
            ours=judged,
            note=f"shown only; {judged.cpu_seconds:.1f} s of processor",
        ),
        Line("lifetime value scored on another day", ours=day, note=f"{day.cpu_seconds:.1f} s of processor"),
        Score(
            "lifetime value: GB of memory at most",
            max(one.peak_mb for one in (judged, fitted, day)) / 1024,
            at_most=GIGABYTES,
        ),
    ]


def make_purchases(_: Stopwatch, folder: Path, customers: int) -> int:
    """Write purchase days: customers come over two years, buy at rates of their own, and stop; how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(folder / "purchases.duckdb")) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            """
            create table days as
            with customers as (
                select
                    number, (hash(number, 1) % 700)::int as first_day, 5 + (hash(number, 2) % 90)::int as pace,
                    (hash(number, 3) % 12)::int as most, 10 + (hash(number, 4) % 200) as average
                from range(?) as r (number)
            )
            select
                'c_' || md5(number::text)[:16] as customer_id,
                ?::date - 730 + (first_day + purchase * pace + hash(number, purchase) % pace)::int as purchase_day,
                (average * (50 + hash(number, purchase, 5) % 100) / 100)::decimal(18, 2) as net_amount
            from customers cross join range(12) as purchases (purchase)
            where purchase <= most and first_day + (purchase + 1) * pace <= 729
            """,
            [customers, DAY],
        )
        ((rows,),) = connection.execute("select count(*) from days").fetchall()
    return int(rows)


def fit_judge_and_keep(stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str) -> str:
    """What a run does once a week; by what is forecast."""
    with _opened(folder, threads, memory_limit) as connection, stopwatch.phase("fit and judge"):
        table = PurchaseTable(connection, "days", DAY)
        model = fit_and_judge(table.purchases(), DAY)
        keep(folder / "models", model)
    return f"{model.kind}, {model.deciding.because}; judged on {DECIDING_DAYS} days"


def fit_and_score(stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str) -> None:
    """Fit on all purchases, forecast everybody, write the forecasts."""
    known = newest(folder / "models", DAY)
    assert known is not None
    with _opened(folder, threads, memory_limit) as connection:
        table = PurchaseTable(connection, "days", DAY)
        with stopwatch.phase("fit"):
            model = fitted_for(table.purchases(), DAY, known.reports)
        with stopwatch.phase("score"):
            write_forecasts(folder / "lake", forecasts(model, table.buyers(), DAY))


def score_a_day(stopwatch: Stopwatch, folder: Path, threads: int, memory_limit: str) -> None:
    """What a run does on a day on which no model is fitted."""
    with _opened(folder, threads, memory_limit) as connection, stopwatch.phase("score"):
        table = PurchaseTable(connection, "days", DAY + timedelta(days=1))
        forecast_customers(table, folder / "lake", folder / "models")


def _opened(folder: Path, threads: int, memory_limit: str) -> duckdb.DuckDBPyConnection:
    config = {"threads": threads, "memory_limit": memory_limit}
    return duckdb.connect(str(folder / "purchases.duckdb"), read_only=True, config=config)
