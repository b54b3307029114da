"""The campaigns page: it shows what the command line says, and its buttons run the command line's commands."""

from pathlib import Path

import duckdb
import pytest
from sqlalchemy import select

from dashboards import commands
from dashboards.components.campaigns.decision import command
from dashboards.queries import campaigns
from exports.definitions.approval import decide
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from stores import operations
from stores.operations import campaign_approvals
from stores.warehouse import current_publication
from tests.testing.app_pages import html

# The page asks commands.
pytestmark = pytest.mark.heavy


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh_CN",
            ["沉睡客户召回", "还没有人审批，不会发送。", "超过频次上限", "老朋友专享满200减50", "无回执", "占 75.0%"],
        ),
        (
            "en",
            [
                "Dormant customer recall",
                "Draft",
                "Nobody approved it yet",
                "Frequency cap reached",
                "no receipts",
                "which counts 75.0% beside",
            ],
        ),
    ],
)
def test_the_page_says_where_a_campaign_stands_and_what_it_would_send(published, open_app, language, words):
    app = open_app("campaigns", language)
    assert not app.exception
    shown = html(app)
    assert not [word for word in words if word not in shown]
    assert "segments?segments_view=named&amp;named_segment=dormant_recall" in shown
    assert "characters in UCS-2, 1 part" in shown or language == "zh_CN"


def test_the_figures_are_those_of_the_plan_and_no_clear_value_stands_in_a_sample(published, open_app, ask):
    shown = html(open_app("campaigns", "en"))
    for decision, count in ask(
        "select decision, count(*) from campaigns.campaign_plan where reason is null group by all"
    ):
        assert decision == "send"
        assert f">{count}</a></td>" in shown
    assert "****" in shown
    (mask,) = ask("select identifier_mask from campaigns.campaign_plan where decision = 'send' limit 1")[0]
    assert mask.partition("*")[0] not in shown.partition("gx-messages")[2].partition("</div></figure>")[0]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh_CN",
            [
                "短信有 12 条消息无法发送。模板生成的文字不允许发送：发往 PL 号码的短信须以退订提示“Odp. STOP”结尾。",
                "无法发送的消息",
                "审批后将发消息",
            ],
        ),
        (
            "en",
            [
                "12 messages by SMS will not be sent: The text",
                "Messages that cannot be sent",
                "More once it is approved",
            ],
        ),
    ],
)
def test_messages_whose_text_cannot_be_sent_are_counted_with_the_reason(
    published, open_app, monkeypatch, language, words
):
    asked = campaigns.preview
    said = "a text message (PL) must end with the opt-out words: Odp. STOP"
    refused = {
        "reason": f"template_not_allowed: {said}",
        "reason_zh": f"模板生成的文字不允许发送：{said}",
        "reason_en": f"The text that the template makes is not allowed: {said}",
        "messages": 12,
    }

    def preview(name):
        found = asked(name)
        found["texts"][0]["not_allowed"] = [refused]
        problem = {name.replace("reason", "problem"): value for name, value in refused.items() if name != "messages"}
        found["texts"][0]["samples"][0].update(problem)
        return {**found, "not_allowed": 12, "waiting": 3}

    monkeypatch.setattr(campaigns, "preview", preview)
    app = open_app("campaigns", language)
    assert not app.exception
    shown = html(app)
    assert not [word for word in words if word not in shown]
    assert f"PL{' 号码' if language == 'zh_CN' else ')'}" in shown.partition("gx-messages")[2], "the sample too"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh_CN",
            ["实验解读", "增量收入：¥24,548", "与对照组比较", "转化 · A", "+8.00 个百分点", "3 位客户因合并",
             "触达频次与退订", "3–4 条",
             "单个增量转化成本", "¥84.40（¥53.71 至 ¥196.93）", "¥7,243.25，总预算 ¥20,000.00"],
        ),
        (
            "en",
            ["Experiment reading", "Revenue beyond the hold-out: CN¥24,548", "Against the hold-out", "Converted · A",
             "+8.00 pts", "3 customers are in several arms",
             "Opt-outs by frequency", "3 to 4 messages", "Incentives", "CN¥84.40 (CN¥53.71 to CN¥196.93)"],
        ),
    ],
)  # fmt: skip
def test_the_page_reads_a_campaign_as_an_experiment_and_shows_what_tires_customers(
    published, open_app, language, words
):
    app = open_app("campaigns", language)
    assert not app.exception
    shown = html(app)
    assert not [word for word in words if word not in shown]


