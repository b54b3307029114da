"""`guanxi campaign preview`: what the plan would send, to whom not and why, and what stands in its way."""

import io
import json
import shutil
import sys

import duckdb
import pytest

from exports.definitions.campaign_files import load_campaigns
from exports.definitions.campaign_steps import MessageChannelChoice
from orchestration.cli import campaign_preview, main, session
from stores.settings import load_settings
from tests.testing import small_publication


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A data folder with a publication in which everything of the plan is approved."""
    settings = load_settings(home=tmp_path_factory.mktemp("published"))
    small_publication.publish_fixture(settings)
    return settings


@pytest.fixture
def home(published, tmp_path):
    """A copy of that data folder, in which nobody decided anything yet."""
    return shutil.copytree(published.home, tmp_path / "home")


@pytest.fixture
def guanxi(home, monkeypatch, capsys):
    """Run a command in this process; its exit code and what it said."""

    def run(*arguments):
        shown = io.StringIO()
        monkeypatch.setattr(session.console, "file", shown)
        monkeypatch.setattr(sys, "argv", ["guanxi", "campaign", *arguments, "--home", str(home)])
        with pytest.raises(SystemExit) as ended:
            main.main()
        said = capsys.readouterr().err if ended.value.code else shown.getvalue()
        return ended.value.code, said

    return run


@pytest.fixture
def document(guanxi):
    """The document of the only campaign."""

    def ask():
        code, told = guanxi("preview", "dormant_recall", "--json")
        assert code == 0, told
        return json.loads(told)["campaigns"][0]

    return ask


@pytest.fixture
def as_file(monkeypatch):
    """Let the campaign's file say something else."""

    def change(**fields):
        def changed(folder, named=None):
            return [one.model_copy(update=fields) for one in load_campaigns(folder)]

        monkeypatch.setattr("exports.definitions.campaign_files.load_campaigns", changed)

    return change


def test_every_row_of_the_plan_is_counted_once_under_its_decision_and_first_reason(document, home):
    found = document()
    path = next((home / "published").glob("serving-*.duckdb"))
    with duckdb.connect(str(path), read_only=True) as con:
        rows = con.sql(
            "select channel, decision, coalesce(reason, ''), count(*) from campaigns.campaign_plan group by all"
        ).fetchall()
    counted = ((one["channel"], one["decision"], one["reason"] or "", one["messages"]) for one in found["decisions"])
    assert sorted(counted) == sorted(rows)
    capped = next(one for one in found["decisions"] if one["reason"] == "frequency_cap")
    assert (capped["reason_zh"], capped["reason_en"]) == ("超过频次上限", "Frequency cap reached")
    assert found["to_send"] == sum(one["messages"] for one in found["decisions"] if one["decision"] == "send") > 0
    assert found["customers"]["holdout"] > 0


def test_who_passes_on_how_many_messages_of_a_day_stands_in_it(guanxi, document, home):
    assert document()["employees"] == []
    plan = "campaigns.campaign_plan"
    with duckdb.connect(str(next((home / "published").glob("serving-*.duckdb")))) as con:
        con.execute(
            f"update {plan} set channel = 'wecom', employee = case when hash(customer_id) % 3 = 0 then 'staff_9' else"
            " 'staff_7' end where channel = 'app_push'"
        )
        con.execute("insert into rules.employee_limits values ('wecom', 'staff_9', 5)")
        rows = con.sql(
            f"select employee, count(fields), count(*) filter (decision = 'send') from {plan}"
            " where channel = 'wecom' group by all order by 2 desc"
        ).fetchall()
    most = {"staff_7": 200, "staff_9": 5}
    assert document()["employees"] == [
        {"channel": "wecom", "employee": employee, "messages": messages, "of_all_campaigns": of_all,
         "most_per_day": most[employee]}
        for employee, messages, of_all in rows
    ]  # fmt: skip
    told = " ".join(guanxi("preview", "dormant_recall")[1].translate(str.maketrans("│┃", "  ")).split())
    assert "Channel Employee Messages of all campaigns at most a day" in told
    assert f"wecom staff_7 {rows[0][1]} {rows[0][2]} 200" in told


