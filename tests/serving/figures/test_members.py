"""Every figure counts the customers that it names, under every filter that it knows; a customer counts once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from serving import overview, segments
from serving.figures import filters, trends
from serving.figures import members as figures
from serving.figures.filters import Filters
from serving.published_copy import PublishedCopy, current_copy
from stores.settings import load_settings
from tests.testing import small_publication

AS_OF = small_publication.AS_OF
MONTH = Filters(AS_OF.replace(day=1), AS_OF)
PERIODS = [MONTH, Filters(AS_OF - timedelta(days=89), AS_OF), Filters(date(2026, 2, 1), date(2026, 2, 14))]
PLACES = [("", ""), ("pos", ""), ("app", ""), ("pos", "上海一店"), ("", "北京一店")]
CHOSEN = [Filters(days.since, days.until, *place) for days in PERIODS for place in PLACES]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> PublishedCopy:
    settings = load_settings(home=tmp_path_factory.mktemp("published"))
    small_publication.publish_fixture(settings)
    with current_copy(settings) as copy:
        yield copy


def members(published: PublishedCopy, figure: str, chosen: Filters, which: str = "") -> list[str]:
    found = figures.audience(figure, chosen, which)
    return [row[0] for row in published.values(found.sql, found.parameters)]


@pytest.mark.parametrize("chosen", CHOSEN, ids=str)
@pytest.mark.parametrize("figure", ["customers", "new_customers", "active_customers", "buyers", "repeat_buyers"])
def test_a_figure_counts_each_of_its_members_once(published: PublishedCopy, figure: str, chosen: Filters) -> None:
    found = members(published, figure, chosen)
    assert len(found) == len(set(found)) == figures.count(published, figure, chosen)


def test_who_came_on_two_days_and_in_two_channels_is_one_customer(published: PublishedCopy) -> None:
    days = published.values(
        "select count(*) from marts.customer_daily_activity where activity_day between ? and ? and interactions > 0",
        [MONTH.since, MONTH.until],
    )
    assert figures.count(published, "interactions", MONTH) < days[0][0]


@pytest.mark.parametrize("chosen", [days for days in CHOSEN if not days.store], ids=str)
def test_customers_of_the_channels_are_the_ones_that_did_something_there(
    published: PublishedCopy, chosen: Filters
) -> None:
    found = published.values(
        "select distinct customer_id from marts.customer_daily_activity where activity_day between ? and ?"
        " and orders > 0 and (? = '' or channel = ?)",
        [chosen.since, chosen.until, chosen.channel, chosen.channel],
    )
    assert sorted(members(published, "buyers", chosen)) == sorted(row[0] for row in found)


def test_a_repeat_buyer_bought_before_or_again_wherever_that_was(published: PublishedCopy) -> None:
    month = published.values(
        "select buyers, repeat_buyers from marts.monthly_repurchase where month = ?", [MONTH.since]
    )
    assert [(figures.count(published, "kept_buyers", MONTH), figures.count(published, "repeat_buyers", MONTH))] == month
    store = Filters(MONTH.since, MONTH.until, "pos", "上海一店")
    repeat, buyers = (set(members(published, figure, store)) for figure in ("repeat_buyers", "kept_buyers"))
    assert repeat
    assert repeat == buyers & set(members(published, "repeat_buyers", MONTH))


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_members_of_every_chart_category_are_as_many_as_it_shows(
    published: PublishedCopy, place: tuple[str, str]
) -> None:
    chosen = Filters(MONTH.since, MONTH.until, *place)
    now = chosen.at_any_time()
    shown = [("stage", row.stage, row.customers) for row in overview.stages(published, now).itertuples()]
    shown += [("rfm", row.segment_8, row.customers) for row in overview.rfm_segments(published, now).itertuples()]
    shown += [
        ("value_class", row.abc_class, row.customers) for row in overview.value_classes(published, now).itertuples()
    ]
    shown += [
        ("tier", f"{row.value_tier}.{row.loyalty_tier}", row.customers)
        for row in overview.tiers(published, now).itertuples()
    ]
    plan = overview.decisions(published, now)
    shown += [("plan", f"{row.decision}.{row.reason}", row.customers) for row in plan.itertuples()]
    for row in plan.itertuples():
        assert figures.amount(published, "plan", chosen, f"{row.decision}.{row.reason}") == row.planned
    assert shown
    for figure, which, customers in shown:
        assert (figure, which, figures.count(published, figure, chosen, which)) == (figure, which, customers)


def test_cells_quadrants_segments_and_moves_have_the_members_that_they_show(published: PublishedCopy) -> None:
    day = date(2026, 3, 31)
    shown = [
        ("rfm_cell", f"{row.r_score}-{row.f_score}", row.customers) for row in segments.rfm_grid(published).itertuples()
    ]
    shown += [("quadrant", row.quadrant, row.customers) for row in segments.quadrants(published).itertuples()]
    shown += [
        ("segment", one.name, segments.segment_figures(published, one)["customers"])
        for one in segments.named_segments(published)
    ]
    shown += [
        ("moved", f"{row.before if isinstance(row.before, str) else ''}.{row.after}.{day}", row.customers)
        for row in segments.flow(published, day).itertuples()
    ]
    shown += [
        ("stage_on", f"{row.stage}.{row.day:%Y-%m-%d}", row.customers)
        for row in segments.stage_history(published).itertuples()
    ]
    assert {figure for figure, _, _ in shown} == {"rfm_cell", "quadrant", "segment", "moved", "stage_on"}
    for figure, which, customers in shown:
        assert (figure, which, figures.count(published, figure, MONTH, which)) == (figure, which, customers)


@pytest.mark.parametrize("grain", ["day", "week", "month", "seven_days"])
@pytest.mark.parametrize("measure", trends.MEASURES)
def test_bars_have_the_members_that_they_count_and_add_up_where_they_may(
    published: PublishedCopy, measure: str, grain: str
) -> None:
    chosen = Filters(AS_OF - timedelta(days=83), AS_OF, "app")
    bars = trends.trend(published, chosen, measure, grain)
    assert bars["first_day"].min().date() == chosen.since
    assert bars["last_day"].max().date() == chosen.until
    if measure in ("new_customers", "active_customers"):
        for bar in bars.itertuples():
            days = Filters(bar.first_day.date(), bar.last_day.date(), "app")
            assert figures.count(published, measure, days) == bar.value
    else:
        total = published.values(
            f"select coalesce(sum({measure}), 0) from marts.daily_channel_metrics where channel = 'app'"
            " and metric_date between ? and ?",
            [chosen.since, chosen.until],
        )
        assert bars["value"].sum() == pytest.approx(float(total[0][0]))


def test_revenue_of_all_channels_is_that_of_all_days_with_and_without_a_buyer(published: PublishedCopy) -> None:
    found = trends.revenue(published, MONTH)
    whole = published.values(
        "select sum(net_revenue) from marts.daily_metrics where metric_date between ? and ?", [MONTH.since, MONTH.until]
    )
    assert found["net_revenue"] == pytest.approx(float(whole[0][0]))
    assert 0 < found["known"] < found["net_revenue"]
    parts = [trends.revenue(published, Filters(MONTH.since, MONTH.until, name)) for name in filters.channels(published)]
    assert sum(part["net_revenue"] for part in parts) == pytest.approx(float(whole[0][0]))


def test_a_figure_says_which_filters_it_cannot_follow() -> None:
    used = frozenset({"period", "channel", "store"})
    assert figures.unknown_to("new_customers", used) == ["store"]
    assert figures.unknown_to("stage", used) == ["period"]
    assert figures.unknown_to("buyers", used) == []


@pytest.mark.parametrize(
    ("figure", "which"),
    [
        ("rfm_cell", "9-9"),
        ("rfm_cell", "1-1; drop"),
        ("moved", "x"),
        ("moved", "new.active.2026-02-31"),
        ("tier", "high"),
        ("stage_on", "dormant"),
        ("stage_on", "dormant.2026-02-31"),
        ("messages", "recall.read"),
        ("messages", "recall"),
        ("holdouts", "recall.sent"),
        ("campaign_plan", "recall.sent"),
        ("campaign_plan", "recall.send.a.1.sms.a.more"),
        ("campaign_audience", "recall.everybody"),
    ],
)
def test_what_there_cannot_be_is_refused(figure: str, which: str) -> None:
    with pytest.raises(ValueError):
        figures.audience(figure, MONTH, which)


def test_stores_stand_below_their_channel(published: PublishedCopy) -> None:
    found = filters.stores(published)
    assert set(found) == {"pos"}
    assert "上海一店" in found["pos"]
    assert "pos" in filters.channels(published)


@pytest.mark.parametrize("until", [AS_OF, AS_OF - timedelta(days=400)])
def test_channels_asked_at_once_know_as_many_customers_as_each_alone(published: PublishedCopy, until: date) -> None:
    alone = {
        channel: figures.count(published, "customers", Filters(until, until, channel))
        for channel in filters.channels(published)
    }
    assert figures.by_channel(published, until) == {channel: count for channel, count in alone.items() if count}
    assert any(alone.values())


def test_days_can_be_chosen_from_the_first_one_that_figures_are_kept_of(published: PublishedCopy) -> None:
    ((first,),) = published.values("select min(metric_date) from marts.daily_metrics")
    assert filters.first_day(published, AS_OF) == first < AS_OF


def test_without_figures_of_any_day_the_last_day_is_all_there_is_to_choose() -> None:
    class Nothing:
        def values(self, sql: str) -> list[tuple[None]]:
            return [(None,)]

    assert filters.first_day(Nothing(), AS_OF) == AS_OF
