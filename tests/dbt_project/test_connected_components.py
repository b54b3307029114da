"""Closure of the identity graph against an independent union-find."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.testing.dbt.dbt_runner import Dbt
from tests.testing.dbt.graphs import Edges, closing_project, graphs, union_find


def test_components_equal_those_of_a_union_find_on_chains_stars_cycles_and_random_graphs(tmp_path: Path) -> None:
    edges = graphs()
    dbt = _project(tmp_path, edges)
    dbt.run("run")
    found = dict(dbt.query("select node_id, cluster_id from main.components"))
    assert found == union_find(edges)
    left_over = dbt.query("select table_name from information_schema.tables where table_name like 'components\\_\\_%'")
    assert left_over == []


def test_a_graph_that_is_not_closed_in_the_allowed_rounds_fails_and_leaves_no_table(tmp_path: Path) -> None:
    dbt = _project(tmp_path, [(node, node + 1) for node in range(100)])
    done = dbt.run("run", "--vars", "components_max_rounds: 2", check=False)
    assert done.returncode != 0
    assert "components are not closed after 2 rounds" in " ".join(done.said.split())
    assert dbt.query("select table_name from information_schema.tables where table_name like 'components%'") == []


def test_a_graph_without_edges_gives_an_empty_table(tmp_path: Path) -> None:
    dbt = _project(tmp_path, [(5, 5)])
    dbt.run("run")
    assert dbt.query("select count(*) from main.components") == [(0,)]


def _project(folder: Path, edges: Edges) -> Dbt:
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("create table edges (a bigint, b bigint)")
        connection.executemany("insert into edges values (?, ?)", edges)
    return Dbt(folder, folder / "lake", closing_project(folder))
