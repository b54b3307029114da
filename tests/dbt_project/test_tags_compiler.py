"""The tags that rules are compiled to are those that a plain evaluator finds, day after day and from nothing."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from tests.testing.dbt.dbt_runner import PROJECT, Dbt
from tests.testing.dbt.tag_worlds import KINDS, TagWorld

FIRST_DAY = date(2026, 6, 30)
TAGS = PROJECT / "models" / "intermediate" / "tags"
MARTS = ("customer_tag_periods", "customer_tags", "tag_numbers")
# What is compiled here, and what stands for the models that it reads.
COMPILED = (
    "affected_tagged_customers", "int_tag_cutoffs", "int_tag_values", "int_customer_tag_lists", "int_customer_tags",
    "int_custom_tag_members", "int_custom_tag_states", "int_tag_changes", "int_tags",
)  # fmt: skip
STUBS = {
    "int_customer_totals": "select customer_id from '{data}/metrics.parquet'",
    "int_customers_not_profiled": "select customer_id from '{data}/not_profiled.parquet' where customer_id <> ''",
    "int_metrics__made": """{{{{ kept_by('customer_id') }}}}
        select * from '{data}/metrics.parquet' where {{{{ among_affected('customer_id') }}}}""",
    "affected_customers": """{{{{ change_log(state=[]) }}}}
        select customer_id from '{data}/changed.parquet'
        where {{{{ '1 = 1' if only_affected() else '1 = 0' }}}} and customer_id <> ''""",
}


def project_of(folder: Path) -> Path:
    """A dbt project of the compiler alone, whose metrics come from files."""
    project, data = folder / "project", folder / "data"
    models = project / "models"
    models.mkdir(parents=True)
    sources = [TAGS / f"{name}.sql" for name in COMPILED]
    sources += [PROJECT / "models" / "marts" / "tags" / f"{name}.sql" for name in MARTS]
    sources += [PROJECT / "models" / "intermediate" / "changes" / "int_kept_tables.sql"]
    for source in sources:
        shutil.copy(source, models)
    for name, sql in STUBS.items():
        (models / f"{name}.sql").write_text(sql.format(data=data), encoding="utf-8")
    columns = [{"name": name, "config": {"meta": {"metric": kind}}} for name, kind in KINDS.items()]
    described = {"models": [{"name": "int_metrics__made", "columns": columns}]}
    (models / "metrics.yml").write_text(yaml.safe_dump(described), encoding="utf-8")
    (project / "seeds").mkdir()
    seeds = yaml.safe_load((PROJECT / "seeds" / "tags" / "_tags_seeds.yml").read_text(encoding="utf-8"))
    kept = [{"name": one["name"], "config": one["config"]} for one in seeds["seeds"] if one["name"] != "tag_states"]
    (project / "seeds" / "seeds.yml").write_text(yaml.safe_dump({"seeds": kept}), encoding="utf-8")
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    settings |= {"macro-paths": [str(PROJECT / "macros")], "models": {}, "on-run-start": "", "on-run-end": ""}
    settings["seeds"] = {"guanxi": {"+quote_columns": False, "+full_refresh": True}}
    settings["vars"]["known_models"] |= {"metrics": ["made"]}
    (project / "dbt_project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return project


def built(dbt: Dbt, world: TagWorld, day: date, *arguments: str) -> set[tuple[str, str, str | None]]:
    """Current tags after a build of a day."""
    world.write(dbt.project, dbt.lake)
    dbt.as_of = str(day)
    dbt.run("build", *arguments)
    rows = dbt.query("select customer_id, tag, value from main.customer_tags where is_current")
    assert len(rows) == len(set(rows)), "a tag twice"
    assert set(rows) == set(dbt.query("select customer_id, tag, value from main.int_customer_tags"))
    return set(rows)


@pytest.mark.parametrize("seed", [1, 2])
def test_any_sequence_of_days_and_a_build_from_nothing_give_the_tags_of_a_plain_evaluator(
    tmp_path: Path, seed: int
) -> None:
    dbt = Dbt(tmp_path / "home", tmp_path / "data", project_of(tmp_path))
    world = TagWorld(seed, FIRST_DAY)
    for days in (0, 1, 2, 9):  # the third day has a rule that begins, then a week is left out
        day = FIRST_DAY + timedelta(days=days)
        assert built(dbt, world, day) == world.expected(day), day
        world.live()
    day = FIRST_DAY + timedelta(days=10)
    by_day = built(dbt, world, day)
    history = dbt.query("from main.customer_tags order by all")
    assert by_day == world.expected(day)
    assert built(dbt, world, day, "--full-refresh") == by_day
    assert dbt.query("from main.customer_tags order by all") == history


def test_who_is_profiled_no_more_has_no_inferred_tags_of_former_days_either(tmp_path: Path) -> None:
    dbt = Dbt(tmp_path / "home", tmp_path / "data", project_of(tmp_path))
    world = TagWorld(4, FIRST_DAY)
    inferred = {rule["tag"] for rule in world.rules if rule["family"] == "inferred"}
    world.not_profiled = set()
    first = built(dbt, world, FIRST_DAY)
    refusing = {customer for customer, tag, _ in first if tag in inferred and customer < "c_2"}
    world.not_profiled = refusing
    for days, arguments in ((1, ()), (2, ()), (3, ("--full-refresh",))):
        built(dbt, world, FIRST_DAY + timedelta(days=days), *arguments)
        told = dbt.query("select distinct customer_id, tag from main.customer_tags")
        assert {tag for customer, tag in told if customer in refusing} & inferred == set()
        assert {customer for customer, tag in told if tag not in inferred} >= refusing
    gone = next(iter(sorted(inferred)))
    world.rules = [rule for rule in world.rules if rule["tag"] != gone]
    built(dbt, world, FIRST_DAY + timedelta(days=4), "--full-refresh")
    told = dbt.query("select distinct customer_id, tag from main.customer_tags where not is_current")
    assert gone in {tag for _, tag in told}
    assert not [one for one in told if one[0] in refusing and one[1] == gone]


def test_of_a_customer_who_is_gone_nothing_is_told_in_lists_or_rows(tmp_path: Path) -> None:
    dbt = Dbt(tmp_path / "home", tmp_path / "data", project_of(tmp_path))
    world = TagWorld(5, FIRST_DAY)
    gone = min({customer for customer, _, _ in built(dbt, world, FIRST_DAY)})
    del world.customers[gone]
    world.changed = {gone}
    for days, arguments in ((1, ()), (2, ("--full-refresh",))):
        day = FIRST_DAY + timedelta(days=days)
        assert built(dbt, world, day, *arguments) == world.expected(day)
        for table in ("customer_tags", "customer_tag_periods", "int_customer_tag_lists"):
            assert dbt.query(f"select 1 from main.{table} where customer_id = '{gone}'") == [], table


def test_a_run_replaces_no_more_than_those_who_changed_or_whom_days_and_cut_offs_moved(tmp_path: Path) -> None:
    dbt = Dbt(tmp_path / "home", tmp_path / "data", project_of(tmp_path))
    world = TagWorld(3, FIRST_DAY)
    world.rules = [rule for rule in world.rules if rule["operator"] in ("between", "is", "each", "is_true")]
    built(dbt, world, FIRST_DAY)
    world.live()
    world.not_profiled &= world.not_profiled - world.changed
    before = set(world.not_profiled)
    built(dbt, world, FIRST_DAY)
    world.changed = {"c_1"}
    world.customers["c_1"] |= {"spend": 12345}
    assert before == world.not_profiled
    assert built(dbt, world, FIRST_DAY) == world.expected(FIRST_DAY)
    last = "select customer_id from main.affected_tagged_customers qualify log_no = max(log_no) over ()"
    assert dbt.query(last) == [("c_1",)]


def test_a_share_of_a_metric_that_nobody_has_replaces_nobody_until_somebody_has_it(tmp_path: Path) -> None:
    dbt = Dbt(tmp_path / "home", tmp_path / "data", project_of(tmp_path))
    world = TagWorld(6, FIRST_DAY)
    world.rules = [rule for rule in world.rules if rule["operator"] == "top_share" and rule["metric"] == "spend"]
    world.not_profiled = set()
    for metrics in world.customers.values():
        metrics["spend"] = None
    built(dbt, world, FIRST_DAY)
    last = "select customer_id from main.affected_tagged_customers qualify log_no = max(log_no) over ()"
    for days, changed, spend in ((1, "c_1", None), (2, "c_2", 10), (3, "c_3", 20), (4, "c_3", None)):
        day = FIRST_DAY + timedelta(days=days)
        world.changed = {changed}
        world.customers[changed]["spend"] = spend
        assert built(dbt, world, day) == world.expected(day), day
        if days == 1:
            assert dbt.query(last) == [("c_1",)]
