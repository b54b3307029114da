"""Movements of customers are counted as the tables of histories have them, and lead to as many."""

from collections.abc import Callable
from datetime import date

import duckdb
import pytest

from serving.figures import history_members
from serving.figures.filters import Filters
from serving.figures.members import amount
from serving.insight import histories
from serving.published_copy import PublishedCopy, current_copy
from serving.segments import Audience
from stores.settings import Settings
from tests.testing import small_publication

LONG_AGO = date(2020, 1, 1)
ANY_DAYS = Filters(date.min, date.max)


@pytest.fixture
def copy(settings: Settings):
    small_publication.publish_fixture(settings)
    with current_copy(settings) as published:
        yield published


def test_who_woke_up_left_a_silent_stage_for_another_and_nobody_counts_twice(copy: PublishedCopy) -> None:
    moves = histories.moves_by_month(copy, LONG_AGO)
    steps = histories.transitions(copy, LONG_AGO)
    silent = {"dormant", "churned"}
    woken = steps[steps["from_stage"].isin(silent) & ~steps["to_stage"].isin(silent)]
    assert moves[moves["way"] == "woken"]["customers"].sum() == woken["customers"].sum() > 0
    churned = steps[steps["to_stage"] == "churned"]["customers"].sum()
    assert moves[moves["way"] == "churned"]["customers"].sum() == churned > 0
    dormant = steps[(steps["to_stage"] == "dormant") & (steps["from_stage"] != "churned")]["customers"].sum()
    assert moves[moves["way"] == "fell_dormant"]["customers"].sum() == dormant > 0


def test_cohorts_are_the_newest_and_the_month_of_the_first_purchase_is_whole(copy: PublishedCopy) -> None:
    found = histories.cohorts(copy, 3)
    assert sorted(found["cohort_month"].astype(str).unique()) == ["2026-04-01", "2026-05-01", "2026-06-01"]
    assert (found[found["months_later"] == 0]["retention"] == 1).all()
    row = found[(found["months_later"] == 1) & (found["buyers"] > 0)].iloc[0]
    which = f"{row['cohort_month']:%Y-%m-%d}.1"
    assert amount(copy, "cohort_buyers", ANY_DAYS, which) == row["buyers"]


@pytest.mark.parametrize("kind", histories.KINDS)
def test_sizes_of_every_kind_are_told_by_day_and_every_segment_leads_to_its_customers(
    copy: PublishedCopy, kind: str
) -> None:
    found = histories.sizes(copy, kind)
    assert found["day"].nunique() == 2
    if kind == "base":
        assert set(found["segment"]) == set(histories.BASE)
        return
    for row in found[found["customers"] > 0].itertuples():
        assert amount(copy, "taken_for", ANY_DAYS, f"{kind}.{row.segment}.{row.day:%Y-%m-%d}") == row.customers


def test_who_moved_between_quadrants_is_who_stands_in_another_than_the_quarters(copy: PublishedCopy) -> None:
    found = histories.quadrant_moves(copy)
    moved = found[found["quarter_quadrant"] != found["live_quadrant"]]
    assert moved["customers"].sum() > 0
    assert found["customers"].sum() == copy.values("select count(*) from marts.customer_value")[0][0]


@pytest.mark.parametrize(
    ("members", "which"),
    [
        (history_members.went, "woken"),
        (history_members.went, "married.2026-05-01"),
        (history_members.went, "woken.2026-13-01"),
        (history_members.steps, "new.active"),
        (history_members.cohort_buyers, "2026-05-01"),
        (history_members.taken_for, "base.customers.2026-05-01"),
        (history_members.taken_for, "customer_id.x.2026-05-01"),
    ],
)
def test_what_no_figure_says_is_refused(members: Callable[[str], Audience], which: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        members(which)


def test_of_months_long_ago_the_last_known_day_is_shown(settings: Settings) -> None:
    path = small_publication.publish_fixture(settings)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "insert into marts.state_sizes select 'stage', 'new', 7, day from (values (date '2025-01-30'), "
            "(date '2025-01-31'), (date '2026-05-14')) as days (day)"
        )
    with current_copy(settings) as published:
        found = histories.sizes(published, "stage")
    days = sorted(found[found["segment"] == "new"]["day"].astype(str).unique())
    assert days == ["2025-01-31", "2026-04-01", "2026-05-14", "2026-05-15"]
