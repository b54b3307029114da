"""Everything that a process logs is redacted, whichever library logs it and through whichever handler."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType

_IS_OURS = "redacts_what_it_formats"


def redact_this_process() -> None:
    """Redact every line that a log handler writes from now on, and the tracebacks that end a process or a thread.

    For processes whose handlers others set up (Dagster's, Streamlit's): a filter on a handler of theirs would miss the
    next one. Called again, it does nothing.
    """
    if getattr(logging.Handler.format, _IS_OURS, False):
        return
    formatted = logging.Handler.format

    def redacted(handler: logging.Handler, record: logging.LogRecord) -> str:
        return _redacted(formatted(handler, record))

    setattr(redacted, _IS_OURS, True)
    logging.Handler.format = redacted  # type: ignore[method-assign, assignment]  # every handler formats through it
    sys.excepthook = _write_uncaught
    threading.excepthook = lambda failed: _write_uncaught(failed.exc_type, failed.exc_value, failed.exc_traceback)


def _write_uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if kind is not SystemExit:
        sys.stderr.write(_redacted("".join(traceback.format_exception(kind, error, trace))))


def _redacted(text: str) -> str:
    # here, because it takes a tenth of a second to load and most commands log nothing
    from stores.redaction.text_redaction import redact

    return redact(text, None)
