"""The guide's chapter of several tables, done word for word in an empty home: every total is what the files say."""

from __future__ import annotations

import filecmp
import os
import subprocess
import sys
import textwrap
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from stores.settings import PROJECT_ROOT, load_settings
from stores.warehouse import current_publication
from tests.testing.guide_chapter import Chapter
from tests.testing.marketplace import ODD_HOURS, Marketplace, write
from tests.testing.project_copy import copy_project
from tests.testing.published_rows import open_rows

CHAPTER = Chapter.of("bring-your-own-data.md", "Several tables")
EXAMPLE = PROJECT_ROOT / "examples" / "olist"
PAID = {"approved", "invoiced", "processing", "shipped", "delivered"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the chapter's settings were made."""
    root = copy_project(tmp_path_factory.mktemp("olist") / "guanxi")
    CHAPTER.set_in("yaml", root / "dbt_project" / "dbt_project.yml")
    CHAPTER.set_in("toml", root / ".dlt" / "config.toml")
    return root


@pytest.fixture(scope="module")
def twin() -> Marketplace:
    """The files that come with the example."""
    folder = EXAMPLE / "landing" / "olist"
    people = {row["customer_unique_id"] for row in Marketplace(folder, 0).rows("customers")}
    return Marketplace(folder, len(people) + 1)


@pytest.fixture(scope="module")
def done(project: Path, twin: Marketplace) -> str:
    """What the commands of the chapter print, one after the other in an empty home, as they stand there."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GUANXI_")}
    environment |= {"PYTHONPATH": str(project), "COLUMNS": "200"}
    (project / ".venv" / "bin").mkdir(parents=True)
    command = project / ".venv" / "bin" / "guanxi"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m orchestration.cli "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    said = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "".join(CHAPTER.blocks("bash"))],
        cwd=project, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout[-4000:] + said.stderr[-4000:]
    return said.stdout


@pytest.fixture(scope="module")
def published(project: Path, done: str) -> duckdb.DuckDBPyConnection:
    """The publication that the chapter ends with."""
    publication = current_publication(load_settings(project_root=project, home=project / "my-marketplace"))
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


def test_the_files_are_what_their_generator_writes(twin: Marketplace, tmp_path: Path) -> None:
    assert write(tmp_path).people == twin.people
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == sorted(path.name for path in twin.folder.iterdir())
    assert filecmp.cmpfiles(tmp_path, twin.folder, files, shallow=False) == (files, [], [])


def test_what_the_chapter_shows_of_contract_and_models_stands_in_the_example() -> None:
    written = [path.read_text(encoding="utf-8") for path in EXAMPLE.rglob("*") if path.suffix in (".py", ".sql")]
    # a table stands in the contract's list of them
    shown = [textwrap.indent(block, 8 * " ").rstrip() for block in CHAPTER.blocks("python")] + CHAPTER.blocks("sql")
    assert len(shown) == 2
    assert [block for block in shown if not any(block in text for text in written)] == []


def test_the_commands_print_what_the_chapter_says(done: str) -> None:
    printed = {" ".join(line.split()) for line in done.splitlines()}
    told = [" ".join(line.split()) for block in CHAPTER.blocks("text") for line in block.splitlines()]
    assert told
    # behind its verdict a check says how long it took
    assert [line for line in told if not any(one.startswith(line) for one in printed)] == []


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
