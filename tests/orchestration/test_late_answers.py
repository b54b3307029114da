"""What customers say between plan and sending counts: the channels that hold consents are read again."""

import json
import os
import shutil
import sqlite3
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exports.policy.late_answers import LateAnswers, refused_customers, unread_customers
from ingestion.channels import discover
from ingestion.lake.consent_refusals import held_consents
from ingestion.pipeline import ingest
from orchestration.sending import late_answers
from orchestration.sending.late_answers import read_late_answers
from stores.key_record import open_keyring
from stores.operations.contact_permissions import EVERY_CHANNEL
from stores.settings import PROJECT_ROOT

BEFORE, LATER = "2026-06-29 18:00:00", "2026-06-30 03:00:00"


@pytest.fixture
def settings(settings, monkeypatch):
    """An installation whose only channel is the till."""
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T02:30:00")
    monkeypatch.setattr(late_answers, "channels_in_use", lambda _: {"pos": discover()["pos"]})
    return settings


@pytest.fixture
def till(settings):
    """The till's database with two customers who agreed to text messages, read into the lake."""
    folder = settings.landing / "pos"
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "pos.db") as database:
        database.execute(
            "create table customers (pos_customer_id text, name text, phone text, sms_opt_in integer, updated_at text)"
        )
        rows = [(number, f"1380000000{number}", 1, BEFORE) for number in (1, 2)]
        database.executemany("insert into customers values (?, '', ?, ?, ?)", rows)
    database.close()
    ingest(settings, "pos")

    def change(sql):
        with sqlite3.connect(folder / "pos.db") as database:
            database.execute(sql)
        database.close()

    return change


@pytest.fixture
def publication(settings, tmp_path):
    """A publication that knows the two customers, each by a phone and an e-mail address."""
    import duckdb

    token = open_keyring(settings).token
    path = tmp_path / "publication.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.customer_identifiers"
            " (customer_id text, source_profile_id text, identifier_type text, identifier_value text)"
        )
        for number in (1, 2):
            phone = token("phone", f"+861380000000{number}")
            connection.execute(
                "insert into marts.customer_identifiers values (?, ?, 'phone', ?), (?, ?, 'email', ?)",
                [f"c{number}", f"pos:{number}", phone, f"c{number}", f"shop:{number}", f"mail{number}"],
            )
    return path


def test_an_opt_out_at_the_till_after_the_plan_is_known_before_sending(settings, till, publication):
    assert refused_customers(publication, read_late_answers(settings)) == []
    till(f"update customers set sms_opt_in = 0, updated_at = '{LATER}' where pos_customer_id = '1'")
    assert refused_customers(publication, read_late_answers(settings)) == [("c1", "sms", "marketing")]


def test_whoever_changes_the_number_and_says_no_in_one_breath_is_found_by_the_record(settings, till, publication):
    till(
        f"update customers set sms_opt_in = 0, phone = '13900000009', updated_at = '{LATER}' "
        "where pos_customer_id = '2'"
    )
    assert refused_customers(publication, read_late_answers(settings)) == [("c2", "sms", "marketing")]


def test_a_no_in_another_record_of_the_number_counts_for_its_owner(settings, till, publication):
    till(f"insert into customers values ('77', '', '138 0000 0002', 0, '{LATER}')")
    assert refused_customers(publication, read_late_answers(settings)) == [("c2", "sms", "marketing")]


def test_a_yes_that_follows_a_no_is_the_latest_answer(settings, till, publication):
    till(f"update customers set sms_opt_in = 0, updated_at = '{LATER}' where pos_customer_id = '1'")
    read_late_answers(settings)
    till("update customers set sms_opt_in = 1, updated_at = '2026-06-30 04:00:00' where pos_customer_id = '1'")
    assert refused_customers(publication, read_late_answers(settings)) == []


