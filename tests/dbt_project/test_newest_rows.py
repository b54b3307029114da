"""Staging keeps the newest row of each key: a run ranks the keys that new loads touch, and ends in the same rows."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion.lake import compaction
from ingestion.lake.compaction import compact
from stores.settings import load_settings
from tests.testing.dbt.dbt_runner import AS_JSON, Dbt
from tests.testing.dbt.tiny_lake import TinyLake, write_standard
from tests.testing.dbt.tiny_rows import person

MODELS = ("stg_shop__orders", "stg_shop__order_lines", "stg_shop__customers")
BUILD = ("build", "--select", *MODELS, "--exclude-resource-type", "unit_test")
UNTESTED = (
    "select distinct kind, value from staging.stg_shop__order_lines__followed where kind like 'untested%' order by all"
)


def order(number: str, amount: int, updated: str) -> dict[str, object]:
    times = {"created_at": "2026-06-01 10:00:00", "updated_at": f"2026-06-{updated} 10:00:00"}
    return {"order_id": number, "customer_id": "S1", "status": "paid", "total_amount": amount, **times}


@pytest.fixture
def shop(tmp_path: Path) -> tuple[Dbt, TinyLake]:
    """A shop with two orders, built."""
    lake = write_standard(tmp_path / "lake")
    line = {"line_no": 1, "amount": 10, "updated_at": "2026-06-02 10:00:00"}
    lines = [{"order_id": one, **line} for one in ("N1", "N2")]
    lake.load("shop", "3000.1", {"orders": [order("N1", 10, "02"), order("N2", 20, "02")], "order_lines": lines})
    dbt = Dbt(tmp_path / "home", tmp_path / "lake")
    dbt.run(*BUILD)
    return dbt, lake


def amounts(dbt: Dbt) -> dict[str, int]:
    query = "select order_id, gross_amount::int from staging.stg_shop__orders where order_id like 'N%'"
    return dict(dbt.query(query))


def same_from_nothing(dbt: Dbt) -> bool:
    beside = Dbt(dbt.home / "beside", dbt.lake)
    beside.run(*BUILD)
    tables = [f"select * from staging.{model} order by all" for model in MODELS]
    return [dbt.query(table) for table in tables] == [beside.query(table) for table in tables]


def test_corrected_late_and_new_rows_take_their_places_and_others_are_not_looked_at(shop: tuple[Dbt, TinyLake]) -> None:
    dbt, lake = shop
    # a mark on a row that no new load touches shows whether it was ranked again
    write(dbt, "update staging.stg_shop__orders set store_name = 'left alone' where order_id = 'N2'")
    another = {**person("phone-zoe", "mobile"), **person("name-zoe", "name"), "updated_at": "2026-06-20 10:00:00"}
    lines = [{"order_id": "N1", "line_no": 2, "amount": 15, "updated_at": "2026-06-03 10:00:00"}]
    corrected, late = order("N1", 15, "03"), order("N1", 5, "01")
    people = [{"customer_id": "S1", **another}]
    lake.load(
        "shop",
        "3000.2",
        {"orders": [corrected, late, order("N3", 30, "03")], "order_lines": lines, "customers": people},
    )
    dbt.run(*BUILD)
    assert amounts(dbt) == {"N1": 15, "N2": 20, "N3": 30}
    assert dbt.query("select store_name from staging.stg_shop__orders where order_id = 'N2'") == [("left alone",)]
    write(dbt, "update staging.stg_shop__orders set store_name = null where order_id = 'N2'")
    assert same_from_nothing(dbt)
    dbt.run(*BUILD)
    assert same_from_nothing(dbt), "a run without new loads changes nothing"


def test_an_incomplete_load_is_not_seen_before_it_is_complete(shop: tuple[Dbt, TinyLake]) -> None:
    dbt, lake = shop
    lake.load("shop", "3000.3", {"orders": [order("N4", 40, "04")]}, complete=False)
    dbt.run(*BUILD)
    assert amounts(dbt) == {"N1": 10, "N2": 20}
    lake.load("shop", "3000.3", {"orders": [order("N4", 40, "04")]})
    dbt.run(*BUILD)
    assert amounts(dbt) == {"N1": 10, "N2": 20, "N4": 40}
    assert same_from_nothing(dbt)


@pytest.mark.parametrize("gone", ["_dlt_loads/raw_shop__3000.2.jsonl", "orders/3000.2.0.parquet"])
def test_a_load_that_no_longer_counts_leaves_no_row(shop: tuple[Dbt, TinyLake], gone: str) -> None:
    dbt, lake = shop
    lake.load("shop", "3000.2", {"orders": [order("N1", 15, "03"), order("N3", 30, "03")]})
    dbt.run(*BUILD)
    (lake.folder / "raw_shop" / gone).unlink()
    dbt.run(*BUILD)
    assert amounts(dbt) == {"N1": 10, "N2": 20}
    assert same_from_nothing(dbt)


def test_merged_parts_are_no_news_and_what_comes_after_them_takes_its_place(
    shop: tuple[Dbt, TinyLake], monkeypatch: pytest.MonkeyPatch
) -> None:
    dbt, lake = shop
    lake.load("shop", "3000.2", {"orders": [order("N1", 15, "03")]})
    dbt.run(*BUILD)
    monkeypatch.setattr(compaction, "_FEWEST_PARTS", 2)
    merged = compact(load_settings(home=lake.folder.parent))
    assert ("shop", "orders") in {(one.channel, one.table) for one in merged}
    write(dbt, "update staging.stg_shop__orders set store_name = 'left alone' where order_id = 'N2'")
    lake.load("shop", "3000.3", {"orders": [order("N1", 25, "04")]})
    dbt.run(*BUILD)
    assert amounts(dbt) == {"N1": 25, "N2": 20}
    assert dbt.query("select store_name from staging.stg_shop__orders where order_id = 'N2'") == [("left alone",)]
    write(dbt, "update staging.stg_shop__orders set store_name = null where order_id = 'N2'")
    assert same_from_nothing(dbt)


def test_tests_look_at_replaced_rows_until_they_pass(shop: tuple[Dbt, TinyLake]) -> None:
    dbt, lake = shop
    assert dbt.query(UNTESTED) == [], "everything has passed"
    write(
        dbt,
        "insert into staging.stg_shop__order_lines select * from staging.stg_shop__order_lines where order_id = 'N2'",
    )
    lake.load("shop", "3000.2", {"order_lines": [{"order_id": "N1", "line_no": 2, "amount": 1}]})
    dbt.run(*BUILD, **AS_JSON)
    assert "__followed" in asked_by_tests(dbt), "a row that no load has brought is not looked at"
    lake.load("shop", "3000.4", {"order_lines": [{"order_id": "N3", "line_no": 1, "amount": 1}, {"line_no": 1}]})
    assert dbt.run(*BUILD, check=False).returncode == 1
    assert ("untested", "N3") in dbt.query(UNTESTED)
    assert dbt.run(*BUILD, check=False).returncode == 1, "what failed is looked at again"


def test_a_bad_row_among_the_keys_of_a_new_load_is_found(shop: tuple[Dbt, TinyLake]) -> None:
    dbt, _ = shop
    write(
        dbt,
        "insert into staging.stg_shop__order_lines select * from staging.stg_shop__order_lines where order_id = 'N2'",
    )
    write(dbt, "insert into staging.stg_shop__order_lines__followed values ('untested', 'N2')")
    tests = ("test", "--select", "stg_shop__order_lines", "--exclude-resource-type", "unit_test")
    assert dbt.run(*tests, check=False).returncode == 1


def test_tests_of_a_full_run_look_at_everything(shop: tuple[Dbt, TinyLake]) -> None:
    dbt, _ = shop
    dbt.run(*BUILD, "--full-refresh", **AS_JSON)
    assert "__followed" not in asked_by_tests(dbt)
    dbt.run(*BUILD, **AS_JSON)
    assert "__followed" in asked_by_tests(dbt)


def asked_by_tests(dbt: Dbt) -> str:
    """What the tests of the order lines asked in the last run."""
    asked = [one["compiled_code"] for one in dbt.results() if "column_rules_stg_shop__order_lines" in one["unique_id"]]
    assert len(asked) == 1
    return str(asked[0])


def write(dbt: Dbt, statement: str) -> None:
    """Change the warehouse by hand."""
    with duckdb.connect(str(dbt.warehouse)) as connection:
        connection.execute(statement)
