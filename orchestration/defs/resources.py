"""What every run shares: its settings, its business day, its turn at the warehouse."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date

import dagster as dg
from pydantic import Field, PrivateAttr

from orchestration.dbt import build_fingerprint, build_record, dbt_project
from orchestration.dbt.build_steps import BuildStep
from orchestration.runs.business_day import choose_day
from orchestration.runs.live_runs import fail_abandoned_runs, leave_checks_alone, mark_live
from orchestration.runs.preflight import check_configuration
from stores.errors import UserError
from stores.key_record import is_superseded
from stores.lake.checksums import require_whole
from stores.publication_files.pointer import release_publication
from stores.settings import Settings, load_settings
from stores.warehouse import current_publication, read_gate_state
from stores.warehouse_lock import writer_lock

log = logging.getLogger(__name__)


def day_in_place(settings: Settings, as_of: str) -> date:
    """The day of a run that replaces the current publication.

    Args:
        settings: the installation.
        as_of: YYYY-MM-DD; empty for the home's own day.

    Raises:
        UserError: the day cannot be built here; the message names the command or the job that can.
    """
    if settings.past_day:
        raise UserError(
            f"GUANXI_PAST_DAY is {settings.past_day}: that is for looking at a past day, and nothing runs under it. "
            "Unset it and run again."
        )
    chosen = choose_day(settings, as_of)
    if chosen.is_apart:
        raise UserError(
            f"{chosen.day} lies before the current publication, so it is built in a place of its own: "
            f"`guanxi run --as-of {chosen.day}`, or the job as_of_build with that day as its partition."
        )
    return chosen.day


# The jobs that build the warehouse.
BUILDING = {"refresh", "build", "resolve_identity"}


class RunScope(dg.ConfigurableResource):
    """One run's choices and its place in the queue. Set the fields in the launchpad under `resources: run`."""

    as_of: str = Field(default="", description="Business day to build for (YYYY-MM-DD); empty: the home's own day.")
    full: bool = Field(default=False, description="Rebuild everything, even when nothing is new.")
    may_deliver: bool = Field(
        default=False, description="Whether the campaign plan that this run publishes may be carried out."
    )
    tests_later: bool = Field(
        default=False,
        description="For made-up data only: leave the models' own tests to the next run that does not say this.",
    )

    _settings: Settings | None = PrivateAttr(None)
    _day: date | None = PrivateAttr(None)
    _held: ExitStack | None = PrivateAttr(None)
    _fingerprint: str | None = PrivateAttr(None)
    _is_new: bool = PrivateAttr(True)
    _built: set[str] = PrivateAttr(default_factory=set)
    _builds: bool = PrivateAttr(False)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[RunScope]:
        """Mark the run as alive, clear away dead ones, and give back at the end whatever the run took."""
        self._settings = load_settings()
        self._day = day_in_place(self._settings, self.as_of)
        check_configuration(self._settings)
        if self.tests_later and not self._settings.is_demo:
            raise UserError("tests_later is for made-up data: here the models' own tests run with every build of them.")
        with ExitStack() as held:
            if context.run_id:
                held.enter_context(mark_live(self._settings, context.run_id))
            if context.instance:
                fail_abandoned_runs(context.instance, self._settings)
            self._held = held
            self._builds = bool(context.run and context.run.job_name in BUILDING)
            if self._builds and (self.is_full or not self._is_published(self.fingerprint)):
                self.expect_build()
            yield self
            if context.instance and context.run_id:
                leave_checks_alone(context.instance, context.run_id)

    def expect_build(self) -> None:
        """Let dbt make itself ready while the run does other things: something is new, and the run will build it."""
        if self._builds:
            dbt_project.prepare(self.settings)
            self._builds = False

    @property
    def settings(self) -> Settings:
        """The installation."""
        return self._settings or load_settings()

    @property
    def day(self) -> date:
        """The business day this run builds for, fixed at its start: a run over midnight stays with one day."""
        return self._day or day_in_place(self.settings, self.as_of)

    def acquire_warehouse(self) -> None:
        """Become the one writer of the warehouse until this run ends; waits for another run to finish.

        Building, checking and publishing happen in one turn, so no other run changes what is being checked. Ingestion
        writes only to the lake and takes no turn.

        Raises:
            UserError: nothing is new, and a file of the lake is missing or has another size than its load noted.
        """
        if self._held is None or self._fingerprint is not None:
            return
        self._held.enter_context(writer_lock(self.settings))
        self._fingerprint = build_fingerprint.work_fingerprint(self.settings, self.day)
        self._is_new = self.is_full or not self._is_published(self._fingerprint)
        if not self._is_new:
            # what is built is checked by the asset of the lake; without a build nothing else would look at it
            require_whole(self.settings, contents=False)
            log.info("Nothing new since the last publication: models, gates and publication are left as they are")
            if self.may_deliver:
                # A preview made the same publication before; now its plan is wanted.
                release_publication(self.settings)

    def _is_published(self, wanted: str) -> bool:
        """Whether readers see exactly this, and the warehouse holds no later build that failed or was stopped."""
        if not build_fingerprint.is_current(self.settings, wanted) or not build_record.is_complete(self.settings):
            return False
        gate = read_gate_state(self.settings)
        return gate is None or gate.get("outcome") != "failed"

    @property
    def is_full(self) -> bool:
        """Whether everything is rebuilt: asked for, or since then tokens were made again or loads are gone."""
        if self.full or build_record.lost_loads(self.settings):
            return True
        publication = current_publication(self.settings)
        return is_superseded(self.settings, publication.publication_id if publication else None)

    @property
    def has_work(self) -> bool:
        """Whether there is something to build; decided once, when the run takes its turn."""
        return self._is_new

    def has_built(self, steps: Iterable[BuildStep]) -> bool:
        """Whether this run has built all of some steps."""
        return {step.op for step in steps} <= self._built

    def note_built(self, step: BuildStep) -> None:
        """Remember that this run has built all of a step."""
        self._built.add(step.op)

    @property
    def fingerprint(self) -> str:
        """What this run builds from; see `orchestration.dbt.build_fingerprint`."""
        return self._fingerprint or build_fingerprint.work_fingerprint(self.settings, self.day)


@dg.definitions
def resources() -> dg.Definitions:
    """The shared resource, and steps that run in the run's own process (one each would cost eight CPU seconds)."""
    return dg.Definitions(resources={"run": RunScope()}, executor=dg.in_process_executor)