def test_a_campaign_without_arms_says_when_there_will_be_some(published, open_app):
    shown = html(open_app("campaigns", "zh_CN", campaign="new_customer_welcome"))
    assert "还没有客户入组，也没有对照组。审批后的第一次计划会让客户入组。" in shown


def test_a_campaign_is_approved_and_paused_by_the_commands_that_are_shown(own, open_app):
    app = open_app("campaigns", "en")
    assert app.button(key="approve_dormant_recall").disabled, "nobody is named yet"
    app.text_input(key="decision_by").set_value("Lin Yue").run()
    app.button(key="approve_dormant_recall").click().run()
    assert app.code[0].value == "guanxi campaign approve '--by=Lin Yue' -- dormant_recall"
    assert _decided(own) == [], "asked, and not yet done"
    app.button(key="approve_dormant_recall_do").click().run()
    assert not app.exception
    assert "“Dormant customer recall” is approved" in app.success[0].value
    assert "Lin Yue" in html(app)
    assert _decided(own) == [("dormant_recall", "approved", "Lin Yue", None)]

    app.text_input(key="why_paused_dormant_recall").set_value("sold out; --by=me").run()
    app.button(key="pause_dormant_recall").click().run()
    app.button(key="pause_dormant_recall_do").click().run()
    assert _decided(own) == [("dormant_recall", "paused", "Lin Yue", "sold out; --by=me")]
    assert "Nothing of it is sent until it is approved again." in html(app)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh_CN", "该计划须经第二人审批后才会发送：消息条数为 "),
        ("en", "A second person must approve this plan before anything of it is sent: Messages "),
    ],
)
def test_a_plan_above_a_limit_is_approved_by_a_second_person_on_the_page(own, open_app, language, words):
    with duckdb.connect(str(next(own.published.glob("serving-*.duckdb")))) as con:
        con.execute("update rules.approval_limits set most = 100 where measure = 'messages'")
    (campaign,) = load_campaigns_of(own)
    decide(own, campaign, "approved", "Lin Yue")
    app = open_app("campaigns", language)
    assert words in html(app)
    assert app.button(key="second_dormant_recall").disabled, "nobody is named yet"
    app.text_input(key="decision_by").set_value("lin yue").run()
    app.button(key="second_dormant_recall").click().run()
    publication = current_publication(own).publication_id
    shown = f"guanxi campaign approve '--by=lin yue' --plan={publication} -- dormant_recall"
    assert app.code[0].value == shown
    app.button(key="second_dormant_recall_do").click().run()
    assert ("lin yue 已审批过该活动" if language == "zh_CN" else "lin yue approved it or owns it") in app.error[0].value
    app.text_input(key="decision_by").set_value("Wang Fang").run()
    app.button(key="second_dormant_recall_do").click().run()
    assert not app.exception
    assert words not in html(app)
    assert "Wang Fang" in " ".join(one.value for one in app.caption)
    assert _decided(own) == [("dormant_recall", "approved", "Lin Yue", None)]


