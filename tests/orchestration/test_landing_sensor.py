"""A dropped file starts its channel and no other; a file that is still growing starts nothing."""

import os
import time

import dagster as dg
import pytest

from orchestration.asset_keys import RECEIPTS, raw_key
from orchestration.defs.sensors.landing import landing_files, selection_for
from orchestration.runs.landing_folders import SETTLE_SECONDS, folder_signatures, note_read, signature_of
from stores.settings import load_settings


@pytest.fixture
def landing(settings, monkeypatch):
    monkeypatch.setenv("GUANXI_HOME", str(settings.home))
    for channel in ("surveys", "app"):
        (settings.landing / channel).mkdir(parents=True)
    return settings.landing


def drop(path, age=60.0):
    path.write_text("x", encoding="utf-8")
    then = time.time() - age
    os.utime(path, (then, then))


def tick(cursor):
    context = dg.build_sensor_context(cursor=cursor)
    result = landing_files(context)
    return (result, context.cursor) if isinstance(result, dg.SkipReason) else (result, result.cursor)


def test_only_the_channel_that_got_a_file_is_started(landing):
    drop(landing / "app" / "app_events_1.parquet")
    _, cursor = tick(None)
    drop(landing / "surveys" / "answers.csv")
    result, cursor = tick(cursor)
    (request,) = result.run_requests
    assert {key.path[0] for key in request.asset_selection} == {"raw_surveys"}
    assert isinstance(tick(cursor)[0], dg.SkipReason)


def test_a_changed_file_starts_its_channel_again(landing):
    drop(landing / "surveys" / "answers.csv")
    _, cursor = tick(None)
    drop(landing / "surveys" / "answers.csv", age=30)
    result, _ = tick(cursor)
    assert len(result.run_requests) == 1


@pytest.mark.parametrize(
    "name", ["answers.csv.part", ".answers.csv", "pos.db-wal", "~$answers.xlsx", "answers.csv.DOWNLOAD"]
)
def test_unfinished_files_start_nothing(landing, name):
    drop(landing / "surveys" / name)
    assert folder_signatures(load_settings(), time.time()) == {}


def test_a_channel_with_a_folder_of_its_own_is_watched_there(landing, settings, monkeypatch):
    own = settings.home / "exchange" / "surveys"
    own.mkdir(parents=True)
    further = settings.home / "further.toml"
    further.write_text('[channels.surveys]\nfolder = "exchange/surveys"\n', encoding="utf-8")
    monkeypatch.setenv("GUANXI_CONFIG", str(further))
    drop(own / "answers.csv")
    drop(landing / "surveys" / "old.csv")
    result, cursor = tick(None)
    assert {key.path[0] for key in result.run_requests[0].asset_selection} == {"raw_surveys"}
    drop(landing / "surveys" / "nobody reads this folder any more.csv")
    assert isinstance(tick(cursor)[0], dg.SkipReason)


def test_a_file_that_changed_a_moment_ago_waits_for_the_next_tick(landing):
    drop(landing / "surveys" / "answers.csv", age=0)
    now = time.time()
    assert folder_signatures(load_settings(), now) == {}
    assert list(folder_signatures(load_settings(), now + SETTLE_SECONDS + 1)) == ["surveys"]


def test_a_receipt_file_starts_the_way_back_from_the_operations_store():
    keys = selection_for(["receipts"])
    assert RECEIPTS in keys
    assert raw_key("operations", "delivery_events") in keys


def test_a_folder_of_no_channel_starts_nothing(landing):
    (landing / "holiday_pictures").mkdir()
    drop(landing / "holiday_pictures" / "beach.jpg")
    assert isinstance(tick(None)[0], dg.SkipReason)


def test_what_a_run_has_read_meanwhile_starts_nothing(settings, landing, monkeypatch):
    now = time.time()
    drop(landing / "surveys" / "answers.csv", age=0)
    note_read(settings, "surveys", signature_of(settings, "surveys"))
    monkeypatch.setattr("orchestration.defs.sensors.landing.time.time", lambda: now + SETTLE_SECONDS + 1)
    skipped, cursor = tick(None)
    assert isinstance(skipped, dg.SkipReason)
    drop(landing / "surveys" / "more.csv")
    assert len(tick(cursor)[0].run_requests) == 1
