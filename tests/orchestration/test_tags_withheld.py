"""Tags that are told nobody, or only for a purpose; and homes whose tables do not say who may be profiled."""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb
import pytest

from serving.figures.filters import Filters
from serving.figures.members import audience
from serving.published_copy import PublishedCopy, current_copy
from serving.segments import count
from stores import operations
from stores.operations.audit import audit_log
from stores.warehouse import connect, current_publication
from tests.orchestration.conftest import Installation

WHY = ("--by", "Li Na", "--why", "a question of the customer")


@dataclass(frozen=True)
class Changed:
    """A published world, who refuses profiling and an inferred tag of theirs, and a customer with a sensitive tag."""

    home: Installation
    refusing: str
    inferred: str
    customer: str
    sensitive: str


@pytest.fixture(scope="module")
def changed(published_world, tmp_path_factory):
    """A published world in which a customer with an inferred tag refuses profiling, and another tag is sensitive."""
    home = published_world.copy(tmp_path_factory.mktemp("withheld") / "home")
    with current_copy(home.settings) as published:
        refusing, inferred = _somebody(published, "is_inferred")
        customer, sensitive = _somebody(published, "not is_inferred")
    _show(home, "customer_tag_counts", f"is_profiled and customer_id <> '{refusing}' as is_profiled")
    _show(home, "tag_coverage", f"tag = '{sensitive}' as is_sensitive")
    return Changed(home, refusing, inferred, customer, sensitive)


def _somebody(published: PublishedCopy, condition: str) -> tuple[str, str]:
    """The first customer with a tag of such a family, and the tag."""
    ((customer, tag),) = published.values(
        "select customer_id, tag from marts.customer_tags inner join marts.tag_coverage using (tag)"
        f" inner join rules.tag_families using (family) where is_current and {condition} order by all limit 1"
    )
    return customer, tag


def _show(home, table: str, column: str) -> None:
    """Let a published table have another column."""
    with duckdb.connect(str(current_publication(home.settings).path)) as publication:
        ((sql,),) = publication.execute(
            "select sql from duckdb_views() where schema_name = 'marts' and view_name = ?", [table]
        ).fetchall()
        text = sql.partition(" AS ")[2].rstrip(";")
        folder = current_publication(home.settings).path.parent
        publication.execute(f"set file_search_path = '{folder}'")
        publication.execute(
            f"create or replace view marts.{table} as select * replace ({column}) from ({text}) as told"
        )


def test_of_who_is_not_profiled_neither_an_inferred_tag_nor_what_its_rule_looks_at_is_told(changed) -> None:
    asked = ("explain", "tag", changed.inferred, changed.refusing)
    story = json.loads(changed.home.guanxi(*asked, "--json").stdout)
    assert story["reason"] == "not_profiled"
    assert (story["periods"], story["inputs"], story["entries"]) == ([], [], [])
    assert "opted out of profiling or is a minor" in changed.home.guanxi(*asked).stdout


def test_a_sensitive_tag_is_told_to_nobody_who_does_not_say_for_what(changed) -> None:
    asked = ("explain", "tag", changed.sensitive, changed.customer)
    for told in ((), WHY[:2], WHY[2:]):
        done = changed.home.guanxi(*asked, *told, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert "is sensitive" in done.stderr


def test_a_look_at_a_sensitive_tag_is_in_the_audit_log(changed) -> None:
    assert "Sensitive" in changed.home.guanxi("explain", "tag", changed.sensitive, changed.customer, *WHY).stdout
    with operations.engine(changed.home.settings).connect() as store:
        looks = store.execute(audit_log.select().where(audit_log.c.subject_type == "tag")).all()
    (look,) = [one for one in looks if one.subject == f"{changed.sensitive} {changed.customer}"]
    assert (look.actor, look.action, look.detail) == (WHY[1], "view", WHY[3])


def test_nobody_is_listed_for_a_tag_that_is_sensitive_or_of_which_nothing_is_known(changed) -> None:
    with current_copy(changed.home.settings) as published:
        ordinary, sensitive = (
            count(published, audience("tag", Filters(*_all_days(published)), tag))
            for tag in (changed.inferred, changed.sensitive)
        )
    assert ordinary > 0
    assert sensitive == 0


def _all_days(published: PublishedCopy) -> tuple:
    return published.values("select min(activity_day), max(activity_day) from marts.customer_daily_activity")[0]


def test_a_family_that_there_is_not_is_refused_with_those_that_there_are(changed) -> None:
    done = changed.home.guanxi("tags", "list", "--family", "nonsense", check=False)
    assert done.returncode == 2
    assert "--family 'nonsense': there is no such family. Use one of spending_power, " in done.stderr


@pytest.mark.parametrize("table", ["intermediate.int_customers_not_profiled", "marts.customer_tags"])
def test_a_preview_on_a_warehouse_that_lacks_a_table_says_what_to_do(published_world, tmp_path, table: str) -> None:
    home = published_world.copy(tmp_path / "home")
    with connect(home.settings, read_only=False) as warehouse:
        kind = warehouse.execute("select table_type from information_schema.tables where table_name = ?",
                                 [table.partition(".")[2]]).fetchone()[0]  # fmt: skip
        warehouse.execute(f"drop {'view' if kind == 'VIEW' else 'table'} {table}")
    row = "new,,category,favourite_category,each,,,,,新,New,,,crm,,,"
    done = home.guanxi("tags", "preview", row, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{table.partition('.')[2]} does not exist. Run `guanxi run` first." in done.stderr
