"""A no in quarantine is known before anything is sent: to the preview, to `guanxi explain`, and by itself."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingestion.channels import discover
from ingestion.pipeline import ingest
from orchestration.cli import campaign, explain, quarantine, session
from orchestration.sending import withheld_answers
from serving.published_copy import current_copy
from stores.errors import UserError
from stores.settings import Settings
from tests.testing import small_publication

UNREAD = "maybe"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a plan, and a till with one customer of it whose answer nobody can read."""
    patch = pytest.MonkeyPatch()
    home = tmp_path_factory.mktemp("withheld")
    patch.setenv("GUANXI_HOME", str(home))
    from stores.settings import load_settings

    settings = load_settings(home=home)
    small_publication.publish_fixture(settings)
    folder = settings.landing / "pos"
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "pos.db")) as database, database:
        database.execute(
            "create table customers (pos_customer_id text, name text, phone text, sms_opt_in text, updated_at text)"
        )
        phone = small_publication.clear_identity(int(planned(settings).removeprefix("c_"), 16))[1]
        rows = [("77", "", phone, UNREAD, "2026-06-30 03:00:00"), ("78", "", "13000000000", "1", "2026-06-30 03:00:00")]
        database.executemany("insert into customers values (?, ?, ?, ?, ?)", rows)
    assert ingest(settings, "pos").quarantined == 1
    patch.undo()
    return home


def planned(settings: Settings) -> str:
    """A customer to whom a text message is planned."""
    with current_copy(settings) as published:
        return str(
            published.values(
                "select min(customer_id) from campaigns.campaign_plan where channel = 'sms' and decision = 'send'"
            )[0][0]
        )


@pytest.fixture
def ask(installation: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command on it; what it printed, and its document."""
    monkeypatch.setattr(withheld_answers, "channels_in_use", lambda _: {"pos": discover()["pos"]})

    def run(app, *words):
        with session.console.capture() as told:
            done = CliRunner().invoke(app, [*words, "--home", str(installation)], catch_exceptions=False)
        assert done.exit_code == 0
        return told.get()

    return lambda app, *words: (run(app, *words), json.loads(run(app, *words, "--json")))


def test_the_preview_says_how_many_planned_messages_it_withholds(ask) -> None:
    text, document = ask(campaign.app, "preview", "dormant_recall")
    assert "1 of these messages by sms will not be sent: an answer of pos in quarantine says no, or cannot" in text
    assert document["campaigns"][0]["withheld"] == [
        {"channel": "sms", "reason": "no_consent", "source": "pos", "messages": 1}
    ]


def test_the_customer_is_explained_with_it_and_listed_among_the_refusals(ask, installation: Path) -> None:
    listed, document = ask(quarantine.app, "refusals")
    (one,) = document["customers"]
    assert (one["channel"], one["purpose"], one["source"]) == ("sms", "marketing", "pos")
    assert f"{one['customer_id']}: no marketing by sms, in a row of pos" in listed
    text, story = ask(explain.app, "customer", one["customer_id"])
    assert "Messages by sms will not be sent: an answer of pos in quarantine says no, or cannot be read" in text
    assert [row["reason"] for row in story["withheld"]] == ["no_consent"]


def test_a_file_that_is_in_quarantine_whole_holds_every_customer_of_its_channel(
    ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withheld_answers, "files_kept_aside", lambda *_: ["members.csv"])
    text, document = ask(quarantine.app, "refusals")
    assert "pos members.csv: in quarantine whole, so messages to every customer of pos by sms are held" in text
    assert document["files"] == [{"source": "pos", "channels": ["sms"], "files": ["members.csv"]}]
    found = ask(campaign.app, "preview", "dormant_recall")[1]["campaigns"][0]["withheld"]
    assert {row["reason"] for row in found} == {"no_consent", "consents_not_read"}
    held = next(row for row in found if row["reason"] == "consents_not_read")
    assert held["messages"] > 1


def test_a_past_day_is_never_sent_so_nothing_withholds(ask, installation: Path, monkeypatch) -> None:
    monkeypatch.setenv("GUANXI_PAST_DAY", "2026-06-29")
    from stores.settings import load_settings

    found = withheld_answers.read_withheld_answers(load_settings(home=installation))
    assert (found.refusals.num_rows, found.aside) == (0, ())


def test_what_is_not_known_is_said_and_hides_nothing_else(ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_):
        raise UserError("The tokens were made otherwise. Run `guanxi upgrade`.")

    monkeypatch.setattr(withheld_answers, "open_keyring", refused)
    text, document = ask(campaign.app, "preview", "dormant_recall")
    assert "What answers in quarantine withhold is not known. The tokens were made otherwise." in text
    assert document["campaigns"][0]["to_send"] > 0
    assert document["withheld_unknown"].startswith("The tokens were")
    text, story = ask(explain.app, "customer", "pos:0000000000000001")
    assert "What answers in quarantine withhold is not known. The tokens were made otherwise." in text
    assert story["customer"]
