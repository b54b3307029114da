"""`guanxi explain why-not` answers for every reason that exists, in campaigns and in journeys."""

import csv
import json
import re
import shutil
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from orchestration.cli import explain, explain_why_not
from orchestration.cli.session import console
from orchestration.stewardship import plan_reasons
from orchestration.stewardship.why_not import why_not
from stores import operations
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, load_settings
from tests.testing import small_publication

SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "plan_reasons.csv"
REASONS = list(csv.DictReader(SEED.read_text(encoding="utf-8").splitlines()))
CAUSES = list(
    csv.DictReader((SEED.parent / "journeys" / "journey_causes.csv").read_text(encoding="utf-8").splitlines())
)
JOURNEY = "newcomer_nurture"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    settings = load_settings(home=tmp_path_factory.mktemp("published"))
    small_publication.publish_fixture(settings)
    return settings


@pytest.fixture
def own(published, tmp_path):
    """A copy of the publication that a test may change."""
    return load_settings(home=shutil.copytree(published.home, tmp_path / "home"))


def in_publication_row(settings, sql):
    with duckdb.connect(str(next(settings.published.glob("serving-*.duckdb")))) as con:
        return con.execute(sql).fetchone()


def in_publication(settings, sql):
    found = in_publication_row(settings, sql)
    return found[0] if found else None


def somebody(settings, run_id):
    return in_publication(settings, f"select customer_id from campaigns.journey_runs where run_id = '{run_id}'")


def planned(settings):
    return in_publication(settings, "select min(customer_id) from campaigns.campaign_plan where channel = 'sms'")


def said(settings, *question):
    return [one.said for one in why_not(settings, *question).answers]


def codes(settings, *question):
    return [one.code for one in why_not(settings, *question).answers]


@pytest.mark.parametrize("reason", REASONS, ids=lambda row: row["reason"])
def test_every_reason_of_the_plan_is_told_in_both_languages(own, reason):
    customer = planned(own)
    in_publication(
        own,
        f"update campaigns.campaign_plan set decision = 'refuse', reason = 'no_consent',"
        f" reasons = 'no_consent,{reason['reason']}' where customer_id = '{customer}'",
    )
    told = said(own, customer, "dormant_recall")
    verb = {"refuse": "refused", "hold": "held"}[reason["decision"]]
    verb = "left out for comparison" if reason["reason"] == "holdout" else verb
    assert any(f"By sms: {verb}, {reason['name_en']} {reason['name_zh']} ({reason['reason']})" in one for one in told)


# What else would be said is the reason itself, or stands above the rows of the plan.
WITHOUT_MORE = {"erased", "no_identifier", "profiling_optout", "campaign_not_approved", "not_followed"}


def test_every_reason_that_has_something_behind_it_says_it():
    assert {row["reason"] for row in REASONS} - WITHOUT_MORE == set(plan_reasons.BEHIND)


@pytest.mark.parametrize(
    ("reason", "behind"),
    [
        ("channel_cap", "at most 3 messages by sms in 7 days, earlier messages used it up"),
        ("programme_cap", "at most 8 messages of dormant_recall in 30 days"),
        ("total_cap", "at most 7 messages of all campaigns in 7 days"),
        ("fatigue", "3 messages or more in 30 days, none of them opened or clicked: at most 1 message"),
        ("destination_limit", "at most 200,000 messages a day by crm_webhook"),
    ],
)
def test_a_limit_says_what_it_allows_and_who_has_the_last_of_it(own, reason, behind):
    customer = planned(own)
    in_publication(
        own,
        f"update campaigns.campaign_plan set decision = 'hold', reason = '{reason}', reasons = '{reason}',"
        f" destination = 'crm_webhook' where customer_id = '{customer}' and channel = 'sms'",
    )
    told = next(one for one in said(own, customer, "dormant_recall") if reason in one)
    assert behind in told
    in_publication(
        own,
        f"update campaigns.campaign_plan set lost_to = 'spring' where customer_id = '{customer}' and channel = 'sms'",
    )
    assert "lost to spring, which is planned now" in next(
        one for one in said(own, customer, "dormant_recall") if reason in one
    )


def test_who_unsubscribed_is_told_when_and_by_which_address(own):
    customer = planned(own)
    kind, token = in_publication_row(
        own,
        "select identifier_type, identifier_value from marts.customer_identifiers"
        f" where customer_id = '{customer}' order by all limit 1",
    )
    closed = {
        "identifier_type": kind, "identifier_token": token, "channel": "sms", "reason": "unsubscribed",
        "source": "receipts", "is_active": True, "created_at": datetime(2026, 6, 20),
        "updated_at": datetime(2026, 6, 20),
    }  # fmt: skip
    with operations.writing(operations.engine(own)) as connection:
        connection.execute(operations.suppressions.insert(), closed)
    in_publication(
        own,
        "update campaigns.campaign_plan set decision = 'refuse', reason = 'suppressed', reasons = 'suppressed'"
        f" where customer_id = '{customer}'",
    )
    told = [one for one in said(own, customer, "dormant_recall") if "(suppressed)" in one]
    assert any("(unsubscribed) by" in one and "since 2026-06-20" in one for one in told if "By sms" in one)
    assert not any("(unsubscribed)" in one for one in told if "By app_push" in one)


