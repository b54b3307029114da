"""What commands and files say is what the metrics define: status, campaigns, goals, queries and lists of customers."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from dashboards.components import member_export
from orchestration.metrics.definitions import Definitions
from orchestration.metrics.metric_sql import MetricSql
from serving import segments
from serving.figures import members
from serving.figures.filters import Filters
from serving.published_copy import PublishedCopy, current_copy

SINCE, UNTIL = date(2026, 4, 1), date(2026, 5, 31)


@pytest.fixture(scope="module")
def published(demo) -> Iterator[PublishedCopy]:
    with current_copy(demo.settings) as copy:
        yield copy


@pytest.fixture(scope="module")
def definitions(demo) -> Definitions:
    return Definitions.read(demo.settings)


@pytest.fixture(scope="module")
def ask(definitions, published):
    sql = MetricSql(definitions)

    def answer(metrics: list[str], by: tuple[str, ...] = (), days: Any = ()) -> list[dict[str, Any]]:
        return published.rows(sql.query(metrics, by, None, *days))

    return answer


@pytest.fixture(scope="module")
def guanxi(demo):
    def run(*arguments: str) -> str:
        return str(demo.guanxi(*arguments).stdout)

    return run


def as_day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


def test_status_counts_customers_and_stages_as_the_metrics_do(guanxi, ask):
    said = json.loads(guanxi("status", "--json"))
    names = ["customers", "merged_customers", "dormant_customers", "churned_customers"]
    stages = said["stages"]
    assert ask(names) == [
        {
            "customers": said["customers"],
            "merged_customers": said["merged_customers"],
            "dormant_customers": stages.get("dormant", 0),
            "churned_customers": stages.get("churned", 0),
        }
    ]


def test_a_campaign_brought_what_its_metrics_say(guanxi, ask):
    listed = {one["campaign_id"]: one["results"] for one in json.loads(guanxi("campaign", "list", "--json"))}
    names = ["messages_sent", "messages_delivered", "messages_clicked", "converted_revenue"]
    metrics = {row["campaign"]: row for row in ask(names, ("campaign",)) if row["messages_sent"]}
    assert metrics
    for campaign, row in metrics.items():
        said = listed[campaign]
        assert [row[name] for name in names[:3]] == [said[name.removeprefix("messages_")] for name in names[:3]]
        assert float(row["converted_revenue"]) == pytest.approx(float(said["converted_revenue"]))


def test_a_file_of_every_metric_by_month_has_the_published_values(guanxi, definitions, published, tmp_path):
    kept = {
        (row["metric"], row["period_start"]): row["metric_value"]
        for row in published.rows("select metric, period_start, metric_value from marts.metric_values")
    }
    compared = 0
    for source in sorted({one.source for one in definitions.figures}):
        names = [one.metric for one in definitions.figures if one.source == source]
        out = tmp_path / f"{source}.csv"
        guanxi("metrics", "query", *names, "--by", "month", "--out", str(out))
        with out.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                for name in names:
                    value = kept.get((name, date.fromisoformat(row["month"][:10])))
                    if value is not None:
                        assert float(row[name]) == pytest.approx(value, abs=1e-6), (name, row["month"])
                        compared += 1
    assert compared == len(kept)


@pytest.mark.parametrize("figure", ["new_customers", "active_customers", "buyers"])
def test_a_list_of_customers_that_is_handed_out_is_as_long_as_the_metric_says(
    demo, published, ask, figure, monkeypatch
):
    monkeypatch.setenv("GUANXI_HOME", str(demo.home))
    listed = segments.members(published, members.audience(figure, Filters(SINCE, UNTIL, "", "")), limit=None)
    columns = ("customer_id", "phone_mask", "value_score", "last_purchase_at")
    file = member_export.exported(listed, figure, {name: name for name in columns}, {})
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    assert rows
    assert ask([figure], days=(SINCE, UNTIL)) == [{figure: len(rows)}]


def test_goals_stand_by_their_metrics(published, ask):
    goals = published.rows(
        "select goal, metric, actual, actual_month from marts.goal_progress where actual is not null"
        " and measured_by = 'latest'"
    )
    assert len(goals) > 10
    for goal in goals:
        by_month = {as_day(row["month"]): row[goal["metric"]] for row in ask([goal["metric"]], ("month",))}
        assert float(by_month[goal["actual_month"]]) == pytest.approx(goal["actual"], abs=1e-6), goal["goal"]


def test_weeks_of_negative_scores_are_the_metric(published, ask):
    weeks = published.rows(
        "select week_start, answers, negative_answers from marts.negative_feedback_weeks where scope = 'company'"
    )
    metric = {as_day(row["week"]): row for row in ask(["negative_answers", "negative_rate"], ("week",))}
    assert weeks
    for week in weeks:
        said = metric[week["week_start"]]
        assert said["negative_answers"] == week["negative_answers"]
        assert float(said["negative_rate"]) == pytest.approx(week["negative_answers"] / week["answers"])
    regions = published.values(
        "select sum(answers), sum(negative_answers) from marts.negative_feedback_weeks where scope = 'region'"
    )
    assert regions == [(sum(week["answers"] for week in weeks), sum(week["negative_answers"] for week in weeks))]
