"""`guanxi quarantine` on a home with quarantined rows of every format."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from rich.console import Console
from typer.testing import CliRunner

from ingestion.channels import discover
from ingestion.contract.channel import Channel
from ingestion.contract.table import Column, Table
from ingestion.pipeline import ingest
from ingestion.quarantine.listing import quarantine_groups, waiting_rows
from orchestration.cli import main, quarantine
from orchestration.cli.session import Listing
from stores.settings import Settings

SECRET = "13711319999"


def csv(folder: Path) -> None:
    lines = f"registration_id,activity_id,phone,score,extra\nR1,A1,{SECRET},5,x\nR2,A1,{SECRET},many,x\nR3,A1\n"
    (folder / "registrations [red] [bold].csv").write_text(lines)


def jsonl(folder: Path) -> None:
    rows = [{"ticket_id": "T1", "satisfaction": 4}, {"ticket_id": "T2", "satisfaction": "good", "phone": SECRET}]
    (folder / "tickets_1.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows) + '{"ticket_id"\n')


def excel(folder: Path) -> None:
    rows = (["编号", "手机", "登记时间"], ["L1", SECRET, "2026-01-05"], ["L2", SECRET, "soon"], [None, SECRET, ""])
    with xlsxwriter.Workbook(folder / "leads.xlsx") as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)


def parquet(folder: Path) -> None:
    rows = f"values ('C1', '{SECRET}', '5'), ('C2', '{SECRET}', 'many'), (null, '{SECRET}', '7')"
    duckdb.execute(f"copy (from ({rows}) as t(id, phone, points)) to '{folder}/contacts.parquet' (format parquet)")


def sql(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "pos.db")) as till, till:
        till.execute("create table customers (pos_customer_id, name, phone, updated_at)")
        rows = [("P1", None, SECRET, "2026-01-05 10:00:00"), ("P2", None, SECRET, "soon"), (None, None, SECRET, None)]
        till.executemany("insert into customers values (?, ?, ?, ?)", rows)


FORMATS = {"activities": csv, "service": jsonl, "exhibitions": excel, "wecom": parquet, "pos": sql}
CONTACTS = Table(
    "contacts", {"id": "text", "phone": "phone", "points": Column("int")}, key=["id"], pattern="contacts*.parquet"
)


@pytest.fixture(autouse=True)
def _narrow_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names and reasons stand whole on an ordinary screen too."""
    monkeypatch.setattr(quarantine, "console", Console(width=80, highlight=False))


@pytest.fixture(params=FORMATS)
def home(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> tuple[Settings, str]:
    """A home with one good row and two bad ones of that channel; no made-up channel delivers Parquet, so one does."""
    channels = discover() | {"wecom": Channel("wecom", "企微", [CONTACTS])}
    monkeypatch.setattr("ingestion.pipeline.discover", lambda: channels)
    channel = request.param
    folder = settings.landing / channel
    folder.mkdir(parents=True)
    FORMATS[channel](folder)
    report = ingest(settings, channel)
    assert (sum(report.loaded.values()), report.quarantined) == (1, 2)
    return settings, channel


def guanxi(settings: Settings, *arguments: str) -> str:
    done = CliRunner().invoke(main.app, ["quarantine", *arguments, "--home", str(settings.home)])
    assert done.exit_code == 0, done.exception
    return done.output


def test_rows_that_wait_are_listed_and_tried_again_and_counted(home: tuple[Settings, str]) -> None:
    settings, channel = home
    for arguments in ([], ["--channel", channel], ["--limit", "1"]):
        said = guanxi(settings, "list", *arguments)
        assert "2 rows wait." in said
        assert "waiting" in said
        assert SECRET not in said
    assert guanxi(settings, "replay", channel) == "0 rows loaded, 2 still in quarantine.\n"
    if channel == "activities":
        said = guanxi(settings, "list")
        assert "registrations [red] [bold].csv" in said
        assert "unknown column 'extra'" in said
        assert "note" in said


def test_what_was_loaded_by_a_replay_waits_no_longer_and_is_listed_as_replayed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.landing / "activities").mkdir(parents=True)
    csv(settings.landing / "activities")
    (settings.landing / "activities" / "no header.csv").write_text("a,b\n1,2\n3,4\n")
    ingest(settings, "activities")
    assert waiting_rows(quarantine_groups(settings)) == 4  # a file that could not be read counts with its rows
    known = discover()
    (table,) = known["activities"].tables
    fixed = Table(**{**table.__dict__, "columns": {**table.columns, "score": "text"}})
    monkeypatch.setattr("ingestion.pipeline.discover", lambda: {"activities": Channel("activities", "活动", [fixed])})
    assert guanxi(settings, "replay", "activities") == "1 row loaded, 3 still in quarantine.\n"
    assert guanxi(settings, "replay", "activities") == "0 rows loaded, 3 still in quarantine.\n"
    states = {(group.state, group.rows) for group in quarantine_groups(settings, "activities")}
    assert states == {("waiting", 1), ("waiting", 2), ("replayed", 1), ("note", 0)}


def test_rows_of_a_load_that_was_not_finished_do_not_wait(settings: Settings) -> None:
    (settings.landing / "activities").mkdir(parents=True)
    csv(settings.landing / "activities")
    ingest(settings, "activities")
    for loads in (settings.lake / "raw_activities" / "_dlt_loads").glob("*.jsonl"):
        loads.write_text("")
    assert {group.state for group in quarantine_groups(settings)} == {"incomplete load"}
    assert "Nothing waits in quarantine." in guanxi(settings, "list")


def test_an_empty_home_has_nothing_in_quarantine(settings: Settings) -> None:
    settings.home.mkdir()
    assert guanxi(settings, "list") == "Nothing waits in quarantine.\n"


def test_reasons_that_differ_only_in_the_value_are_one_group_with_an_example(settings: Settings) -> None:
    (settings.landing / "activities").mkdir(parents=True)
    rows = "".join(f"R{number},A1,{SECRET},{number},5;{number}\n" for number in reversed(range(30)))
    header = "registration_id,activity_id,phone,activity_name,score\n"
    (settings.landing / "activities" / "registrations.csv").write_text(header + rows)
    ingest(settings, "activities")
    (group,) = (one for one in quarantine_groups(settings, "activities") if one.state == "waiting")
    assert (group.rows, group.first_line) == (30, 2)
    assert group.reason.startswith("score: … is not a")
    # the example is the row of the first line, where people look
    assert "(2 such, one of them: score: text of 4 characters is not a whole number)" in group.reason


def test_on_a_narrow_screen_names_are_folded_and_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = Console(width=40, highlight=False)
    table = Listing("Campaign", "Means")
    table.add_row("dormant_recall_of_all_who_were_silent", "nobody approved it yet; nothing of it is sent")
    with narrow.capture() as shown:
        narrow.print(table)
    assert "…" not in shown.get()


def test_the_name_that_people_copy_stays_in_one_line_where_there_is_room() -> None:
    screen = Console(width=80, highlight=False)
    table = Listing("Channel", "Table", "State", "Reason", "File", "Rows", "First line", "Last seen")
    reason = "amount: … is not a decimal number (4 such, one of them: amount: '1,5' is not a decimal number)"
    table.add_row("pharmacy_north", "orders", "waiting", reason, "orders_2026.csv", "4", "101", "2026-11-27 19:46")
    with screen.capture() as shown:
        screen.print(table)
    assert "pharmacy_north" in shown.get()
    assert max(len(line) for line in shown.get().splitlines()) == 80
