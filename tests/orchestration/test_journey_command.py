"""`guanxi journey`: what stands where, who is inside and why they left, who decides."""

import io
import json
import shutil
import sys

import duckdb
import pytest

from orchestration.cli import main, session
from serving.journeys.entries import doers_to_enter, members_to_enter
from serving.published_copy import current_copy
from stores.settings import load_settings
from tests.testing import small_publication


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    settings = load_settings(home=tmp_path_factory.mktemp("published"))
    small_publication.publish_fixture(settings)
    return settings


@pytest.fixture
def home(published, tmp_path):
    """A copy of a data folder with a publication, in which nobody decided anything yet."""
    return shutil.copytree(published.home, tmp_path / "home")


@pytest.fixture
def guanxi(home, monkeypatch, capsys):
    """Run a command in this process; its exit code and what it said."""

    def run(*arguments):
        shown = io.StringIO()
        monkeypatch.setattr(session.console, "file", shown)
        monkeypatch.setattr(sys, "argv", ["guanxi", *arguments, "--home", str(home)])
        with pytest.raises(SystemExit) as ended:
            main.main()
        return ended.value.code, shown.getvalue() + capsys.readouterr().err

    return run


def test_the_list_has_journeys_only_with_who_is_in_them(guanxi):
    found = {one["journey_id"]: one for one in json.loads(guanxi("journey", "list", "--json")[1])}
    assert "dormant_recall" not in found
    newcomers = found["newcomer_nurture"]
    assert newcomers["counts"] == {"entered": 34, "inside": 25, "ended": 9, "held_out": 6}
    assert (newcomers["state"], newcomers["entry"]["segment"]) == ("draft", "new_customers")
    assert found["win_back_30_days"]["counts"] is None
    said = " ".join(guanxi("journey", "list")[1].split())
    assert "newcomer_nurture │ 1 │ new_customers │ draft │ │ 34 │ 25 │ 9 │ 6" in said
    assert "event complaint" in said


def test_the_steps_stand_as_a_tree_with_who_is_there(guanxi):
    code, said = guanxi("journey", "show", "newcomer_nurture")
    assert code == 0, said
    lines = [line.rstrip() for line in said.splitlines()]
    assert "newcomer_nurture 新客培育 Newcomer nurture, version 1: draft" in lines[0]
    assert "  enters: members of segment new_customers; once only" in lines
    assert "  34 entered: 25 inside, 9 ended; 6 held out" in lines
    branch = next(place for place, line in enumerate(lines) if "5  who_is_called" in line)
    assert [line.split("  [")[0].rstrip() for line in lines[branch + 1 : branch + 4]] == [
        "    when value_tier = 'high' or orders_count >= 2",
        "      6  personal_call    task personal_call → second_month",
        "    else → second_month",
    ]
    wait = next(line for line in lines if "2  first_purchase" in line)
    assert "wait until purchase, 7 days at most → thanked, else gift_reminder" in wait
    assert "[7 here, 34 came, 23 went on, 4 ended]" in wait
    assert "Left early (left)" in said
    assert "满足退出条件" in said
    assert "退订" in said, "the event that ended it"
    assert "exports/templates/newcomer_guide/sms/zh_CN.liquid" in said


def test_for_scripts_the_same_with_ways_ends_and_tasks(guanxi):
    found = json.loads(guanxi("journey", "show", "newcomer_nurture", "--json")[1])
    assert [(step["name"], step["depth"], step["arm"]) for step in found["steps"]][4:7] == [
        ("who_is_called", 0, None), ("personal_call", 1, 1), ("second_month", 0, None),
    ]  # fmt: skip
    assert [one["tasks"] for one in found["tasks"]] == [4]
    assert sum(one["runs"] for one in found["ends"]) == 15
    assert found["texts"]


def test_before_anything_is_published_a_journey_can_be_looked_at(guanxi, home):
    shutil.rmtree(home / "published")
    code, said = guanxi("journey", "show", "after_sales_care")
    assert code == 0
    assert "nobody has entered it yet" in said
    assert "whoever did complaint within 3 days; again 30 days after the end" in said
    assert json.loads(guanxi("journey", "show", "after_sales_care", "--json")[1])["funnel"] is None


