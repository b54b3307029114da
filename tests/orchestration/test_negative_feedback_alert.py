"""A region with too many negative scores in the last whole week is told to people, once."""

import json

import dagster as dg
import pytest
from pytest_httpserver import HTTPServer

from orchestration.defs.sensors.negative_feedback_alert import negative_feedback_alert
from stores.key_record import open_keyring
from stores.operations import engine
from stores.warehouse import connect, publish, writer_lock
from tests.testing.seeds import load_seeds

WEEK = "date '2026-06-22'"


@pytest.fixture
def hook(settings, tmp_path, monkeypatch, httpserver: HTTPServer):
    """A data folder whose alerts go to a webhook."""
    monkeypatch.setenv("GUANXI_HOME", str(settings.home))
    config = tmp_path / "alerts.toml"
    config.write_text(f'[guanxi.alerts]\nwebhook_url = "{httpserver.url_for("/hook")}"\n', encoding="utf-8")
    monkeypatch.setenv("GUANXI_CONFIG", str(config))
    engine(settings)
    open_keyring(settings)
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    return httpserver


def published(settings, *weeks, table="negative_feedback_weeks"):
    """A publication with rows of weeks: scope, region, is it over, is it an alert, scores, negative ones."""
    with writer_lock(settings), connect(settings, read_only=False) as warehouse:
        warehouse.execute("drop schema if exists marts cascade; create schema marts; create schema if not exists seeds")
        load_seeds(warehouse, "seeds")
        rows = ", ".join(
            f"('{scope}', '{region}', {whole}, {alert}, {answers}, {negative}, {negative / answers}, {WEEK})"
            for scope, region, whole, alert, answers, negative in weeks
        )
        columns = "scope, region, is_whole, is_alert, answers, negative_answers, negative_rate, week_start"
        warehouse.execute(f"create table marts.{table} as select * from (values {rows}) as r ({columns})")
    return publish(settings, "run", settings.today(), None)


def tick(cursor=None):
    context = dg.build_sensor_context(cursor=cursor)
    said = negative_feedback_alert(context)
    return said.skip_message, context.cursor


def told(hook):
    return [request.json["text"] for request, _ in hook.log]


def test_a_region_above_the_limit_is_told_once_and_a_new_one_by_itself(settings, hook):
    company = ("company", "all", True, False, 100, 4)
    published(settings, company, ("region", "华东", True, True, 40, 4), ("region", "华南", True, False, 60, 0))
    _, cursor = tick()
    assert len(told(hook)) == 1
    assert "华东: 10.0 % (4 of 40 scores of satisfaction)" in told(hook)[0]
    assert "华南" not in told(hook)[0]
    assert "the whole company" not in told(hook)[0]
    _, cursor = tick(cursor)
    published(settings, company, ("region", "华东", True, True, 41, 4), ("region", "华南", True, True, 60, 5))
    _, cursor = tick(cursor)
    assert len(told(hook)) == 2
    assert "华南" in told(hook)[1]
    assert "华东" not in told(hook)[1]
    assert json.loads(cursor)["told"] == ["region 华东", "region 华南"]


def test_an_alert_that_nobody_took_is_sent_again(settings, hook):
    published(settings, ("company", "all", True, True, 100, 9))
    hook.clear()
    hook.expect_request("/hook").respond_with_data("no", status=500)
    said, cursor = tick()
    assert "sent again" in said
    hook.clear()
    hook.expect_request("/hook").respond_with_data("ok")
    assert tick(cursor)[0] == "Told of 1 of 1 alerts."


def test_a_publication_without_the_table_of_weeks_is_passed_over(settings, hook):
    published(settings, ("company", "all", True, True, 100, 9), table="other")
    assert "counts no negative scores" in tick()[0]
    assert told(hook) == []
