"""Graphs of many shapes, and a dbt project of one model that closes a graph."""

from __future__ import annotations

import random
from pathlib import Path

import yaml

from tests.testing.dbt.dbt_runner import PROJECT

Edges = list[tuple[int, int]]


def graphs() -> Edges:
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


def union_find(edges: Edges) -> dict[int, int]:
    """The smallest node of the component of every node with an edge to another."""
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


def closing_project(folder: Path) -> Path:
    """A project whose one model, `components`, closes the table `edges`."""
    project = folder / "project"
    (project / "models").mkdir(parents=True)
    model = "{{ config(materialized='connected_components') }}\nselect a, b from {{ target.schema }}.edges"
    (project / "models" / "components.sql").write_text(model, encoding="utf-8")
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    settings |= {"macro-paths": [str(PROJECT / "macros")], "models": {}, "seeds": {}}
    (project / "dbt_project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return project
