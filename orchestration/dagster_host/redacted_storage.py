"""What Dagster keeps of runs, ticks, back-fills and its own daemons, without what identifies a person.

An exception may carry any value that a step was working on; Dagster keeps it with its traceback for the UI. Redacted
are errors with their causes, messages, descriptions and what metadata say in words, wherever they stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dagster import JsonMetadataValue, MarkdownMetadataValue, MetadataValue, TextMetadataValue
from dagster._core.events.log import EventLogEntry
from dagster._core.execution.backfill import PartitionBackfill
from dagster._core.scheduler.instigation import InstigatorTick, TickData
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.schedules.sqlite import SqliteScheduleStorage
from dagster._daemon.types import DaemonHeartbeat
from dagster._utils.error import SerializableErrorInfo
from dagster_shared.record import is_record, replace
from sqlalchemy import Connection

from orchestration.dagster_host.kept_connections import kept_engine
from stores.redaction.text_redaction import redact

_TEXTS = ("description", "message", "title")


def redacted_entry(entry: EventLogEntry) -> EventLogEntry:
    """A log entry as it is kept.

    Args:
        entry: a line that a step logged, or an event of Dagster's own.
    """
    return entry._replace(
        user_message=_text(entry.user_message),
        error_info=_redacted(entry.error_info),
        dagster_event=_redacted(entry.dagster_event),
    )


class RedactedRunStorage(SqliteRunStorage):
    """Runs, back-fills and heartbeats in SQLite, as Dagster keeps them, their errors redacted."""

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> RedactedRunStorage:
        """Dagster's own names its class here."""
        return cls.from_local(inst_data=inst_data, **config_value)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection that is kept; Dagster's own makes an engine for each."""
        with kept_engine(self._conn_string).connect() as connection, connection.begin():
            yield connection

    def add_backfill(self, partition_backfill: PartitionBackfill) -> None:
        """Keep a new back-fill."""
        super().add_backfill(_redacted(partition_backfill))

    def update_backfill(self, partition_backfill: PartitionBackfill) -> None:
        """Keep what became of a back-fill."""
        super().update_backfill(_redacted(partition_backfill))

    def add_daemon_heartbeat(self, daemon_heartbeat: DaemonHeartbeat) -> None:
        """Keep that a daemon lives, and which errors it caught."""
        super().add_daemon_heartbeat(_redacted(daemon_heartbeat))


class RedactedScheduleStorage(SqliteScheduleStorage):
    """Schedules and sensors in SQLite, as Dagster keeps them, the errors of their ticks redacted."""

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> RedactedScheduleStorage:
        """Dagster's own names its class here."""
        storage = cls.from_local(inst_data=inst_data, **config_value)
        assert isinstance(storage, cls)
        return storage

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection that is kept; Dagster's own makes an engine for each."""
        with kept_engine(self._conn_string).connect() as connection, connection.begin():
            yield connection

    def create_tick(self, tick_data: TickData) -> InstigatorTick:
        """Keep a new tick."""
        return super().create_tick(_tick(tick_data))

    def update_tick(self, tick: InstigatorTick) -> InstigatorTick:
        """Keep what became of a tick."""
        return super().update_tick(tick._replace(tick_data=_tick(tick.tick_data)))


def _tick(data: TickData) -> TickData:
    return data._replace(error=_redacted(data.error), skip_reason=_text(data.skip_reason))


def _redacted(value: Any, field: str = "") -> Any:
    """A value of Dagster's with its texts redacted; the same object where there is nothing to redact."""
    if isinstance(value, str):
        return _text(value) if field in _TEXTS else value
    if isinstance(value, SerializableErrorInfo):
        stack = [_text(line) for line in value.stack]
        cause, context = _redacted(value.cause), _redacted(value.context)
        return value._replace(message=_text(value.message), stack=stack, cause=cause, context=context)
    if isinstance(value, TextMetadataValue):
        return MetadataValue.text(_text(value.text))
    if isinstance(value, MarkdownMetadataValue):
        return MetadataValue.md(_text(value.md_str))
    if isinstance(value, JsonMetadataValue):
        return MetadataValue.json(_redacted_json(value.data))
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        named: Any = value
        changes = _changes({name: getattr(named, name) for name in named._fields})
        if not changes:
            return named
        return replace(named, **changes) if is_record(named) else named._replace(**changes)
    if isinstance(value, Mapping):
        changes = _changes(value)
        return {**value, **changes} if changes else value
    if isinstance(value, (list, tuple)):
        items = [_redacted(item) for item in value]
        return type(value)(items) if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def _changes(fields: Mapping[Any, Any]) -> dict[Any, Any]:
    redacted = {name: _redacted(value, str(name)) for name, value in fields.items()}
    return {name: value for name, value in redacted.items() if value is not fields[name]}


def _redacted_json(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return {_redacted_json(key): _redacted_json(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redacted_json(inner) for inner in value]
    return value


def _text(text: str | None) -> Any:
    return redact(text, None) if text else text
