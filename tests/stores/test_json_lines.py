"""Logs as JSON lines: one object a record, nothing personal in it."""

import json
import logging
import sys

import pytest

from stores.errors import UserError
from stores.redaction.json_lines import JsonLines, wants_json


def record(message: str, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("orchestration.x", logging.WARNING, __file__, 1, message, (), None)
    made.__dict__.update(more)
    return made


def test_a_record_is_one_object_with_its_program() -> None:
    line = JsonLines().format(record("two\nlines", program="dagster"))
    assert "\n" not in line
    written = json.loads(line)
    assert (written["level"], written["program"], written["message"]) == ("WARNING", "dagster", "two\\nlines")
    assert written["time"].endswith("+00:00")


def test_neither_message_nor_traceback_shows_a_number() -> None:
    try:
        raise ValueError("13812345678 is no order")
    except ValueError:
        line = JsonLines().format(record("call 13812345678", exc_info=sys.exc_info()))
    assert "13812345678" not in line
    assert any("ValueError" in one for one in json.loads(line)["traceback"])


@pytest.mark.parametrize(("value", "expected"), [("", False), ("text", False), ("json", True)])
def test_the_variable_chooses(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("GUANXI_LOG_FORMAT", value)
    assert wants_json() is expected


def test_another_value_is_refused_with_those_that_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANXI_LOG_FORMAT", "xml")
    with pytest.raises(UserError, match=r"'xml'.*text, json"):
        wants_json()
