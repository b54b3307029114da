"""A plan above what one person may approve: what the commands say, who may approve it, and how often."""

import io
import json
import shutil
import sys

import duckdb
import pytest

from orchestration.cli import main, session
from orchestration.stewardship.why_not import why_not
from stores.settings import load_settings
from tests.testing import small_publication

NEEDED = "needs a second person: messages"
PUBLICATION = small_publication.RUN_ID


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A data folder with a publication in which one person may approve a hundred messages."""
    settings = load_settings(home=tmp_path_factory.mktemp("published"))
    small_publication.publish_fixture(settings)
    with duckdb.connect(str(next(settings.published.glob("serving-*.duckdb")))) as con:
        con.execute("update rules.approval_limits set most = case measure when 'messages' then 100 else 1000000 end")
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
        told = capsys.readouterr()
        return ended.value.code, told.err if ended.value.code else shown.getvalue() + told.out

    return run


def test_preview_list_show_and_why_not_say_that_a_second_person_is_needed_and_why(guanxi, home, ask_plan):
    assert NEEDED in guanxi("preview", "dormant_recall")[1]
    code, told = guanxi("approve", "dormant_recall", "--by", "Lin Yue")
    assert code == 0
    assert NEEDED in told
    assert "before somebody other than Lin Yue runs `guanxi campaign approve dormant_recall --by NAME`" in told
    assert NEEDED in guanxi("show", "dormant_recall")[1]
    assert "waits for a second person" in " ".join(guanxi("list")[1].split())
    answers = why_not(load_settings(home=home), ask_plan("min(customer_id)"), "dormant_recall").answers
    assert "second_approval_missing" in [one.code for one in answers]
    document = json.loads(guanxi("preview", "dormant_recall", "--json")[1])["campaigns"][0]["second_approval"]
    assert document["is_missing"]
    assert document["messages"] == ask_plan("count(*) filter (where decision = 'send')") > 100
    (exceeded,) = document["exceeded"]
    assert (exceeded["measure"], exceeded["most"], exceeded["name_zh"]) == ("messages", 100, "消息条数")


@pytest.fixture
def ask_plan(home):
    """A value of the published plan of the campaign."""

    def ask(sql):
        with duckdb.connect(str(next((home / "published").glob("serving-*.duckdb"))), read_only=True) as con:
            return con.execute(
                f"select {sql} from campaigns.campaign_plan where campaign_id = 'dormant_recall'"
            ).fetchone()[0]

    return ask


def test_the_second_person_approves_the_plan_and_the_first_one_stays(guanxi):
    guanxi("approve", "dormant_recall", "--by", "Lin Yue")
    code, told = guanxi("approve", "dormant_recall", "--by", "lin yue")
    assert code == 2
    assert "needs a second person: lin yue approved it or owns it already" in told
    code, told = guanxi("approve", "dormant_recall", "--by", "Wang Fang", "--plan", PUBLICATION)
    assert code == 0
    assert "decided by Lin Yue" in told
    assert "is approved by a second person: Wang Fang" in told
    assert "The next delivery sends it" in told
    for by in ("Lin Yue", "Chen"):
        assert guanxi("approve", "dormant_recall", "--by", by)[0] == 0
    document = json.loads(guanxi("list", "--json")[1])[0]
    assert (document["decided_by"], document["second_approval"]["approved_by"]) == ("Lin Yue", "Wang Fang")


def test_whoever_looked_at_another_plan_approves_nothing(guanxi):
    code, told = guanxi("approve", "dormant_recall", "--by", "Lin Yue", "--plan", "000001-earlier")
    assert code == 2
    assert f"The current publication is {PUBLICATION}, not 000001-earlier any more" in told
    assert "draft" in guanxi("list")[1]
