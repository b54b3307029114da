"""The page of journeys: the picture, who stands where, why runs ended, and the commands behind its buttons."""

import duckdb
import pytest
from sqlalchemy import select

from dashboards import commands
from dashboards.components.journeys.picture import dot
from dashboards.queries import campaigns, journeys
from stores import operations
from stores.operations import campaign_approvals
from tests.testing.app_pages import html

# The page asks commands.
pytestmark = pytest.mark.heavy

NEWCOMERS = {"journey": "newcomer_nurture"}


def picture(app):
    (chart,) = app.get("graphviz_chart")
    return chart.proto.spec


@pytest.mark.parametrize(
    ("language", "words", "drawn"),
    [
        (
            "zh_CN",
            [
                "新客培育",
                "还没有人审批，不会有人进入。",
                "满足退出条件：退订 · first_purchase 之后",
                "只进入一次",
                "消息结果",
            ],
            ["等待 · first_purchase", "停留 7", "到期未发生", "其他情况", "value_tier = 'high' or"],
        ),
        (
            "en",
            [
                "Newcomer nurture",
                "Nobody approved it yet; nobody enters.",
                "Left early: Unsubscribed",
                "Once only",
                "Results of the messages",
            ],
            ["Wait · first_purchase", "7 here", "time is up", "otherwise", "9 ended"],
        ),
    ],
)
def test_the_page_shows_a_journey_with_its_picture(published, open_app, language, words, drawn):
    app = open_app("journeys", language, **NEWCOMERS)
    assert not app.exception
    shown = html(app)
    assert not [word for word in words if word not in shown]
    assert not [word for word in drawn if word not in picture(app)]


def test_the_picture_has_a_way_for_every_end_of_a_step(published, monkeypatch):
    (journey,) = [one for one in journeys.listed() if one["journey_id"] == "newcomer_nurture"]
    found = dot(journey, {}, 0)
    for start, end in [
        ("first_purchase", "thanked"), ("first_purchase", "gift_reminder"), ("who_is_called", "personal_call"),
        ("who_is_called", "second_month"), ("newcomer_survey", "exit of all"), ("entry of all", "newcomer_guide"),
    ]:  # fmt: skip
        assert f'"{start}" -> "{end}"' in found
    quoted = {**journey["steps"][4], "arms": [{"when": 'city = "a"', "target": "exit"}]}
    assert 'city = \\"a\\"' in dot({**journey, "steps": [quoted]}, {}, 0)


def test_a_draft_says_how_many_would_enter(published, open_app):
    shown = html(open_app("journeys", "en", journey="win_back_30_days"))
    assert "Nobody enters a journey before it is approved." in shown
    assert "would enter once it is approved; 10% of them are held out." in shown
    assert "Nobody has entered yet" in shown


def test_a_journey_is_approved_and_paused_by_the_commands_that_are_shown(own, open_app):
    app = open_app("journeys", "en", **NEWCOMERS)
    app.text_input(key="decision_by").set_value("Lin Yue").run()
    app.button(key="approve_newcomer_nurture").click().run()
    assert app.code[0].value == "guanxi journey approve '--by=Lin Yue' -- newcomer_nurture"
    app.button(key="approve_newcomer_nurture_do").click().run()
    assert not app.exception
    assert "The next run lets the first ones in" in app.success[0].value
    app.button(key="pause_newcomer_nurture").click().run()
    app.button(key="pause_newcomer_nurture_do").click().run()
    assert "“Newcomer nurture” is paused." in app.success[0].value
    columns = [campaign_approvals.c[name] for name in ("campaign_id", "decision", "decided_by")]
    with operations.reading(operations.engine(own)) as connection:
        assert [tuple(row) for row in connection.execute(select(*columns))] == [
            ("newcomer_nurture", "paused", "Lin Yue")
        ]


def test_the_page_of_campaigns_has_campaigns_only(published):
    assert "newcomer_nurture" not in {one["campaign_id"] for one in campaigns.listed()}


@pytest.mark.parametrize("said", ["care.yml:3: version: must be 1 or more", ""])
def test_a_wrong_file_and_none_at_all_are_said(published, open_app, monkeypatch, said):
    def listed():
        if said:
            raise commands.CommandFailed(said)
        return []

    monkeypatch.setattr(journeys, "listed", listed)
    assert (said or "No journeys yet") in html(open_app("journeys", "en"))


def test_a_publication_of_before_the_journeys_costs_its_cards_only(own, open_app):
    with duckdb.connect(str(next(own.published.glob("serving-*.duckdb")))) as con:
        for table in ("journey_runs", "journey_transitions", "journey_tasks", "journey_funnel"):
            con.execute(f"drop table campaigns.{table}")
        con.execute("drop table rules.journey_causes")
    app = open_app("journeys", "en", **NEWCOMERS)
    assert not app.exception
    assert "Newcomer nurture" in html(app)
    assert "Not in the current publication" in html(app)
    customer = open_app("customer", "en", id="c_0000000000000001")
    assert not customer.exception


def test_the_page_of_a_customer_says_where_they_stand_and_why(published, open_app, ask):
    customer_id = ask("select customer_id from campaigns.journey_runs where run_id = 'r27'")[0][0]
    shown = html(open_app("customer", "en", id=customer_id))
    assert "journeys?journey=newcomer_nurture&amp;lang=en" in shown
    assert "Wait · thanked" in shown
    assert "Message sent" in shown
    ended = ask("select customer_id from campaigns.journey_runs where run_id = 'r14'")[0][0]
    assert "满足退出条件：退订" in html(open_app("customer", id=ended))