def test_all_reasons_of_a_row_stand_in_their_order(own):
    customer = planned(own)
    in_publication(
        own,
        "update campaigns.campaign_plan set decision = 'refuse', reason = 'no_consent', reasons ="
        f" 'no_consent,frequency_cap,other_channel_preferred' where customer_id = '{customer}' and channel = 'sms'",
    )
    found = [one.code for one in why_not(own, customer, "dormant_recall").answers if "sms:" in one.said]
    assert found == ["no_consent", "frequency_cap", "other_channel_preferred"]


def test_a_cap_names_the_messages_that_took_the_slots(own):
    customer = planned(own)
    in_publication(
        own,
        "update campaigns.campaign_plan set decision = 'hold', reason = 'frequency_cap', reasons = 'frequency_cap'"
        f" where customer_id = '{customer}'",
    )
    in_publication(
        own,
        f"insert into campaigns.campaign_plan by name select * replace ('spring' as campaign_id, 80 as priority, 'send'"
        f" as decision) from campaigns.campaign_plan where customer_id = '{customer}' and channel = 'sms'",
    )
    message = {
        "delivery_id": "d_1", "dedupe_key": "k", "campaign_id": "recall", "campaign_version": 1, "step": 1,
        "customer_id": customer, "channel": "sms", "destination": "d", "occurrence": "2026-06",
        "cap_class": "marketing", "identifier_type": "phone", "identifier_token": "t", "template": "t",
        "fields": "{}", "purpose": "marketing",
        "priority": 1, "value_score": Decimal(1), "publication_id": "p", "as_of": date(2026, 6, 28), "attempts": 1,
        "planned_at": datetime(2026, 6, 28), "accepted_at": datetime(2026, 6, 28, 2), "state": "unknown",
    }  # fmt: skip
    with operations.writing(operations.engine(own)) as connection:
        connection.execute(operations.deliveries.insert(), message)
    told = next(one for one in said(own, customer, "dormant_recall") if "frequency_cap" in one)
    assert "recall by sms on 2026-06-28 (d_1)" in told, "unknown counts as sent"
    assert "spring by sms, planned now (priority 80 against 50)" in told
    sent = said(own, customer, "dormant_recall")
    assert not [one for one in sent if one.startswith("Sent")], "messages of another campaign are not this one's"


def test_who_is_not_in_the_segment_is_told_what_the_segment_means(published):
    customer = in_publication(
        published,
        "select min(customer_id) from marts.customers where customer_id not in"
        " (select customer_id from segments.segment_members where segment = 'dormant_recall')",
    )
    told = said(published, customer, "dormant_recall")
    assert "Nobody approved it yet; nothing of it is sent." in told
    assert any(one.startswith("Not in its segment dormant_recall now") for one in told)


@pytest.mark.parametrize(
    ("run", "step", "expected"),
    [
        ("r3", "", [("held_out", "Held out for comparison"), ("may_not_enter_again", "the file says reentry: never")]),
        (
            "r10",
            "",
            [("waiting", "stands at first_purchase"), ("waiting", "waits until Bought (purchase), at the late")],
        ),
        ("r10", "thanked", [("not_yet", "Has not come to thanked yet; stands before it, at first_purchase")]),
        ("r14", "", [("left", "Left early 满足退出条件 (left): Unsubscribed 退订")]),
        ("r14", "thanked", [("passed_by", "Never came to thanked: from first_purchase to exit")]),
        ("r20", "gift_reminder", [("passed_by", "from first_purchase to thanked")]),
        ("r20", "thanked", [("waiting", "Came to thanked on")]),
        ("r34", "personal_call", [("passed_by", "Took a branch 进入分支 (branched): way 2")]),
        ("r39", "newcomer_guide", [("not_sent", "Message could not be sent 消息未能发出 (not_sent): no_consent")]),
    ],
)
def test_a_journey_says_where_a_customer_stands_and_why(published, run, step, expected):
    found = why_not(published, somebody(published, run), JOURNEY, step).answers
    for code, words in expected:
        assert any(one.code == code and words in one.said for one in found), (code, words, found)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda row: row["cause"])
