"""`guanxi campaign`: what stands where, who decides, and what a wrong word leads to."""

import io
import sys
from datetime import timedelta

import pytest
from sqlalchemy import select

from exports.definitions.campaign_files import load_campaigns
from orchestration.cli import main, session
from orchestration.runs.business_day import move_to
from stores.key_record import open_keyring
from stores.operations import audit_log, engine, reading
from stores.warehouse import connect, current_publication, publish, writer_lock


@pytest.fixture
def guanxi(settings, monkeypatch, capsys):
    """Run a command in this process; its exit code and what it said."""

    settings.home.mkdir()

    def run(*arguments):
        shown = io.StringIO()
        monkeypatch.setattr(session.console, "file", shown)
        monkeypatch.setattr(sys, "argv", ["guanxi", *arguments, "--home", str(settings.home)])
        with pytest.raises(SystemExit) as ended:
            main.main()
        return ended.value.code, shown.getvalue() + capsys.readouterr().err

    return run


def test_a_campaign_is_a_draft_until_approved_and_stops_when_paused(settings, guanxi):
    assert "draft" in guanxi("campaign", "show", "dormant_recall")[1]
    code, told = guanxi("campaign", "approve", "dormant_recall", "--by", "Lin Yue")
    assert code == 0, told
    assert "approved" in told
    assert "decided by Lin Yue" in told
    assert "老朋友专享满200减50" in told
    assert "sold out" in guanxi("campaign", "pause", "dormant_recall", "--by", "Wang", "--reason", "sold out")[1]
    assert "paused" in guanxi("campaign", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("campaign", "approve", "dormant_recall"), "--by"),
        (("campaign", "approve", "nothing", "--by", "Lin"), "Campaigns: dormant_recall"),
        (("campaign", "pause", "dormant_recall", "--by", " "), "The value of --by is empty"),
        (("campaign", "release", "--by", "Lin"), "Nothing is published yet"),
    ],
)
def test_a_wrong_word_is_one_clear_line(guanxi, arguments, said):
    code, told = guanxi(*arguments)
    assert code == 2
    assert said in told
    assert "Traceback" not in told


def test_a_campaign_that_names_what_is_not_there_is_shown_with_what_is_wrong(guanxi, monkeypatch):
    def with_another_class(folder, named=None):
        return [one.model_copy(update={"cap_class": "weekly"}) for one in load_campaigns(folder)]

    monkeypatch.setattr("exports.definitions.campaign_files.load_campaigns", with_another_class)
    code, told = guanxi("campaign", "show", "dormant_recall")
    assert code == 2
    assert "draft" in told
    assert "dormant_recall.yml: cap_class: must be one of" in told


def test_a_release_in_a_home_that_is_fixed_on_a_day_says_that_nothing_is_sent(settings, guanxi):
    publish_one_customer(settings, settings.today() - timedelta(days=1))
    move_to(settings, settings.today() - timedelta(days=1))
    code, told = guanxi("campaign", "release", "--by", "Lin Yue")
    assert code == 0, told
    assert "not delivered: this home is fixed on" in told
    assert "The next delivery carries" not in told


def publish_one_customer(settings, day):
    with writer_lock(settings), connect(settings, read_only=False) as warehouse:
        warehouse.execute("create schema marts")
        warehouse.execute("create table marts.customers as select 1 as customer_id")
    open_keyring(settings)
    return publish(settings, "run", day, None)


def test_a_release_lets_the_publication_be_delivered_and_is_signed(settings, guanxi):
    made = publish_one_customer(settings, settings.today())
    assert guanxi("campaign", "release", "--by", "Lin Yue")[0] == 0
    assert current_publication(settings).may_deliver
    with reading(engine(settings)) as connection:
        (signed,) = connection.execute(select(audit_log.c.actor, audit_log.c.action, audit_log.c.subject)).all()
    assert tuple(signed) == ("Lin Yue", "release", made.publication_id)
