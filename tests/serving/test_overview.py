"""Figures of the overview where little is known."""

from datetime import date

import duckdb

from serving import overview
from serving.published_copy import PublishedCopy


def test_figures_of_customers_of_whom_nothing_is_known_are_zero(tmp_path):
    with duckdb.connect(str(tmp_path / "p.duckdb")) as con:
        con.execute("create schema marts")
        con.execute(
            "create table marts.customers as select 'c' as customer_id, null::int as interactions_30d,"
            " null::timestamp as last_purchase_at, null::int as orders_count"
        )
    with PublishedCopy(tmp_path / "p.duckdb") as published:
        figures = overview.customer_figures(published, date(2026, 6, 30))
    assert figures == {"customers": 1, "active": 0, "buyers": 0, "repeat_buyers": 0}
