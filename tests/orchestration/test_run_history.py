"""The list of runs that `guanxi status` reads without Dagster is the one that Dagster has."""

import dagster as dg
import pytest

from orchestration.dagster_host.instance import open_instance
from orchestration.dagster_host.run_history import latest_runs
from orchestration.runs.run_presence import presence_file
from stores.errors import UserError
from stores.file_locks import exclusive
from stores.settings import Settings


def test_the_latest_runs_are_those_that_dagster_tells_of(settings: Settings) -> None:
    outcome = [True, False, True]

    @dg.op
    def once() -> None:
        if not outcome.pop():
            raise ValueError

    @dg.job
    def refresh() -> None:
        once()

    with open_instance(settings) as instance:
        for _ in range(3):
            refresh.execute_in_process(instance=instance, raise_on_error=False)
        records = instance.get_run_records(limit=2)
    found = latest_runs(settings, 2)
    assert [run.status for run in found] == ["success", "failure"]
    assert [(run.run_id, run.job, run.status) for run in found] == [
        (one.dagster_run.run_id, one.dagster_run.job_name, one.dagster_run.status.value.lower()) for one in records
    ]
    for run, record in zip(found, records, strict=True):
        assert run.started_at
        assert run.started_at.timestamp() == record.start_time
        assert run.seconds == (record.end_time or 0) - (record.start_time or 0)


def test_a_run_whose_process_was_killed_is_not_told_as_one_that_goes_on(settings: Settings) -> None:
    @dg.job
    def refresh() -> None:
        pass

    with open_instance(settings) as instance:
        run = instance.create_run_for_job(refresh, status=dg.DagsterRunStatus.STARTED)
    mark = presence_file(settings, run.run_id)
    with exclusive(mark, "Waiting for a test"):
        assert [one.status for one in latest_runs(settings, 1)] == ["started"]
    mark.touch()  # what a killed process leaves behind: the file without its lock
    assert [one.status for one in latest_runs(settings, 1)] == ["killed"]


def test_before_the_first_run_there_is_none(settings: Settings) -> None:
    assert latest_runs(settings, 5) == []


def test_a_damaged_file_of_runs_is_named(settings: Settings) -> None:
    path = settings.home / "dagster" / "history" / "runs.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 100)
    with pytest.raises(UserError, match=r"runs\.db cannot be read"):
        latest_runs(settings, 5)
