"""The pages in both languages: nothing breaks, and the figures shown are the publication's."""

import pytest

from dashboards.components.figures.outcome_tables import _uplift
from dashboards.components.i18n import NOTHING, number, percent
from dashboards.navigation import discover
from dashboards.queries import overview, segments
from tests.testing import small_publication
from tests.testing.app_pages import html, metrics

LANGUAGES = ["zh_CN", "en"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", [header.path.stem for header in discover()])
@pytest.mark.heavy  # two of the pages ask commands
def test_every_page_renders_in_every_language(published, open_app, page, language):
    app = open_app(page, language)
    assert not app.exception
    assert not app.error
    assert "gx-head" in html(app)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", ["rfm", "lifecycle", "quadrants", "named"])
def test_every_view_of_the_segments_page_renders(published, open_app, view, language):
    app = open_app("segments", language, segments_view=view)
    assert not app.exception
    assert app.button_group(key="segments_view").value == view
    assert len(app.dataframe) == 1
    assert len(app.dataframe[0].value)


def test_key_figures_are_the_publications(published, open_app, ask):
    total, active = ask(
        "select count(*), count_if(interactions_30d > 0 or last_purchase_at >= as_of - 29) from marts.customers"
    )[0]
    new = ask("select sum(new_customers) from marts.daily_metrics where metric_date >= '2026-06-01'")[0][0]
    rate = ask("select repurchase_rate from marts.monthly_repurchase order by month desc limit 1")[0][0]
    sent = ask("select sum(sent) from campaigns.campaign_performance")[0][0]
    shown = metrics(open_app())
    assert shown["客户总数"] == number(total)
    assert shown["本月新客"] == number(new)
    assert shown["近 30 天互动率"] == percent(active / total)
    assert shown["复购率"] == percent(rate)
    assert shown["已发消息"] == number(sent)


def test_growth_compares_with_the_same_days_of_last_month(published, open_app, ask):
    now, before = ask(
        """select sum(new_customers) filter (where metric_date between '2026-06-01' and '2026-06-30'),
        sum(new_customers) filter (where metric_date between '2026-05-01' and '2026-05-30') from marts.daily_metrics"""
    )[0]
    delta = next(metric.delta for metric in open_app().metric if metric.label == "本月新客")
    assert delta == f"{(now - before) / before:+.1%}"


def test_stage_mix_counts_every_customer_once(published, open_app, ask):
    shown = html(open_app("overview", "en"))
    for stage, count in ask("select stage, count(*) from marts.customer_lifecycle group by stage"):
        assert f"{stage.capitalize()} <b>{number(count)}" in shown


def test_a_failed_gate_says_what_failed_and_that_the_last_good_publication_stays(own, open_app):
    small_publication.write_gates(own, "failed", run_id="later")
    shown = html(open_app())
    assert "数据校验未通过（37 行），未发布" in shown
    assert "上一次合格的发布" in shown
    assert "要求：手机号掩码格式正确的客户不少于 99%" in shown
    assert "37 行不符合（1.85%）" in shown


@pytest.mark.parametrize("outcome", ["passed", "warned"])
def test_the_checks_of_a_build_that_is_not_published_are_not_told_as_those_of_the_figures(own, open_app, outcome):
    small_publication.write_gates(own, outcome, run_id="later")
    shown = html(open_app("overview", "en"))
    assert "A new build is being checked" in shown
    assert "Published with warnings" not in shown
    assert "can be relied on" not in shown


def test_a_warning_says_what_was_expected_and_where_it_is_not_met(own, open_app):
    small_publication.write_gates(own, "warned")
    shown = html(open_app("overview", "en"))
    assert "Expected: At least 99% of customers have a well-formed phone mask" in shown
    assert "not met in 37 rows (1.85%)" in shown


@pytest.mark.parametrize(("share", "good"), [(0.0, None), (-0.0001, None), (0.02, True), (-0.02, False), (None, None)])
def test_no_uplift_is_neither_good_nor_bad(monkeypatch, share, good):
    monkeypatch.setattr("dashboards.components.figures.outcome_tables.t", lambda key, points: points)
    shown = _uplift(share)
    assert getattr(shown, "good", None) is good
    assert getattr(shown, "text", shown) in ("0.0", "+2.0", "-2.0", NOTHING)


def test_members_of_a_stage_are_counted_and_masked(published, open_app, ask):
    app = open_app("segments", segments_view="lifecycle", move_to="dormant")
    count = ask("select count(*) from marts.customer_lifecycle where stage = 'dormant'")[0][0]
    assert any(number(count) in caption.value for caption in app.caption)
    shown = app.dataframe[0].value
    assert len(shown) == min(count, segments.MEMBERS_SHOWN)
    assert shown["phone_mask"].str.fullmatch(r"\*{4}\d{4}").all()


def test_moves_between_stages_add_up_to_the_stage(published, ask):
    from datetime import date

    moves = segments.flow(date(2026, 3, 31))
    for stage, count in ask("select stage, count(*) from marts.customer_lifecycle group by stage"):
        assert moves.loc[moves["after"] == stage, "customers"].sum() == count
    some = moves.dropna().iloc[0]
    audience = segments.moved(some["before"], some["after"], date(2026, 3, 31))
    assert segments.count(audience) == some["customers"]


def test_text_messages_have_no_open_rate(published, open_app):
    rows = html(open_app("overview", "en")).split("<tr>")
    assert all("no receipts" in row for row in rows if ">SMS<" in row)
    assert [row for row in rows if ">SMS<" in row]
    assert not [row for row in rows if ">App push<" in row and "no receipts" in row]


def test_hold_out_customers_count_once_however_many_variants(published):
    figures = overview.campaigns()
    held_out = dict(zip(figures["channel"], figures["holdout_customers"], strict=True))
    assert held_out == {"sms": 122 + 60, "app_push": 122}, "the first version had text messages only"
