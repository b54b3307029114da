"""dbt with the shortcuts says and finds what dbt says and finds."""

import io
from decimal import Decimal

import agate
import pytest
from dbt.compilation import Linker
from dbt_common.clients import agate_helper
from dbt_common.events import base_types
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.logger import LineFormat, LoggerConfig
from dbt_common.events.types import Note

from orchestration.dbt.shortcuts.dbt_shortcuts import take_shortcuts


@pytest.fixture(autouse=True)
def _with_shortcuts(monkeypatch):
    monkeypatch.setattr(EventManager, "fire_event", EventManager.fire_event)
    for method in ("__init__", "__getattr__", "__setattr__"):
        monkeypatch.setattr(BaseEvent, method, getattr(BaseEvent, method))
    monkeypatch.setattr(Linker, "find_cycles", Linker.find_cycles)
    monkeypatch.setattr(Linker, "write_graph", Linker.write_graph)
    monkeypatch.setattr(agate_helper, "build_type_tester", agate_helper.build_type_tester)
    take_shortcuts()


def log_of(level):
    """An event manager with one log of that level, and what the log takes."""
    written = io.StringIO()
    manager = EventManager()
    manager.add_logger(
        LoggerConfig(name=f"log of {level}", level=level, line_format=LineFormat.PlainText, output_stream=written)
    )
    return manager, written


def fire_each(manager):
    for level in (EventLevel.DEBUG, EventLevel.INFO, EventLevel.WARN, EventLevel.ERROR):
        manager.fire_event(Note(msg=f"told as {level.value}"), level=level)


@pytest.mark.parametrize(
    ("level", "told"),
    [
        (EventLevel.DEBUG, ["debug", "info", "warn", "error"]),
        (EventLevel.INFO, ["info", "warn", "error"]),
        (EventLevel.ERROR, ["error"]),
    ],
)
def test_a_log_takes_every_event_of_its_level_and_above(level, told):
    manager, written = log_of(level)
    fire_each(manager)
    assert [line.split()[-1] for line in written.getvalue().splitlines()] == told


def test_a_detail_is_told_while_one_of_two_logs_takes_details():
    manager, written = log_of(EventLevel.DEBUG)
    manager.loggers.insert(0, log_of(EventLevel.ERROR)[0].loggers[0])
    fire_each(manager)
    assert "told as debug" in written.getvalue()


def test_a_detail_that_no_log_takes_is_not_rendered():
    seen = []
    manager, _ = log_of(EventLevel.INFO)
    manager.add_callback(lambda message: seen.append(message.info.level))
    fire_each(manager)
    assert seen == ["info", "warn", "error"]


def test_an_event_that_nothing_is_read_of_makes_no_message(monkeypatch):
    made = []
    monkeypatch.setattr(base_types, "ParseDict", lambda *given: made.append(given))
    manager, _ = log_of(EventLevel.INFO)
    manager.fire_event(Note(msg="a detail"), level=EventLevel.DEBUG)
    assert made == []


def test_what_is_read_and_set_of_an_event_is_what_dbt_makes_of_it():
    event = Note(msg=17)
    assert event.message() == event.msg == event.pb_msg.msg == "17"
    event = Note(msg="first")
    event.msg = "then"
    assert event.to_dict() == {"msg": "then"}
    with pytest.raises(AttributeError):
        _ = event.no_such_thing


def test_results_with_the_same_columns_get_their_types_from_one_tester_and_others_from_their_own(monkeypatch):
    made = []
    tester = agate.TypeTester
    monkeypatch.setattr(agate, "TypeTester", lambda **given: made.append(given) or tester(**given))
    first, again = ({"a": one, "b": two} for one, two in (("005", 1), ("", 2.5)))
    tables = [agate_helper.table_from_data_flat([row], ["a", "b"]) for row in (first, again)]
    assert [tuple(table.rows[0]) for table in tables] == [("005", 1), ("", Decimal("2.5"))]
    assert len(made) <= 1
    other = agate_helper.table_from_data_flat([{"a": 5, "b": "null"}], ["a", "b"])
    assert tuple(other.rows[0]) == (5, "null")


def test_models_that_read_one_another_in_a_circle_are_named():
    linker = Linker()
    linker.dependency("b", "a")
    assert linker.find_cycles() is None
    linker.dependency("a", "b")
    assert linker.find_cycles() == Linker.find_cycles.__wrapped__(linker) == "b --> a"


def test_shortcuts_are_taken_once():
    once = EventManager.fire_event, Linker.find_cycles, agate_helper.build_type_tester
    take_shortcuts()
    assert (EventManager.fire_event, Linker.find_cycles, agate_helper.build_type_tester) == once
