"""What people say in rows and files that went to quarantine counts before anything is sent."""

import os
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.channels import discover
from ingestion.pipeline import ingest
from orchestration.sending import late_answers
from orchestration.sending.late_answers import read_late_answers


@pytest.fixture
def members(settings, monkeypatch):
    """The app's folder with a file of one user, read."""
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T02:30:00")
    monkeypatch.setattr(late_answers, "channels_in_use", lambda _: {"app": discover()["app"]})
    file = settings.landing / "app" / "app_users_1.parquet"
    file.parent.mkdir(parents=True)
    user = {"app_user_id": "u1", "phone": "13800000001", "push_opt_in": "true", "updated_at": "2026-06-29 18:00:00"}
    pq.write_table(pa.Table.from_pylist([user]), file)
    os.utime(file, (0, 0))
    assert ingest(settings, "app").loaded["users"] == 1
    return file


def test_a_no_in_a_row_that_went_to_quarantine_is_known_before_sending(settings, members):
    user = {"app_user_id": "u1", "phone": "13800000001", "push_opt_in": "false", "updated_at": "yesterday"}
    file = members.with_name("app_users_2.parquet")
    pq.write_table(pa.Table.from_pylist([user]), file)
    os.utime(file, (0, 0))
    refusals = read_late_answers(settings).refusals.to_pylist()
    assert [(row["source_profile_id"], row["identifier_value"], row["channel"]) for row in refusals] == [
        ("app:u1", "u1", "app_push")
    ]


def test_a_file_with_answers_that_went_to_quarantine_whole_holds_the_channels_customers(settings, members, caplog):
    file = members.with_name("app_users_2.parquet")
    pq.write_table(pa.Table.from_pylist([{"user": "u1", "push_opt_in": "false"}]), file)
    os.utime(file, (0, 0))
    assert read_late_answers(settings).unread == {"app": frozenset({"app_push"})}
    assert "app_users_2.parquet" in caplog.text
    assert "guanxi quarantine replay app" in caplog.text
    pq.write_table(pa.Table.from_pylist([{"app_user_id": "u1", "push_opt_in": "false"}]), file)
    os.utime(file, (1, 1))
    answers = read_late_answers(settings)
    assert (answers.unread, answers.refusals.num_rows) == ({}, 1)


def test_a_file_with_answers_that_is_passed_over_holds_the_channels_customers_until_it_is_read(
    settings, members, caplog
):
    whole = members.read_bytes()
    file = members.with_name("app_users_2.parquet")
    file.write_bytes(whole[: len(whole) // 2])
    os.utime(file, (time.time() - 60,) * 2)
    assert read_late_answers(settings).unread == {"app": frozenset({"app_push"})}
    assert "app_users_2.parquet was passed over" in caplog.text
    assert "app_users_2.parquet waits, as if it were half-written" in caplog.text
    file.unlink()
    assert read_late_answers(settings).unread == {}
    file.symlink_to(members)
    assert read_late_answers(settings).unread == {"app": frozenset({"app_push"})}
    file.unlink()
    events = members.with_name("app_events_1.parquet")
    events.write_bytes(whole[: len(whole) // 2])
    os.utime(events, (time.time() - 60,) * 2)
    assert read_late_answers(settings).unread == {}  # nobody says no there
