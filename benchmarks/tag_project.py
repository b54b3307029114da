"""A dbt project of the compiler of tags and its marts alone, over made-up metrics of made-up customers."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from pathlib import Path

import duckdb
import yaml

from stores.settings import PROJECT_ROOT

FIRST_DAY = date(2026, 6, 30)
ACTIVE_PERCENT = 1
AREAS = 10  # metric tables
WAREHOUSE = Path("warehouse", "warehouse.duckdb")
_PROJECT = PROJECT_ROOT / "dbt_project"
_NUMBERS, _DAYS, _FLAGS, _WORDS = 8, 1, 1, 1  # metrics of each table
_FAMILIES = 30
_MARTS = (
    "customer_tag_counts", "customer_tag_periods", "customer_tags", "tag_coverage", "tag_drift", "tag_family_coverage",
    "tag_numbers", "tag_summary",
)  # fmt: skip
_INTERMEDIATE = (
    "affected_tagged_customers", "int_custom_tag_members", "int_custom_tag_states", "int_customer_base",
    "int_customer_tag_families", "int_customer_tag_lists", "int_metric_coverage", "int_tag_changes", "int_tag_cutoffs",
    "int_tag_holders", "int_tag_share_log", "int_tag_values", "int_tags",
)  # fmt: skip
OURS = [*_INTERMEDIATE, *_MARTS]
_COMPILED = (
    *(f"intermediate/tags/{name}" for name in _INTERMEDIATE), *(f"marts/tags/{name}" for name in _MARTS),
    "intermediate/changes/int_kept_tables",
)  # fmt: skip
_STUBS = {
    "int_customer_totals": "select customer_id from '{data}/metrics_0.parquet'",
    "int_customers_not_profiled": "select customer_id from '{data}/metrics_0.parquet' where false",
    "customer_lifecycle": "{{{{ config(materialized='table') }}}} select customer_id,"
    " case when hash(customer_id) % 3 = 0 then 'active' else 'dormant' end as stage from '{data}/metrics_0.parquet'",
    "affected_customers": """{{{{ change_log(state=[]) }}}}
        select customer_id from '{data}/changed.parquet' where {{{{ '1 = 1' if only_affected() else '1 = 0' }}}}""",
}
_METRICS = """{{{{ kept_by('customer_id') }}}}
    select * from '{data}/metrics_{area}.parquet' where {{{{ among_affected('customer_id') }}}}"""
_SEEDS = ("lifecycle_stages", "rule_thresholds", "tag_families", "tag_rules")

Rule = dict[str, str]


def make_project(folder: Path) -> list[Rule]:
    """A dbt project of the compiler of tags and its marts alone, and its rules."""
    models, data = folder / "project" / "models", folder / "data"
    for made in (folder / "project" / "seeds", models / "marts", data, (folder / WAREHOUSE).parent):
        made.mkdir(parents=True)
    for name in _COMPILED:
        shutil.copy(_PROJECT / "models" / f"{name}.sql", models / "marts" if name.startswith("marts") else models)
    texts = {name: sql.format(data=data) for name, sql in _STUBS.items()}
    texts |= {f"int_metrics__{area}": _METRICS.format(data=data, area=area) for area in range(AREAS)}
    for name, sql in texts.items():
        (models / f"{name}.sql").write_text(sql, encoding="utf-8")
    described: list[dict[str, object]] = [
        {
            "name": f"int_metrics__{area}",
            "columns": [{"name": name, "config": {"meta": {"metric": kind}}} for name, kind in metrics(area).items()],
        }
        for area in range(AREAS)
    ]
    described.append({"name": "customer_tags", "config": {"meta": {"published_as": "view"}}})
    (models / "models.yml").write_text(yaml.safe_dump({"models": described}), encoding="utf-8")
    seeds = folder / "project" / "seeds"
    declared = [
        one
        for file in sorted((_PROJECT / "seeds").rglob("*.yml"))
        for one in yaml.safe_load(file.read_text(encoding="utf-8")).get("seeds", [])
    ]
    kept = [{"name": one["name"], "config": one["config"]} for one in declared if one["name"] in _SEEDS]
    (seeds / "seeds.yml").write_text(yaml.safe_dump({"seeds": kept}), encoding="utf-8")
    for name in ("lifecycle_stages", "rule_thresholds"):
        shutil.copy(_PROJECT / "seeds" / f"{name}.csv", seeds)
    families = [f"made_{no},{no},甲,Made,true" for no in range(_FAMILIES)]
    header = "family,position,name_zh,name_en,is_inferred"
    (seeds / "tag_families.csv").write_text("\n".join([header, *families, ""]), encoding="utf-8")
    rules = some_rules()
    with (seeds / "tag_rules.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rules[0]))
        writer.writeheader()
        writer.writerows(rules)
    settings = yaml.safe_load((_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    settings |= {"macro-paths": [str(_PROJECT / "macros")], "on-run-start": "", "on-run-end": ""}
    settings["models"] = {"guanxi": {"+materialized": "table", "marts": {"+schema": "marts"}}}
    settings["seeds"] = {"guanxi": {"+quote_columns": False, "+full_refresh": True}}
    settings["vars"]["known_models"] |= {"metrics": list(map(str, range(AREAS)))}
    (folder / "project" / "dbt_project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return rules


def metrics(area: int) -> dict[str, str]:
    """Kind by metric of a metric table."""
    counts = {"number": _NUMBERS, "day": _DAYS, "flag": _FLAGS, "word": _WORDS}
    return {f"{kind}_{area}_{no}": kind for kind, count in counts.items() for no in range(count)}


def some_rules() -> list[Rule]:
    """Thirty tags of each metric table, which a tenth of the customers have on average; three of them by rank.

    The catalogue has as many of either kind.
    """
    with (_PROJECT / "seeds" / "tags" / "tag_rules.csv").open(encoding="utf-8", newline="") as file:
        empty = dict.fromkeys(next(csv.reader(file)), "")
    rules = []

    def add(metric: str, operator: str, **cells: str) -> None:
        tag = f"{operator}_{metric}_{'_'.join(cells.values())}".replace("-", "minus").replace(".", "_").strip("_")
        rules.append(
            empty
            | {"tag": tag, "family": f"made_{len(rules) % _FAMILIES}", "metric": metric, "operator": operator}
            | cells
        )

    for area in range(AREAS):
        for metric, kind in metrics(area).items():
            if kind == "number":
                if metric.endswith(("_0", "_1", "_2")):
                    add(metric, "top_share", share="5")
                else:
                    add(metric, "between", lower="70", upper="75")
                add(metric, "between", lower="10", upper="20")
                add(metric, "between", lower="40", upper="55")
            elif kind == "day":
                add(metric, "days_ago", lower="0", upper="30")
                add(metric, "days_ago", lower="90", upper="180")
                add(metric, "days_ago", lower="365")
            elif kind == "flag":
                add(metric, "is_true")
            else:
                add(metric, "each")
                add(metric, "is", word="word 3")
    return rules


def make_metrics(folder: Path, customers: int) -> None:
    """Metrics of made-up customers; days lie in the last two years, the newest on the first day."""
    expressions = {
        "number": "cast((hash(i * 31 + {salt}) % 100000) / 1000.0 as decimal(18, 2))",
        "day": f"date '{FIRST_DAY}' - cast(hash(i * 17 + {{salt}}) % 730 as int)",
        "flag": "hash(i * 13 + {salt}) % 10 = 0",
        "word": "'word ' || hash(i * 7 + {salt}) % 8",
    }
    with duckdb.connect() as connection:
        for area in range(AREAS):
            columns = [
                f"{expressions[kind].format(salt=f'{area}{no}')} as {name}"
                for no, (name, kind) in enumerate(metrics(area).items())
            ]
            connection.execute(
                f"copy (select 'c_' || substr(md5(cast(i as text)), 1, 16) as customer_id, {', '.join(columns)}"
                f" from range({customers}) as customers (i)) to '{folder}/data/metrics_{area}.parquet'"
            )
        connection.execute(f"copy (select '' as customer_id where false) to '{folder}/data/changed.parquet'")


def change_some(folder: Path) -> None:
    """Give 1 % of the customers another number in the first metric table, and note who they are."""
    data = folder / "data"
    some = f"hash(customer_id) % 100 < {ACTIVE_PERCENT}"
    with duckdb.connect() as connection:
        connection.execute(f"create table metrics as from '{data}/metrics_0.parquet'")
        connection.execute(f"copy (select customer_id from metrics where {some}) to '{data}/changed.parquet'")
        connection.execute(f"update metrics set number_0_0 = 100 - number_0_0 where {some}")
        connection.execute(f"copy metrics to '{data}/metrics_0.parquet'")
