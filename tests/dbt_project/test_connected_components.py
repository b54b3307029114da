"""Closure of the identity graph against an independent union-find."""

from __future__ import annotations

import random
from pathlib import Path

import duckdb
import pytest
import yaml
from dbt_runner import PROJECT, Dbt

pytestmark = pytest.mark.xdist_group("dbt_project")

Edges = list[tuple[int, int]]


def test_components_equal_those_of_a_union_find_on_chains_stars_cycles_and_random_graphs(tmp_path: Path) -> None:
    edges = _graphs()
    dbt = _project(tmp_path, edges)
    dbt.run("run")
    found = dict(dbt.query("select node_id, cluster_id from main.components"))
    assert found == _union_find(edges)
    left_over = dbt.query("select table_name from information_schema.tables where table_name like 'components\\_\\_%'")
    assert left_over == []


def test_a_graph_that_is_not_closed_in_the_allowed_rounds_fails_and_leaves_no_table(tmp_path: Path) -> None:
    dbt = _project(tmp_path, [(node, node + 1) for node in range(100)])
    done = dbt.run("run", "--vars", "components_max_rounds: 2", check=False)
    assert done.returncode != 0
    assert "components are not closed after 2 rounds" in " ".join(done.stdout.split())
    assert dbt.query("select table_name from information_schema.tables where table_name like 'components%'") == []


def test_a_graph_without_edges_gives_an_empty_table(tmp_path: Path) -> None:
    dbt = _project(tmp_path, [(5, 5)])
    dbt.run("run")
    assert dbt.query("select count(*) from main.components") == [(0,)]


def _graphs() -> Edges:
    """Graphs side by side, nodes numbered at random, edges in random order and direction, some twice."""
    draw = random.Random(7)
    shapes: list[Edges] = [
        [(node, node + 1) for node in range(1000)],
        [(0, node) for node in range(1, 500)],
        [(node, (node + 1) % 200) for node in range(200)],
        *[[(draw.randrange(size), draw.randrange(size)) for _ in range(int(size * 0.6))] for size in (50, 300, 900)],
    ]
    numbers = draw.sample(range(1 << 60), 10_000)
    edges: Edges = []
    for shape in shapes:
        names = {node: numbers.pop() for node in sorted({end for edge in shape for end in edge})}
        edges += [(names[a], names[b]) if draw.random() < 0.5 else (names[b], names[a]) for a, b in shape]
    edges += draw.choices(edges, k=200)
    draw.shuffle(edges)
    return edges


def _union_find(edges: Edges) -> dict[int, int]:
    parent: dict[int, int] = {}

    def find(node: int) -> int:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    linked = [edge for edge in edges if edge[0] != edge[1]]
    for a, b in linked:
        low, high = sorted((find(a), find(b)))
        parent[high] = low
    return {node: find(node) for edge in linked for node in edge}


def _project(folder: Path, edges: Edges) -> Dbt:
    """A project of one model that closes the given edges."""
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("create table edges (a bigint, b bigint)")
        connection.executemany("insert into edges values (?, ?)", edges)
    project = folder / "project"
    (project / "models").mkdir(parents=True)
    model = "{{ config(materialized='connected_components') }}\nselect a, b from edges"
    (project / "models" / "components.sql").write_text(model, encoding="utf-8")
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    settings |= {"macro-paths": [str(PROJECT / "macros")], "models": {}, "seeds": {}}
    (project / "dbt_project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return Dbt(folder, folder / "lake", project)
