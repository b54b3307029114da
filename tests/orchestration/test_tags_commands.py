"""`guanxi tags list`, `tags preview` and `explain tag` on a published world; `try tags` on a list of purchases."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.tagging.explanation import Input, reason_of
from orchestration.tagging.rules import metrics_of
from orchestration.tagging.source_rows import counted_rows
from stores.warehouse import connect, current_publication
from tests.testing.command_line import run_guanxi

HEADER = (
    "tag,value,family,metric,operator,lower,upper,share,word,name_zh,name_en,value_zh,value_en,owner,since,sensitive,"
    "purpose"
)
FAMILIES = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds" / "tags" / "tag_families.csv"


@pytest.fixture(scope="module")
def tagged(published_world, tmp_path_factory):
    """A copy of the published world that these tests only read."""
    return published_world.copy(tmp_path_factory.mktemp("tags") / "home")


def answered(tagged, *arguments: str) -> Any:
    return json.loads(tagged.guanxi(*arguments, "--json").stdout)


def built(tagged, sql: str) -> list[tuple]:
    with duckdb.connect(str(tagged.settings.warehouse_path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def rules() -> list[dict[str, str]]:
    with FAMILIES.with_name("tag_rules.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_list_has_every_tag_of_the_catalogue_with_its_customers(tagged) -> None:
    found = answered(tagged, "tags", "list")
    assert {row["tag"] for row in found["tags"]} == {rule["tag"] for rule in rules()}
    counted = dict(built(tagged, "select tag, count(*) from marts.customer_tags where is_current group by tag"))
    listed: dict[str, int] = {}
    for row in found["tags"]:
        listed[row["tag"]] = listed.get(row["tag"], 0) + row["customers"]
    assert {tag: customers for tag, customers in listed.items() if customers} == counted
    family = found["tags"][0]["family"]
    assert {row["family"] for row in answered(tagged, "tags", "list", "--family", family)["tags"]} == {family}


def test_a_preview_of_the_rules_that_there_are_changes_nothing_for_anybody(tagged, tmp_path: Path) -> None:
    place = tmp_path / "same.csv"
    place.write_text(FAMILIES.with_name("tag_rules.csv").read_text(encoding="utf-8"), encoding="utf-8")
    before = tagged.settings.warehouse_path.stat()
    found = answered(tagged, "tags", "preview", str(place))
    assert {one["tag"] for one in found} == {rule["tag"] for rule in rules()}
    assert [one for one in found if one["gained"] or one["lost"]] == []
    assert sum(one["customers"] for one in found) > 0
    assert tagged.settings.warehouse_path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_preview_of_a_row_tells_what_it_would_repeat(tagged) -> None:
    rule = next(rule for rule in rules() if rule["operator"] == "top_share")
    rule |= {"tag": "same_again", "name_zh": "重复", "name_en": "Again"}
    family = next(other["family"] for other in rules() if other["family"] != rule["family"])
    row = ",".join((rule | {"family": family})[column] for column in HEADER.split(","))
    (found,) = answered(tagged, "tags", "preview", row)
    assert found["before"] == 0
    assert found["gained"] == found["customers"] > 0
    assert found["overlaps"][0]["jaccard"] == 1.0


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "new,,spending_power,nothing,between,1,,,,新,New,,,crm,,,",
            "ROW:1, column metric: 'nothing' is not known: one of",
        ),
        ("new,,nowhere,nothing,between,1,,,,新,New,,,crm,,,", "ROW:1, column family: 'nowhere' is not known: one of"),
        ("new,,spend", "The row has 3 fields where tag_rules.csv has 17"),
        ('new,"spend', "is no row of a CSV file: unexpected end of data. Correct its quotes."),
    ],
)
def test_a_wrong_row_is_told_as_a_run_would_tell_it(tagged, row: str, said: str) -> None:
    done = tagged.guanxi("tags", "preview", row, check=False)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_file_without_rows_is_no_preview(tagged, tmp_path: Path) -> None:
    place = tmp_path / "empty.csv"
    place.write_text(HEADER + "\n", encoding="utf-8")
    done = tagged.guanxi("tags", "preview", str(place), check=False)
    assert done.returncode == 2
    assert "empty.csv has a header and no row" in done.stderr


def test_a_tag_is_explained_by_its_rule_the_metric_and_since_when(tagged) -> None:
    customer, tag, since = built(
        tagged,
        "select customer_id, tag, customer_tags.since from marts.customer_tags inner join seeds.tag_rules using (tag)"
        " where is_current and operator = 'between' order by all limit 1",
    )[0]
    story = answered(tagged, "explain", "tag", tag, customer)
    assert story["reason"] == "held"
    assert story["periods"][0]["since"] == str(since)
    assert any(one["fits"] and one["metric"] is not None for one in story["inputs"])
    assert story["profiles"]
    assert f"Held since {since}" in tagged.guanxi("explain", "tag", tag, customer).stdout


def test_a_metric_that_is_a_number_of_rows_names_just_so_many_of_them(tagged) -> None:
    metrics = metrics_of(tagged.settings)
    as_of = current_publication(tagged.settings).as_of
    units = {
        "orders",
        "interactions",
        "messages",
        "tickets",
        "answers",
        "entries",
        "invitations",
        "activities",
        "texts",
    }
    # of these the unit is rows, and the number something else
    other = {"most_orders_a_day"}
    compared = set()
    with connect(tagged.settings) as warehouse:
        for name, metric in metrics.items():
            if metric.unit not in units or metric.kind != "number" or name in other:
                continue
            most = warehouse.execute(
                f"select customer_id, {name} from intermediate.{metric.table} where {name} > 0 order by 2 desc limit 1"
            ).fetchone()
            if most:
                counted = counted_rows(tagged.settings, warehouse, metric, most[0], as_of)
                assert counted is not None, name
                assert (name, counted.total) == (name, most[1])
                compared.add(metric.counts)
        for metric in metrics.values():  # the conditions of the others can be asked too
            counted_rows(tagged.settings, warehouse, metric, "nobody", as_of)
    assert compared == {"sales", "interactions", "feedback", "points"}


def test_the_rows_behind_a_tag_are_named_with_channel_key_and_the_file_that_brought_them(tagged) -> None:
    found = {rule["metric"]: rule["tag"] for rule in rules()}
    for metric, of in (
        ("last_purchase_day", "sales"),
        ("dearest_price", "order_lines"),
        ("last_ticket_day", "feedback"),
    ):
        table = metrics_of(tagged.settings)[metric].table
        ((customer,),) = built(tagged, f"select min(customer_id) from intermediate.{table} where {metric} is not null")
        story = answered(tagged, "explain", "tag", found[metric], customer)
        rows = next(one["counted"] for one in story["inputs"] if one["counted"])
        assert rows["of"] == of
        assert 0 < len(rows["newest"]) <= min(5, rows["total"])
        assert all(row["source_file"] for row in rows["newest"]), rows
        assert story["entries"] == []
        shown = tagged.guanxi("explain", "tag", found[metric], customer).stdout
        assert f"{rows['newest'][0]['channel']}:{rows['newest'][0]['key']}" in shown
        assert rows["newest"][0]["source_file"] in shown


def test_a_tag_that_somebody_has_not_is_explained_too(tagged) -> None:
    tag = next(rule["tag"] for rule in rules() if rule["operator"] == "between" and not rule["value"])
    without = (
        "select min(customer_id) from marts.customer_tag_counts where is_profiled and customer_id not in"
        f" (select customer_id from marts.customer_tags where tag = '{tag}')"
    )
    ((other,),) = built(tagged, without)
    assert answered(tagged, "explain", "tag", tag, other)["reason"] in ("no_metric", "no_fit")


def test_each_reason_why_somebody_has_a_tag_or_not_is_told_apart() -> None:
    held, ended = [{"is_current": True}], [{"is_current": False}]
    rule = [{"tag": "t"}]
    fits, fits_not = Input("r", "", 5, True, "t"), Input("r", "", 1, False, "t")
    unknown = Input("r", "", None, False, "t")
    assert reason_of(held, rule, [fits], False) == "held"
    assert reason_of(held, rule, [fits], True) == "not_profiled"
    assert reason_of(ended, [], [], True) == "not_profiled"
    assert reason_of([], rule, [fits_not], False) == "no_fit"
    assert reason_of([], rule, [fits], False) == "not_yet"
    assert reason_of([], rule, [unknown], False) == "no_metric"
    assert reason_of([], [], [], False) == "not_a_member"


def test_an_unknown_tag_and_an_unknown_customer_are_told(tagged) -> None:
    ((customer,),) = built(tagged, "select min(customer_id) from marts.customers")
    for arguments, said in (
        (("nonsense", customer), "There is no tag 'nonsense' in publication"),
        ((rules()[0]["tag"], "c_nobody"), "No customer 'c_nobody' in publication"),
    ):
        done = tagged.guanxi("explain", "tag", *arguments, check=False)
        assert done.returncode == 2
        assert said in done.stderr


def test_a_list_of_purchases_is_tagged_by_the_same_rules(tmp_path: Path) -> None:
    place, out = tmp_path / "tx.csv", tmp_path / "tags.csv"
    lines = ["customer_id,order_id,ordered_at,amount"]
    lines += [f"{customer},{customer}{no},2026-03-{10 + no},20.00" for customer in "abcde" for no in range(3)]
    place.write_text("\n".join(lines), encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    done = run_guanxi(["try", "tags", str(place), "--as-of", "2026-03-31", "--out", str(out)], environment)
    assert done.returncode == 0, done.stderr
    assert "of the catalogue are held by somebody" in done.stdout
    with out.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert list(found[0]) == ["customer_id", "tag", "value"]
    by_customer = {customer: {row["tag"] for row in found if row["customer_id"] == customer} for customer in "abcde"}
    assert by_customer["a"], "who bought three times has tags"
    assert len({frozenset(tags) for tags in by_customer.values()}) == 1, "who bought alike has the same tags"
