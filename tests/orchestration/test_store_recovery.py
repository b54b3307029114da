"""A lost operations store stops what sends; what the lake knows comes back, and nothing goes out twice afterwards."""

import json
import shutil
import sqlite3
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from sqlalchemy import select

from exports.definitions.approval import decide
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.delivery.deliver import deliver
from exports.delivery.message_keys import planned
from exports.receipts.collect import collect
from ingestion.pipeline import ingest
from orchestration.sending.store_recovery import recover
from stores.errors import UserError
from stores.key_record import open_keyring
from stores.operations import (
    StoreLost,
    audit_log,
    campaign_approvals,
    consents,
    deliveries,
    engine,
    reading,
    record_consents,
    suppress,
    suppressions,
    writing,
)
from stores.operations.contact_permissions import Consent, Suppression
from stores.warehouse import connect, publish, write_gate_state, writer_lock
from tests.testing.seeds import load_seeds

DAY = date(2026, 6, 30)
NOON = datetime(2026, 6, 30, 4, tzinfo=UTC)
STATES = ("accepted", "queued", "delivered", "cancelled")


def plan_row(keyring, number):
    phone = f"+86138{number:08d}"
    return {
        "campaign_id": "dormant_recall", "customer_id": f"c{number}", "channel": "sms", "step": 1,
        "campaign_version": 1, "occurrence": "2026-06", "destination": "crm_webhook", "template": "dormant_recall",
        "variant": None, "identifier_type": "phone", "identifier_token": keyring.token("phone", phone),
        "fields": "{}", "consent_purpose": "marketing", "cap_class": "marketing", "priority": 50, "value_score": 1.0,
        "decision": "send", "reason": None,
    }  # fmt: skip


@pytest.fixture
def settings(settings, monkeypatch):
    """A store with four messages, an opt-out and a withdrawn consent, read back into the lake; a plan of six."""
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T12:00:00")
    settings = settings.model_copy(
        update={
            "destinations": {
                "crm_webhook": {"kind": "webhook", "url": "http://127.0.0.1:9/", "secret": "whsec_" + "QUJD" * 8}
            }
        }
    )
    store = engine(settings)
    keyring = open_keyring(settings)
    rows = [plan_row(keyring, number) for number in range(6)]
    with writing(store) as connection:
        for row, state in zip(rows, STATES, strict=False):
            values = planned(row, "000001", DAY, datetime(2026, 6, 30, 3), keyring)
            connection.execute(deliveries.insert(), values | {"state": state})
        suppress(connection, [Suppression("phone", rows[0]["identifier_token"], "sms", "complained")], NOON)
        record_consents(connection, [Consent("phone", "t", "sms", "marketing", False, "a receipt", NOON)])
    ingest(settings, "operations")
    table = pa.Table.from_pylist(rows)
    with writer_lock(settings), connect(settings, read_only=False) as warehouse:
        load_seeds(warehouse, "seeds")
        warehouse.execute("create schema campaigns; create schema marts")
        warehouse.register("plan", table)
        warehouse.execute(
            "create table campaigns.campaign_plan as select * replace"
            " (cast(reason as varchar) as reason, cast(variant as varchar) as variant) from plan"
        )
        warehouse.execute(
            "create table marts.customer_identifiers as select customer_id, 'pos:' || customer_id as source_profile_id,"
            " identifier_type, identifier_token as identifier_value from plan"
        )
    write_gate_state(settings, {"run_id": "run", "outcome": "passed"})
    publish(settings, "run", DAY, None, may_deliver=True)
    for campaign in load_campaigns(campaign_folder(settings)):
        decide(settings, campaign, "approved", "a test")
    return settings


def states(settings):
    with reading(engine(settings)) as connection:
        found = connection.execute(select(deliveries.c.customer_id, deliveries.c.state, deliveries.c.reason))
        return {row.customer_id: (row.state, row.reason) for row in found}


def lose(settings):
    shutil.rmtree(settings.home / "operations")


def older(settings, place):
    database = settings.home / "operations" / "operations.db"
    with sqlite3.connect(database) as source, sqlite3.connect(place) as target:
        source.backup(target)
    return database, place


def put_back(database, backup):
    lose_folder = database.parent
    shutil.rmtree(lose_folder)
    lose_folder.mkdir()
    shutil.copyfile(backup, database)


def test_without_its_store_nothing_is_sent_and_no_receipt_is_taken_in(settings):
    lose(settings)
    for stopped in (deliver, collect):
        with pytest.raises(StoreLost, match="guanxi operations recover"):
            stopped(settings)
    assert not (settings.home / "operations").exists()