def test_a_journey_is_approved_and_paused_like_a_campaign_by_either_command(guanxi):
    code, said = guanxi("journey", "approve", "newcomer_nurture", "--by", "Lin Yue")
    assert code == 0, said
    assert "approved (runs)" in said
    assert "decided by Lin Yue" in said
    assert "paused" in guanxi("campaign", "pause", "newcomer_nurture", "--by", "Wang", "--reason", "sold out")[1]
    assert "sold out" in guanxi("journey", "show", "newcomer_nurture")[1]
    code, said = guanxi("campaign", "show", "after_sales_care")
    assert code == 0
    assert "event, journey, digest" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "nothing"), "There is no journey 'nothing'. Journeys: "),
        (("approve", "dormant_recall", "--by", "Lin"), "dormant_recall is a campaign, not a journey"),
        (("pause", "newcomer_nurture", "--by", " "), "The value of --by is empty"),
    ],
)
def test_a_wrong_word_is_one_clear_line(guanxi, arguments, said):
    code, told = guanxi("journey", *arguments)
    assert code == 2
    assert said in " ".join(told.split())
    assert "Traceback" not in told


def test_fields_say_what_conditions_may_ask(guanxi):
    found = json.loads(guanxi("journey", "fields", "--json")[1])
    by_name = {one["field"]: one for one in found["fields"]}
    assert by_name["days_since_purchase"] == {
        "field": "days_since_purchase",
        "kind": "number",
        "unit": "days",
        "name_zh": "距上次购买天数",
        "name_en": "Days since the last purchase",
    }
    assert {"event": "purchase", "name_zh": "下单购买", "name_en": "Bought"} in found["events"]
    assert "new_customers" in found["segments"]
    said = guanxi("journey", "fields")[1]
    assert "orders_count" in said
    assert "days_since(<day>)" in said


def test_the_preview_of_a_draft_says_how_many_would_enter(guanxi, home):
    in_publication(home, "delete from campaigns.journey_runs")
    members = in_publication(home, "select count(*) from segments.segment_members where segment = 'new_customers'")
    found = json.loads(guanxi("campaign", "preview", "newcomer_nurture", "--json")[1])["campaigns"][0]
    assert (found["absence"], found["entrants"]) == ("journey_not_approved", members)
    said = guanxi("campaign", "preview", "newcomer_nurture")[1]
    assert "nobody enters a journey before it is approved" in said
    assert f"{members:,} customers would enter now; 10 % of them are held out" in said


def test_who_is_inside_a_journey_that_keeps_them_out_would_not_enter(published):
    with current_copy(published) as copy:
        (members, inside), *_ = copy.values(
            "select count(*), count(*) filter (exists (select 1 from campaigns.journey_runs as runs where runs.is_live"
            " and runs.customer_id = m.customer_id and runs.journey_id = 'newcomer_nurture'))"
            " from segments.segment_members as m where segment = 'new_customers'"
        )
        assert members > inside > 0
        assert members_to_enter(copy, "new_customers", ["newcomer_nurture"]) == members - inside
        assert members_to_enter(copy, "new_customers", ["birthday"]) == members
        bought = (copy.values("select max(cast(occurred_at as date)) from marts.customer_timeline"))[0][0]
        kept_out = doers_to_enter(copy, "purchase", 9_999, bought, ["newcomer_nurture"])
        assert 0 < kept_out < doers_to_enter(copy, "purchase", 9_999, bought)


def test_the_preview_of_an_entry_by_event_counts_who_did_it_lately(guanxi, home):
    in_publication(
        home,
        "update marts.customer_timeline set kind = 'complaint', occurred_at = current_timestamp::timestamp"
        " where customer_id = 'c_0000000000000001'",
    )
    assert "1 customer would enter now" in guanxi("campaign", "preview", "after_sales_care")[1]


def test_the_preview_of_a_journey_with_nobody_at_a_message_says_so(guanxi):
    said = guanxi("campaign", "preview", "newcomer_nurture")[1]
    assert "nobody stands at a step that sends" in said


def test_messages_of_a_journey_are_previewed_as_the_plan_has_them(guanxi, home):
    in_publication(
        home,
        "insert into campaigns.campaign_plan by name select * replace ('newcomer_nurture' as campaign_id, 1 as step,"
        " 1 as campaign_version, 'r' || md5(customer_id) as occurrence, 'new_customers' as segment,"
        " 'newcomer_guide' as template, 45 as priority) from campaigns.campaign_plan"
        " where campaign_id = 'dormant_recall'",
    )
    guanxi("journey", "approve", "newcomer_nurture", "--by", "Lin")
    found = json.loads(guanxi("campaign", "preview", "newcomer_nurture", "--json")[1])["campaigns"][0]
    assert found["differences"] == []
    assert found["to_send"] > 0
    assert found["entrants"] is None
    said = guanxi("campaign", "preview", "newcomer_nurture")[1]
    assert "customers at a step that sends" in said
    assert "who is held out never enters" in said


def in_publication(home, sql):
    path = next((home / "published").glob("serving-*.duckdb"))
    with duckdb.connect(str(path)) as con:
        found = con.execute(sql).fetchone()
    return found[0] if found else None
