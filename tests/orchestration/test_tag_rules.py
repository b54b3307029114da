"""A mistake in a row of the catalogue of tags is said with file, line, column and value before a run."""

from __future__ import annotations

import pytest

from orchestration.seeds.seed_files import check_seeds
from orchestration.seeds.seed_types import type_problem
from orchestration.seeds.tag_rules import MOST_OF_A_FAMILY, check_tag_rules
from stores.dbt_files.customer_metrics import declared_custom_tags, declared_metrics
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, load_settings

METRICS = {"spend": "number", "last_day": "day", "city": "word", "is_member": "flag"}
COLUMNS = (
    "tag,value,family,metric,operator,lower,upper,share,word,name_zh,name_en,value_zh,value_en,owner,since,sensitive,"
    "purpose"
)


def row(**cells: str) -> dict[str, str]:
    """A right row, with other cells."""
    tag = cells.get("tag", "big")
    empty = dict.fromkeys(COLUMNS.split(","), "")
    right = {"tag": tag, "family": "spend", "metric": "spend", "operator": "between", "lower": "100"}
    return empty | right | {"name_zh": f"标签 {tag}", "name_en": f"Tag {tag}", "owner": "crm"} | cells


def value(name: str, **cells: str) -> dict[str, str]:
    """One of the rows of a tag with values."""
    return row(value=name, value_zh=name, value_en=name, **cells)


def check(*rows: dict[str, str], custom: dict[str, str] | None = None) -> None:
    check_tag_rules("tag_rules.csv", list(enumerate(rows, start=2)), METRICS, custom or {})


def test_the_rules_of_the_project_are_right() -> None:
    check_seeds(load_settings())
    assert declared_metrics(PROJECT_ROOT / "dbt_project")
    declared_custom_tags(PROJECT_ROOT / "dbt_project")


def test_every_operator_has_rows_that_are_right() -> None:
    check(
        row(),
        value("low", tag="bands", lower="", upper="10"),
        value("high", tag="bands", lower="10.0", upper=""),
        row(tag="quiet", metric="last_day", operator="days_ago", lower="90", upper="180"),
        row(tag="soon", metric="last_day", operator="days_ago", lower="-30", upper=""),
        row(tag="fresh", metric="last_day", operator="days_ago", lower="", upper="30"),
        row(tag="best", operator="top_share", lower="", share="10"),
        row(tag="least", operator="bottom_share", lower="", share="0.5"),
        value("one", tag="tier_city", metric="city", operator="is", lower="", word="北京"),
        value("two", tag="tier_city", metric="city", operator="is", lower="", word="杭州"),
        row(tag="member", metric="is_member", operator="is_true", lower=""),
        row(tag="city", metric="city", operator="each", lower=""),
        row(tag="known", metric="city", operator="is_known", lower=""),
        row(tag="careful", sensitive="true", purpose="service only"),
    )


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"tag": "Big spender"}, r"tag_rules.csv:2, column tag: 'Big spender' is no name"),
        ({"metric": "spent"}, r"csv:2, column metric: 'spent' is not known: one of city, is_member, last_day, spend"),
        (
            {"metric": "city"},
            r"column operator: 'between' does not fit the metric city, which is a word: one of is, each",
        ),
        ({"operator": "top_share", "share": "5"}, r"column lower: '100' means nothing to 'top_share'. Leave it empty"),
        ({"lower": ""}, r"csv:2: 'between' needs lower or upper"),
        ({"operator": "top_share", "lower": "", "share": "100"}, r"column share: '100' is not a percentage"),
        (
            {"metric": "last_day", "operator": "days_ago", "lower": "1.5"},
            r"column lower: '1.5' is not a whole number of",
        ),
        ({"upper": "100.0"}, r"column upper: '100.0' is not above the lower bound 100"),
        ({"metric": "last_day", "operator": "days_ago", "lower": "", "upper": "0"}, r"column upper: '0' is not above"),
        ({"sensitive": "true"}, r"column purpose: the cell is empty; a sensitive tag says"),
        ({"value": "yes"}, r"column value: 'yes' is the only value of 'big'"),
    ],
)
def test_a_row_that_is_no_rule_is_told_with_what_is_allowed(cells: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        check(row(**cells))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [value("a", upper="200"), value("b", lower="150")],
            r"csv:3, column lower: 150 and the upper bound 200 of line 2 ov",
        ),
        ([value("a", upper="200"), value("b", lower="250")], r"csv:3, column lower: 250 .* of line 2 leave a gap"),
        ([value("b", lower="200"), value("a", upper="300")], r"csv:2, column lower: 200 and .* 300 of line 3 overlap"),
        ([value("a"), value("b", upper="300")], r"overlap"),
        (
            [value("a", upper="200"), row(lower="200")],
            r"csv:3, column value: the cell is empty; 'big' has several rows",
        ),
        (
            [value("a", upper="200"), value("b", lower="200", family="x")],
            r"csv:3, column family: 'x', but 'spend' in line 2",
        ),
        (
            [value("a", operator="top_share", lower="", share="5")] * 2,
            r"column operator: 'top_share' cannot have several",
        ),
        (
            [value(one, metric="city", operator="is", lower="", word="北京") for one in "ab"],
            r"csv:3, column word: '北京' stands in line 2 too",
        ),
        (
            [row(), row(tag="other", name_en="Tag big")],
            r"csv:3, column name_en: 'Tag big' is the name of 'big' in line 2",
        ),
    ],
)
def test_rows_that_contradict_each_other_are_told_by_their_lines(rows: list[dict[str, str]], message: str) -> None:
    with pytest.raises(UserError, match=message):
        check(*rows)


