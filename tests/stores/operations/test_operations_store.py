"""The operations store: opening it, its permissions, its audit log."""

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from stores.errors import UserError
from stores.operations import (
    audit_log,
    consents,
    delivery_payloads,
    engine,
    metadata,
    reading,
    record_access,
    record_consents,
    suppress,
    suppressions,
    writing,
)
from stores.operations.contact_permissions import Consent, Suppression
from stores.operations.migrate import HEAD, MIGRATIONS
from stores.settings import PROJECT_ROOT, Settings

NOON = datetime(2026, 6, 30, 12, 0)
PHONE = ("phone", "token-1")


def consent(granted: bool, changed_at: datetime) -> Consent:
    return Consent(*PHONE, channel="sms", purpose="marketing", granted=granted, source="test", changed_at=changed_at)


def test_the_migrations_make_exactly_the_tables_that_the_code_describes(anywhere: Settings) -> None:
    with reading(engine(anywhere)) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD


def test_the_newest_migration_is_the_one_that_opening_checks_for() -> None:
    assert ScriptDirectory(MIGRATIONS).get_current_head() == HEAD


def test_eight_processes_that_open_a_new_store_together_all_succeed(anywhere: Settings) -> None:
    code = (
        "from stores.settings import load_settings; from stores.operations import engine, campaigns, reading\n"
        f"store = engine(load_settings(home={str(anywhere.home)!r}))\n"
        "with reading(store) as connection: connection.execute(campaigns.select()).all()\n"
    )
    environment = {**os.environ, "GUANXI_OPERATIONS_URL": anywhere.operations_url}
    together = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=PROJECT_ROOT, stderr=subprocess.PIPE, text=True, env=environment
        )
        for _ in range(8)
    ]
    assert [process.communicate()[1] for process in together] == [""] * 8
    assert [process.returncode for process in together] == [0] * 8


def test_a_store_of_a_newer_version_is_left_alone_and_says_so(tmp_path, settings: Settings) -> None:
    path = tmp_path / "newer.db"
    with sqlite3.connect(path) as raw:
        raw.execute("create table alembic_version (version_num text)")
        raw.execute("insert into alembic_version values ('9999')")
    with pytest.raises(UserError, match="newer version of Guanxi"):
        engine(settings.model_copy(update={"operations_url": f"sqlite:///{path}"}))


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/guanxi", "duckdb:///x"])
def test_a_url_that_cannot_be_used_is_explained(settings: Settings, url: str) -> None:
    with pytest.raises(UserError, match="operations_url"):
        engine(settings.model_copy(update={"operations_url": url}))


def test_a_folder_that_cannot_be_made_is_explained(settings: Settings) -> None:
    with pytest.raises(UserError, match="cannot be made"):
        engine(settings.model_copy(update={"operations_url": "sqlite:////proc/no/such/operations.db"}))


def test_foreign_keys_are_enforced(anywhere: Settings) -> None:
    with pytest.raises(IntegrityError), writing(engine(anywhere)) as connection:
        connection.execute(delivery_payloads.insert(), {"delivery_id": "none", "payload_cipher": "x"})


def test_a_reader_neither_waits_for_a_writer_nor_sees_its_unfinished_work(anywhere: Settings) -> None:
    store = engine(anywhere)
    with writing(store) as writer:
        suppress(writer, [Suppression(*PHONE, channel="sms", reason="test")], NOON)
        with reading(store) as reader:
            assert reader.execute(select(suppressions)).all() == []
    with reading(store) as reader:
        assert len(reader.execute(select(suppressions)).all()) == 1


