"""Log lines as JSON, for programs that collect logs: `GUANXI_LOG_FORMAT=json`."""

from __future__ import annotations

import json
import logging
import os
import traceback
from datetime import UTC, datetime

from stores.errors import UserError
from stores.redaction.log_lines import log_line

_VARIABLE = "GUANXI_LOG_FORMAT"
_FORMATS = ("text", "json")


def wants_json() -> bool:
    """Whether logs are JSON lines in this process.

    Raises:
        UserError: the variable holds anything but `text` and `json`.
    """
    chosen = os.environ.get(_VARIABLE) or "text"
    if chosen not in _FORMATS:
        raise UserError(f"{_VARIABLE} is {chosen!r}. Choose one of {', '.join(_FORMATS)}, or unset it.")
    return chosen == "json"


class JsonLines(logging.Formatter):
    """A record as one JSON object: time (UTC), level, logger, message; program and traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        document: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": log_line(record.getMessage()),
        }
        if program := getattr(record, "program", None):
            document["program"] = program
        if record.exc_info:
            trace = "".join(traceback.format_exception(*record.exc_info))
            document["traceback"] = [log_line(line) for line in trace.rstrip("\n").split("\n")]
        return json.dumps(document, ensure_ascii=False)