def test_every_cause_by_which_a_journey_ends_is_told_in_both_languages(own, cause):
    in_publication(own, f"update campaigns.journey_runs set cause = '{cause['cause']}' where run_id = 'r14'")
    found = why_not(own, somebody(own, "r14"), JOURNEY).answers
    words = f"{cause['name_en']} {cause['name_zh']} ({cause['cause']})"
    assert any(one.code == cause["cause"] and words in one.said for one in found)


def test_who_never_did_what_lets_in_is_told_so(own):
    customer = somebody(own, "r3")
    in_publication(own, f"delete from marts.customer_timeline where customer_id = '{customer}' and kind = 'complaint'")
    assert "event_missing" in codes(own, customer, "after_sales_care")
    in_publication(
        own, f"update marts.customer_timeline set kind = 'complaint' where customer_id = '{customer}' and position = 1"
    )
    in_publication(
        own, f"update marts.customer_timeline set occurred_at = '2026-06-01' where customer_id = '{customer}'"
    )
    assert any(
        "was last on 2026-06-01, and within 3 days lets in" in one for one in said(own, customer, "after_sales_care")
    )


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (("c_nobody", "dormant_recall"), "No customer 'c_nobody' in publication"),
        (("c_0000000000000001", "nothing"), "There is no campaign or journey 'nothing'. There are: dormant_recall"),
        (("c_0000000000000001", "dormant_recall", "2"), "dormant_recall has no step '2'. Its steps: step_1"),
        (("c_0000000000000001", JOURNEY, "gift"), "newcomer_nurture has no step 'gift'. Its steps: newcomer_guide"),
    ],
)
def test_what_there_is_not_is_one_clear_line(published, question, words):
    with pytest.raises(UserError, match=re.escape(words)):
        why_not(published, *question)


def test_for_scripts_it_is_a_document_without_addresses(published):
    with console.capture() as shown:
        explain_why_not.why_not(planned(published), "dormant_recall", "", published.home, as_json=True)
    found = json.loads(shown.get())
    assert {row["channel"] for row in found["plan"]} == {"sms", "app_push"}
    assert "identifier" not in shown.get()


def test_a_message_of_a_journey_is_explained_by_the_steps_of_its_run(own):
    customer = somebody(own, "r30")
    message = {
        "delivery_id": "d_2", "dedupe_key": "k", "campaign_id": JOURNEY, "campaign_version": 1, "step": 2,
        "customer_id": customer, "channel": "sms", "destination": "d", "occurrence": "r30", "cap_class": "marketing",
        "identifier_type": "phone", "identifier_token": "t", "template": "t", "fields": "{}", "purpose": "marketing",
        "priority": 1, "value_score": Decimal(1), "publication_id": "p", "as_of": date(2026, 6, 28), "attempts": 1,
        "planned_at": datetime(2026, 6, 28), "accepted_at": datetime(2026, 6, 28, 2), "state": "delivered",
    }  # fmt: skip
    with operations.writing(operations.engine(own)) as connection:
        connection.execute(operations.deliveries.insert(), message)
    with console.capture() as shown:
        explain.delivery("d_2", own.home)
    assert "Journey newcomer_nurture version 1, step 2" in shown.get()
    assert "Run r30 of the journey, step by step" in shown.get()
    assert "timed_out" in shown.get()
    told = said(own, customer, JOURNEY)
    assert any(one.startswith("Sent on 2026-06-28 10:00 by sms, step gift_reminder: Delivered") for one in told)


def test_who_has_a_sensitive_tag_is_not_told_by_the_audience_that_goes_by_it(own, tmp_path):
    left_out = shutil.ignore_patterns("target", "logs", "__pycache__")
    for part in ("exports", "dbt_project"):
        shutil.copytree(PROJECT_ROOT / part, tmp_path / part, ignore=left_out)
    with (tmp_path / "dbt_project/seeds/tags/tag_rules.csv").open("a", encoding="utf-8") as rules:
        rules.write("long_ill,,scenario,is_price_sensitive,is_true,,,,,病,Ill,,,care,,true,care\n")
    recall = tmp_path / "exports/campaigns/dormant_recall.yml"
    text = recall.read_text(encoding="utf-8")
    by_tag = text.replace("segment: dormant_recall", "audience: {tags: [long_ill]}\ntag_purpose: care")
    recall.write_text(by_tag, encoding="utf-8")
    mine = own.model_copy(update={"project_root": tmp_path})
    in_publication(own, "delete from campaigns.campaign_plan")
    some = "select customer_id from marts.customer_tags where tag {} 'long_ill' and is_current order by all limit 1"
    ill, other = (in_publication(own, some.format(sign)) for sign in ("=", "<>"))
    told = [[one.replace(customer, "?") for one in said(mine, customer, "dormant_recall")] for customer in (ill, other)]
    assert told[0] == told[1]
    assert "goes by the sensitive tags long_ill, of which `guanxi explain tag TAG ?` tells" in " ".join(told[0])
