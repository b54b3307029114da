"""The test `column_rules`: each rule that is broken is one row, with how many rows break it and with which values."""

from pathlib import Path

import duckdb

from tests.testing.dbt.dbt_runner import AS_JSON, Dbt


def test_each_broken_rule_is_told_with_rows_and_values(tmp_path: Path) -> None:
    dbt = Dbt(tmp_path, tmp_path / "lake")
    dbt.run("seed", "--select", "message_channels", "channel_line_types")
    with duckdb.connect(str(dbt.warehouse)) as connection:
        connection.execute("""
            insert into seeds.channel_line_types values
                (null, 'unknown'), ('sms', 'mobile'), ('sms', 'pigeon'), ('sms', 'fax'), ('letter', 'unknown')
        """)
    assert dbt.run("test", "--select", "channel_line_types", check=False, **AS_JSON).returncode == 1
    (query,) = [one["compiled_code"] for one in dbt.results() if "column_rules_channel_line_types" in one["unique_id"]]
    assert sorted(dbt.query(query)) == [
        ("accepted_values", "line_type", 2, "fax", "pigeon"),
        ("not_null", "channel", 1, None, None),
        ("relationships", "channel", 1, "letter", "letter"),
        ("unique", "channel, line_type", 1, "sms, mobile", "sms, mobile"),
    ]


def test_a_column_that_may_be_empty_breaks_neither_its_accepted_values_nor_its_relationships(tmp_path: Path) -> None:
    dbt = Dbt(tmp_path, tmp_path / "lake")
    dbt.run("seed", "--select", "message_channels", "channel_line_types")
    with duckdb.connect(str(dbt.warehouse)) as connection:
        connection.execute("update seeds.channel_line_types set line_type = null where line_type = 'mobile'")
        connection.execute("update seeds.channel_line_types set channel = null where line_type is null")
    dbt.run("test", "--select", "channel_line_types", check=False, **AS_JSON)
    (query,) = [one["compiled_code"] for one in dbt.results() if "column_rules_channel_line_types" in one["unique_id"]]
    assert {rule for rule, *_ in dbt.query(query)} == {"not_null"}


def test_numbers_that_are_too_low_and_rows_that_are_needed_are_told(tmp_path: Path) -> None:
    dbt = Dbt(tmp_path, tmp_path / "lake")
    dbt.run("seed", "--select", "rule_thresholds")
    with duckdb.connect(str(dbt.warehouse)) as connection:
        connection.execute("update seeds.rule_thresholds set value = -90 where rule = 'dormant_days'")
        connection.execute("delete from seeds.rule_thresholds where rule in ('new_days', 'abc_a_percent')")
    assert dbt.run("test", "--select", "rule_thresholds", check=False, **AS_JSON).returncode == 1
    (query,) = [one["compiled_code"] for one in dbt.results() if "column_rules_rule_thresholds" in one["unique_id"]]
    assert sorted(dbt.query(query)) == [
        ("minimum", "value", 1, "-90", "-90"),
        ("required_values", "rule", 2, "abc_a_percent", "new_days"),
    ]


def test_limits_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    dbt = Dbt(tmp_path, tmp_path / "lake")
    dbt.run("seed", "--select", "rule_thresholds")
    with duckdb.connect(str(dbt.warehouse)) as connection:
        connection.execute(
            "update seeds.rule_thresholds set value = 900 where rule in ('dormant_days', 'abc_b_percent')"
        )
    assert dbt.run("test", "--select", "assert_thresholds_are_in_order", check=False, **AS_JSON).returncode == 1
    (query,) = [one["compiled_code"] for one in dbt.results() if "assert_thresholds" in one["unique_id"]]
    assert sorted(dbt.query(f"select problem from ({query})")) == [
        ("a percentage or score is above 100",),
        ("dormant_days is not below churned_days",),
    ]
