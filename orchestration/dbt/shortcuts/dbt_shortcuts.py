"""What dbt does for every node and nobody needs, left out: a third of the processor time of a build of small tables.

Results, messages and exit codes stay dbt's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from orchestration.dbt.shortcuts.macro_namespaces import make_macros_when_asked
from orchestration.dbt.shortcuts.template_code import reuse_code

if TYPE_CHECKING:
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager


def take_shortcuts() -> None:
    """Let dbt's events and macros cost less in this process; a second call changes nothing."""
    from dbt_common.events.base_types import BaseEvent
    from dbt_common.events.event_manager import EventManager

    if not hasattr(EventManager.fire_event, "__wrapped__"):
        _drop_unread_events(EventManager)
        _fill_events_when_read(BaseEvent)
        _make_type_testers_once()
    _link_at_once()
    make_macros_when_asked()
    reuse_code()


def _drop_unread_events(manager: type[EventManager]) -> None:
    """Render no debug event that no log takes: dbt renders each for each log, and only then looks at its level."""
    from dbt_common.events.base_types import EventLevel

    fire_event = manager.fire_event
    details = (EventLevel.DEBUG, EventLevel.TEST)

    @wraps(fire_event)
    def fire_if_read(
        self: EventManager, e: BaseEvent, level: EventLevel | None = None, *further: Any, **options: Any
    ) -> None:
        if (level or e.level_tag()) in details and all(log.level not in details for log in self.loggers):
            return
        fire_event(self, e, level, *further, **options)

    manager.fire_event = fire_if_read  # type: ignore[method-assign]  # dbt has no setting for it


def _fill_events_when_read(event: type[BaseEvent]) -> None:
    """Make the message of an event when something of it is read or set: of most events nothing is."""
    fill, read, write = event.__init__, event.__getattr__, event.__setattr__

    @wraps(fill)
    def note(self: BaseEvent, *given: Any, **named: Any) -> None:
        self.__dict__["noted"] = given, named

    def fill_if_noted(self: BaseEvent) -> None:
        if noted := self.__dict__.pop("noted", None):
            fill(self, *noted[0], **noted[1])

    def read_filled(self: BaseEvent, key: str) -> Any:  # asked only for what the event itself does not have
        fill_if_noted(self)
        return read(self, key)

    def write_filled(self: BaseEvent, key: str, value: Any) -> None:
        fill_if_noted(self)
        write(self, key, value)

    event.__init__, event.__getattr__, event.__setattr__ = note, read_filled, write_filled  # type: ignore[method-assign]  # dbt has no setting for it


def _make_type_testers_once() -> None:
    """Make what tells the types of a query's results once for the same columns: it compiles the formats of dates."""
    from dbt_common.clients import agate_helper

    build = cache(agate_helper.build_type_tester)

    @wraps(agate_helper.build_type_tester)
    def build_once(text_columns: Iterable[str], string_null_values: Iterable[str] | None = ("null", "")) -> Any:
        nulls = string_null_values if string_null_values is None else tuple(string_null_values)
        return build(frozenset(text_columns), nulls)

    agate_helper.build_type_tester = build_once


def _link_at_once() -> None:
    """Look for a circle of models as fast as can be, naming it only if there is one, and write the graph to no file."""
    from dbt.compilation import Linker
    from networkx import is_directed_acyclic_graph

    find_cycles = Linker.find_cycles
    if hasattr(find_cycles, "__wrapped__"):
        return

    @wraps(find_cycles)
    def find_if_any(self: Any) -> str | None:
        found: str | None = None if is_directed_acyclic_graph(self.graph) else find_cycles(self)
        return found

    Linker.find_cycles = find_if_any  # type: ignore[method-assign]  # dbt has no setting for either
    Linker.write_graph = lambda *_: None  # type: ignore[method-assign]
