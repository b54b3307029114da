"""A new publication is delivered only where it says that it may be."""

import dagster as dg
import pytest

from orchestration.cli import run
from orchestration.defs.schedules import DELIVERABLE
from orchestration.defs.sensors.new_publication import new_publication
from orchestration.runs.run_job import JobOutcome, run_job
from orchestration.sending.carried_out import note_carried_out, was_carried_out
from stores.key_record import open_keyring
from stores.operations import approve_plan, engine, writing
from stores.warehouse import connect, publish, release_publication, writer_lock


@pytest.fixture
def preview(settings, monkeypatch):
    """A publication that may not be delivered."""
    monkeypatch.setenv("GUANXI_HOME", str(settings.home))
    engine(settings)
    open_keyring(settings)
    with writer_lock(settings), connect(settings, read_only=False) as warehouse:
        warehouse.execute("create schema marts")
        warehouse.execute("create table marts.customers as select 1 as customer_id")
    return publish(settings, "run", settings.today(), None)


def tick(cursor=None):
    context = dg.build_sensor_context(cursor=cursor)
    result = new_publication(context)
    return result, context.cursor if isinstance(result, dg.SkipReason) else result.cursor


def test_a_preview_starts_no_delivery_until_it_is_released(settings, preview):
    skipped, cursor = tick()
    assert isinstance(skipped, dg.SkipReason)
    with writer_lock(settings):
        release_publication(settings)
    asked, cursor = tick(cursor)
    assert [request.run_key for request in asked.run_requests] == [preview.publication_id]
    assert isinstance(tick(cursor)[0], dg.SkipReason)


def test_a_publication_whose_plan_was_carried_out_by_a_run_starts_no_delivery(settings, preview):
    with writer_lock(settings):
        release_publication(settings)
    note_carried_out(settings, "an earlier one")
    assert len(tick()[0].run_requests) == 1
    note_carried_out(settings, preview.publication_id)
    skipped, cursor = tick()
    assert isinstance(skipped, dg.SkipReason)
    assert cursor == preview.publication_id


def test_a_plan_that_a_second_person_approved_is_carried_out_once_more(settings, preview):
    with writer_lock(settings):
        release_publication(settings)
    note_carried_out(settings, preview.publication_id)
    _, cursor = tick()
    with writing(engine(settings)) as connection:
        approve_plan(
            connection, campaign_id="recall", publication_id=preview.publication_id, digest="d", version=1, messages=3,
            by="Wang Fang", moment=settings.now(), detail="many messages",
        )  # fmt: skip
    asked, cursor = tick(cursor)
    assert [request.run_key for request in asked.run_requests] == [f"{preview.publication_id}+1"]
    assert isinstance(tick(cursor)[0], dg.SkipReason)


def test_a_run_without_sending_publishes_a_preview_and_starts_no_delivery(settings, monkeypatch):
    started = []

    def noted(_settings, job, *_, may_deliver=False):
        started.append((job, may_deliver))
        return JobOutcome("r", success=True)

    monkeypatch.setattr(run, "run_job", noted)
    run.refresh_and_deliver(settings, None, full=False, channels=None, send=False)
    assert started == [("refresh", False)]


def test_a_delivery_that_was_asked_for_before_a_preview_replaced_its_publication_sends_nothing(
    settings, preview, monkeypatch
):
    with writer_lock(settings):
        release_publication(settings)
    asked, cursor = tick()
    publish(settings, "run without sending", settings.today(), None)
    assert asked.run_requests
    done = run_job(settings, "deliver")
    assert done.success, done.error
    carried_out = done.assets["engagement/deliveries"]
    assert (carried_out["sent"], carried_out["planned"]) == (0, 0)
    assert "may not be delivered" in carried_out["obstacle"]
    assert not was_carried_out(settings, str(carried_out["publication"]))
    assert isinstance(tick(cursor)[0], dg.SkipReason)


def test_what_starts_by_itself_makes_publications_that_may_be_delivered(settings, preview):
    from orchestration.definitions import defs

    schedules = {one.name: one for one in defs().schedules}
    for name in ("daily_refresh", "monthly_identity"):
        request = schedules[name].evaluate_tick(dg.build_schedule_context()).run_requests[0]
        assert request.run_config["resources"]["run"]["config"]["may_deliver"] is True
    assert DELIVERABLE["resources"]["run"]["config"] == {"may_deliver": True}
