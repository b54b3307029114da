"""The example of a marketplace with several tables, done on a made-up twin: every total is what the files say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from stores.settings import PROJECT_ROOT, load_settings
from stores.warehouse import current_publication
from tests.testing.marketplace import ODD_HOURS, Marketplace, write
from tests.testing.published_rows import open_rows

AS_OF = "2018-10-01"
EXAMPLE = PROJECT_ROOT / "examples" / "olist"
PAID = {"approved", "invoiced", "processing", "shipped", "delivered"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the example's folders laid over it and the settings that its guide tells."""
    root = tmp_path_factory.mktemp("olist") / "guanxi"
    skipped = shutil.ignore_patterns(
        ".git", ".venv*", "data", "target", "logs", "__pycache__", "*.egg-info", ".*_cache"
    )
    shutil.copytree(PROJECT_ROOT, root, ignore=skipped)
    for part in ("ingestion", "dbt_project"):
        shutil.copytree(EXAMPLE / part, root / part, dirs_exist_ok=True)
    for name, changes in {
        "dbt_project/dbt_project.yml": [
            (r"channels: \[[^\]]*\]", "channels: [olist, operations]"),
            (r"rfm_window_days: \d+", "rfm_window_days: 0"),
        ],
        ".dlt/config.toml": [(r'timezone = "[^"]*"', 'timezone = "America/Sao_Paulo"')],
    }.items():
        text = (root / name).read_text(encoding="utf-8")
        for pattern, word in changes:
            text, changed = re.subn(pattern, word, text, count=1)
            assert changed, pattern
        (root / name).write_text(text, encoding="utf-8")
    words = (EXAMPLE / "order_status_words.csv").read_text(encoding="utf-8").split("\n", 1)[1]
    with (root / "dbt_project" / "seeds" / "orders" / "order_status_words.csv").open("a", encoding="utf-8") as seed:
        seed.write(words)
    return root


@pytest.fixture(scope="module")
def twin(project: Path) -> Marketplace:
    landing = project / "data" / "landing" / "olist"
    landing.mkdir(parents=True)
    return write(landing)


@pytest.fixture(scope="module")
def published(project: Path, twin: Marketplace) -> duckdb.DuckDBPyConnection:
    """The publication of `guanxi run --as-of 2018-10-01` on the copy."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GUANXI_")}
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "run", "--as-of", AS_OF],
        cwd=project, env={**environment, "PYTHONPATH": str(project)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    publication = current_publication(load_settings(project_root=project, home=project / "data"))
    assert publication is not None
    return open_rows(publication.path)


@pytest.fixture(scope="module")
def amounts(twin: Marketplace) -> dict[str, Decimal]:
    """What each paid order brought, from the files alone: its payments, else the price of its pieces."""
    payments: defaultdict[str, Decimal] = defaultdict(Decimal)
    pieces: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in twin.rows("order_payments"):
        payments[row["order_id"]] += Decimal(row["payment_value"])
    for row in twin.rows("order_items"):
        pieces[row["order_id"]] += Decimal(row["price"]) + Decimal(row["freight_value"])
    return {
        row["order_id"]: payments.get(row["order_id"], pieces[row["order_id"]])
        for row in twin.rows("orders")
        if row["order_status"] in PAID
    }


@pytest.fixture(scope="module")
def buyers(twin: Marketplace) -> dict[str, str]:
    """Who made each order."""
    people = {row["customer_id"]: row["customer_unique_id"] for row in twin.rows("customers")}
    return {row["order_id"]: people.get(row["customer_id"], row["customer_id"]) for row in twin.rows("orders")}


def test_every_person_stays_one_customer_and_nobody_is_missing(
    published: duckdb.DuckDBPyConnection, twin: Marketplace, buyers: dict[str, str]
) -> None:
    profiles = published.execute("select native_id, customer_id from marts.customer_profiles").fetchall()
    assert {native_id for native_id, _ in profiles} == set(buyers.values())
    assert len({customer_id for _, customer_id in profiles}) == len(profiles) == twin.people


def test_revenue_and_orders_of_every_customer_are_those_of_the_files(
    published: duckdb.DuckDBPyConnection, amounts: dict[str, Decimal], buyers: dict[str, str]
) -> None:
    expected: defaultdict[str, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for order, amount in amounts.items():
        count, revenue = expected[buyers[order]]
        expected[buyers[order]] = (count + 1, revenue + amount)
    found = published.execute("""
        select native_id, orders_count, net_revenue
        from marts.customers inner join marts.customer_profiles using (customer_id)
    """).fetchall()
    assert {who: (count, revenue) for who, count, revenue in found} == {
        who: expected.get(who, (0, Decimal(0))) for who in set(buyers.values())
    }
    scored = published.execute("select count(*), sum(frequency), sum(monetary) from marts.customer_rfm").fetchone()
    assert scored == (len(expected), len(amounts), sum(amounts.values()))


def test_totals_by_day_are_those_of_the_files_in_the_hours_that_occur_twice_or_never_too(
    published: duckdb.DuckDBPyConnection, twin: Marketplace, amounts: dict[str, Decimal]
) -> None:
    days: defaultdict[str, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for row in twin.rows("orders"):
        if row["order_id"] in amounts:
            day = row["order_purchase_timestamp"][:10]
            days[day] = (days[day][0] + 1, days[day][1] + amounts[row["order_id"]])
    found = published.execute(
        "select metric_date::text, orders, net_revenue from marts.daily_metrics where orders > 0"
    ).fetchall()
    assert {day: (orders, revenue) for day, orders, revenue in found} == {
        day: total for day, total in days.items() if day > "2016-10-01"
    }
    assert {moment[:10] for moment in ODD_HOURS} <= set(days)


def test_nothing_is_held_and_every_row_of_every_file_is_accounted_for(
    published: duckdb.DuckDBPyConnection, twin: Marketplace
) -> None:
    assert published.execute("select * from marts.held_rows").fetchall() == []
    quality = published.execute(
        "select table_name, loaded_rows, quarantined_rows from marts.data_quality where channel = 'olist'"
    ).fetchall()
    tables = {"customers": "customers", "orders": "orders", "items": "order_items", "payments": "order_payments",
              "reviews": "order_reviews"}  # fmt: skip
    assert {name: (loaded, quarantined) for name, loaded, quarantined in quality} == {
        name: (len(twin.rows(file)), 0) for name, file in tables.items()
    }


def test_every_review_is_one_answer_of_its_buyer_whatever_lines_its_text_runs_over(
    published: duckdb.DuckDBPyConnection, twin: Marketplace, buyers: dict[str, str]
) -> None:
    expected = Counter(buyers[row["order_id"]] for row in twin.rows("order_reviews"))
    found = published.execute("""
        select native_id, interactions_count
        from marts.customers inner join marts.customer_profiles using (customer_id)
        where interactions_count > 0
    """).fetchall()
    assert dict(found) == dict(expected)


def test_nobody_can_be_written_to(published: duckdb.DuckDBPyConnection) -> None:
    granted = published.execute("select count(*) from marts.customer_consents where is_granted").fetchone()
    assert granted == (0,)
    assert published.execute("select count(*) from campaigns.campaign_plan where decision = 'send'").fetchone() == (0,)
