"""`guanxi campaign diff`: two plans customer by customer, as the rows of both say it."""

import io
import json
import shutil
import sys
from collections import Counter

import duckdb
import pytest

from orchestration.cli import main, session
from stores.settings import load_settings
from tests.testing import small_publication

CAMPAIGN = "dormant_recall"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A data folder with a publication and the one before it, whose plan was another."""
    settings = load_settings(home=tmp_path_factory.mktemp("published"))
    current = small_publication.publish_fixture(settings)
    earlier = current.with_name("serving-earlier.duckdb")
    shutil.copy(current, earlier)
    with duckdb.connect(str(earlier)) as con:
        plan = "campaigns.campaign_plan"
        everybody = f"select distinct customer_id from {plan} where campaign_id = '{CAMPAIGN}' order by all"
        con.execute(f"delete from {plan} where customer_id in ({everybody} limit 40)")
        con.execute(
            f"update {plan} set decision = 'hold', reason = 'frequency_cap', reasons = 'frequency_cap', fields = null"
            f" where decision = 'send' and customer_id in ({everybody} limit 80)"
        )
        con.execute(
            f"insert into {plan} select * replace ('c_gone' as customer_id, 'send' as decision, null as reason)"
            f" from {plan} where campaign_id = '{CAMPAIGN}' limit 1"
        )
    return settings.home


@pytest.fixture
def guanxi(home, monkeypatch, capsys):
    """Run a command in this process; its exit code and what it said."""

    def run(*arguments):
        shown = io.StringIO()
        monkeypatch.setattr(session.console, "file", shown)
        monkeypatch.setattr(sys, "argv", ["guanxi", "campaign", "diff", *arguments, "--home", str(home)])
        with pytest.raises(SystemExit) as ended:
            main.main()
        said = capsys.readouterr().err if ended.value.code else shown.getvalue()
        return ended.value.code, said

    return run


@pytest.fixture
def document(guanxi):
    code, told = guanxi(CAMPAIGN, "--json")
    assert code == 0, told
    return json.loads(told)


def said(home, publication):
    """What a plan says of each customer, without a database's help."""
    path = home / "published" / f"serving-{publication}.duckdb"
    with duckdb.connect(str(path), read_only=True) as con:
        order = dict(con.execute("select reason, position::int from rules.plan_reasons").fetchall())
        rows = con.execute(
            "select customer_id, decision, reason from campaigns.campaign_plan where campaign_id = ?", [CAMPAIGN]
        ).fetchall()
        today = dict(con.execute("select retired_customer_id, customer_id from marts.customer_id_redirects").fetchall())
    found: dict[str, str] = {}
    for customer, decision, reason in rows:
        name = today.get(customer, customer)
        new = "send" if decision == "send" else reason
        old = found.get(name)
        if old is None or new == "send" or (old != "send" and order[new] > order[old]):
            found[name] = new
    return found


def test_each_customer_counts_once_by_what_was_said_of_them_before_and_is_said_now(home, document):
    before, after = said(home, "earlier"), said(home, "fixture")
    expected = Counter((before.get(one), after.get(one)) for one in {*before, *after})
    (found,) = document["campaigns"]
    assert (document["before"], document["after"]) == ("earlier", "fixture")
    assert {(row["before"], row["after"]): row["customers"] for row in found["moves"]} == expected
    audience = found["audience"]
    assert (audience["before"], audience["after"]) == (len(before), len(after))
    assert (audience["joined"], audience["left"]) == (len({*after} - {*before}), len({*before} - {*after}))
    assert audience["joined"] == 40
    assert audience["left"] == 1


def test_messages_cost_what_the_rows_of_prices_say_and_text_messages_by_their_parts(document):
    (found,) = document["campaigns"]
    by_channel = {row["channel"]: row for row in found["cost"]}
    sms = by_channel["sms"]
    assert sms["price"] == 0.045
    assert sms["parts"] >= 1
    assert sms["cost_after"] == pytest.approx(sms["after"] * sms["parts"] * 0.045, abs=0.02)
    assert sms["after"] > sms["before"]


def test_samples_are_masked_and_at_most_ten(document):
    (found,) = document["campaigns"]
    assert 0 < len(found["samples"]) <= 10
    assert all("*" in (one["to"] or "*") for one in found["samples"])


def test_text_and_markdown_tell_the_same_in_words(guanxi):
    code, text = guanxi(CAMPAIGN)
    assert code == 0
    assert "40 joined, 1 left. For dormant_recall." in text
    assert "before Frequency cap reached (frequency_cap)  now is sent" in text
    code, markdown = guanxi(CAMPAIGN, "--markdown")
    assert code == 0
    assert markdown.startswith("## Campaign plan: fixture against earlier")
    assert "| before | now | customers |\n|---|---|---|" in markdown
    assert "| Frequency cap reached (frequency_cap) | is sent |" in markdown


def test_all_campaigns_are_compared_and_those_without_a_difference_named(guanxi):
    code, text = guanxi()
    assert code == 0
    assert "Without a difference: " in text
    assert "new_customer_welcome" in text.split("Without a difference: ")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing",), "There is no campaign 'nothing'"),
        ((CAMPAIGN, "--against", "nowhere"), "There is no publication 'nowhere', and the project is on branch"),
    ],
)
def test_what_cannot_be_compared_is_one_line(guanxi, arguments, message):
    code, told = guanxi(*arguments)
    assert code == 2
    assert message in told
