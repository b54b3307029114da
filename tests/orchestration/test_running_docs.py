"""docs/running.md says of each schedule and sensor when it looks or runs, and leaves none out."""

import re

import dagster as dg
import pytest

from stores.settings import PROJECT_ROOT


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    from orchestration.definitions import defs

    return defs()


def told() -> dict[str, str]:
    """The second column of the table, by the name in the first."""
    page = (PROJECT_ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    section = page.partition("\n## What starts by itself")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, re.M))


def test_every_schedule_and_sensor_is_told_and_no_other(definitions: dg.Definitions) -> None:
    real = [one.name for one in [*(definitions.schedules or []), *(definitions.sensors or [])]]
    assert sorted(told()) == sorted(real)


def test_how_often_a_sensor_looks_is_as_told(definitions: dg.Definitions) -> None:
    for sensor in definitions.sensors or []:
        assert told()[sensor.name] == f"looks every {sensor.minimum_interval_seconds} s"


def test_the_hour_of_a_schedule_is_as_told(definitions: dg.Definitions) -> None:
    for schedule in definitions.schedules or []:
        assert isinstance(schedule.cron_schedule, str)
        minute, hours, *_ = schedule.cron_schedule.split()
        for hour in hours.split("-"):
            assert f"{int(hour):02}:{int(minute):02}" in told()[schedule.name]
