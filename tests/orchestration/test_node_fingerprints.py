"""What a change of the project's files changes in the definitions of its models."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.dbt.node_fingerprints import NodeFingerprints, Surroundings


def node(name: str, **more: Any) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "package_name": "guanxi",
        "name": name,
        "fqn": ["guanxi", name],
        "checksum": {"checksum": name},
        "raw_code": f"select {{{{ {name}() }}}}",
        "config": {"materialized": "table", "meta": {}},
        "columns": {"id": {"data_type": "string", "description": "An id"}},
        "depends_on": {"macros": [], "nodes": []},
        **more,
    }


def macro(name: str, text: str) -> dict[str, Any]:
    return {"package_name": "guanxi", "name": name, "macro_sql": text}


MANIFEST: dict[str, Any] = {
    "metadata": {"project_name": "guanxi"},
    "nodes": {"model.guanxi.rfm": node("rfm"), "model.guanxi.abc": node("abc")},
    "sources": {},
    "macros": {
        "macro.guanxi.rfm": macro("rfm", "{{ window() }}"),
        "macro.guanxi.window": macro("window", "{{ var('days') }} {{ rfm() }}"),
        "macro.guanxi.abc": macro("abc", "share"),
        "macro.guanxi.materialization_table_default": macro("materialization_table_default", "create"),
    },
}
Changed = Callable[..., set[str]]


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    """Names of the models whose definition is another once `value` stands at a place of the manifest."""

    def definitions(manifest: dict[str, Any], days: int) -> dict[str, str]:
        (tmp_path / "dbt_project.yml").write_text(f"vars: {{days: {days}, unread: {days}}}", encoding="utf-8")
        prints = NodeFingerprints(manifest, Surroundings(tmp_path, tmp_path / "lake", {}))
        return {one.split(".")[2]: prints.definition(one) for one in prints.nodes}

    def find(*place: str, value: Any = None, days: int = 365) -> set[str]:
        manifest = copy.deepcopy(MANIFEST)
        inner: Any = manifest
        for step in place[:-1]:
            inner = inner[step]
        if place:
            inner[place[-1]] = value
        before, after = definitions(MANIFEST, 365), definitions(manifest, days)
        return {one for one in after if after[one] != before[one]}

    return find


def test_nothing_changed_is_no_change(changed: Changed) -> None:
    assert changed() == set()


def test_a_var_changes_the_models_whose_macros_read_it(changed: Changed) -> None:
    assert changed(days=90) == {"rfm"}


def test_a_macro_changes_the_models_that_call_it_through_others(changed: Changed) -> None:
    assert changed("macros", "macro.guanxi.window", "macro_sql", value="{{ var('days') }} + 1") == {"rfm"}


def test_sql_configuration_and_materialization_change_a_model_and_descriptions_do_not(changed: Changed) -> None:
    model = ("nodes", "model.guanxi.abc")
    assert changed(*model, "checksum", value={"checksum": "other"}) == {"abc"}
    assert changed(*model, "config", value={"materialized": "view"}) == {"abc"}
    assert changed(*model, "config", value={"materialized": "table", "meta": {"name_zh": "客群"}}) == set()
    assert changed(*model, "columns", value={"id": {"data_type": "string", "description": "The id"}}) == set()
    create = ("macros", "macro.guanxi.materialization_table_default", "macro_sql")
    assert changed(*create, value="create or replace") == {"rfm", "abc"}


def test_another_table_to_read_from_changes_a_model_whose_text_stays(changed: Changed) -> None:
    depends = {"macros": [], "nodes": ["model.guanxi.segment_new"]}
    assert changed("nodes", "model.guanxi.abc", "depends_on", value=depends) == {"abc"}


def test_the_lake_and_the_place_of_a_table_change_no_definition(changed: Changed) -> None:
    assert changed("nodes", "model.guanxi.abc", "relation_name", value="elsewhere.main.abc") == set()


def test_a_table_whose_old_rows_are_only_replaced_has_no_state_and_one_that_reads_them_has(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("vars: {days: 365}", encoding="utf-8")
    manifest = copy.deepcopy(MANIFEST)
    manifest["macros"]["macro.guanxi.materialization_table_default"]["macro_sql"] = "replace {{ this }}"
    manifest["macros"]["macro.guanxi.window"]["macro_sql"] = "select * from {{ this }}"
    prints = NodeFingerprints(manifest, Surroundings(tmp_path, tmp_path / "lake", {}))
    assert not prints.has_state("model.guanxi.abc")
    assert prints.has_state("model.guanxi.rfm")