def test_what_the_lake_knows_comes_back_and_what_may_have_left_stays_in_doubt(settings):
    lose(settings)
    done = recover(settings, "Lin Yue", "the disk broke")
    assert states(settings) == {
        "c0": ("accepted", None), "c1": ("unknown", "store_lost"), "c2": ("delivered", None), "c3": ("cancelled", None),
        # of the plan, not read back yet
        "c4": ("unknown", "store_lost"), "c5": ("unknown", "store_lost"),
    }  # fmt: skip
    assert (done.rows["deliveries"], done.rows["suppressions"], done.rows["consents"], done.in_doubt) == (4, 1, 1, 3)
    with reading(engine(settings)) as connection:
        assert connection.execute(select(suppressions.c.reason, suppressions.c.created_at)).all() == [
            ("complained", datetime(2026, 6, 30, 4))
        ]
        assert connection.execute(select(consents.c.granted, consents.c.changed_at)).all() == [
            (False, datetime(2026, 6, 30, 4))
        ]
        kept = connection.execute(
            select(audit_log.c.actor, audit_log.c.detail).where(audit_log.c.action == "accept_loss")
        ).all()
        assert kept == [("Lin Yue", "the disk broke")]


def test_nothing_is_sent_twice_after_a_recovery_also_when_the_campaign_is_approved_again(settings):
    lose(settings)
    recover(settings, "Lin Yue", "the disk broke")
    for campaign in load_campaigns(campaign_folder(settings)):
        decide(settings, campaign, "approved", "Lin Yue")
    before = states(settings)
    report = deliver(settings)
    assert (report.sent, report.retry) == (0, 0)
    assert states(settings) == before


def test_an_older_copy_is_brought_up_to_date_and_its_campaigns_pause(settings, tmp_path):
    database, backup = older(settings, tmp_path / "backup.db")
    with writing(engine(settings)) as connection:
        connection.execute(deliveries.update().where(deliveries.c.customer_id == "c1").values(state="accepted"))
        suppress(connection, [Suppression("phone", "later", "*", "complained")], NOON)
    ingest(settings, "operations")
    put_back(database, backup)
    with pytest.raises(StoreLost, match="older copy"):
        deliver(settings)
    recover(settings, "Lin Yue", "restored")
    assert states(settings)["c1"] == ("accepted", None)
    with reading(engine(settings)) as connection:
        assert "later" in connection.scalars(select(suppressions.c.identifier_token)).all()
        assert set(connection.scalars(select(campaign_approvals.c.decision))) == {"paused"}


def test_receipt_files_that_are_still_there_are_read_again(settings):
    with reading(engine(settings)) as connection:
        one = connection.scalar(select(deliveries.c.delivery_id).where(deliveries.c.customer_id == "c2"))
    folder = settings.landing / "receipts" / "crm_webhook"
    folder.mkdir(parents=True)
    event = {"event_id": 1, "delivery_id": one, "event": "unsubscribed", "occurred_at": "2026-06-30T11:30:00"}
    (folder / "1.jsonl").write_text(json.dumps(event) + "\n", encoding="utf-8")
    assert collect(settings).events == 1
    lose(settings)
    recover(settings, "Lin Yue", "the disk broke")
    assert collect(settings).closed == 1


def test_a_recovery_that_dies_changes_nothing(settings, monkeypatch):
    from orchestration.sending import store_recovery

    def dies(*_, **__):
        raise KeyboardInterrupt

    lose(settings)
    with monkeypatch.context() as patch:
        patch.setattr(store_recovery, "_add_planned", dies)
        with pytest.raises(KeyboardInterrupt):
            recover(settings, "Lin Yue", "the disk broke")
    with pytest.raises(StoreLost):
        deliver(settings)
    recover(settings, "Lin Yue", "the disk broke")
    assert len(states(settings)) == 6


def test_a_store_that_is_whole_is_not_recovered_and_nobody_accepts_a_loss_without_name_and_reason(settings):
    with pytest.raises(UserError, match="nothing is to recover"):
        recover(settings, "Lin Yue", "to be sure")
    lose(settings)
    for by, why in (("", "x"), ("x", " ")):
        with pytest.raises(UserError, match="--by NAME --why REASON"):
            recover(settings, by, why)


def test_a_lost_store_is_not_read_back_into_the_lake_and_the_status_names_it(settings, tmp_path):
    from ingestion.contract.channel import SourceUnavailable
    from orchestration.installation_overview import _campaigns, _ledger

    other = settings.model_copy(update={"home": tmp_path / "another home"})
    with writing(engine(other)) as connection:
        suppress(connection, [Suppression("phone", "foreign", "*", "complained")], NOON)
    _, backup = older(other, tmp_path / "other.db")
    put_back(settings.home / "operations" / "operations.db", backup)
    with pytest.raises(SourceUnavailable, match="another one"):
        ingest(settings, "operations")
    assert "guanxi operations recover" in str(_campaigns(settings))
    lose(settings)
    with pytest.raises(SourceUnavailable, match="was read before"):
        ingest(settings, "operations")
    assert "guanxi operations recover" in str(_campaigns(settings))
    assert _ledger(settings) == {}
    assert not (settings.home / "operations").exists()
