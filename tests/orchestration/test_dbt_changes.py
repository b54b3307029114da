"""Which models a change of the project's files changes."""

import copy
from typing import Any

from orchestration.dbt.dbt_changes import changed, fingerprints, removed


def node(name: str, **more: Any) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "package_name": "guanxi",
        "name": name,
        "checksum": {"checksum": name},
        "raw_code": f"select {{{{ {name}() }}}}",
        "config": {"materialized": "table", "meta": {}},
        "columns": {"id": {"data_type": "string", "description": "An id"}},
        "depends_on": {"macros": [f"macro.guanxi.{name}"], "nodes": []},
        **more,
    }


def macro(text: str, *calls: str) -> dict[str, Any]:
    return {
        "package_name": "guanxi",
        "macro_sql": text,
        "depends_on": {"macros": [f"macro.guanxi.{one}" for one in calls]},
    }


MANIFEST = {
    "nodes": {
        "model.guanxi.rfm": node("rfm"),
        "model.guanxi.abc": node("abc"),
        "test.guanxi.t": {"resource_type": "test"},
    },
    "macros": {
        "macro.guanxi.rfm": macro("score", "window"),
        "macro.guanxi.window": macro("{{ var('days') }} {{ rfm() }}", "rfm"),
        "macro.guanxi.abc": macro("share"),
        "macro.guanxi.materialization_table_default": macro("create"),
    },
}
BEFORE = fingerprints(MANIFEST, {"days": 365})


def after(*place: str, value: Any = None, days: int = 365) -> list[str]:
    """What is changed once `value` stands at a place of the manifest."""
    manifest = copy.deepcopy(MANIFEST)
    inner: Any = manifest
    for step in place[:-1]:
        inner = inner[step]
    if place:
        inner[place[-1]] = value
    return changed(BEFORE, fingerprints(manifest, {"days": days, "unread": days}))


def test_nothing_changed_is_no_change():
    assert after() == []


def test_a_var_changes_the_models_whose_macros_read_it():
    assert after(days=90) == ["model.guanxi.rfm"]


def test_a_macro_changes_the_models_that_call_it_through_others():
    assert after("macros", "macro.guanxi.window", "macro_sql", value="{{ var('days') }} + 1") == ["model.guanxi.rfm"]


def test_sql_configuration_and_materialization_change_a_model_and_words_do_not():
    model = ("nodes", "model.guanxi.abc")
    assert after(*model, "checksum", value={"checksum": "other"}) == ["model.guanxi.abc"]
    assert after(*model, "config", value={"materialized": "view"}) == ["model.guanxi.abc"]
    assert after(*model, "config", value={"materialized": "table", "meta": {"name_zh": "客群"}}) == []
    assert after(*model, "columns", value={"id": {"data_type": "string", "description": "The id"}}) == []
    create = ("macros", "macro.guanxi.materialization_table_default", "macro_sql")
    assert len(after(*create, value="create or replace")) == 2


def test_another_table_to_read_from_changes_a_model_whose_text_stays():
    depends = {"macros": ["macro.guanxi.abc"], "nodes": ["model.guanxi.segment_new"]}
    assert after("nodes", "model.guanxi.abc", "depends_on", value=depends) == ["model.guanxi.abc"]


def test_new_models_are_changed_and_missing_ones_removed():
    assert changed({}, BEFORE) == sorted(BEFORE)
    assert removed(BEFORE, {}) == sorted(BEFORE)
