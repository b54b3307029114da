"""The data docs page: tables of the last build with columns, tests, SQL and lineage; dbt's own site beside it."""

import json

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from dashboards.dbt_docs_site import dbt_docs
from dashboards.queries import model_docs
from tests.testing.app_pages import html

MODEL = {"resource_type": "model", "schema": "marts", "config": {"materialized": "table"}, "columns": {}}


@pytest.fixture
def built(own):
    """An installation whose last build left a manifest of two models and a seed."""
    manifest = {
        "nodes": {
            "model.guanxi.customers": MODEL
            | {
                "name": "customers",
                "access": "public",
                "description": "One record for\n each <b>customer</b>.",
                "raw_code": "select * from final",
                "original_file_path": "models/marts/customers.sql",
                "columns": {"city": {"name": "city", "data_type": "string", "description": "Where they live (城市)"}},
            },
            "model.guanxi.int_profiles": MODEL
            | {"name": "int_profiles", "schema": "intermediate", "access": "private"},
            "seed.guanxi.tiers": {"resource_type": "seed", "schema": "seeds", "name": "tiers", "columns": {}},
            "test.guanxi.rules": {
                "resource_type": "test",
                "name": "column_rules_customers",
                "attached_node": "model.guanxi.customers",
                "test_metadata": {
                    "name": "column_rules",
                    "kwargs": {
                        "not_null": ["city"],
                        "unique": [["city", "day"]],
                        "accepted_values": {"level": [1, 2]},
                        "relationships": {"city": {"to": "ref('cities')", "field": "name"}},
                    },
                },
            },
        },
        "sources": {},
        "parent_map": {"model.guanxi.customers": ["model.guanxi.int_profiles", "seed.guanxi.tiers"]},
        "child_map": {"model.guanxi.int_profiles": ["model.guanxi.customers", "test.guanxi.rules"]},
    }
    folder = own.build_state / "dbt" / "production"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return own


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_table_is_shown_with_columns_tests_sql_and_lineage(built, open_app, language):
    app = open_app("data_docs", language)
    assert not app.exception
    shown = html(app)
    told = ["marts.customers", "One record for each &lt;b&gt;customer", "Where they live", "not null: city"]
    told += ["unique: city + day", "accepted values: level", "1, 2", "ref(&#x27;cities&#x27;).name"]
    assert [text for text in told if text not in shown] == []
    assert app.code[0].value == "select * from final"
    assert app.selectbox(key="model").options == ["marts.customers"]


def test_a_segment_has_its_own_words_for_a_chinese_reader(built, open_app):
    path = built.build_state / "dbt" / "production" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    meta = {"name_zh": "沉睡客户", "description_zh": "买过的客户。"}
    customers = manifest["nodes"]["model.guanxi.customers"]
    customers |= {"config": {"meta": meta}, "description": "Who bought."}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    app = open_app("data_docs", "zh_CN")
    assert app.selectbox(key="model").options == ["marts.customers · 沉睡客户"]
    assert [text for text in ("买过的客户。", "Who bought.", "城市：Where they live") if text not in html(app)] == []
    assert "买过的客户。" not in html(open_app("data_docs", "en"))


def test_lineage_leads_to_the_tables_before_and_back(built, open_app):
    app = open_app("data_docs", "en")
    app.button(key="parents_model.guanxi.int_profiles").click().run()
    assert app.selectbox(key="model").value == "model.guanxi.int_profiles"
    assert "Not published" in html(app)
    app.button(key="children_model.guanxi.customers").click().run()
    assert app.selectbox(key="model").value == "model.guanxi.customers"


def test_a_search_looks_into_names_descriptions_and_columns(built, open_app):
    assert open_app("data_docs", "en", q="城市 LIVE").selectbox(key="model").options == ["marts.customers"]
    assert open_app("data_docs", "en", q="profiles", every="1").selectbox(key="model").options == [
        "intermediate.int_profiles"
    ]
    assert "No table matches" in html(open_app("data_docs", "en", q="profiles"))


def test_before_the_first_build_the_page_says_what_to_run(own, open_app):
    app = open_app("data_docs", "en")
    assert "Nothing was built yet" in html(app)
    assert app.code[0].value.endswith("guanxi run")


def test_a_damaged_manifest_is_one_clear_sentence(built, open_app):
    (built.build_state / "dbt" / "production" / "manifest.json").write_text("{", encoding="utf-8")
    app = open_app("data_docs", "en")
    assert not app.exception
    assert "of the last build is damaged" in html(app)


def served(name):
    return dbt_docs(Request({"type": "http", "path_params": {"name": name}}))


def test_only_files_of_the_generated_site_are_served(built, open_app):
    with pytest.raises(HTTPException):
        served("index.html")
    folder = built.build_state / "dbt" / "docs"
    folder.mkdir(parents=True)
    for name in (*model_docs.SITE_FILES, "partial_parse.msgpack"):
        (folder / name).write_text(name, encoding="utf-8")
    assert served("index.html").path == folder / "index.html"
    for name in ("partial_parse.msgpack", "../docs/index.html", ""):
        with pytest.raises(HTTPException):
            served(name)
    assert open_app("data_docs", "en").get("link_button")


@pytest.mark.parametrize(
    ("described", "for_chinese"),
    [
        ("Where they live (城市)", "城市：Where they live"),
        ("Loyalty tier (忠诚度, seed loyalty_tiers).", "忠诚度：Loyalty tier (seed loyalty_tiers)."),
        ("What campaigns did (营销效果). Grain: (a) campaign.", "营销效果：What campaigns did. Grain: (a) campaign."),
        ("One (or more) of them (App 账号)", "App 账号：One (or more) of them"),
        ("Nothing said", "Nothing said"),
    ],
)
def test_a_chinese_reader_finds_the_chinese_name_first(described, for_chinese):
    assert model_docs.chinese_first(described) == for_chinese
