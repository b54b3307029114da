"""The guide `docs/bring-your-own-data.md`, done: each customer's RFM is what an independent script has."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from stores.settings import PROJECT_ROOT, load_settings
from stores.warehouse import current_publication
from tests.testing.data_sets import DATA, RFM_REFERENCE, needs_data_sets
from tests.testing.project_copy import DBT_PROJECT, project_with
from tests.testing.published_rows import open_rows

EXPORT = DATA / "online_retail_ii" / "online_retail_II.csv.gz"
EXAMPLE = PROJECT_ROOT / "examples" / "online_retail"
AS_OF = "2011-12-10"
LINES = 1_067_370

pytestmark = needs_data_sets


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the example's two folders laid over it and its words in `vars`."""
    changes = [
        (r"channels: \[[^\]]*\]", "channels: [online_retail, operations]"),
        (r"rfm_window_days: \d+", "rfm_window_days: 0"),
    ]
    root = project_with(EXAMPLE, tmp_path_factory.mktemp("online_retail") / "guanxi", {DBT_PROJECT: changes})
    landing = root / "data" / "landing" / "online_retail"
    landing.mkdir(parents=True)
    shutil.copy(EXPORT, landing)
    return root


@pytest.fixture(scope="module")
def published(project: Path) -> duckdb.DuckDBPyConnection:
    """The publication of `guanxi run --as-of 2011-12-10` on the copy."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GUANXI_")}
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "run", "--as-of", AS_OF],
        cwd=project, env={**environment, "PYTHONPATH": str(project)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert f"online_retail: {LINES} rows = {LINES} loaded + 0 quarantined" in " ".join(done.stdout.split())
    publication = current_publication(load_settings(project_root=project, home=project / "data"))
    assert publication is not None
    assert publication.as_of.isoformat() == AS_OF
    return open_rows(publication.path)


@pytest.fixture(scope="module")
def comparison(published: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What the independent script says of the mart.

    Its input is made from the published file alone: invoices that sold something are orders; credit notes are amounts
    without an order number, on the day of the customer's last order, so they reduce revenue and nothing else.
    """
    folder = tmp_path_factory.mktemp("reference")
    with duckdb.connect() as source:
        source.execute(f"""
            copy (
                with lines as (
                    select
                        "Customer ID" as customer_id, Invoice as order_id, InvoiceDate::timestamp as order_ts,
                        Quantity::bigint * Price::decimal(18, 4) as amount
                    from read_csv('{EXPORT}', all_varchar = true, header = true)
                    where "Customer ID" is not null
                ),
                sales as (
                    select customer_id, order_id, max(order_ts) as order_ts, sum(amount) as amount
                    from lines where order_id not like 'C%' group by all having sum(amount) > 0
                ),
                refunds as (
                    select customer_id, order_id, sum(amount) as amount
                    from lines where order_id like 'C%' group by all having sum(amount) < 0
                )
                from sales
                union all
                select refunds.customer_id, null, last_order.order_ts, refunds.amount
                from refunds
                inner join (select customer_id, max(order_ts) as order_ts from sales group by all) as last_order
                    using (customer_id)
            ) to '{folder / "transactions.parquet"}'
        """)
    published.execute(f"""
        copy (
            select profile.native_id as customer_id, rfm.* exclude (customer_id)
            from marts.customer_rfm as rfm
            inner join marts.customer_profiles as profile on profile.customer_id = rfm.customer_id
        ) to '{folder / "mart.csv"}' (header)
    """)
    done = subprocess.run(
        [
            sys.executable, str(RFM_REFERENCE), str(folder / "transactions.parquet"), "--customer", "customer_id",
            "--as-of", AS_OF, "--compare", str(folder / "mart.csv"),
            "--p-r", "r_score", "--p-f", "f_score", "--p-m", "m_score",
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    answer = json.loads(done.stdout)
    assert answer["customers"] > 5_000
    return {**answer["compare"], "customers": answer["customers"]}


def test_the_mart_has_exactly_the_customers_who_bought(comparison: dict) -> None:
    assert (comparison["missing_customers"], comparison["extra_customers"], comparison["duplicate_customers"]) == (
        0,
        0,
        0,
    )


@pytest.mark.parametrize("measure", ["recency", "frequency", "monetary"])
def test_every_customer_has_the_value_of_the_reference(comparison: dict, measure: str) -> None:
    assert comparison[measure]["differ"] == 0
    assert comparison[measure]["equal"] == comparison["customers"]


@pytest.mark.parametrize("score", ["r_score", "f_score", "m_score"])
def test_every_score_is_one_that_quintiles_allow_and_equal_values_score_equally(comparison: dict, score: str) -> None:
    assert comparison[score]["outside"] == 0
    assert comparison[score]["same_value_different_score"] == 0