def test_a_campaign_that_the_gate_would_stop_says_so_before_it_is_approved(guanxi, monkeypatch, tmp_path):
    said = "of all customers, and a gate stops every build in which a campaign reaches more than"
    assert said not in guanxi("preview", "dormant_recall")[1]
    monkeypatch.setattr("expectations.suites.campaign_audience.MIN_AUDIENCE", 1)
    (tmp_path / "strict.toml").write_text("[guanxi.gates]\nsend_share = 0.001\n", encoding="utf-8")
    monkeypatch.setenv("GUANXI_CONFIG", str(tmp_path / "strict.toml"))
    assert f"{said} 0%" in guanxi("preview", "dormant_recall")[1]


def test_samples_are_texts_of_planned_messages_with_masks_only(document):
    found = document()
    sms, push = found["texts"]
    first, longest = sms["samples"]
    assert first["messages"] >= longest["messages"] > 0
    assert "老朋友专享满200减50" in first["content"]["text"]
    assert "*" in first["name_mask"]
    assert "****" in first["identifier_mask"]
    assert (first["sms"]["encoding"], first["sms"]["parts"]) == ("UCS-2", 1)
    assert sms["sms_parts"] == sms["messages"] == found["sms_parts"]
    assert "天，专属优惠已放入卡包" in push["samples"][0]["content"]["body"]
    assert push["samples"][0]["sms"] is None


def test_what_a_message_is_worth_is_told_with_where_that_comes_from(guanxi, document):
    assert (
        document()["value"] | {"basis": "measured", "value_per_message": 9.25, "customers": 2100} == document()["value"]
    )
    _, told = guanxi("preview", "dormant_recall")
    assert "is expected to bring CNY 9.25: measured CNY 12.00 ± 5.77 (standard error), which counts 75%" in told
    assert "on 2026-06-29, of version 1, 2,100 customers and 240 held out, 2,050 messages." in told
    _, told = guanxi("preview", "new_customer_welcome")
    assert "not measured: Too few customers were watched to the end 观察期满的客户太少 (few_customers)." in told


def test_a_draft_is_said_to_be_one_and_shows_its_plan_all_the_same(guanxi, document):
    code, told = guanxi("preview")
    assert code == 0
    assert "draft: nobody approved it yet; nothing of it is sent" in told
    assert "approval: then approved, now not approved" in told
    assert "Frequency cap reached (frequency_cap)" in told
    assert "超过频次上限" in told
    assert document()["state"] == "draft"


def test_an_approved_campaign_whose_plan_is_of_its_file_has_no_difference(guanxi, document):
    assert guanxi("approve", "dormant_recall", "--by", "Lin Yue")[0] == 0
    found = document()
    assert found["is_planned_as_it_is"]
    assert found["differences"] == []
    assert "the next build plans" not in guanxi("preview", "dormant_recall")[1]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"version": 2}, "version: then 1, now 2"),
        ({"segment": "win_back"}, "segment: then dormant_recall, now win_back"),
        ({"occurrence": "weekly"}, "occurrence: then monthly, now weekly"),
        ({"priority": 80}, "priority: then 50, now 80"),
        (
            {"channels": [MessageChannelChoice(channel="sms", destination="crm_webhook")]},
            "messages: then step 1 app_push by app_push_files with dormant_recall, step 1 sms by crm_webhook",
        ),
    ],
)
def test_a_plan_made_from_another_form_of_the_file_is_said_to_be(guanxi, as_file, fields, told):
    as_file(**fields)
    code, said = guanxi("preview")
    assert code == 0
    assert "Since the plan was made this has changed; the next build plans the campaign as it is now" in said
    assert told in said


@pytest.mark.parametrize(
    ("fields", "absence"),
    [
        ({"campaign_id": "spring"}, "not_planned_yet"),
        ({"campaign_id": "spring", "is_active": False}, "not_active"),
    ],
)
def test_a_campaign_that_the_plan_does_not_have_says_why(guanxi, as_file, home, fields, absence):
    as_file(**fields)
    found = json.loads(guanxi("preview", "spring", "--json")[1])["campaigns"][0]
    assert found["absence"] == absence
    assert found["planned"] is None
    assert [one["samples"][0]["messages"] for one in found["texts"]] == [0, 0], "examples only"


def test_nobody_in_the_segment_is_another_thing_than_not_planned(guanxi, as_file, home):
    as_file(campaign_id="spring")
    _in_publication(home, "delete from segments.segment_members where segment = 'dormant_recall'")
    assert "nobody is in its audience" in guanxi("preview", "spring")[1]


def _in_publication(home, sql):
    path = next((home / "published").glob("serving-*.duckdb"))
    with duckdb.connect(str(path)) as con:
        con.execute(sql)


