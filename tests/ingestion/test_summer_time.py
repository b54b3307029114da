"""The hour that occurs twice, and the one that does not occur, in homes whose clocks change."""

from __future__ import annotations

from datetime import datetime

import pytest

from ingestion.contract.table import Column, Table
from stores.settings import Settings

EVENTS = Table(
    name="events", pattern="events*.csv", key=["id"], columns={"id": "text", "at": Column("timestamp", required=True)}
)


@pytest.mark.parametrize(
    ("zone", "written", "expected"),
    [
        ("America/Sao_Paulo", "2018-02-17T23:30:00-02:00", "2018-02-17 23:30"),
        ("America/Sao_Paulo", "2018-02-17T23:30:00-03:00", "2018-02-17 23:30"),
        ("America/Sao_Paulo", "2018-02-18T02:59:59Z", "2018-02-17 23:59:59"),
        ("America/Sao_Paulo", "2018-02-18T03:00:00Z", "2018-02-18 00:00"),
        ("America/Sao_Paulo", "2018-02-17 23:30:00", "2018-02-17 23:30"),
        ("America/Sao_Paulo", "2017-10-15 00:30:00", "2017-10-15 00:30"),
        ("America/Sao_Paulo", "2017-10-15T03:00:00Z", "2017-10-15 01:00"),
        ("Europe/Berlin", "2026-10-25T02:30:00+02:00", "2026-10-25 02:30"),
        ("Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-25 02:30"),
        ("Europe/Berlin", "2026-03-29 02:30:00", "2026-03-29 02:30"),
        ("America/New_York", "2026-11-01T05:30:00Z", "2026-11-01 01:30"),
        ("America/New_York", "2026-11-01T06:30:00Z", "2026-11-01 01:30"),
        ("America/New_York", "2026-03-08 02:30:00", "2026-03-08 02:30"),
    ],
)
def test_a_moment_lands_on_the_day_that_the_clock_on_the_wall_showed(
    settings: Settings, desk, zone: str, written: str, expected: str
) -> None:
    here = desk(EVENTS)
    here.settings = here.settings.model_copy(update={"timezone": zone})
    here.drop("events.csv", f"id,at\n1,{written}\n")
    here.ingest()
    assert here.rows("events", '"at"') == [(datetime.fromisoformat(expected),)]


def test_events_of_the_hour_that_occurs_twice_all_arrive_in_a_file_that_mixes_both(settings: Settings, desk) -> None:
    here = desk(EVENTS)
    here.settings = here.settings.model_copy(update={"timezone": "Europe/Berlin"})
    moments = [f"2026-10-25T02:{minute}:00{offset}" for offset in ("+02:00", "+01:00") for minute in (10, 50)]
    here.drop("events.csv", "id,at\n" + "".join(f"{n},{moment}\n" for n, moment in enumerate(moments)))
    report = here.ingest()
    assert report.loaded == {"events": 4}
    assert [at.hour for (at,) in here.rows("events", '"at"')] == [2, 2, 2, 2]
