"""Tables and views are made in place: the new one is there as a whole, or the one before still is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.testing.dbt.dbt_runner import PROJECT, Dbt

MODEL = """
{{ config(materialized=env_var('KIND'), contract={'enforced': env_var('KIND') == 'table'}) }}
select {{ env_var('NUMBER') }} as number
"""
COLUMNS = "models: [{name: one, columns: [{name: number, data_type: int, constraints: [{type: not_null}]}]}]"
WHAT_IS_THERE = "select table_name, table_type from information_schema.tables"
TABLE, VIEW = [("one", "BASE TABLE")], [("one", "VIEW")]


@pytest.fixture
def dbt(tmp_path: Path) -> Dbt:
    """A project of one model, with this project's way to make tables and views."""
    project = tmp_path / "project"
    for folder in ("models", "macros"):
        (project / folder).mkdir(parents=True)
    ways = ("materializations/table_and_view.sql", "materializations/finish_materialization.sql", "dialect/engine.sql")
    for file in ways:
        shutil.copy(PROJECT / "macros" / file, project / "macros")
    (project / "dbt_project.yml").write_text("{name: guanxi, profile: guanxi}", encoding="utf-8")
    (project / "models" / "one.sql").write_text(MODEL, encoding="utf-8")
    (project / "models" / "one.yml").write_text(COLUMNS, encoding="utf-8")
    return Dbt(tmp_path / "home", tmp_path / "lake", project)


def built(dbt: Dbt, kind: str, number: str) -> tuple[list[object], list[object]]:
    """What is there after a build, and the rows of the model."""
    dbt.run("run", KIND=kind, NUMBER=number)
    return dbt.query(WHAT_IS_THERE), dbt.query("select number from one")


def test_a_table_and_a_view_take_the_place_of_what_was_there_and_leave_nothing_beside_it(dbt: Dbt) -> None:
    assert built(dbt, "table", "1") == (TABLE, [(1,)])
    assert built(dbt, "table", "2") == (TABLE, [(2,)])
    assert built(dbt, "view", "3") == (VIEW, [(3,)])
    assert built(dbt, "view", "4") == (VIEW, [(4,)])
    assert built(dbt, "table", "5") == (TABLE, [(5,)])


@pytest.mark.parametrize("number", ["error('no such number')", "cast(null as int)"])
def test_what_cannot_be_built_leaves_what_was_there(dbt: Dbt, number: str) -> None:
    built(dbt, "table", "1")
    assert dbt.run("run", check=False, KIND="table", NUMBER=number).returncode != 0
    assert (dbt.query(WHAT_IS_THERE), dbt.query("select number from one")) == (TABLE, [(1,)])
