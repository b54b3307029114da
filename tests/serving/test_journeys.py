"""Figures of journeys and the passages of a customer, of the test publication."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from serving.figures import members
from serving.figures.filters import Filters
from serving.journeys import entries, figures, runs
from serving.published_copy import PublishedCopy, current_copy
from stores.settings import load_settings
from tests.testing import small_publication

JOURNEY = "newcomer_nurture"
ANY_DAYS = Filters(date.min, date.max)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublishedCopy]:
    settings = load_settings(home=tmp_path_factory.mktemp("published"))
    small_publication.publish_fixture(settings)
    with current_copy(settings) as copy:
        yield copy


def test_who_was_held_out_at_the_door_never_entered(published: PublishedCopy) -> None:
    found = figures.counts(published)[JOURNEY]
    assert (found.entered, found.inside, found.ended, found.held_out) == (34, 25, 9, 6)


def test_the_funnel_follows_the_file_and_loses_nobody(published: PublishedCopy) -> None:
    steps = figures.funnel(published, JOURNEY)
    assert [one.step for one in steps][:3] == ["newcomer_guide", "first_purchase", "gift_reminder"]
    assert steps[0].reached == figures.counts(published)[JOURNEY].entered
    assert all(one.reached == one.standing + one.gone_on + one.ended for one in steps)
    assert sum(one.standing for one in steps) == figures.counts(published)[JOURNEY].inside


def test_ends_say_the_cause_the_step_and_what_it_was_about(published: PublishedCopy) -> None:
    found = {(one.cause, one.last_step, one.detail): one.runs for one in figures.ends(published, JOURNEY)}
    assert found == {
        ("held_out", "", ""): 6,
        ("left", "first_purchase", "unsubscribed"): 4,
        ("sent", "newcomer_survey", ""): 3,
        ("not_sent", "newcomer_survey", "no_consent"): 2,
    }


def test_ways_and_tasks_count_runs(published: PublishedCopy) -> None:
    branched = [(one.detail, one.runs) for one in figures.ways(published, JOURNEY) if one.cause == "branched"]
    assert branched == [("2", 7), ("1", 4)]
    (task,) = figures.tasks(published, JOURNEY)
    assert (task.task, task.owner, task.tasks) == ("personal_call", "marketing", 4)


@pytest.mark.parametrize("what", ["standing", "reached", "gone_on", "ended"])
def test_behind_every_figure_of_a_step_stand_its_customers(published: PublishedCopy, what: str) -> None:
    for one in figures.funnel(published, JOURNEY):
        which = f"{JOURNEY}.{what}.{one.version}.{one.step}"
        assert members.amount(published, "journey_step", ANY_DAYS, which) == getattr(one, what), which


def test_behind_totals_ends_and_tasks_stand_their_customers(published: PublishedCopy) -> None:
    def amount(figure: str, which: str) -> int:
        return members.amount(published, figure, ANY_DAYS, f"{JOURNEY}.{which}")

    assert [amount("journey_runs", what) for what in figures.RUN_CONDITIONS] == [34, 25, 9, 6]
    assert amount("journey_ends", "left.first_purchase.unsubscribed") == 4
    assert amount("journey_ends", "held_out") == 6
    assert amount("journey_tasks", "personal_call.personal_call") == 4


@pytest.mark.parametrize(
    ("figure", "which"),
    [("journey_runs", "x.unknown"), ("journey_step", "x.passed.1.a"), ("journey_ends", "a.b.c.d.e")],
)
def test_a_figure_that_there_is_not_is_refused(figure: str, which: str) -> None:
    with pytest.raises(ValueError, match=which):
        members.audience(figure, ANY_DAYS, which)


def test_a_customer_stands_at_a_step_and_has_come_there_by_steps(published: PublishedCopy) -> None:
    customer = published.values("select customer_id from campaigns.journey_runs where run_id = 'r27'")[0][0]
    (run,) = runs.runs_of(published, customer)
    assert (run.journey_id, run.step, run.kind, run.wait_days, run.is_live) == (JOURNEY, "thanked", "wait", 7, True)
    taken = runs.transitions_of(published, customer, JOURNEY)
    assert [one.to_step for one in taken] == ["newcomer_guide", "first_purchase", "gift_reminder", "thanked"]
    assert taken == runs.transitions_of_run(published, run.run_id)
    assert runs.runs_of(published, customer, "another") == []


def test_causes_and_events_have_names_in_both_languages(published: PublishedCopy) -> None:
    names = figures.names(published)
    assert names.causes["timed_out"] == ("等待超时", "Time was up")
    assert names.events["purchase"] == ("下单购买", "Bought")


def test_who_would_enter_by_an_event_did_it_within_the_days_today_among_them(published: PublishedCopy) -> None:
    asked = "select max(cast(occurred_at as date)) from marts.customer_timeline where kind = 'order'"
    ((last,),) = published.values(asked)
    bought = (
        f"select distinct customer_id from marts.customer_timeline where kind = 'order' and occurred_at >= '{last}'"
    )
    buyers = [customer for (customer,) in published.values(bought)]
    assert entries.doers_to_enter(published, "purchase", 1, last) == len(buyers) > 0
    assert entries.doers_to_enter(published, "purchase", 1, last + timedelta(days=1)) == 0
    assert entries.doers_to_enter(published, "purchase", 2, last + timedelta(days=1)) == len(buyers)
    did = entries.last_did(published, buyers[0], "purchase")
    assert did is not None
    assert did.date() == last


def test_whoever_registered_would_enter_by_registering(published: PublishedCopy) -> None:
    asked = "select customer_id, registered_at from marts.customers where registered_at is not null limit 1"
    ((customer, registered),) = published.values(asked)
    assert entries.last_did(published, customer, "registered") == registered
    assert entries.doers_to_enter(published, "registered", 1, registered.date()) >= 1
    assert entries.last_did(published, "c_nobody", "registered") is None
