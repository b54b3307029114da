"""`guanxi backtest segment`, the whole way: days of the past are built, compared and thrown away."""

import csv
import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.backtest.day_builds import DayBuilder, SegmentProject
from orchestration.backtest.place import temporary_place
from stores.settings import load_settings

DORMANT = ("backtest", "segment", "dormant_recall", "--match-on", "purchases", "--from", "2026-03-31")
ONE_DAY = (*DORMANT, "--to", "2026-03-31")
DIES = """
from orchestration.backtest.customer_days import CustomerDays
CustomerDays.keep_day = lambda *_: {how}
"""
KILLED = "os.kill(os.getpid(), signal.SIGKILL)"


def files(home: Path) -> dict[Path, tuple[int, int]]:
    """Everything but logs, and locks, which name who had them: by size and time of change."""
    return {
        path: (path.stat().st_size, path.stat().st_mtime_ns)
        for path in home.rglob("*")
        if path.is_file() and path.suffix != ".lock" and not path.is_relative_to(home / "logs")
    }


def places(home: Path) -> list[Path]:
    return list((home / "state" / "backtest").glob("*"))


@pytest.fixture(scope="module")
def own(purchases_world, tmp_path_factory):
    return purchases_world.copy(tmp_path_factory.mktemp("backtest") / "own")


@pytest.fixture(scope="module")
def document(own):
    said = own.guanxi(*DORMANT, "--to", "2026-06-30", "--every", "76", "--json")
    return json.loads(said.stdout)


def test_members_and_what_they_did_are_those_that_a_hand_counts(document):
    first, later = document["days"]
    assert (first["day"], first["members"], first["joined"], first["left"]) == ("2026-03-31", 42, None, None)
    assert first["others"] == 46
    assert first["all_members_bought"] == 22
    assert first["all_members_purchases"] == 32
    assert first["all_members_net_revenue"] == 640
    assert (later["day"], later["members"], later["joined"], later["left"]) == ("2026-06-15", 54, 34, 22)


def test_a_day_whose_window_is_not_over_is_not_yet_known(document):
    _, later = document["days"]
    assert (later["is_known"], later["until"]) == (False, "2026-07-15")
    assert later["all_members_bought"] is None
    assert document["comparison"]["member_days"] == 42, "it is in no mean"


def test_the_matched_difference_is_the_one_that_a_hand_counts(document):
    found = document["comparison"]
    assert (found["matched_member_days"], found["unmatched_member_days"], found["group_customers"]) == (40, 2, 45)
    outcomes = {one["outcome"]: one for one in found["outcomes"]}
    assert outcomes["bought"]["members"] == pytest.approx(0.55)
    assert outcomes["bought"]["group"] == pytest.approx((30 * 10 / 40 + 10 * 1 / 5) / 40)
    assert outcomes["net_revenue"]["difference"] == pytest.approx(20 * (0.8 - 0.2375))
    assert outcomes["bought"]["low"] < 0.3125 < outcomes["bought"]["high"]
    assert outcomes["interactions"]["members"] is None, "no channel tells of any"
    assert document["is_experiment"] is False


def test_nothing_of_the_installation_changes_and_no_place_is_left(own, tmp_path):
    before, out = files(own.home), tmp_path / "days.csv"
    shown = own.guanxi(*ONE_DAY, "--out", str(out)).stdout
    assert files(own.home) == before
    assert places(own.home) == []
    assert "1 day to build" in shown
    assert "observation, no experiment" in shown
    with out.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["day"], row["members"], row["matched_members"]) == ("2026-03-31", "42", "40")


def test_a_day_is_built_as_a_build_of_that_past_day_alone(own):
    own.guanxi("run", "--as-of", "2026-05-31")
    settings = load_settings(home=own.home)
    asked = (
        "select * from segments.segment_dormant_recall order by all",
        "select * from intermediate.int_customer_totals order by all",
        "select * from marts.customer_lifecycle order by all",
    )
    with temporary_place(settings, date(2026, 4, 1)) as place:
        builder = DayBuilder(place, SegmentProject.of(settings).plan("dormant_recall"), date(2026, 6, 30))
        builder.begin(settings)
        for day in (date(2026, 4, 1), date(2026, 4, 12), date(2026, 5, 31)):
            builder.build_day(day)
        alone = own.home / "as_of" / "2026-05-31" / "warehouse" / "warehouse.duckdb"
        with (
            duckdb.connect(str(place.warehouse_path), read_only=True) as built,
            duckdb.connect(str(alone), read_only=True) as whole,
        ):
            for question in asked:
                assert built.execute(question).fetchall() == whole.execute(question).fetchall()


@pytest.mark.parametrize("signal", ["SIGINT", "SIGTERM"])
def test_a_back_test_that_is_stopped_takes_its_place_along(own, signal):
    stopped = own.killed(DIES.format(how=f"os.kill(os.getpid(), signal.{signal})"), *ONE_DAY)
    assert stopped.returncode == 130, stopped.stdout + stopped.stderr
    assert stopped.stderr == "Stopped. Nothing half done counts.\n"
    assert places(own.home) == []


def test_what_a_killed_one_leaves_the_next_one_removes(own):
    died = own.killed(DIES.format(how=KILLED), *ONE_DAY)
    assert died.returncode == -9
    assert len(places(own.home)) == 1
    own.guanxi(*ONE_DAY)
    assert places(own.home) == []


def test_a_segment_that_nobody_was_ever_in_is_said_so(own):
    asked = ("backtest", "segment", "win_back", "--from", "2026-03-31", "--to", "2026-03-31")
    assert "Nobody was in the segment win_back on any of 1 day" in own.guanxi(*asked).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody", "--from", "2026-03-31", "--to", "2026-03-31"), "Segments: birthday, dormant_recall, "),
        (("high_value", "--from", "2026-04-30", "--to", "2026-03-31"), "--from 2026-04-30 lies after --to 2026-03-31"),
        (("high_value", "--from", "2020-01-01", "--to", "2026-03-31"), "the first customer came on 2025-10-30"),
        (("high_value", "--from", "2026-03-31", "--to", "2099-01-01"), "--to 2099-01-01 has not come yet"),
        (("high_value", "--from", "March", "--to", "2026-03-31"), "--from 'March' is not a date"),
        (("high_value", "--from", "2026-03-31", "--to", "2026-03-31", "--match-on", "age"), "choose of recency_days, "),
        (("high_value", "--from", "2026-03-31", "--to", "2026-03-31", "--every", "0"), "--every"),
    ],
)
def test_a_mistake_is_told_in_one_line_before_anything_is_built(own, arguments, said):
    done = own.guanxi("backtest", "segment", *arguments, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "to build" not in done.stdout
