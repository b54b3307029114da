import datetime as dt
import json
import re
import sqlite3

import duckdb
import pytest

from demo_retailer import generate
from demo_retailer.servers.local_server import serve
from ingestion.channels import discover
from ingestion.lake.channel_lake import Lake
from ingestion.pipeline import ingest
from stores.settings import load_settings

MOBILE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")


@pytest.fixture(scope="module")
def retailer(tmp_path_factory, unused_port):
    """A small made-up retailer, every channel of it ingested twice: settings, first and second reports by channel."""
    home = tmp_path_factory.mktemp("retailer") / "home"
    section = {"shop": {"base_url": f"http://127.0.0.1:{unused_port}/shop/api"}}
    settings = load_settings(home=home).model_copy(update={"channels": section})
    generate(settings, customers=120, seed=3, until=dt.date(2026, 6, 30), events_per_customer=10, orders_per_customer=4)
    with serve(settings, unused_port):
        first, second = ({name: ingest(settings, name) for name in discover()} for _ in range(2))
    return settings, first, second


@pytest.fixture(scope="module")
def unused_port():
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_every_channel_of_the_retailer_arrives_and_every_row_is_accounted_for(retailer):
    _, first, _ = retailer
    for name, report in first.items():
        assert report.physical_rows == sum(report.loaded.values()) + report.quarantined
        if name not in ("operations", "records", "transactions"):  # its store is still empty; the retailer has no lists
            assert all(report.loaded.values()), name
    assert sum(report.quarantined for report in first.values()) > 0


def test_a_second_run_brings_nothing(retailer):
    _, _, second = retailer
    assert {name: sum(report.loaded.values()) + report.files for name, report in second.items()} == dict.fromkeys(
        second, 0
    )


def test_the_ledger_agrees_with_the_rows(retailer):
    settings, _, _ = retailer
    with duckdb.connect() as connection:
        for channel in discover().values():
            lake = Lake(settings, channel, connection)
            for table in channel.tables:
                ((rows,),) = connection.execute(f"select count(*) from {lake.rows(table.name)}").fetchall()
                summed = f"select coalesce(sum(loaded_rows), 0) from {lake.rows('file_ledger')} where target = ?"
                assert connection.execute(summed, [table.name]).fetchall() == [(rows,)]


def clear_values(settings):
    """Mobile numbers, e-mails and names that the landing files hold in clear."""
    phones, emails, names = set(), set(), set()
    for file in (settings.landing / "service").glob("*.jsonl"):
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                ticket = json.loads(line)
            except ValueError:
                continue
            phones |= set(MOBILE.findall(str(ticket.get("phone"))))
            emails |= {str(ticket["email"])} if ticket.get("email") else set()
            names |= {str(ticket["customer_name"])} if len(str(ticket.get("customer_name") or "")) > 1 else set()
    for channel, table in (("pos", "customers"), ("loyalty", "members")):
        with sqlite3.connect(settings.landing / channel / f"{channel}.db") as connection:
            for name, phone in connection.execute(f"select name, phone from {table}"):
                phones |= set(MOBILE.findall(str(phone)))
                names |= {name} if name and len(name) > 1 else set()
        connection.close()
    assert len(phones) > 20
    assert len(names) > 20
    return phones, emails, names


def test_no_clear_phone_email_or_name_is_in_the_lake(retailer):
    settings, _, _ = retailer
    phones, emails, names = clear_values(settings)
    for file in settings.lake.rglob("*.parquet"):
        table = duckdb.sql(f"select * from read_parquet('{file}')").to_arrow_table()
        for name in table.column_names:
            is_text = str(table.schema.field(name).type) == "string"
            if is_text and not name.endswith(("_cipher", "_token", "_ref", "_features", "_id")):
                text = "\n".join(value for value in table[name].to_pylist() if value)
                assert not phones & set(MOBILE.findall(text)), (file, name)
                assert not any(email in text for email in emails), (file, name)
                if name not in ("row", "text", "comment"):
                    assert not names & set(text.split("\n")), (file, name)