def test_days_that_meet_at_zero_may_leave_the_first_bound_empty() -> None:
    days = {"metric": "last_day", "operator": "days_ago"}
    check(value("new", **days, lower="", upper="30"), value("old", **days, lower="30"))


def test_a_family_has_fifteen_tags_at_most_those_that_are_models_counted() -> None:
    rows = [row(tag=f"tag_{number}") for number in range(MOST_OF_A_FAMILY)]
    check(*rows)
    with pytest.raises(UserError, match=r"csv:16, column family: 'spend' has more than 15 tags with this one"):
        check(*rows, custom={"vip": "spend"})


def test_a_tag_that_is_a_model_too_is_refused() -> None:
    with pytest.raises(UserError, match=r"csv:2, column tag: 'big' is the model tag_big.sql too"):
        check(row(), custom={"big": "spend"})


def test_a_metric_of_no_kind_and_one_of_two_tables_are_told_with_their_file(tmp_path) -> None:
    folder = tmp_path / "dbt_project" / "models" / "intermediate" / "metrics"
    folder.mkdir(parents=True)
    column = "models: [{{name: int_metrics__{0}, columns: [{{name: spend, config: {{meta: {{metric: {1}}}}}}}]}}]"
    (folder / "int_metrics__a.yml").write_text(column.format("a", "money"), encoding="utf-8")
    with pytest.raises(
        UserError, match=r"int_metrics__a.yml, column spend: metric 'money' is no kind: one of number, w"
    ):
        declared_metrics(tmp_path / "dbt_project")
    (folder / "int_metrics__a.yml").write_text(column.format("a", "number, counts: sails"), encoding="utf-8")
    with pytest.raises(UserError, match=r"a.yml, column spend: counts 'sails' is no kind of rows: one of feedback, i"):
        declared_metrics(tmp_path / "dbt_project")
    (folder / "int_metrics__a.yml").write_text(column.format("a", "number"), encoding="utf-8")
    (folder / "int_metrics__b.yml").write_text(column.format("b", "number"), encoding="utf-8")
    with pytest.raises(
        UserError, match=r"int_metrics__b.yml, column spend: int_metrics__a.yml has a metric of that name"
    ):
        declared_metrics(tmp_path / "dbt_project")


def test_a_tag_of_ones_own_says_its_family_and_names(tmp_path) -> None:
    folder = tmp_path / "dbt_project" / "models" / "marts" / "tags" / "custom"
    folder.mkdir(parents=True)
    (folder / "tag_vip.sql").write_text("select 1", encoding="utf-8")
    with pytest.raises(UserError, match=r"tag_vip.yml: tag_vip has no family; write it under config: meta:"):
        declared_custom_tags(tmp_path / "dbt_project")
    meta = "{family: spend, name_zh: 贵宾, name_en: VIP}"
    (folder / "tag_vip.yml").write_text(f"models: [{{name: tag_vip, config: {{meta: {meta}}}}}]", encoding="utf-8")
    assert declared_custom_tags(tmp_path / "dbt_project")["vip"]["family"] == "spend"
    (folder / "vip.sql").write_text("select 1", encoding="utf-8")
    with pytest.raises(UserError, match=r"custom/vip.sql: a tag of one's own is named tag_<name>.sql"):
        declared_custom_tags(tmp_path / "dbt_project")


MADE = "models:\n  - name: tag_vip\n    config: {meta: {family: spend, name_zh: 贵宾, name_en: VIP%s}}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 1\n", r"tag_vip.yml: the file: '\[1\]' is no `name: value`"),
        ("models: x\n", "tag_vip.yml: the file, models: 'x' is no list"),
        ("models:\n  - config: {}\n", "tag_vip.yml: a model has no name"),
        ("models:\n  - name: tag_vip\n    config: x\n", "tag_vip, config: 'x' is no `name: value`"),
        ("models:\n  - name: tag_vip\n    config: {meta: [a]}\n", r"tag_vip, config: meta: \"\['a'\]\" is no"),
        ("models:\n  - name: tag_vip\n    columns: {a: b}\n", "tag_vip, columns: .* is no list"),
        ("models:\n  - name: tag_vip\n    columns: [{config: {}}]\n", "tag_vip: a column has no name"),
        (MADE % ", sensitive: true", "tag_vip has no purpose; a sensitive tag says"),
        (MADE % ", sensitive: true, purpose: ' '", "tag_vip has no purpose; a sensitive tag says"),
        (MADE % ", sensitive: 'no'", "tag_vip, sensitive: 'no' is neither true nor false"),
        (MADE % ", owner: 7", "tag_vip, owner: 7 is no text"),
    ],
)
def test_what_a_yml_says_wrong_of_a_tag_of_ones_own_is_told_with_its_file(tmp_path, text: str, said: str) -> None:
    folder = tmp_path / "dbt_project" / "models" / "marts" / "tags" / "custom"
    folder.mkdir(parents=True)
    (folder / "tag_vip.sql").write_text("select 1\n", encoding="utf-8")
    (folder / "tag_vip.yml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=said):
        declared_custom_tags(tmp_path / "dbt_project")


def test_a_model_of_a_tag_has_a_name_that_sql_can_have(tmp_path) -> None:
    folder = tmp_path / "dbt_project" / "models" / "marts" / "tags" / "custom"
    folder.mkdir(parents=True)
    (folder / "tag_Gold-VIP.sql").write_text("select 1\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"tag_Gold-VIP.sql: write small letters a-z, digits and _ after tag_"):
        declared_custom_tags(tmp_path / "dbt_project")


def test_a_number_beyond_what_a_column_can_hold_is_told() -> None:
    assert type_problem("1e999", "double") == "is beyond the largest number, 1.8e+308"
    assert type_problem("1e300", "double") == ""
