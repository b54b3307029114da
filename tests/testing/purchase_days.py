"""Tables of purchase days, as the warehouse has them, for tests of lifetime models."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from intelligence.lifetime.purchase_summary import Purchases
from intelligence.lifetime.purchase_tables import PurchaseTable
from intelligence.lifetime.results import folder_of
from intelligence.lifetime.run import LifetimeReport, forecast_customers

BEGUN = date(2024, 1, 1)
END = BEGUN + timedelta(days=700)


class Shop:
    """Purchase days in a database, a lake and a folder of models."""

    def __init__(self, folder: Path, purchases: Purchases | None = None) -> None:
        self.lake, self.models = folder / "lake", folder / "models"
        self.connection = duckdb.connect()
        self.connection.execute("create table days (customer_id text, purchase_day date, net_amount decimal(18, 2))")
        if purchases is not None:
            self.buy(purchases.customer, purchases.day, purchases.amount)

    def buy(self, customer: Any, day: Any, amount: Any) -> None:
        """Add purchases; days count from `BEGUN`."""
        rows = pa.table(
            {
                "customer_id": [f"c_{number:05}" for number in np.asarray(customer)],
                "purchase_day": pa.array(np.datetime64(BEGUN) + np.asarray(day).astype("timedelta64[D]")),
                "net_amount": np.round(np.asarray(amount, dtype=float), 2),
            }
        )
        self.connection.register("new_rows", rows)
        self.connection.execute("insert into days select * from new_rows")

    def run(self, day: date = END, **more: Any) -> LifetimeReport:
        """Forecast as of a day."""
        return forecast_customers(PurchaseTable(self.connection, "days", day), self.lake, self.models, **more)

    def rows(self, table: str = "customer_lifetime") -> list[dict[str, Any]]:
        """What stands in the lake, the oldest model first."""
        files = sorted(folder_of(self.lake, table).glob("*.parquet"))
        return [row for file in files for row in pq.read_table(file).to_pylist()]

    def of(self, number: int) -> dict[str, Any]:
        """The forecast of a customer."""
        (found,) = [row for row in self.rows() if row["customer_id"] == f"c_{number:05}"]
        return found
