"""A failed dbt test names the values, their channel and their files."""

import json
from pathlib import Path

import duckdb
import pytest

from orchestration.dbt.failing_rows import with_examples
from stores.settings import Settings

STAGED = "model.guanxi.stg_loyalty__points"
UNITED = "model.guanxi.int_points"


@pytest.fixture
def target(settings: Settings, tmp_path: Path) -> Path:
    """A build in which accepted_values and column_rules failed, the warehouse it left, and the lake under it."""
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.warehouse_path)) as warehouse:
        warehouse.execute("""
            create schema staging; create schema intermediate;
            create table staging.stg_loyalty__points as
                select * from (values ('e1', 'gift'), ('e2', null), ('e3', 'earn'), ('e3', 'earn'))
                    as rows (entry_id, kind);
            create table intermediate.int_points as
                select entry_id, kind, 'loyalty' as channel from staging.stg_loyalty__points;
        """)
    raw = settings.lake / "raw_loyalty" / "points"
    raw.mkdir(parents=True)
    with duckdb.connect() as lake:
        lake.execute(f"""
            copy (
                select * from (values ('e1', ' Gift ', 'may.csv'), ('e2', null, 'june.csv'), ('e3', 'earn', 'may.csv'))
                    as rows (entry_id, kind, _source_file)
            ) to '{raw / "1.parquet"}' (format parquet)
        """)
    nodes, results = {}, []
    for name, schema, model in (("staged", "staging", STAGED), ("united", "intermediate", UNITED)):
        relation = f'"warehouse"."{schema}"."{model.split(".")[2]}"'
        nodes[model] = {"name": model.split(".")[2], "relation_name": relation}
        for check, column, query in (
            (
                "accepted_values", "kind",
                f"select kind as value_field, count(*) as n from {relation} where kind = 'gift' group by all",
            ),
            (
                "column_rules", None,
                "select * from (values ('not_null', 'kind', 1, null, null), ('unique', 'entry_id', 1, 'e3', 'e3'))"
                " as rows (rule_name, column_name, failing_rows, first_value, last_value)",
            ),
        ):  # fmt: skip
            unique_id = f"test.guanxi.{check}_{name}.123"
            nodes[unique_id] = {"column_name": column, "attached_node": model, "test_metadata": {"name": check}}
            results.append({"unique_id": unique_id, "status": "fail", "compiled_code": query})
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": nodes}), encoding="utf-8")
    (tmp_path / "run_results.json").write_text(json.dumps({"results": results}), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", ["staged", "united"])
def test_a_failed_test_names_value_channel_and_file(settings: Settings, target: Path, name: str) -> None:
    failed = [
        {"name": f"accepted_values_{name}", "kind": "test", "message": "Got 1 result", "rows": 1},
        {"name": f"column_rules_{name}", "kind": "test", "message": "Got 2 results", "rows": 2},
    ]
    accepted, rules = with_examples(settings, target, failed)
    assert accepted["message"] == "Got 1 result; channel loyalty: 'gift' in may.csv"
    assert rules["message"] == (
        "Got 2 results; channel loyalty: kind empty in june.csv; channel loyalty: entry_id 'e3' twice in may.csv"
    )


def test_what_cannot_be_looked_up_leaves_the_message_as_it_is(settings: Settings, tmp_path: Path) -> None:
    failed = [{"name": "accepted_x", "kind": "test", "message": "Got 1 result", "rows": 1}]
    assert with_examples(settings, tmp_path, failed)[0]["message"] == "Got 1 result"
