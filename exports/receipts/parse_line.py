"""One line of a receipt file as an event, or why it is none. Nothing in a line may stop the lines after it."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

from exports.receipts.field_names import FIELDS, FieldNames, Fields, Repeated
from exports.receipts.status_words import Words, letters
from stores.operations import utc
from stores.redaction.text_redaction import redact_line

LONGEST_DETAIL = 500
_BOUNCE_FIELDS = ("bouncetype", "bounceclass", "bouncesubtype")
_DELIVERY_ID = re.compile(r"[A-Za-z0-9_\-]{1,40}")
_EPOCH = re.compile(r"(\d{10}|\d{12,13}|\d{15,16})(\.\d{1,9})?")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)")
_START = datetime(1970, 1, 1, tzinfo=UTC)


class Unusable(ValueError):
    """A line that is no event; the message says why, without repeating what may be personal."""


@dataclass(frozen=True)
class Reported:
    """An event as a tool reported it.

    Attributes:
        peer_event_id: the tool's own id; empty when it gave none.
        delivery_id: the message.
        event: what happened.
        bounce_class: hard or soft, of a bounce.
        detail: more about it, cleaned, without what identifies a person.
        occurred_at: when, naive UTC; None when the line does not say so in a way that can be read.
    """

    peer_event_id: str
    delivery_id: str
    event: str
    bounce_class: str | None
    detail: str | None
    occurred_at: datetime | None


def read_json(line: bytes) -> Fields:
    """The fields of a JSON object.

    Raises:
        Unusable: it is not one.
    """
    try:
        # Numbers stay as they are written: an id of 5,000 digits or 1e999 is a text like any other.
        found = json.loads(
            line.decode("utf-8", errors="replace"),
            parse_int=str,
            parse_float=str,
            parse_constant=str,
            object_pairs_hook=Fields,
        )
    except RecursionError as deep:
        raise Unusable("nested too deep to be a receipt") from deep
    except json.JSONDecodeError as broken:
        raise Unusable(f"not JSON: {broken.msg} at character {broken.pos + 1}") from broken
    if not isinstance(found, Fields):
        raise Unusable("not a JSON object")
    return found


@dataclass(frozen=True)
class Header:
    """The first line of a table."""

    names: tuple[str, ...]
    delimiter: str

    def as_json(self, line: bytes) -> bytes:
        """A line as a JSON object; empty fields have no value.

        Raises:
            Unusable: it has another number of fields.
        """
        values = _split(_decoded(line), self.delimiter)
        if len(values) != len(self.names):
            raise Unusable(f"{len(values)} fields where the header has {len(self.names)}")
        # Written one by one: of two columns with one name both are seen.
        pairs = (
            f"{json.dumps(name)}: {json.dumps(value or None)}" for name, value in zip(self.names, values, strict=True)
        )
        return f"{{{', '.join(pairs)}}}".encode()


def read_header(line: bytes) -> Header:
    """The header of a table, whose fields stand between commas, semicolons or tabs.

    Raises:
        Unusable: it is none.
    """
    text = _decoded(line)
    delimiter = max((",", ";", "\t"), key=text.count)
    return Header(tuple(_split(text, delimiter)), delimiter)


def _decoded(line: bytes) -> str:
    return line.decode("utf-8", errors="replace").rstrip("\r\n")


def _split(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as broken:
        raise Unusable(f"not a line of a table: {broken}") from broken


def understand(fields: Fields, words: Words, names: FieldNames, zone: ZoneInfo, country: str) -> Reported:
    """An event from the fields of a line.

    Args:
        fields: as `read_json` gives them.
        words: what the tools' words mean.
        names: what the tool calls the fields.
        zone: times without an offset are in it.
        country: phone numbers without a country's code, which a detail may hold, are of it.

    Raises:
        Unusable: a field is missing or nobody knows what it means.
    """
    try:
        known = {name: names.find(fields, name) for name in FIELDS}
    except Repeated as twice:
        raise Unusable(str(twice)) from twice
    delivery_id = clean(known["delivery_id"])
    if not delivery_id:
        raise Unusable(names.missing(fields, "delivery_id"))
    if not _DELIVERY_ID.fullmatch(delivery_id):
        raise Unusable("delivery_id: not one of ours")
    word = clean(known["event"])
    if not word:
        raise Unusable(names.missing(fields, "event"))
    meaning = names.events.get(letters(word)) or words.event(word)
    if meaning is None:
        shown = repr(word) if re.fullmatch(r"[^\W\d]{1,40}", word.replace("_", "")) else "this word"
        raise Unusable(f"event: nobody knows what {shown} means; add a row to the seed receipt_events")
    event, bounce_class = meaning
    detail = redact_line(clean(known["detail"]), LONGEST_DETAIL, country)
    if event == "bounced" and not bounce_class:
        said = [_text(fields[name]) for name in _BOUNCE_FIELDS if fields.get(name) is not None]
        bounce_class = words.bounce_class(" ".join([*said, _text(known["detail"])[:LONGEST_DETAIL]]))
    return Reported(
        peer_event_id=_event_id(redact_line(clean(known["event_id"]), None, country)),
        delivery_id=delivery_id,
        event=event,
        bounce_class=bounce_class if event == "bounced" else None,
        detail=detail or None,
        occurred_at=read_time(clean(known["occurred_at"]), zone),
    )


def read_time(text: str, zone: ZoneInfo) -> datetime | None:
    """A moment as naive UTC; None when the text is none.

    Args:
        text: ISO 8601, `2026/06/30 10:05`, `20260630100500`, `6/30/2026 10:05:00 AM`, a time as in e-mails, or
            seconds, milliseconds or microseconds since 1970.
        zone: the zone of a time without an offset.
    """
    text = text.strip()
    try:
        if _EPOCH.fullmatch(text):
            whole = len(text.partition(".")[0])
            unit = 1 if whole <= 10 else 1_000 if whole <= 13 else 1_000_000
            return utc(_START + timedelta(seconds=float(text) / unit))
        compact = _COMPACT.fullmatch(text)
        if compact:
            text = "{}-{}-{} {}:{}:{}".format(*compact.groups())
        moment = _from_words(text) or datetime.fromisoformat(text.replace("/", "-"))
        return utc(moment.replace(tzinfo=zone) if moment.tzinfo is None else moment)
    except (ValueError, OverflowError):
        return None


def _from_words(text: str) -> datetime | None:
    """A time as e-mails have it, or with AM or PM."""
    if text[:1].isalpha():
        return parsedate_to_datetime(text)
    return datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p") if text[-2:].upper() in ("AM", "PM") else None


def clean(value: Any, limit: int = 1_000) -> str:
    """A value as one line of text: no control or invisible characters, nothing that a database refuses."""
    text = _text(value)[:limit]
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _event_id(text: str) -> str:
    """The tool's id; one that is too long for the column is kept by its digest."""
    return text if len(text) <= 200 else "sha256:" + hashlib.sha256(text.encode()).hexdigest()