def test_what_stands_in_the_way_is_one_clear_line(guanxi, home):
    code, told = guanxi("preview", "nothing")
    assert (code, "There is no campaign 'nothing'. Campaigns: dormant_recall, new_customer_welcome" in told) == (
        2,
        True,
    )
    _in_publication(home, "drop table campaigns.campaign_plan")
    code, told = guanxi("preview")
    assert (code, "campaign_plan" in told, "Run `guanxi run --full`" in told) == (2, True, True)
    next((home / "published").glob("serving-*.duckdb")).write_bytes(b"not a database")
    code, told = guanxi("preview")
    assert (code, "cannot be read. Run `guanxi publish`" in told) == (2, True)
    (home / "published" / "current.json").unlink()
    code, told = guanxi("preview")
    assert (code, "Nothing is published in" in told) == (2, True)


def _turkish_numbers(home, which, has_rule=True):
    _in_publication(
        home,
        f"update campaigns.campaign_plan set identifier_mask = '+90****12' where channel = 'sms' and {which}",
    )
    if has_rule:
        rule = "'TR', false, 'IPTAL', '09:00', '20:00', 'Europe/Istanbul', null, 300, '土耳其', 'Türkiye'"
        _in_publication(home, f"insert into rules.sms_rules values ({rule})")


def test_texts_that_the_country_of_the_number_refuses_are_neither_promised_nor_paid(guanxi, document, home):
    before = document()
    draft = "decision = 'hold', reason = 'campaign_not_approved'"
    _in_publication(home, f"update campaigns.campaign_plan set {draft} where decision = 'send'")
    _turkish_numbers(home, "customer_id < 'c_0000000000000400'")
    found = document()
    sms, push = found["texts"]
    (refused,) = sms["not_allowed"]
    assert refused["reason"] == "template_not_allowed: a text message (TR) must end with the opt-out words: IPTAL"
    assert refused["reason_zh"].startswith("模板生成的文字不允许发送：")
    assert 0 < refused["messages"] < sms["messages"], "some of them"
    assert sms["sms_parts"] == found["sms_parts"] == sms["messages"] - refused["messages"]
    assert (found["to_send"], found["not_allowed"]) == (0, refused["messages"])
    assert found["waiting"] == found["messages"] == before["to_send"] - refused["messages"]
    assert push["not_allowed"] == []
    told = guanxi("preview")[1]
    assert f"{found['waiting']} messages more would be sent once the campaign is approved" in told
    assert f"  {refused['messages']} planned messages by sms would not be sent: The text that the template" in told


def test_an_approval_says_that_no_text_message_could_be_sent(guanxi, document, home):
    warned = (
        "planned messages by sms would not be sent: The text that the template makes is not allowed: a text message"
    )
    assert "would not be sent" not in guanxi("approve", "dormant_recall", "--by", "Lin Yue")[1]
    _turkish_numbers(home, "true")
    code, told = guanxi("approve", "dormant_recall", "--by", "Lin Yue")
    sms = document()["texts"][0]
    assert (code, f"all {sms['messages']} {warned} (TR)" in told) == (0, True)
    assert sms["sms_parts"] == 0
    (home / "published" / "current.json").unlink()
    assert guanxi("approve", "dormant_recall", "--by", "Lin Yue")[0] == 0, "an approval needs no plan"


def test_numbers_of_a_country_without_rules_are_not_promised_either(document, home):
    _turkish_numbers(home, "true", has_rule=False)
    (held,) = document()["texts"][0]["not_allowed"]
    assert held["reason"] == "sms_no_rules_for_country: TR"


def test_the_list_for_scripts_has_the_plan_and_the_results(guanxi):
    listed, draft = json.loads(guanxi("list", "--json")[1])
    assert draft["campaign_id"] == "new_customer_welcome"
    assert listed["name"] == {"zh": "沉睡客户召回", "en": "Dormant customer recall"}
    assert listed["planned"]["send"] > 0
    assert listed["results"]["planned"] == 412 + 398 + 205 + 211
    assert listed["results"]["holdout_customers"] == 122 + 60, "once in each version, over all channels and variants"


def test_a_campaign_whose_segment_is_not_there_is_refused(guanxi, as_file):
    as_file(segment="nobodies")
    code, told = guanxi("preview")
    assert code == 2
    assert "there is no segment 'nobodies'" in told


def test_a_text_of_several_lines_is_indented_in_all_of_them():
    with session.console.capture() as told:
        campaign_preview._say("one\ntwo")
    assert told.get() == "  one\n  two\n"