def test_an_audit_row_can_be_neither_changed_nor_deleted(anywhere: Settings) -> None:
    store = engine(anywhere)
    with writing(store) as connection:
        record_access(
            connection, actor="a", action="view", subject_type="customer", subject="c_1", purpose="call", records=1,
            moment=NOON,
        )  # fmt: skip
    for statement in (update(audit_log).values(actor="b"), delete(audit_log)):
        with pytest.raises(DBAPIError, match="append-only"), writing(store) as connection:
            connection.execute(statement)
    with reading(store) as connection:
        assert connection.execute(select(audit_log.c.actor, audit_log.c.occurred_at)).all() == [("a", NOON)]


def test_the_latest_answer_counts_whatever_the_order_and_a_withdrawal_wins_a_tie(anywhere: Settings) -> None:
    store = engine(anywhere)

    def answer() -> bool:
        with reading(store) as connection:
            return connection.execute(select(consents.c.granted)).scalar_one()

    with writing(store) as connection:
        record_consents(connection, [consent(False, NOON), consent(True, NOON - timedelta(days=1))])
    assert answer() is False
    with writing(store) as connection:
        record_consents(connection, [consent(True, NOON)])
    assert answer() is False
    with writing(store) as connection:
        record_consents(connection, [consent(True, NOON + timedelta(days=1)), consent(False, NOON + timedelta(days=1))])
    assert answer() is False
    with writing(store) as connection:
        record_consents(connection, [consent(True, NOON + timedelta(days=2))])
    assert answer() is True


def test_aware_times_are_kept_as_utc(anywhere: Settings) -> None:
    store = engine(anywhere)
    shanghai_noon = datetime.fromisoformat("2026-06-30T12:00:00+08:00")
    with writing(store) as connection:
        record_consents(connection, [consent(True, shanghai_noon)])
    with reading(store) as connection:
        kept = connection.execute(select(consents.c.changed_at, consents.c.updated_at)).one()
    assert kept.changed_at == datetime(2026, 6, 30, 4, 0)
    assert abs(datetime.now(UTC).replace(tzinfo=None) - kept.updated_at) < timedelta(minutes=5)


def test_suppressing_again_keeps_the_first_reason_and_revives_a_lifted_one(anywhere: Settings) -> None:
    store = engine(anywhere)
    with writing(store) as connection:
        suppress(connection, [Suppression(*PHONE, channel="sms", reason="complained")], NOON)
        suppress(connection, [Suppression(*PHONE, channel="sms", reason="bounced")], NOON)
        assert connection.execute(select(suppressions.c.reason)).scalar_one() == "complained"
        connection.execute(update(suppressions).values(is_active=False))
        suppress(connection, [Suppression(*PHONE, channel="sms", reason="bounced")], NOON)
        assert connection.execute(select(suppressions.c.reason, suppressions.c.is_active)).one() == ("bounced", True)


def test_sqlite_writes_ahead(settings: Settings) -> None:
    with reading(engine(settings)) as connection:
        assert connection.execute(text("pragma journal_mode")).scalar() == "wal"


@pytest.mark.heavy
def test_an_unreachable_server_is_explained_without_its_password(settings: Settings, postgres_server: str) -> None:
    url = "postgresql+psycopg://guanxi:s3cret@127.0.0.1:9/guanxi"
    with pytest.raises(UserError, match=r"127\.0\.0\.1:9/guanxi cannot be opened") as caught:
        engine(settings.model_copy(update={"operations_url": url}))
    assert "s3cret" not in str(caught.value)


def test_a_process_that_keeps_the_store_open_sees_what_others_write(settings: Settings) -> None:
    code = (
        "from stores.settings import load_settings; from stores.operations import engine, writing\n"
        f"with writing(engine(load_settings(home={str(settings.home)!r}))): pass\n"
    )
    folder = settings.home / "operations"
    for _ in range(3):
        with reading(engine(settings)) as connection:  # refuses an older copy
            connection.execute(audit_log.select()).all()
        subprocess.run([sys.executable, "-c", code], check=True, cwd=PROJECT_ROOT)
        assert sorted(path.name for path in folder.glob("*-wal")) == ["operations.db-wal"]