def test_a_source_that_is_gone_holds_its_customers_once_its_answers_are_too_old(
    settings, till, publication, monkeypatch
):
    read_late_answers(settings)

    def down(*_):
        raise OSError("the till does not answer")

    monkeypatch.setattr(late_answers, "ingest", down)
    assert read_late_answers(settings).unread == {}
    monkeypatch.setenv("GUANXI_NOW", "2026-07-01T14:31:00")
    answers = read_late_answers(settings)
    assert answers.unread == {"pos": frozenset({"sms"})}
    assert unread_customers(publication, answers) == {("c1", "sms"): "pos", ("c2", "sms"): "pos"}


def test_what_was_read_by_a_clock_that_was_ahead_does_not_count_as_fresh(settings, till, monkeypatch):
    monkeypatch.setenv("GUANXI_NOW", "2026-07-03T02:30:00")
    till(f"insert into customers values ('3', '', '13800000003', 1, '{LATER}')")
    assert read_late_answers(settings).unread == {}

    def down(*_):
        raise OSError("the till does not answer")

    monkeypatch.setattr(late_answers, "ingest", down)
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T03:30:00")
    assert read_late_answers(settings).unread == {}  # an hour ago it was read by the right clock
    monkeypatch.setenv("GUANXI_NOW", "2026-07-02T02:30:00")
    assert read_late_answers(settings).unread == {"pos": frozenset({"sms"})}


def till_file(settings):
    return settings.landing / "pos" / "pos.db"


@pytest.mark.parametrize(
    "lose",
    [
        lambda settings: till_file(settings).unlink(),
        lambda settings: shutil.rmtree(till_file(settings).parent),
        lambda settings: till_file(settings).write_bytes(b""),
        lambda settings: till_file(settings).write_bytes(b"no database " * 1_000),
        lambda settings: sql(settings, "drop table customers"),
        lambda settings: sql(settings, "delete from customers"),
    ],
    ids=["file", "folder", "empty file", "damaged file", "table", "rows"],
)
def test_a_till_that_lost_what_it_had_counts_as_not_read(settings, till, monkeypatch, lose):
    assert read_late_answers(settings).unread == {}
    lose(settings)
    assert read_late_answers(settings).unread == {}  # within the limit
    monkeypatch.setenv("GUANXI_NOW", "2026-07-10T14:31:00")
    assert read_late_answers(settings).unread == {"pos": frozenset({"sms"})}


def sql(settings, statement):
    with sqlite3.connect(till_file(settings)) as database:
        database.execute(statement)
    database.close()


def test_a_till_where_nothing_changed_for_long_is_read_all_the_same(settings, till, monkeypatch):
    monkeypatch.setenv("GUANXI_NOW", "2026-08-30T14:31:00")
    assert read_late_answers(settings).unread == {}


def test_a_till_that_was_never_there_holds_nobody(settings):
    assert read_late_answers(settings).unread == {}


@pytest.fixture
def members(settings, monkeypatch):
    """The app's folder with a file of one user, read."""
    monkeypatch.setattr(late_answers, "channels_in_use", lambda _: {"app": discover()["app"]})
    file = settings.landing / "app" / "app_users_1.parquet"
    file.parent.mkdir(parents=True)
    user = {"app_user_id": "u1", "phone": "13800000001", "push_opt_in": "true", "updated_at": BEFORE}
    pq.write_table(pa.Table.from_pylist([user]), file)
    os.utime(file, (0, 0))
    assert ingest(settings, "app").loaded["users"] == 1
    return file


def test_a_folder_of_files_that_is_gone_counts_as_not_read_and_an_emptied_one_does_not(settings, members, monkeypatch):
    assert read_late_answers(settings).unread == {}
    monkeypatch.setenv("GUANXI_NOW", "2026-07-20T14:31:00")
    members.unlink()
    assert read_late_answers(settings).unread == {}
    members.parent.rmdir()
    monkeypatch.setenv("GUANXI_NOW", "2026-08-20T14:31:00")
    assert list(read_late_answers(settings).unread) == ["app"]


