"""What every run shares: its settings, its business day, its turn at the warehouse."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date

import dagster as dg
from pydantic import Field, PrivateAttr

from orchestration import fingerprint
from orchestration.preflight import check_configuration
from orchestration.runs import bury_dead_runs, present
from stores.errors import UserError
from stores.key_record import is_superseded
from stores.pointer import release_publication
from stores.settings import Settings, load_settings
from stores.warehouse import current_publication
from stores.writer import writer_lock

log = logging.getLogger(__name__)


def parse_as_of(text: str, settings: Settings) -> date:
    """The business day that a run builds for: `text` as YYYY-MM-DD, or today when it is empty.

    Raises:
        UserError: not a date, or a day that has not come yet.
    """
    if not text:
        return settings.today()
    try:
        day = date.fromisoformat(text)
    except ValueError as bad:
        raise UserError(f"as_of {text!r} is not a date. Write it as YYYY-MM-DD, for example 2026-06-30.") from bad
    if day > settings.today():
        raise UserError(f"as_of {day} has not come yet (today is {settings.today()}). Choose today or a past day.")
    return day


class RunScope(dg.ConfigurableResource):
    """One run's choices and its place in the queue. Set the two fields in the launchpad under `resources: run`."""

    as_of: str = Field(default="", description="Business day to build for (YYYY-MM-DD); empty: today.")
    full: bool = Field(default=False, description="Rebuild everything, even when nothing is new.")
    may_deliver: bool = Field(
        default=False, description="Whether the campaign plan that this run publishes may be carried out."
    )

    _settings: Settings | None = PrivateAttr(None)
    _day: date | None = PrivateAttr(None)
    _held: ExitStack | None = PrivateAttr(None)
    _fingerprint: str | None = PrivateAttr(None)
    _is_new: bool = PrivateAttr(True)
    _profiles_built: bool = PrivateAttr(False)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[RunScope]:
        """Mark the run as alive, clear away dead ones, and give back at the end whatever the run took."""
        self._settings = load_settings()
        self._day = parse_as_of(self.as_of, self._settings)
        check_configuration(self._settings)
        with ExitStack() as held:
            if context.run_id:
                held.enter_context(present(self._settings, context.run_id))
            if context.instance:
                bury_dead_runs(context.instance, self._settings)
            self._held = held
            yield self

    @property
    def settings(self) -> Settings:
        """The installation."""
        return self._settings or load_settings()

    @property
    def day(self) -> date:
        """The business day this run builds for, fixed at its start: a run over midnight stays with one day."""
        return self._day or parse_as_of(self.as_of, self.settings)

    def take_turn(self) -> None:
        """Become the one writer of the warehouse until this run ends; waits for another run to finish.

        Building, checking and publishing happen in one turn, so no other run changes what is being checked. Ingestion
        writes only to the lake and takes no turn.
        """
        if self._held is None or self._fingerprint is not None:
            return
        self._held.enter_context(writer_lock(self.settings))
        self._fingerprint = fingerprint.work_fingerprint(self.settings, self.day)
        self._is_new = self.is_full or not fingerprint.is_current(self.settings, self._fingerprint)
        if not self._is_new:
            log.info("Nothing new since the last publication: models, gates and publication are left as they are")
            if self.may_deliver:
                # A preview made the same publication before; now its plan is wanted.
                release_publication(self.settings)

    @property
    def is_full(self) -> bool:
        """Whether everything is rebuilt: asked for, or because tokens were made again since the last publication."""
        if self.full:
            return True
        publication = current_publication(self.settings)
        return is_superseded(self.settings, publication.publication_id if publication else None)

    @property
    def has_work(self) -> bool:
        """Whether there is something to build; decided once, when the run takes its turn."""
        return self._is_new

    @property
    def profiles_built(self) -> bool:
        """Whether this run has built everything that linkage compares."""
        return self._profiles_built

    def note_profiles_built(self) -> None:
        """Remember that this run has built everything that linkage compares."""
        self._profiles_built = True

    @property
    def fingerprint(self) -> str:
        """What this run builds from; see `orchestration.fingerprint`."""
        return self._fingerprint or fingerprint.work_fingerprint(self.settings, self.day)


@dg.definitions
def resources() -> dg.Definitions:
    """The shared resource, and steps that run in the run's own process (one each would cost eight CPU seconds)."""
    return dg.Definitions(resources={"run": RunScope()}, executor=dg.in_process_executor)
