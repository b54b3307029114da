"""What Dagster keeps of a run or a tick, without what identifies a person: its messages, its errors and their causes.

An exception may carry any value that a step was working on; Dagster keeps it with its traceback for the UI.
"""

from __future__ import annotations

from typing import Any

from dagster._core.events import DagsterEvent
from dagster._core.events.log import EventLogEntry
from dagster._core.scheduler.instigation import InstigatorTick, TickData
from dagster._core.storage.schedules.sqlite import SqliteScheduleStorage
from dagster._utils.error import SerializableErrorInfo

from stores.redaction import redact


def redacted_entry(entry: EventLogEntry) -> EventLogEntry:
    """A log entry as it is kept.

    Args:
        entry: a line that a step logged, or an event of Dagster's own.
    """
    return entry._replace(
        user_message=_text(entry.user_message),
        error_info=_error(entry.error_info),
        dagster_event=_event(entry.dagster_event),
    )


class RedactedScheduleStorage(SqliteScheduleStorage):
    """Schedules and sensors in SQLite, as Dagster keeps them, the errors of their ticks redacted."""

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> RedactedScheduleStorage:
        """Dagster's own names its class here."""
        storage = cls.from_local(inst_data=inst_data, **config_value)
        assert isinstance(storage, cls)
        return storage

    def create_tick(self, tick_data: TickData) -> InstigatorTick:
        """Keep a new tick."""
        return super().create_tick(_tick(tick_data))

    def update_tick(self, tick: InstigatorTick) -> InstigatorTick:
        """Keep what became of a tick."""
        return super().update_tick(tick._replace(tick_data=_tick(tick.tick_data)))


def _tick(data: TickData) -> TickData:
    return data._replace(error=_error(data.error), skip_reason=_text(data.skip_reason))


def _event(event: DagsterEvent | None) -> DagsterEvent | None:
    if event is None:
        return None
    # Of a failed step, run or hook, of the engine: each class names its error so; a failed run repeats its first step.
    data: Any = event.event_specific_data
    changes: dict[str, Any] = {}
    if isinstance(getattr(data, "error", None), SerializableErrorInfo):
        changes["error"] = _error(data.error)
    if isinstance(getattr(data, "first_step_failure_event", None), DagsterEvent):
        changes["first_step_failure_event"] = _event(data.first_step_failure_event)
    if getattr(data, "user_failure_data", None) is not None:
        said = data.user_failure_data
        changes["user_failure_data"] = said._replace(description=_text(said.description))
    return event._replace(
        message=_text(event.message), event_specific_data=data._replace(**changes) if changes else data
    )


def _error(error: SerializableErrorInfo | None) -> SerializableErrorInfo | None:
    if error is None:
        return None
    return error._replace(
        message=redact(error.message, None),
        stack=[redact(line, None) for line in error.stack],
        cause=_error(error.cause),
        context=_error(error.context),
    )


def _text(text: str | None) -> Any:
    return redact(text, None) if text else text