def test_samples_go_to_a_test_list_and_what_became_of_them_is_shown(own, open_app, monkeypatch, tmp_path):
    assert "There is no test list yet" in " ".join(one.value for one in open_app("campaigns", "en").caption)
    (tmp_path / "lists.toml").write_text(
        '[guanxi.test_lists.marketing.lin]\nname = "林悦"\nphone = "13800001111"\n'
        '[destinations.crm_webhook]\nkind = "webhook"\nurl = "http://127.0.0.1:9/"\nsecret = "whsec_QUJDREVGR0g="\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("GUANXI_CONFIG", str(tmp_path / "lists.toml"))
    app = open_app("campaigns", "en")
    app.text_input(key="decision_by").set_value("Lin Yue").run()
    app.button(key="test_dormant_recall").click().run()
    assert "guanxi campaign test --to=marketing '--by=Lin Yue' -- dormant_recall" in [one.value for one in app.code]
    app.button(key="test_dormant_recall_do").click().run()
    assert not app.exception
    assert "138****1111" in html(app)
    assert "Not sent" in html(app), "no tool listens there"


def load_campaigns_of(settings):
    return [one for one in load_campaigns(campaign_folder(settings)) if one.campaign_id == "dormant_recall"]


def _decided(settings):
    columns = [campaign_approvals.c[name] for name in ("campaign_id", "decision", "decided_by", "reason")]
    with operations.reading(operations.engine(settings)) as connection:
        return [tuple(row) for row in connection.execute(select(*columns))]


def test_what_the_command_refuses_is_said_in_its_own_words(own, open_app, monkeypatch):
    def refuse(*words, seconds=1.0):
        raise commands.CommandFailed("cap_class: must be one of marketing")

    app = open_app("campaigns", "en")
    app.text_input(key="decision_by").set_value("Lin").run()
    app.button(key="approve_dormant_recall").click().run()
    monkeypatch.setattr(commands, "run", refuse)
    app.button(key="approve_dormant_recall_do").click().run()
    assert app.error[0].value == "cap_class: must be one of marketing"


def test_what_people_type_cannot_become_an_option():
    assert command("campaign", "pause", "spring", "--help", "--by=x\n y") == (
        "campaign", "pause", "--by=--help", "--reason=--by=x y", "--", "spring",
    )  # fmt: skip
    assert command("campaign", "approve", "spring", "Li") == ("campaign", "approve", "--by=Li", "--", "spring")


def test_under_a_past_day_the_buttons_say_why_they_cannot_be_used(published, open_app, monkeypatch):
    listed, preview = campaigns.listed(), campaigns.preview("dormant_recall")
    past = published.model_copy(update={"past_day": published.today()})
    monkeypatch.setattr("dashboards.components.command_buttons.settings", lambda: past)
    monkeypatch.setattr(campaigns, "listed", lambda: listed)
    monkeypatch.setattr(campaigns, "preview", lambda name: preview)
    app = open_app("campaigns", "en")
    assert app.button(key="approve_dormant_recall").disabled
    assert "Unset GUANXI_PAST_DAY first" in " ".join(one.value for one in app.caption)


@pytest.mark.parametrize("said", ["dormant_recall.yml:3: version: must be 1 or more", ""])
def test_a_wrong_file_and_none_at_all_are_said(published, open_app, monkeypatch, said):
    def listed():
        if said:
            raise commands.CommandFailed(said)
        return []

    monkeypatch.setattr(campaigns, "listed", listed)
    shown = html(open_app("campaigns", "en"))
    assert (said or "No campaigns yet") in shown


def test_a_publication_without_a_plan_leaves_the_list(published, open_app, monkeypatch):
    def preview(name):
        raise commands.CommandFailed("The publication lacks something: campaign_plan.")

    monkeypatch.setattr(campaigns, "preview", preview)
    shown = html(open_app("campaigns", "en"))
    assert "The publication lacks something: campaign_plan." in shown
    assert "Hold-out converted" in shown


def test_answers_of_the_command_line_are_kept_until_a_file_or_a_decision_changes(own, monkeypatch, tmp_path):
    asked = []
    folder = tmp_path / "project"
    (folder / "exports" / "campaigns").mkdir(parents=True)
    current = own.model_copy(update={"project_root": folder})
    monkeypatch.setattr(campaigns, "settings", lambda: current)
    monkeypatch.setattr(commands, "ask", lambda *words: asked.append(words) or [])

    def times_asked():
        campaigns.listed()
        return len(asked)

    assert [times_asked(), times_asked()] == [1, 1]
    file: Path = folder / "exports" / "campaigns" / "spring.yml"
    file.write_text("campaign_id: spring", encoding="utf-8")
    assert times_asked() == 2
    with operations.writing(operations.engine(current)) as connection:
        operations.decide_campaign(
            connection, campaign_id="spring", decision="paused", digest="d", files="{}", by="Lin", moment=current.now()
        )
    assert [times_asked(), times_asked()] == [3, 3]
