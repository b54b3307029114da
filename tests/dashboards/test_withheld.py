"""What an answer in quarantine withholds is said on the customer's page and with the plan of a campaign."""

import pytest

from dashboards import commands
from dashboards.queries import campaigns, withheld
from tests.testing.app_pages import html

CUSTOMER = "c_0000000000000001"
TOLD = {
    "customers": [{"customer_id": CUSTOMER, "channel": "sms", "purpose": "marketing", "source": "pos"}],
    "files": [{"source": "pos", "channels": ["email"], "files": ["a.csv"]}],
}


@pytest.fixture
def quarantine(own, monkeypatch):
    """An installation with something in quarantine; what the pages asked the command line."""
    folder = own.lake / "raw_pos"
    (folder / "_dlt_loads").mkdir(parents=True)
    (folder / "quarantine").mkdir()
    (folder / "quarantine" / "1.parquet").touch()
    asked = []

    def ask(*words, seconds=0.0):
        asked.append(words)
        return TOLD

    monkeypatch.setattr(commands, "ask", ask)
    return asked


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Nothing will be sent by SMS: an answer of", "Messages by E-mail are held: a whole file"]),
        ("zh_CN", ["短信不会发送：", "邮件暂缓发送："]),
    ],
)
def test_the_customer_page_says_which_channels_do_not_reach_them_and_why(quarantine, open_app, language, words):
    app = open_app("customer", language, id=CUSTOMER)
    assert not app.exception
    assert not [word for word in words if word not in html(app)]
    assert ("quarantine", "refusals") in quarantine


def test_it_is_asked_once_until_a_load_comes_and_never_where_nothing_is_in_quarantine(own, quarantine):
    assert [one.reason for one in withheld.of_customer(CUSTOMER)] == ["consents_not_read", "no_consent"]
    withheld.of_customer("c_0000000000000002")
    assert len(quarantine) == 1
    (own.lake / "raw_pos" / "_dlt_loads" / "2.jsonl").touch()
    withheld.of_customer(CUSTOMER)
    assert len(quarantine) == 2
    (own.lake / "raw_pos" / "quarantine" / "1.parquet").unlink()
    assert withheld.of_customer(CUSTOMER) == []
    assert len(quarantine) == 2


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "12 messages by SMS will not be sent: answers of"), ("zh_CN", "短信有 12 条消息不会发送：")],
)
def test_the_plan_of_a_campaign_says_how_many_messages_it_is(published, open_app, monkeypatch, language, said):
    asked = campaigns.preview
    row = {"channel": "sms", "reason": "no_consent", "source": "pos", "messages": 12}
    monkeypatch.setattr(campaigns, "preview", lambda name: {**asked(name), "withheld": [row]})
    app = open_app("campaigns", language)
    assert not app.exception
    assert said in html(app)
