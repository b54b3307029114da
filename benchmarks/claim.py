"""What a benchmark reports: a claim, what we took, what the peer took, and how far apart the two may be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.measure import Measurement


@dataclass(frozen=True)
class Sizes:
    """How much data the benchmarks use.

    Attributes:
        csv_rows: rows of the CSV file that is ingested.
        parquet_rows: rows of the Parquet channel that is ingested.
        customers: customers of the made-up retailer that is refreshed.
        orders_per_customer: orders of each, on average.
        events_per_customer: events of each, on average.
        published_customers: rows of the customer table that is published.
        day_customers: customers of the made-up retailer that lives further days.
        daily_loads: loads of each channel that a lake has seen when it is compacted.
        identity_profiles: source profiles that are resolved, with two and a half identifiers each.
        idle_seconds: how long `guanxi up` is watched while it has nothing to do.
        messages: that a plan sends to a local webhook.
    """

    csv_rows: int = 1_000_000
    parquet_rows: int = 1_000_000
    customers: int = 200_000
    orders_per_customer: int = 10
    events_per_customer: int = 50
    published_customers: int = 1_000_000
    identity_profiles: int = 4_000_000
    day_customers: int = 50_000
    daily_loads: int = 400
    idle_seconds: int = 180
    messages: int = 100_000

    def scaled(self, factor: float) -> Sizes:
        """The same shape with more or fewer rows and customers."""
        return replace(
            self,
            csv_rows=int(self.csv_rows * factor),
            parquet_rows=int(self.parquet_rows * factor),
            customers=int(self.customers * factor),
            published_customers=int(self.published_customers * factor),
            identity_profiles=int(self.identity_profiles * factor),
            day_customers=int(self.day_customers * factor),
            messages=int(self.messages * factor),
        )


FULL = Sizes()
FULL_SIZE = replace(FULL, customers=1_000_000, day_customers=1_000_000)
QUICK = Sizes(
    csv_rows=20_000, parquet_rows=20_000, customers=500, orders_per_customer=4, events_per_customer=10,
    published_customers=10_000, identity_profiles=40_000, day_customers=500,
    daily_loads=10, idle_seconds=5, messages=500,
)  # fmt: skip


@dataclass(frozen=True)
class Bench:
    """What every benchmark gets.

    Attributes:
        sizes: how much data to use.
        folder: an empty folder of the run, for data; what one benchmark makes another may use.
        threads: DuckDB threads, for us and for the peer alike.
        memory_limit: DuckDB memory limit, likewise.
    """

    sizes: Sizes
    folder: Path
    threads: int = 2
    memory_limit: str = "8GB"


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes:
        claim: what was measured, with its size.
        ours: what we took.
        against: what we are compared with, in words.
        peer: what that took; None where the limit is in seconds, or there is none.
        limit: the most that the ratio (or, without a peer, the seconds) may be; None: shown only.
        note: what else is worth knowing.
    """

    claim: str
    ours: Measurement
    against: str = ""
    peer: Measurement | None = None
    limit: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Our time by the clock as a multiple of the peer's."""
        return self.ours.seconds / self.peer.seconds if self.peer and self.peer.seconds else None

    @property
    def cpu_ratio(self) -> float | None:
        """Our processor time as a multiple of the peer's."""
        if not self.peer or not self.peer.cpu_seconds or not self.ours.cpu_seconds:
            return None
        return self.ours.cpu_seconds / self.peer.cpu_seconds

    @property
    def is_met(self) -> bool | None:
        """Whether the limit holds; None without one."""
        if self.limit is None:
            return None
        measured = self.ratio if self.peer else self.ours.seconds
        return measured is not None and measured <= self.limit


@dataclass(frozen=True)
class Score:
    """One line of the table about how good a result is, not how fast.

    Attributes:
        claim: what was scored, with its size.
        value: the score, or a count.
        at_least: the least that it may be; None: no such limit.
        at_most: the most that it may be; None: no such limit.
        note: what else is worth knowing.
    """

    claim: str
    value: float
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the limits hold; None without any."""
        if self.at_least is None and self.at_most is None:
            return None
        is_enough = self.at_least is None or self.value >= self.at_least
        return is_enough and (self.at_most is None or self.value <= self.at_most)

    @property
    def shown(self) -> str:
        """The value in digits: a share with four decimals, a count as a whole number."""
        return f"{self.value:,}" if isinstance(self.value, int) else f"{self.value:.4f}"

    @property
    def limit_shown(self) -> str:
        """The limits in signs; empty without any."""
        least = [] if self.at_least is None else [f">= {self.at_least:g}"]
        return " ".join(least + ([] if self.at_most is None else [f"<= {self.at_most:g}"]))
