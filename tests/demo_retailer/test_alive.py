"""The made-up retailer looks alive to whoever knows retail: no surge out of nothing, nothing from the future."""

import sqlite3
from datetime import date, datetime

import duckdb
import pytest

from demo_retailer import generate
from stores.settings import Settings, load_settings

UNTIL = date(2026, 6, 30)
# The demo is made at breakfast of its last day.
NOW = datetime(2026, 6, 30, 7)


@pytest.fixture(scope="module")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = load_settings(home=tmp_path_factory.mktemp("alive") / "home")
    generate(settings, customers=3000, seed=11, until=UNTIL)
    return settings


def monthly(sql: str) -> list[int]:
    """Counts of the last twelve whole months, oldest first."""
    counted = f"select count(*) from ({sql}) where on_day < date '2026-06-01' group by date_trunc('month', on_day)"
    return [n for (n,) in duckdb.sql(f"{counted} order by date_trunc('month', any_value(on_day))").fetchall()][-12:]


def test_visits_of_the_last_month_are_a_little_more_than_before(retailer):
    files = retailer.landing / "app" / "app_events_*.parquet"
    events = f"select distinct app_user_id, cast(occurred_at as date) as on_day from '{files}'"
    june = duckdb.sql(f"select count(*) from ({events}) where on_day >= date '2026-06-01'").fetchone()
    before = monthly(events)
    assert june is not None
    assert max(before[:-2]) / 2 < june[0] < 2 * max(before)


def test_people_go_on_joining_to_the_last_week(retailer):
    accounts = f"select cast(registered_at as date) as on_day from '{retailer.landing}/shop/customers_*.parquet'"
    weeks = [
        duckdb.sql(
            f"select count(*) from ({accounts}) where on_day between date '{since}' and date '{since}' + 6"
        ).fetchone()
        for since in ("2026-06-03", "2026-06-10", "2026-06-17", "2026-06-24")
    ]
    assert all(week is not None and week[0] > 3 for week in weeks)


def test_one_bad_batch_is_a_few_dozen_complaints(retailer):
    tickets = (
        "select distinct ticket_id, try_cast(substr(created_at, 1, 10) as date) as on_day from"
        f" read_json('{retailer.landing}/service/*.jsonl', ignore_errors = true) where ticket_type = 'complaint'"
    )
    june = duckdb.sql(f"select count(*) from ({tickets}) where on_day >= date '2026-06-01'").fetchone()
    assert june is not None
    assert max(monthly(tickets)) < june[0] < 60


def test_no_points_are_booked_after_breakfast_of_the_last_day(retailer):
    with sqlite3.connect(retailer.landing / "loyalty" / "loyalty.db") as source:
        (last,) = source.execute("select max(occurred_at) from points").fetchone()
    assert datetime.fromisoformat(last) < NOW
