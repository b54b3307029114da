"""New loads start a build; a file that somebody saved starts one only where the settings say so."""

import dagster as dg
import pytest

from orchestration.dbt import build_fingerprint
from orchestration.defs.sensors import new_data as sensor
from orchestration.defs.sensors.new_data import new_data
from stores.warehouse import connect, publish, writer_lock


@pytest.fixture
def published(settings, monkeypatch):
    """A home whose publication knows the one load of its lake."""
    monkeypatch.setenv("GUANXI_HOME", str(settings.home))
    load(settings, "1")
    with writer_lock(settings), connect(settings, read_only=False) as warehouse:
        warehouse.execute("create schema marts")
        warehouse.execute("create table marts.customers as select 1 as customer_id")
    made = publish(settings, "run", settings.today(), None)
    known = build_fingerprint.work_fingerprint(settings, settings.today())
    build_fingerprint.keep(settings, made.publication_id, known)
    return settings


def load(settings, load_id):
    folder = settings.lake / "raw_pos" / "_dlt_loads"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{load_id}.jsonl").write_text("{}\n", encoding="utf-8")


def tick(cursor=None):
    with dg.DagsterInstance.ephemeral() as instance:
        return new_data(dg.build_sensor_context(instance=instance, cursor=cursor))


def edit_a_seed(monkeypatch):
    monkeypatch.setattr(build_fingerprint, "digest", lambda *_: "an edited seed")


def test_the_first_look_after_a_run_starts_nothing(published):
    assert isinstance(tick(), dg.SkipReason)


def test_a_load_that_the_publication_does_not_know_starts_one_build(published):
    load(published, "2")
    asked = tick()
    assert len(asked.run_requests) == 1
    assert isinstance(tick(asked.cursor), dg.SkipReason)


def test_a_saved_file_starts_nothing_by_itself(published, monkeypatch):
    edit_a_seed(monkeypatch)
    assert isinstance(tick(), dg.SkipReason)


def test_a_saved_file_starts_a_build_where_the_settings_say_so(published, monkeypatch):
    asking = published.model_copy(update={"build_saved_files": True})
    monkeypatch.setattr(sensor, "load_settings", lambda: asking)
    assert isinstance(tick(), dg.SkipReason)
    edit_a_seed(monkeypatch)
    assert len(tick().run_requests) == 1


def test_a_build_registers_the_campaigns_that_were_saved_and_reads_them_back():
    from orchestration.asset_keys import CAMPAIGN_DEFINITIONS, raw_key
    from orchestration.definitions import defs

    loaded = defs()
    for job in ("build", "resolve_identity", "refresh"):
        keys = set(loaded.resolve_job_def(job).asset_layer.executable_asset_keys)
        assert {CAMPAIGN_DEFINITIONS, raw_key("operations", "campaigns")} <= keys
    assert raw_key("pos", "orders") not in loaded.resolve_job_def("build").asset_layer.executable_asset_keys
