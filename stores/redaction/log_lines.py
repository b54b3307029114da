"""Text that goes to a log, a screen or an alert: one line each, nothing personal, no key of an address."""

from __future__ import annotations

import logging
import re
from urllib.parse import urlsplit

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{1,20}://[^\s\"'<>]+")
_LOCAL = ("127.0.0.1", "localhost", "::1")


def log_line(text: object) -> str:
    """A message as one line that cannot be taken for several, or for a command to the screen.

    Args:
        text: the message; names of files, values and answers of others may be in it.
    """
    # Here, for the sake of commands that log nothing: it takes a tenth of a second to load.
    from stores.redaction.text_redaction import redact

    return redact(without_secrets(printable(str(text))))


def printable(text: str) -> str:
    """Control characters, line ends among them, written by their codes, as Python does."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text)


def without_secrets(text: str) -> str:
    """Addresses without what may be a key: user, path and query of every URL that leads to another machine."""
    return _URL.sub(lambda found: _shortened(found.group()), text) if "://" in text else text


def _shortened(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url.partition("://")[0] + "://…"
    if host in _LOCAL and not parts.query and not parts.username:
        return url
    place = f"{parts.scheme}://{host}{f':{port}' if port else ''}"
    return place if not (parts.path.strip("/") or parts.query or parts.fragment) else f"{place}/…"


class LogLines(logging.Formatter):
    """A log file's format: a record is a line; the lines of a traceback below it are indented."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        message, *trace = super().format(record).split("\n") if record.exc_info else (super().format(record),)
        return "\n".join([log_line(message), *(f"    {log_line(line)}" for line in trace)])
