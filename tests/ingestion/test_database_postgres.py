"""The same promises on PostgreSQL: typed columns, time zones, nulls."""

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from ingestion.contract.table import Table
from ingestion.sources.database import Database, DatabaseSettings
from tests.testing import postgres


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres.cluster() as url:
        yield url


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz", "text"])
def test_rows_without_a_cursor_and_rows_committed_late_arrive_once(desk, server, monkeypatch, kind) -> None:
    monkeypatch.setenv("GUANXI_NOW", "2026-03-01T12:00:00")
    url = postgres.new_database(server)
    columns = {"id": "int", "phone": "phone", "points": "int", "updated_at": "timestamp"}
    till = desk(Table("members", columns, key=["id"], cursor="updated_at"), source=Database(url))
    object.__setattr__(till.channel, "settings_model", DatabaseSettings)
    till.settings = till.settings.model_copy(update={"channels": {}})
    engine = sa.create_engine(url)

    def insert(*rows: tuple[object, ...]) -> None:
        values = ", ".join("({}, '13711310001', 1, {})".format(key, f"'{at}'" if at else "null") for key, at in rows)
        with engine.begin() as connection:
            connection.execute(sa.text(f"insert into members values {values}"))

    with engine.begin() as connection:
        connection.execute(sa.text(f"create table members (id int, phone text, points numeric, updated_at {kind})"))
    insert((1, dt.datetime(2026, 3, 1, 10)), (2, None))
    assert till.ingest().loaded == {"members": 2}
    assert till.ingest().loaded == {"members": 0}
    insert((3, None), (4, dt.datetime(2026, 2, 23, 10)), (5, dt.datetime(2026, 1, 1)))
    assert till.ingest().loaded == {"members": 2}
    with engine.begin() as connection:
        connection.execute(sa.text("update members set points = 2 where id = 2"))
    assert till.ingest().loaded == {"members": 1}
    monkeypatch.setenv("GUANXI_NOW", "2026-03-08T12:00:00")
    assert till.ingest().loaded == {"members": 1}
    assert till.ingest().loaded == {"members": 0}
    assert till.rows("members", "id, points, updated_at", "id, points")[:3] == [
        (1, 1, dt.datetime(2026, 3, 1, 10)),
        (2, 1, None),
        (2, 2, None),
    ]
    engine.dispose()
