"""The test that no merge is without a link knows the profiles that a past day does not show."""

import re

import duckdb

from stores.settings import PROJECT_ROOT

TEST = PROJECT_ROOT / "dbt_project" / "tests" / "assert_every_merge_is_explained_by_a_link.sql"
TOGETHER = ["shop:1", "pos:1"]


def unexplained(profiles: list[str], links: list[tuple[str, str]], accepted: list[tuple[str, str]]) -> set[str]:
    """What the test finds where all profiles are one customer's."""
    with duckdb.connect() as warehouse:
        warehouse.execute("create table customer_profiles (source_profile_id text, customer_id text)")
        for table in ("customer_links", "int_identity__accepted_links"):
            warehouse.execute(f"create table {table} (source_profile_id text, linked_profile_id text)")
        for profile in profiles:
            warehouse.execute("insert into customer_profiles values (?, 'c_1')", [profile])
        for table, pairs in (("customer_links", links), ("int_identity__accepted_links", accepted)):
            for pair in pairs:
                warehouse.execute(f"insert into {table} values (?, ?)", pair)
        sql = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", TEST.read_text(encoding="utf-8"))
        return {name for (name,) in warehouse.execute(sql).fetchall()}


def test_a_shown_link_explains_a_merge_and_without_one_it_is_found() -> None:
    assert unexplained(TOGETHER, [("pos:1", "shop:1")], []) == set()
    assert unexplained(TOGETHER, [], []) == set(TOGETHER)
    # a link between the two that is not shown explains nothing
    assert unexplained(TOGETHER, [], [("pos:1", "shop:1")]) == set(TOGETHER)


def test_on_a_past_day_a_profile_that_came_later_explains_a_merge() -> None:
    later = [("app:9", "shop:1"), ("pos:1", "app:9")]
    assert unexplained(TOGETHER, [], later) == set()
    assert unexplained(TOGETHER, [], later[:1]) == {"pos:1"}
