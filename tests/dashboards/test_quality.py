"""The data quality page: what is held and why, whose the sales are, how far people are merged, messages not sent."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal

import pytest

from dashboards import commands
from dashboards.components.i18n import number
from dashboards.queries import loads, quality
from stores import operations
from stores.operations import deliveries

# The page asks commands.
pytestmark = pytest.mark.heavy


def html(app):
    return "\n".join(block.proto.body for block in app.get("html"))


@pytest.fixture
def ledger(published, monkeypatch):
    """Messages that wait or were refused, in the operations store that the app reads."""
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T12:00:00")
    from stores.settings import load_settings

    store = operations.engine(load_settings())
    common = {
        "campaign_id": "c", "campaign_version": 1, "step": 1, "customer_id": "c_1", "channel": "sms",
        "destination": "d", "occurrence": "2026-06", "identifier_type": "phone", "identifier_token": "t",
        "template": "t", "fields": "{}", "purpose": "marketing", "priority": 1, "value_score": Decimal(1),
        "publication_id": "p", "as_of": date(2026, 6, 30), "attempts": 0, "planned_at": datetime(2026, 6, 30),
    }  # fmt: skip
    reasons = [
        ("held", "quiet_hours"), ("refused", "address_not_of_token"), ("held", "consents_not_read: shop"),
        ("unknown", "store_lost"), ("dead", "a word of the peer <b>"), ("accepted", None),
    ]  # fmt: skip
    with operations.writing(store) as connection:
        for place, (state, reason) in enumerate(reasons):
            row = common | {"delivery_id": f"d_{place}", "dedupe_key": f"k{place}", "state": state, "reason": reason}
            connection.execute(deliveries.insert(), row)
    return published


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh_CN",
            ["未知状态", "没有汇率", "partially_returned", "KRW", "匿名订单", "仅凭概率匹配合并的档案占比"],
        ),
        (
            "en",
            ["Unknown status", "No exchange rate", "KRW", "Anonymous", "probable links alone"],
        ),
    ],
)
def test_what_is_held_and_why_is_said_in_the_readers_language(published, open_app, language, words):
    shown = html(open_app("quality", language))
    assert [word for word in words if word not in shown] == []
    assert number(quality.held_rows()["held_rows"].max()) in shown


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh_CN",
            ["不在允许发送的时段", "加密的地址与其标识不符", "授权来源未读全：shop", "可能已发送"],
        ),
        ("en", ["Outside the hours for text messages", "not the one of its token", "Perhaps sent", "Failed for good"]),
    ],
)
def test_why_messages_were_not_sent_is_said_in_the_readers_language(ledger, open_app, language, words):
    app = open_app("quality", language)
    assert not app.exception
    shown = html(app)
    assert [word for word in words if word not in shown] == []
    assert "a word of the peer &lt;b&gt;" in shown


def test_looking_at_the_page_makes_no_operations_store(own, open_app):
    app = open_app("quality", "en")
    assert not app.exception
    assert not (own.home / "operations").exists()


def test_a_lost_operations_store_is_said_on_the_page(own, open_app):
    (own.lake / "operations_record.json").write_text('{"store_id": "s_1", "writes": 3}', encoding="utf-8")
    shown = html(open_app("quality", "en"))
    assert "guanxi operations recover" in shown
    assert "The operations store cannot be used" in shown
    assert "Held rows" in shown


def test_a_publication_without_these_tables_still_shows_the_rest(own, open_app):
    import duckdb

    with duckdb.connect(str(own.published / "serving-fixture.duckdb")) as connection:
        connection.execute("drop table marts.held_rows")
    app = open_app("quality", "en")
    assert not app.exception
    assert "Order totals" in html(app)


@pytest.fixture
def channels(monkeypatch):
    """What the command line says of the channels, and what it is told to do."""
    ran = []
    group = {
        "channel": "shop", "table": "orders", "state": "waiting", "reason": "total: =1+1 is not a number",
        "source_file": "订单.csv", "rows": 7, "first_line": 12, "last_seen": "2026-06-29 10:00:00", "again": 0,
    }  # fmt: skip
    load = {"loaded_at": "2026-06-28 10:00:00", "rows": 1234, "quarantined": 7}
    answers = {
        "quarantine": [group],
        "lake": [
            {
                "channel": "shop",
                "state": "late",
                "age_hours": 48.0,
                "expected_hours": 36.0,
                "loads": [load],
                "undelivered_consents": {"answers": ["sms", "email"]},
            },
            {
                "channel": "web",
                "state": "never",
                "age_hours": None,
                "expected_hours": 48.0,
                "loads": [],
                "undelivered_consents": {},
            },
        ],
    }

    def run(*words, seconds=0):
        ran.append(words)
        answers["quarantine"] = [{**group, "rows": 2}]
        return "5 rows loaded, 2 still in quarantine."

    monkeypatch.setattr(commands, "ask", lambda *words, seconds=0: answers[words[0]])
    monkeypatch.setattr(commands, "run", run)
    loads.forget()
    yield ran
    loads.forget()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh_CN",
            ["逾期", "尚无数据", "36 小时内", "待处理", "订单.csv", "自第 12 行", "total：=1+1不是数字"],
        ),
        (
            "en",
            [
                "Late",
                "Nothing yet",
                "within 36 h",
                "1,234",
                "Waiting",
                "订单.csv",
                "from line 12",
                "total: =1+1 is not a number",
            ],
        ),
    ],
)
def test_freshness_and_quarantine_are_told_in_the_readers_language(published, channels, open_app, language, words):
    app = open_app("quality", language)
    assert not app.exception
    shown = html(app)
    assert [word for word in words if word not in shown] == []
    never = {"zh_CN": "从未收到授权数据（表 answers）", "en": "consents were never delivered (table answers); nobody"}
    (warned,) = (one.value for one in app.warning)
    assert never[language] in warned


def test_a_replay_is_asked_for_run_and_counted(published, channels, open_app):
    app = open_app("quality", "en")
    app.button(key="replay_shop").click().run()
    assert channels == []
    app.button(key="replay_shop_do").click().run()
    assert channels == [("quarantine", "replay", "--", "shop")]
    assert "5 rows loaded, 2 still waiting" in app.success[0].value


def test_the_download_of_the_quarantine_holds_no_formula():
    begins = ["=1+1", "+86138", "-1", "@x", "\tx", "\rx", "plain"]
    told = loads.quarantine_csv([{"channel": "shop", "reason": one} for one in begins])
    assert told.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(told.decode("utf-8-sig"), newline="")))
    assert [row["reason"] for row in rows] == [*(f"'{one}" for one in begins[:-1]), "plain"]


def test_a_lake_that_cannot_be_read_costs_two_cards_only(published, channels, open_app, monkeypatch):
    def refuse(*words, seconds=0):
        raise commands.CommandFailed("The lake is damaged.")

    monkeypatch.setattr(commands, "ask", refuse)
    shown = html(open_app("quality", "en"))
    assert shown.count("The lake is damaged.") == 2
    assert "Order totals" in shown
