"""What did not change is not copied, and never passes for what did."""

import json
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from serving.published_copy import PublicationDamaged, PublishedCopy
from stores.errors import UserError
from stores.publication_files.tables import TableFile, attaching, tables_of
from stores.settings import Settings
from stores.warehouse import Publication, connect, current_publication, publish, writer_lock


def change(settings: Settings, statement: str) -> None:
    with writer_lock(settings), connect(settings, read_only=False) as warehouse:
        warehouse.execute(statement)


def files(settings: Settings, publication: Publication) -> dict[str, TableFile]:
    return {f"{table.schema}.{table.name}": table for table in tables_of(settings, publication.path)}


def on_disk(settings: Settings) -> set[str]:
    return {path.relative_to(settings.published).as_posix() for path in settings.published.glob("tables/*")}


def test_a_table_that_stayed_the_same_is_not_copied_and_one_that_changed_is(
    settings: Settings, build: Callable[[int], None], as_of: date
) -> None:
    build(1)
    first = files(settings, before := publish(settings, "run-1", as_of, None))
    build(1)  # made again, with equal rows
    change(settings, "update marts.customers set marker = 2 where customer_id = 'c_7'")
    second = files(settings, after := publish(settings, "run-2", as_of, None))
    assert {name for name in first if first[name] != second[name]} == {"marts.customers"}
    assert on_disk(settings) == {table.file for one in (first, second) for table in one.values()}
    for publication, marker in ((before, 1), (after, 2)):
        with PublishedCopy(publication.path) as copy:
            assert copy.first("select marker from marts.customers where customer_id = 'c_7'") == {"marker": marker}


@pytest.mark.parametrize(
    "statement",
    [
        "update marts.customers set marker = null where customer_id = 'c_7'",
        "delete from marts.customers where customer_id = 'c_7'",
        "insert into marts.customers from marts.customers where customer_id = 'c_7'",
        "alter table marts.customers alter marker type bigint",
        "alter table marts.customers rename marker to mark",
        "alter table marts.customers add column more text",
    ],
)
def test_any_difference_is_a_change(
    settings: Settings, build: Callable[[int], None], as_of: date, statement: str
) -> None:
    build(1)
    first = files(settings, publish(settings, "run-1", as_of, None))
    change(settings, statement)
    second = files(settings, after := publish(settings, "run-2", as_of, None))
    assert first["marts.customers"].file != second["marts.customers"].file
    with PublishedCopy(after.path) as copy, connect(settings) as warehouse:
        query = "from marts.customers order by all"
        assert copy.values(query) == warehouse.execute(query).fetchall()
        described = "describe marts.customers"
        assert [row[:2] for row in copy.values(described)] == [
            row[:2] for row in warehouse.execute(described).fetchall()
        ]


def test_the_order_of_rows_is_no_change(settings: Settings, build: Callable[[int], None], as_of: date) -> None:
    build(1)
    first = files(settings, publish(settings, "run-1", as_of, None))
    change(settings, "create or replace table marts.customers as from marts.customers order by hash(customer_id)")
    assert files(settings, publish(settings, "run-2", as_of, None)) == first


def test_every_type_comes_out_as_it_went_in(settings: Settings, build: Callable[[int], None], as_of: date) -> None:
    build(1)
    change(
        settings,
        "create table marts.kinds as select 170141183460469231731687303715884105727::hugeint as huge,"
        " '{\"a\": 1}'::json as document, ['a', null] as texts, {'a': 1.5::decimal(18, 2)} as pair,"
        " timestamp '2026-01-01 00:00:00.123456' as moment, interval 3 days as span, time '10:00' as hour,"
        " 'on'::enum ('on', 'off') as word, timestamptz '2026-01-01 08:00:00+08' as instant, null::int as nothing",
    )
    change(settings, "create view marts.computed as select huge + 0 as huge, document from marts.kinds")
    published = publish(settings, "run-1", as_of, None)
    with PublishedCopy(published.path) as copy, connect(settings) as warehouse:
        for table in ("kinds", "computed"):
            for query in (f"from marts.{table}", f"select column_name, column_type from (describe marts.{table})"):
                assert copy.values(query) == warehouse.execute(query).fetchall()
    assert files(settings, publish(settings, "run-2", as_of, None)) == files(settings, published)


def test_files_go_with_the_last_publication_that_names_them(
    settings: Settings, build: Callable[[int], None], as_of: date
) -> None:
    keep_two = settings.model_copy(update={"keep_publications": 2})
    made = []
    for marker in (1, 2, 2, 2):
        build(marker)
        made.append(files(settings, publish(keep_two, f"run-{marker}", as_of, None)))
    assert on_disk(settings) == {table.file for table in made[-1].values()}
    assert made[0]["marts.customers"].file not in on_disk(settings)


def test_no_file_goes_while_a_publication_cannot_say_which_it_names(
    settings: Settings, build: Callable[[int], None], as_of: date
) -> None:
    build(1)
    old = publish(settings, "run-1", as_of, None)
    named = {table.file for table in files(settings, old).values()}
    build(2)
    publish(settings, "run-2", as_of, None)
    old.path.write_bytes(b"damaged" * 1000)
    publish(settings, "run-3", as_of, None)
    assert named <= on_disk(settings)


