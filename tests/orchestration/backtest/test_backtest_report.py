"""A back-test on the screen: whole on a narrow one, and never a zero for what is not yet known."""

import io
from datetime import date

from rich.console import Console

from orchestration.backtest.comparison import Balance, Counts, Estimate
from orchestration.backtest.matching import MEASURES
from orchestration.backtest.outcomes import ALL_OUTCOMES, COVARIATES
from orchestration.backtest.period import Period
from orchestration.backtest.segment_backtest import Backtest, DayFigures
from orchestration.cli.backtest_report import document, parts

FIRST, SECOND = date(2026, 3, 31), date(2026, 6, 15)
MANY = {one.name: 123_456.0 for one in ALL_OUTCOMES}
MEANS = {one.name: 0.25 for one in ALL_OUTCOMES}


def day(of: date, **further: object) -> DayFigures:
    known = {"matched": 9_876, "totals": MANY, "member_means": MEANS, "group_means": MEANS}
    values = {
        "until": date(2026, 4, 30), "members": 12_345, "joined": 1_234, "left": 1_234, "not_profiled": 0,
        "not_seen_yet": 0, "others": 99_999,
    }  # fmt: skip
    return DayFigures(day=of, **{**values, **known, **further})  # type: ignore[arg-type]


NOT_YET = {"matched": None, "totals": None, "member_means": None, "group_means": None}


def found(days: list[DayFigures], balances: list[Balance], ever: int = 20_000) -> Backtest:
    return Backtest(
        segment="high_value",
        period=Period([FIRST, SECOND], 30, date(2026, 6, 30)),
        match_on=MEASURES,
        known_until=date(2026, 6, 30),
        days=days,
        ever_members=ever,
        counts=Counts(12_345, 9_876, 9_876, 9_876),
        estimates=[Estimate(one, 0.5, 0.25, 0.01) for one in ALL_OUTCOMES],
        balances=balances,
        has_new_loads=False,
    )


def shown(one: Backtest, width: int) -> str:
    screen = Console(width=width, record=True, file=io.StringIO())
    for part in parts(one, width):
        screen.print(part, soft_wrap=isinstance(part, str))
    return screen.export_text()


def test_a_narrow_screen_shows_every_day_and_number_whole():
    said = shown(found([day(FIRST), day(SECOND)], []), 80)
    for whole in ("2026-03-31", "2026-06-15", "12,345", "123,456", "25.0%", "+25.0 points", "+23.0 to +27.0"):
        assert whole in said
    assert "…" not in said


def test_a_day_whose_window_is_not_over_is_told_as_not_yet_known():
    said = shown(found([day(FIRST), day(SECOND, **NOT_YET)], []), 160)
    line = next(line for line in said.splitlines() if line.startswith("│ 2026-06-15"))
    assert "not yet" in line
    assert "123,456" not in line
    assert "not yet known, for 1 day" in said


def test_a_period_of_which_nothing_is_known_yet_has_members_and_no_comparison():
    said = shown(found([day(FIRST, **NOT_YET)], []), 160)
    assert "What they did afterwards is not yet known" in said
    assert "interval" not in said


def test_what_stays_unlike_after_matching_is_said():
    unlike = [Balance(one, 0.9, 0.3 if one == "net_revenue" else -0.05) for one in COVARIATES]
    said = shown(found([day(FIRST)], unlike), 160)
    assert "Not alike even after matching: net revenue before (+0.30)." in said


def test_who_is_left_out_is_counted_also_where_nobody_is_left():
    said = shown(found([day(FIRST, members=0, not_profiled=7)], [], ever=0), 160)
    assert "Nobody was in the segment high_value" in said
    assert "up to 7 members a day who are not profiled" in said


def test_the_document_says_what_it_is_and_names_no_customer():
    told = document(found([day(FIRST), day(SECOND, **NOT_YET)], []))
    assert told["is_experiment"] is False
    assert told["days"][1]["all_members_bought"] is None
    assert told["comparison"]["unmatched_member_days"] == 2_469
    assert "customer_id" not in str(told)
