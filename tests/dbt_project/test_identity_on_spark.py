"""Identity on Spark: the same SQL, the same rows."""

from __future__ import annotations

import random
from dataclasses import dataclass

import duckdb
import pytest

from tests.testing.dbt.dbt_runner import PROJECT
from tests.testing.dbt.graphs import closing_project, graphs, union_find
from tests.testing.dbt.identity_runs import INPUTS, MODELS, OUTPUTS, IdentityRuns
from tests.testing.dbt.identity_worlds import random_world
from tests.testing.dbt.spark_server import SparkServer, made_on_spark

GROUPS, MOST_PROFILES = 8, 6


@dataclass(frozen=True)
class MadeOnSpark:
    """Parquet files that Spark wrote: the closure of some graphs, and identity of one random world."""

    closure: str
    tables: dict[str, str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> IdentityRuns:
    """One random world, resolved by DuckDB."""
    runs = IdentityRuns(tmp_path_factory.mktemp("identity"), {"customer_max_profiles": MOST_PROFILES})
    runs.give("day", random_world(random.Random(11), GROUPS))
    runs.run("day")
    return runs


@pytest.fixture(scope="module")
def on_spark(world: IdentityRuns, tmp_path_factory: pytest.TempPathFactory) -> MadeOnSpark:
    """The same world, resolved by Spark, with the closure of graphs."""

    def make(spark: SparkServer) -> MadeOnSpark:
        closure = closure_of_graphs(spark)
        resolve(spark, world)
        return MadeOnSpark(closure, {table: spark.files_of(f"identity.{table}") for table in OUTPUTS})

    return made_on_spark((tmp_path_factory.mktemp("spark"), tmp_path_factory.mktemp("spark")), make)


def closure_of_graphs(spark: SparkServer) -> str:
    rows = ", ".join(f"({a}, {b})" for a, b in graphs())
    spark.execute("create database guanxi", f"create table guanxi.edges as select * from values {rows} as e (a, b)")
    place = spark.folder / "closure"
    spark.dbt(place, closing_project(place), "run")
    return spark.files_of("guanxi.components")


def resolve(spark: SparkServer, world: IdentityRuns) -> None:
    schemas = sorted({schema for schema, _ in INPUTS.values()})
    spark.execute(
        *[f"create database {schema}" for schema in schemas],
        *[
            f"create table {schema}.{table} as select * from parquet.`{world.folder}/day/{table}.parquet`"
            for table, (schema, _) in INPUTS.items()
        ],
    )
    unselected = [item for table in INPUTS for item in ("--exclude", table)]
    variables = f"customer_max_profiles: {MOST_PROFILES}"
    selected = ["--select", "path:seeds/identity", MODELS, *unselected, "--exclude-resource-type", "test", "unit_test"]
    spark.dbt(spark.folder / "identity", PROJECT, "build", *selected, "--vars", variables)


def test_closure_on_spark_equals_a_union_find_on_chains_stars_cycles_and_random_graphs(on_spark: MadeOnSpark) -> None:
    with duckdb.connect() as connection:
        found = dict(connection.execute(f"select node_id, cluster_id from '{on_spark.closure}'").fetchall())
    assert found == union_find(graphs())


@pytest.mark.parametrize("table", OUTPUTS)
def test_both_engines_make_the_same_rows(on_spark: MadeOnSpark, world: IdentityRuns, table: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        held = world.folder / "day" / "found" / f"{table}.parquet"
        types = connection.execute(f"describe from '{held}'").fetchall()
        columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind, *_ in types)
        expected = connection.execute(f"select {columns} from '{held}' order by all").fetchall()
        found = connection.execute(f"select {columns} from '{on_spark.tables[table]}' order by all").fetchall()
    assert expected
    assert found == expected