@pytest.mark.parametrize("damage", ["gone", "cut off"])
def test_a_file_that_is_not_whole_is_written_again(
    settings: Settings, build: Callable[[int], None], as_of: date, damage: str
) -> None:
    build(1)
    before = publish(settings, "run-1", as_of, None)
    file = settings.published / files(settings, before)["marts.customers"].file
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-100])
    with PublishedCopy(before.path) as copy, pytest.raises(PublicationDamaged, match="guanxi publish"):
        copy.values("select sum(marker) from marts.customers")
    after = publish(settings, "run-2", as_of, None)
    with PublishedCopy(after.path) as copy:
        assert copy.values("select sum(marker) from marts.customers") == [(2000,)]


def test_a_file_whose_bytes_turned_is_found_where_files_are_read_again(
    settings: Settings, build: Callable[[int], None], as_of: date
) -> None:
    build(1)
    file = settings.published / files(settings, publish(settings, "run-1", as_of, None))["marts.customers"].file
    content = bytearray(file.read_bytes())
    content[8:60] = bytes(52)
    file.write_bytes(content)
    after = publish(settings, "run-2", as_of, None, recheck=True)
    with PublishedCopy(after.path) as copy:
        assert copy.values("select sum(marker), count(distinct customer_id) from marts.customers") == [(2000, 2000)]


def test_a_data_folder_can_be_moved(
    settings: Settings, build: Callable[[int], None], as_of: date, tmp_path: Path
) -> None:
    build(1)
    publish(settings, "run-1", as_of, None)
    moved = settings.model_copy(update={"home": settings.home.rename(tmp_path / "another place")})
    with PublishedCopy(current_publication(moved).path) as copy:
        assert copy.values("select count(*) from marts.customers") == [(2000,)]


def test_a_folder_that_duckdb_cannot_search_is_refused_with_what_to_do(
    settings: Settings, build: Callable[[int], None], as_of: date
) -> None:
    odd = settings.model_copy(update={"home": settings.home / "a,b"})
    with writer_lock(odd), connect(odd, read_only=False) as warehouse:
        warehouse.execute("create schema marts; create table marts.customers as select 1 as customer_id")
    with pytest.raises(UserError, match="comma"):
        publish(odd, "run-1", as_of, None)


def test_a_publication_of_one_file_is_read_and_then_replaced(
    settings: Settings, build: Callable[[int], None], as_of: date
) -> None:
    settings.published.mkdir(parents=True)
    old = settings.published / "serving-000001-20260629-abcdef.duckdb"
    with duckdb.connect(str(old)) as connection:
        connection.execute("create schema marts; create table marts.customers as select 'c_1' as customer_id")
    pointer = {
        "publication_id": "000001-20260629-abcdef", "run_id": "r", "as_of": "2026-06-29",
        "published_at": "2026-06-29T08:00:00+08:00", "file": old.name,
    }  # fmt: skip
    (settings.published / "current.json").write_text(json.dumps(pointer), encoding="utf-8")
    with PublishedCopy(current_publication(settings).path) as copy:
        assert copy.values("from marts.customers") == [("c_1",)]
    build(1)
    publish(settings, "run-1", as_of, None)
    with PublishedCopy(current_publication(settings).path) as copy:
        assert copy.values("select count(*) from marts.customers") == [(2000,)]
    assert old.exists()


def test_what_was_done_on_some_days_is_read_without_the_other_days(
    settings: Settings, build: Callable[[int], None], as_of: date
) -> None:
    build(1)
    change(
        settings,
        "create table marts.customer_daily_activity as select 'c_' || n as customer_id,"
        " date '2026-01-01' + cast(n % 400 as int) as activity_day from range(100000) as r (n)",
    )
    publication = publish(settings, "run-1", as_of, None)
    file = settings.published / files(settings, publication)["marts.customer_daily_activity"].file
    with duckdb.connect() as connection:
        groups = connection.execute(
            "select min(stats_min), max(stats_max) from parquet_metadata(?)"
            " where path_in_schema = 'activity_day' group by row_group_id order by row_group_id",
            [str(file)],
        ).fetchall()
    assert len(groups) > 2
    assert all(before[1] <= after[0] for before, after in pairwise(groups))


def test_a_view_of_published_tables_is_published_as_one_and_has_no_file(
    settings: Settings, build: Callable[[int], None], manifest: Path, as_of: date
) -> None:
    described = json.loads(manifest.read_text(encoding="utf-8"))
    described["nodes"]["v"] = {
        "resource_type": "model", "schema": "marts", "name": "a_few", "alias": "a_few",
        "config": {"meta": {"published_as": "view", "former_name": "some"}},
    }  # fmt: skip
    manifest.write_text(json.dumps(described), encoding="utf-8")
    build(3)
    warehouse = settings.warehouse_path.stem
    change(
        settings,
        f'create view marts.a_few as with few as (select * from "{warehouse}"."marts"."customers")'
        f" select customer_id, marker, '{warehouse}.marts.customers' as word from few where customer_id < 'c_2'",
    )
    publication = publish(settings, "run-3", as_of, manifest)
    assert "marts.a_few" not in files(settings, publication)
    for name in ("a_few", "some"):
        with PublishedCopy(publication.path) as copy:
            rows = copy.values(f"select count(*), any_value(marker), any_value(word) from marts.{name}")
            assert copy.values("select count(*) from publication.models where table_name = 'a_few'") == [(1,)]
        assert rows == [(1112, 3, f"{warehouse}.marts.customers")]
    with duckdb.connect() as beside:  # under another name, as a comparison of a branch attaches it
        for statement in attaching(publication.path, "production"):
            beside.execute(statement)
        assert beside.execute("select count(*) from production.marts.a_few").fetchall() == [(1112,)]
