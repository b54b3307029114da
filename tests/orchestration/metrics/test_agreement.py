"""The figures that pages show are those that the metrics define, and so is what a saved query brings."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from orchestration.metrics.definitions import Definitions
from orchestration.metrics.metric_sql import MetricSql
from serving import overview
from serving.figures import members, trends
from serving.figures.filters import Filters
from serving.published_copy import PublishedCopy, current_copy

TODAY = date(2026, 6, 30)
SINCE, UNTIL = date(2026, 4, 1), date(2026, 5, 31)


@pytest.fixture(scope="module")
def published(demo) -> Iterator[PublishedCopy]:
    with current_copy(demo.settings) as copy:
        yield copy


@pytest.fixture(scope="module")
def ask(demo, published):
    sql = MetricSql(Definitions.read(demo.settings))

    def answer(metrics: list[str], by: tuple[str, ...] = (), where: dict[str, str] | None = None, days: Any = ()):
        return published.rows(sql.query(metrics, by, where, *days))

    return answer


def by_month(rows: list[dict[str, Any]], metric: str) -> dict[date, float]:
    return {
        row["month"].date() if isinstance(row["month"], datetime) else row["month"]: float(row[metric] or 0)
        for row in rows
    }


@pytest.mark.parametrize("measure", trends.MEASURES)
@pytest.mark.parametrize("channel", ["", "pos", "app"])
def test_every_measure_over_time_is_its_metric(published, ask, measure, channel):
    days = Filters(SINCE, UNTIL, channel, "")
    page = trends.trend(published, days, measure, "month")
    where = {"channel": channel} if channel else None
    metric = by_month(ask([measure], ("month",), where, (SINCE, UNTIL)), measure)
    shown = {row.period.date(): row.value for row in page.itertuples() if row.value}
    assert {month: value for month, value in metric.items() if value} == pytest.approx(shown)


@pytest.mark.parametrize("figure", ["new_customers", "active_customers", "buyers"])
def test_the_customers_behind_a_figure_are_as_many_as_the_metric_says(published, ask, figure):
    counted = members.count(published, figure, Filters(SINCE, UNTIL, "", ""))
    assert counted > 0
    assert ask([figure], days=(SINCE, UNTIL)) == [{figure: counted}]


def test_net_revenue_of_days_is_the_metric(published, ask):
    page = trends.revenue(published, Filters(SINCE, UNTIL, "", ""))["net_revenue"]
    assert float(ask(["net_revenue"], days=(SINCE, UNTIL))[0]["net_revenue"]) == pytest.approx(float(page))


def test_repurchase_by_month_is_the_metric(published, ask):
    page = {row.month.date(): row.repurchase_rate for row in overview.repurchase(published).itertuples()}
    metric = by_month(ask(["repurchase_rate"], ("month",)), "repurchase_rate")
    assert len(page) > 6
    assert {month: metric[month] for month in page} == pytest.approx(page, abs=1e-6)


def test_the_customer_base_of_today_is_the_metric(published, ask):
    page = overview.customer_figures(published, TODAY)
    assert ask(["customers", "active_customers_30d"]) == [
        {"customers": page["customers"], "active_customers_30d": page["active"]}
    ]
    stages = {row.stage: row.customers for row in overview.stages(published).itertuples()}
    assert ask(["dormant_customers", "churned_customers"]) == [
        {"dormant_customers": stages["dormant"], "churned_customers": stages["churned"]}
    ]


def test_messages_are_the_metric_by_campaign_and_channel(published, ask):
    page = {
        (row.campaign_id, row.channel): (row.sent, row.delivered, row.clicked, float(row.converted_revenue))
        for row in overview.campaigns(published).itertuples()
        if row.sent
    }
    rows = ask(
        ["messages_sent", "messages_delivered", "messages_clicked", "converted_revenue"], ("campaign", "channel")
    )
    assert page
    assert page == {
        (row["campaign"], row["channel"]): (
            row["messages_sent"], row["messages_delivered"], row["messages_clicked"], float(row["converted_revenue"])
        )
        for row in rows if row["messages_sent"]
    }  # fmt: skip


def test_the_published_months_are_what_a_query_brings(published, ask, demo):
    definitions = Definitions.read(demo.settings)
    kept = {
        (row["metric"], row["period_start"]): row["metric_value"]
        for row in published.rows("select * from marts.metric_values")
    }
    assert kept
    for source in {one.source for one in definitions.figures}:
        names = [one.metric for one in definitions.figures if one.source == source]
        for row in ask(names, ("month",)):
            month = row["month"].date() if isinstance(row["month"], datetime) else row["month"]
            for name in names:
                if (name, month) in kept:
                    assert float(row[name]) == pytest.approx(kept.pop((name, month)))
    assert kept == {}


def test_a_saved_query_runs_on_the_publication_as_it_is(published):
    queries = published.rows("select query, query_sql from marts.saved_queries")
    assert {one["query"] for one in queries} == {"business_by_month_and_channel", "messages_by_month_and_campaign"}
    for one in queries:
        assert published.rows(one["query_sql"])