@pytest.fixture
def shop(settings, monkeypatch):
    """A shop with one customer; what it answers can be changed."""
    channel = discover()["shop"]
    customer = {"customer_id": "1", "phone": "13800000001", "sms_opt_in": True, "updated_at": "2026-06-29T18:00:00"}
    answers = {"status": 200, "customers": [customer]}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            rows = answers["customers"] if "customers" in self.path else []
            body = json.dumps({"data": rows, "next_page": None}).encode()
            self.send_response(answers["status"])
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    monkeypatch.setattr(late_answers, "channels_in_use", lambda _: {"shop": channel})
    where = {"base_url": f"http://127.0.0.1:{server.server_address[1]}", "attempts": 1}
    yield settings.model_copy(update={"channels": {"shop": where}}), answers
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("lost", [{"status": 404}, {"status": 403}, {"status": 500}, {"customers": []}], ids=str)
def test_a_shop_that_answers_with_nothing_where_there_were_customers_counts_as_not_read(shop, monkeypatch, lost):
    settings, answers = shop
    assert read_late_answers(settings).unread == {}
    answers.update(lost)
    monkeypatch.setenv("GUANXI_NOW", "2026-07-20T14:31:00")
    assert list(read_late_answers(settings).unread) == ["shop"]


def test_a_source_that_was_never_read_holds_its_customers(settings, monkeypatch):
    def down(*_):
        raise OSError("the till does not answer")

    monkeypatch.setattr(late_answers, "ingest", down)
    assert read_late_answers(settings).unread == {"pos": frozenset({"sms"})}


def test_a_channel_whose_models_hold_consents_that_its_contract_does_not_declare_holds_its_customers(
    settings, monkeypatch, tmp_path
):
    from dataclasses import replace

    pos = discover()["pos"]
    silent = replace(pos, tables=[replace(table, consents=()) for table in pos.tables])
    monkeypatch.setattr(late_answers, "channels_in_use", lambda _: {"pos": silent})
    assert read_late_answers(settings).unread == {"pos": frozenset({EVERY_CHANNEL})}
    nothing = settings.model_copy(update={"project_root": tmp_path})
    assert read_late_answers(nothing).unread == {}


def test_every_channel_whose_models_read_consents_declares_them():
    # A contact of WeCom consents by being one, and the operations store is looked at when a message is claimed.
    others = {"wecom", "operations"}
    folder = PROJECT_ROOT / "dbt_project" / "models" / "staging"
    reading = {path.parent.name for path in folder.glob("*/stg_*__consents.sql")}
    declaring = {channel.name for channel in discover().values() if held_consents(channel)}
    assert declaring == reading - others


def test_deliveries_read_the_channels_again(settings, monkeypatch):
    import dagster as dg

    from orchestration.defs import exports
    from orchestration.defs.resources import RunScope

    seen = []
    monkeypatch.setenv("GUANXI_HOME", str(settings.home))
    monkeypatch.setattr(
        "orchestration.sending.late_answers.read_late_answers", lambda _: seen.append("read") or LateAnswers()
    )
    monkeypatch.setattr(exports, "collect_receipts", lambda _: seen.append("receipts"))

    def carried_out(_, read_answers):
        read_answers()
        from exports.delivery.report import DeliveryReport

        return DeliveryReport()

    monkeypatch.setattr("exports.delivery.deliver.deliver", carried_out)
    dg.materialize([exports.deliveries], resources={"run": RunScope()})
    assert seen == ["receipts", "read"]


def test_the_moment_of_a_reading_is_kept_in_business_time(settings, till):
    read_late_answers(settings)
    assert late_answers._last_read(settings, discover()["pos"]) == datetime(
        2026, 6, 30, 2, 30, tzinfo=ZoneInfo("Asia/Shanghai")
    )
