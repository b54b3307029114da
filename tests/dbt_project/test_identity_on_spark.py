"""Identity on Spark: the same SQL, the same rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.testing.dbt.dbt_runner import PROJECT
from tests.testing.dbt.graphs import closing_project, graphs, union_find
from tests.testing.dbt.identity_runs import INPUTS, MODELS, OUTPUTS, IdentityRuns
from tests.testing.dbt.identity_worlds import random_world
from tests.testing.dbt.spark_server import SparkServer, spark_server

GROUPS, MOST_PROFILES = 8, 6


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkServer]:
    with spark_server(tmp_path_factory.mktemp("spark")) as server:
        yield server


@pytest.fixture(scope="module")
def worlds(spark: SparkServer, tmp_path_factory: pytest.TempPathFactory) -> IdentityRuns:
    """One random world, resolved by both engines."""
    folder = tmp_path_factory.mktemp("identity")
    runs = IdentityRuns(folder, {"customer_max_profiles": MOST_PROFILES})
    runs.give("day", random_world(random.Random(11), GROUPS))
    runs.run("day")
    schemas = sorted({schema for schema, _ in INPUTS.values()})
    spark.execute(
        *[f"create database {schema}" for schema in schemas],
        *[
            f"create table {schema}.{table} as select * from parquet.`{folder}/day/{table}.parquet`"
            for table, (schema, _) in INPUTS.items()
        ],
    )
    unselected = [item for table in INPUTS for item in ("--exclude", table)]
    variables = f"customer_max_profiles: {MOST_PROFILES}"
    selected = ["--select", "path:seeds/identity", MODELS, *unselected, "--exclude-resource-type", "test", "unit_test"]
    spark.dbt(folder / "on_spark", PROJECT, "build", *selected, "--vars", variables)
    return runs


def test_closure_on_spark_equals_a_union_find_on_chains_stars_cycles_and_random_graphs(
    spark: SparkServer, tmp_path: Path
) -> None:
    edges = graphs()
    rows = ", ".join(f"({a}, {b})" for a, b in edges)
    spark.execute(
        "create database if not exists guanxi", f"create table guanxi.edges as select * from values {rows} as e (a, b)"
    )
    spark.dbt(tmp_path, closing_project(tmp_path), "run")
    with duckdb.connect() as connection:
        files = spark.files_of("guanxi.components")
        found = dict(connection.execute(f"select node_id, cluster_id from '{files}'").fetchall())
    assert found == union_find(edges)


@pytest.mark.parametrize("table", OUTPUTS)
def test_both_engines_make_the_same_rows(spark: SparkServer, worlds: IdentityRuns, table: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        held = worlds.folder / "day" / "found" / f"{table}.parquet"
        types = connection.execute(f"describe from '{held}'").fetchall()
        columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind, *_ in types)
        expected = connection.execute(f"select {columns} from '{held}' order by all").fetchall()
        files = spark.files_of(f"identity.{table}")
        found = connection.execute(f"select {columns} from '{files}' order by all").fetchall()
    assert expected
    assert found == expected
