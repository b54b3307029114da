"""Each family of tags by examples: metrics of a customer in, its tags out, by the rules that are shipped."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml

from tests.testing.dbt.dbt_runner import PROJECT, Dbt

EXAMPLES = yaml.safe_load((Path(__file__).parent / "tag_examples.yml").read_text(encoding="utf-8"))
OTHERS = range(1, 100)
with (PROJECT / "seeds" / "tags" / "tag_rules.csv").open(encoding="utf-8", newline="") as file:
    RULES = list(csv.DictReader(file))


@pytest.fixture(scope="module")
def tagged(built: Dbt, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """By example customer, its tags: the compiler of tags has run on tables of metrics that hold the examples alone."""
    home = tmp_path_factory.mktemp("tag-examples") / "home"
    shutil.copytree(built.home, home)
    dbt = Dbt(home, built.lake)
    customers = {f"{family} {place}": one["in"] for family, many in EXAMPLES.items() for place, one in enumerate(many)}
    ranked = {rule["metric"] for rule in RULES if rule["operator"] in ("top_share", "bottom_share")}
    customers |= {f"other {number}": dict.fromkeys(ranked, number) for number in OTHERS}
    with duckdb.connect(str(dbt.warehouse)) as connection:
        places = dict(
            connection.execute(
                "select column_name, table_name from information_schema.columns where table_name like 'int_metrics__%'"
                " and column_name <> 'customer_id'"
            ).fetchall()
        )
        for table in {*places.values(), "int_customer_totals", "int_customers_not_profiled"}:
            connection.execute(f"delete from intermediate.{table}")
        for customer, metrics in customers.items():
            connection.execute("insert into intermediate.int_customer_totals (customer_id) values (?)", [customer])
            for table in {places[metric] for metric in metrics}:
                mine = {metric: value for metric, value in metrics.items() if places[metric] == table}
                marks = ", ".join("?" * (len(mine) + 1))
                connection.execute(
                    f"insert into intermediate.{table} (customer_id, {', '.join(mine)}) values ({marks})",
                    [customer, *mine.values()],
                )
    dbt.run("run", "--full-refresh", "--select", "intermediate.tags")
    found: dict[str, set[str]] = {customer: set() for customer in customers}
    for customer, tag in dbt.query("select customer_id, tag from intermediate.int_customer_tags"):
        found[customer].add(tag)
    return found


@pytest.mark.parametrize("family", EXAMPLES)
def test_the_metrics_of_the_examples_give_their_tags_and_no_others_of_the_family(
    family: str, tagged: dict[str, set[str]]
) -> None:
    of_family = {rule["tag"] for rule in RULES if rule["family"] == family}
    for place, example in enumerate(EXAMPLES[family]):
        assert tagged[f"{family} {place}"] & of_family == set(example["out"]), example["in"]


def test_every_family_has_an_example():
    assert {rule["family"] for rule in RULES} == set(EXAMPLES)
