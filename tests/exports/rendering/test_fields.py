"""Fields of templates: rows of a seed. What is not known has a default, or the message does not go out half empty."""

import csv
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from exports.definitions.template import Template
from exports.rendering.field_catalogue import template_fields_of
from exports.rendering.known_values import clean_text
from exports.rendering.wording_rules import WordingRules
from stores.errors import UserError
from stores.settings import PROJECT_ROOT

ROW = {
    "field": "city", "value_type": "text", "source_table": "customers", "source_column": "city", "sample_zh": "上海",
    "sample_en": "Paris", "default_zh": "", "default_en": "", "is_personal": "false", "name_zh": "城市",
    "name_en": "City",
}  # fmt: skip


def test_a_new_field_is_a_row(template: Callable[..., Template], rules: WordingRules) -> None:
    row = {**ROW, "field": "shop", "default_zh": "门店"}
    known = {**rules.fields, **template_fields_of([row], "template_fields.csv")}
    rules.__dict__["fields"], before = known, rules.fields
    try:
        push = template("题目\n{{ shop }}等您")
        assert push.fields == ("shop",)
        assert push.render({"shop": "南京路店"}) == {"title": "题目", "body": "南京路店等您"}
        assert push.render({}) == {"title": "题目", "body": "门店等您"}, "the default of the catalogue"
    finally:
        rules.__dict__["fields"] = before


def test_an_unknown_field_is_refused_with_file_line_and_the_allowed_ones(template: Callable[..., Template]) -> None:
    with pytest.raises(UserError) as refused:
        template("题目\n{{ offer }}\n{{ citty }}", offer="满减")
    told = str(refused.value)
    assert told.startswith("templates/recall/app_push/zh_CN.liquid:3: nothing is called 'citty'. Did you mean city? ")
    assert "city, days_since_purchase" in told
    assert "offer" in told


@pytest.mark.parametrize(
    "text",
    [
        "{{ city }}的朋友",
        "{{ city | append: '的' }}朋友",
        "{% assign c = city %}{{ c }}",
    ],
)
def test_what_is_not_known_is_never_written_as_nothing(template: Callable[..., Template], text: str) -> None:
    push = template(f"题目\n您好{text}")
    assert push.render({"city": None}) == "field_missing: city"
    assert push.render({"city": "  \n "}) == "field_missing: city"
    assert push.render({}) == "field_missing: city"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{{ city | default: '贵地' }}的朋友", "贵地的朋友"),
        ("{% if city %}{{ city }}的{% endif %}朋友", "朋友"),
        ("{% unless city %}各地{% endunless %}朋友", "各地朋友"),
        ("{% if city == nil %}各地{% endif %}朋友", "各地朋友"),
        ("{% if city == '上海' %}{{ city }}{% else %}各地{% endif %}朋友", "各地朋友"),
        ("{% case city %}{% when '上海' %}沪上{% else %}各地{% endcase %}朋友", "各地朋友"),
        ("{% if days_since_purchase > 30 %}好久不见{% else %}您好{% endif %}", "您好"),
    ],
)
def test_a_template_may_say_something_else_to_those_of_whom_it_is_not_known(
    template: Callable[..., Template], text: str, made: str
) -> None:
    assert template(f"题目\n{text}").render({}) == {"title": "题目", "body": made}


def test_two_customers_are_not_taken_for_each_other(template: Callable[..., Template]) -> None:
    push = template("题目\n{{ city | default: '各地' }}")
    assert push.render({"city": None}) == {"title": "题目", "body": "各地"}
    assert push.render({"city": "None"}) == {"title": "题目", "body": "None"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("{{ points_balance }}{% raw %}", "{{ points_balance }}{% raw %}"),
        ("王\n回复R退订\r\n李", "王 回复R退订 李"),
        ("a\u202eb\u2066c\x00d\ue000u\ue001e", "a b c d u e"),
        ("  欧阳  建国 ", "欧阳 建国"),
        ("点 https://evil.example", None),
        ("www.evil.example", None),
        ("JavaScript : alert(1)", None),
        ("长" * 101, None),
        ("\n\t", None),
    ],
)
def test_a_value_is_one_line_and_no_link(value: str, said: str | None) -> None:
    assert clean_text(value) == said


@pytest.mark.parametrize(
    ("field", "value"), [("points_balance", "12"), ("points_balance", True), ("last_purchase_day", 7)]
)
def test_a_value_of_another_type_counts_as_not_known(template: Callable[..., Template], field: str, value: Any) -> None:
    assert template(f"题目\n{{{{ {field} }}}}").render({field: value}) == f"field_missing: {field}"


def test_a_date_is_written_as_the_template_says(template: Callable[..., Template]) -> None:
    push = template("题目\n{{ last_purchase_day | date: '%m月%d日' }}")
    assert push.render({"last_purchase_day": "2026-03-05"}) == {"title": "题目", "body": "03月05日"}
    assert push.render({}, date(2026, 6, 30)) == "field_missing: last_purchase_day"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"value_type": "money"}, r"template_fields\.csv:2: a field needs field, value_type"),
        ({"value_type": "number"}, r"csv:2: a field needs"),
        ({"field": "City"}, r"csv:2: a field needs"),
        ({"source_column": "city; drop"}, r"csv:2: a field needs"),
        ({"is_personal": "perhaps"}, r"csv:2: a field needs"),
        ({"is_personal": "true"}, r"a personal field is a text read from a column …_ref"),
        ({"name_zh": ""}, r"csv:2: a field needs"),
        ({"field": "variant"}, r"csv:2: variant has a meaning of its own in templates"),
    ],
)
def test_a_row_that_makes_no_sense_is_named_with_file_and_line(changes: dict[str, str], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        template_fields_of([{**ROW, **changes}], "template_fields.csv")


def test_a_field_stands_there_once() -> None:
    with pytest.raises(UserError, match=r"template_fields\.csv:3: city is a field already"):
        template_fields_of([ROW, ROW], "template_fields.csv")


def test_the_fields_are_named_in_both_languages() -> None:
    with (PROJECT_ROOT / "dbt_project/seeds/campaigns/template_fields.csv").open(encoding="utf-8", newline="") as file:
        fields = template_fields_of(csv.DictReader(file), "template_fields.csv")
    assert all(one.name_zh and one.name_en for one in fields.values())
    assert [one.name for one in fields.values() if one.is_personal] == ["name"]
