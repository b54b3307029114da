"""A field of message templates is a row of a seed: the plan has it for each customer, read from where the row says."""

from __future__ import annotations

import json
import shutil

import pytest
import yaml

from tests.testing.dbt.dbt_runner import PROJECT, Dbt

RECIPIENTS = PROJECT / "models" / "intermediate" / "campaigns" / "int_campaign_recipients.sql"
STUBS = {
    "customers": "select 'c_1' as customer_id, false as is_profiling_optout, '上\"海' as city, 'ref' as name_ref,"
    " 12 as points_balance, cast('2026-03-05 23:30:00' as timestamp) as last_purchase_at, 'female' as gender",
    "customer_value": "select 'c_1' as customer_id, 'high' as value_tier, 50.0 as value_score,"
    " 'potential' as loyalty_tier",
    "customer_lifecycle": "select 'c_1' as customer_id, 'dormant' as stage, 117 as days_since_purchase",
    "customer_rfm": "select 'c_2' as customer_id, 'x' as segment_8",
    "customer_tags": "select 'c_1' as customer_id, tag, value, is_current from (values ('theme', '茶', true),"
    " ('theme', '酒', false), ('vip', null, true), ('ill', 'yes', true)) as tags (tag, value, is_current)",
    "int_tags": "select tag, tag = 'ill' as is_sensitive from (values ('theme'), ('vip'), ('ill')) as tags (tag)",
}
MORE = (
    "theme,text,customer_tags,theme,茶,tea,,,false,主题,Theme\n"
    "is_vip,text,customer_tags,vip,true,true,,,false,贵宾,VIP\n"
    "ill,text,customer_tags,ill,yes,yes,,,false,病,Ill\n"
    "score,number,customer_value,value_score,50,50,,,false,价值分,Score\n"
)


@pytest.fixture(scope="module")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """A dbt project of the recipients alone; what they read has one customer."""
    folder = tmp_path_factory.mktemp("fields")
    project = folder / "project"
    (project / "models").mkdir(parents=True)
    shutil.copy(RECIPIENTS, project / "models")
    for name, sql in STUBS.items():
        (project / "models" / f"{name}.sql").write_text(sql, encoding="utf-8")
    described = {"customers": ["city", "name_ref", "points_balance", "last_purchase_at", "gender"],
                 "customer_value": ["value_tier", "loyalty_tier", "value_score"],
                 "customer_lifecycle": ["stage", "days_since_purchase"], "customer_rfm": ["segment_8"]}  # fmt: skip
    models = [{"name": name, "columns": [{"name": one} for one in columns]} for name, columns in described.items()]
    (project / "models" / "models.yml").write_text(yaml.safe_dump({"models": models}), encoding="utf-8")
    (project / "seeds").mkdir()
    shutil.copy(PROJECT / "seeds" / "campaigns" / "template_fields.csv", project / "seeds")
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    settings |= {"macro-paths": [str(PROJECT / "macros")], "models": {}, "on-run-start": "", "on-run-end": ""}
    settings["seeds"] = {"guanxi": {"+quote_columns": False, "+full_refresh": True}}
    (project / "dbt_project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return Dbt(folder / "home", folder / "data", project)


def missing(dbt: Dbt) -> str:
    ((found,),) = dbt.query("select missing_fields from intermediate.int_campaign_recipients")
    return str(found)


def fields(dbt: Dbt) -> dict[str, object]:
    ((customer, found),) = dbt.query("select customer_id, fields from intermediate.int_campaign_recipients")
    assert customer == "c_1"
    return dict(json.loads(found))


def test_each_row_is_a_field_in_its_type_and_a_sensitive_tag_is_none(dbt: Dbt) -> None:
    dbt.run("build")
    brought = fields(dbt)
    assert brought == {
        "city": '上"海', "days_since_purchase": 117, "gender": "female", "last_purchase_day": "2026-03-05",
        "loyalty_tier": "potential", "name": "ref", "points_balance": 12, "rfm_segment": None, "stage": "dormant",
        "value_tier": "high",
    }  # fmt: skip
    assert missing(dbt) == "rfm_segment"
    seed = dbt.project / "seeds" / "template_fields.csv"
    before = seed.read_text(encoding="utf-8")
    seed.write_text(before + MORE, encoding="utf-8")
    dbt.run("build")
    assert fields(dbt) == brought | {"theme": "茶", "is_vip": "true", "ill": None, "score": 50.0}
    assert missing(dbt) == "ill,rfm_segment"
    seed.write_text(before.replace("customers,city,", "customers,town,"), encoding="utf-8")
    with pytest.raises(
        AssertionError, match=r"template_fields\.csv: city: source_column: customers has no column town; it"
    ):
        dbt.run("build")
