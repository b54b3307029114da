"""Some lines of a file at a time: which are events, which of them are new, and which lines nobody can use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select, update

from exports.receipts.field_names import FieldNames, field_names_of
from exports.receipts.parse_line import Reported, Unusable, read_json, understand
from exports.receipts.status_words import RULES, Words, words_of
from serving.rules import current_rules
from stores import operations
from stores.key_record import open_keyring
from stores.keyring import Keyring
from stores.operations import deliveries, delivery_events, event_digest, receipt_files, receipt_quarantine
from stores.settings import Settings

_MOST_KEPT_LINES = 10_000
_MOST_KEPT_BYTES = 8_192
_OPT_OUTS = ("unsubscribed", "complained")


@dataclass(frozen=True)
class Desk:
    """What is needed to judge receipts; make it with `open_desk`.

    Attributes:
        store: the operations store.
        keyring: seals the lines that cannot be used.
        words: what the tools' words mean, and the limits.
        zone: the business time zone.
        names: what each destination calls the fields; under None, what files in no destination's folder do.
        country: whose phone numbers are written without a country's code.
        now: the present moment, naive UTC.
    """

    store: Engine
    keyring: Keyring
    words: Words
    names: Mapping[str | None, FieldNames]
    zone: ZoneInfo
    country: str
    now: datetime


@dataclass(frozen=True)
class Source:
    """Where lines come from: a file by the id of its content, its name, and the destination whose folder it is in."""

    file_id: str
    name: str
    destination: str | None


@dataclass(frozen=True)
class Line:
    """A line of a file, as JSON, or why it cannot be used."""

    number: int
    raw: bytes
    problem: str = ""


Bad = tuple[int, str, bytes]


@dataclass
class Portion:
    """What lines turned out to be.

    Attributes:
        events: the events that can be kept, as rows, by digest.
        event_ids: their ids in the store, once they are kept.
        fresh: those of them that are new.
        told_elsewhere: those of them that another file told before.
        undated: deliveries that an opt-out without a possible time is about, with what happened.
        bad: number, reason and content of the lines that cannot be used.
    """

    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    event_ids: list[str] = field(default_factory=list)
    fresh: set[str] = field(default_factory=set)
    told_elsewhere: set[str] = field(default_factory=set)
    undated: list[tuple[str, str]] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    usable: int = 0
    new: int = 0
    known: int = 0
    rejected: int = 0
    repeated_ids: int = 0

    def add(self, other: Portion) -> None:
        """Add the numbers of another portion."""
        for name in ("usable", "new", "known", "rejected", "repeated_ids"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def open_desk(settings: Settings) -> Desk:
    """Read the keys, and the rules that the current publication was made by.

    Raises:
        NoPublication, TableMissing, PublicationDamaged: there are no published rules to go by.
        UserError: a rule or the keyring is missing or wrong.
    """
    rules = current_rules(settings, RULES)
    return Desk(
        store=operations.engine(settings),
        keyring=open_keyring(settings),
        words=words_of(rules),
        names={name: field_names_of(rules, settings, name) for name in (None, *settings.destinations)},
        zone=ZoneInfo(settings.timezone),
        country=settings.country,
        now=operations.utc(settings.now()),
    )


def judge(connection: Connection, desk: Desk, source: Source, lines: Sequence[Line]) -> Portion:
    """Tell events from lines that cannot be used.

    Args:
        connection: a connection to the operations store.
        desk: rules and keys.
        source: where the lines come from.
        lines: the lines.
    """
    portion = Portion()
    names = desk.names.get(source.destination) or desk.names[None]
    read: list[tuple[Line, Reported]] = []
    for line in lines:
        try:
            if line.problem:
                raise Unusable(line.problem)
            read.append((line, understand(read_json(line.raw), desk.words, names, desk.zone, desk.country)))
        except Unusable as why:
            portion.bad.append((line.number, str(why), line.raw))
        except Exception as defect:
            # Whatever a line makes of our reading of it, the lines after it count.
            portion.bad.append((line.number, f"cannot be read ({type(defect).__name__})", line.raw))
    messages = _messages(connection, {reported.delivery_id for _, reported in read})
    tests = operations.tests_among(connection, {one.delivery_id for _, one in read} - messages.keys())
    for line, reported in read:
        message = messages.get(reported.delivery_id)
        if reported.delivery_id in tests:
            portion.usable += 1  # what becomes of a test message counts nowhere
        elif message is None:
            # Only what looks like an id of ours is repeated: a tool may have put a phone number here.
            shown = f" {reported.delivery_id}" if reported.delivery_id.startswith("d_") else " of this id"
            portion.bad.append((line.number, f"there is no delivery{shown}", line.raw))
        elif source.destination not in (None, message["destination"]):
            elsewhere = f"delivery {reported.delivery_id} went to another destination, {message['destination']}"
            portion.bad.append((line.number, elsewhere, line.raw))
        else:
            problem = _time_problem(reported.occurred_at, message["planned_at"], desk)
            if problem:
                opts_out = reported.event in _OPT_OUTS
                heard = "; the opt-out holds all the same" if opts_out else ""
                portion.bad.append((line.number, f"{problem}{heard}", line.raw))
                portion.undated += [(reported.delivery_id, reported.event)] if opts_out else []
            else:
                row = _row(reported, message["destination"], source.file_id, desk.now)
                portion.events.setdefault(row["digest"], row)
                portion.usable += 1
    portion.rejected = len(portion.bad)
    return portion


def _messages(connection: Connection, ids: set[str]) -> dict[str, Any]:
    d = deliveries.c
    statement = select(d.delivery_id, d.destination, d.planned_at).where(d.delivery_id.in_(ids))
    return {row["delivery_id"]: row for row in connection.execute(statement).mappings()} if ids else {}


def _time_problem(occurred_at: datetime | None, planned_at: datetime, desk: Desk) -> str:
    limits = desk.words.limits
    if occurred_at is None:
        return "occurred_at: missing or no time; ISO 8601 and seconds since 1970 are"
    if occurred_at > desk.now + limits.ahead:
        return "occurred_at: lies in the future"
    if occurred_at < planned_at - limits.before:
        return "occurred_at: lies before the message"
    return ""


def _row(reported: Reported, destination: str, file_id: str, now: datetime) -> dict[str, Any]:
    assert reported.occurred_at is not None
    digest = event_digest(
        destination,
        reported.peer_event_id,
        reported.delivery_id,
        reported.event,
        reported.detail,
        reported.occurred_at,
    )
    return {
        "event_id": f"e_{digest[:32]}",
        "delivery_id": reported.delivery_id,
        "event": reported.event,
        "detail": reported.detail,
        "occurred_at": reported.occurred_at,
        "received_at": now,
        "digest": digest,
        "destination": destination,
        "peer_event_id": reported.peer_event_id,
        "bounce_class": reported.bounce_class,
        "file_id": file_id,
    }


def keep(connection: Connection, desk: Desk, source: Source, portion: Portion) -> None:
    """Keep the events that are new; the portion knows afterwards which.

    An event that only a file told which was taken back is new when another file tells it: two reports are no mistake
    of one file. The same file, grown, is not another one.

    Args:
        connection: a connection of `writing`.
        desk: rules and keys.
        source: where the lines come from.
        portion: as `judge` gives it.
    """
    if not portion.events:
        return
    e = delivery_events.c
    known = {
        row.digest: row.event_id
        for row in connection.execute(select(e.digest, e.event_id).where(e.digest.in_(portion.events)))
    }
    fresh = [row for digest, row in portion.events.items() if digest not in known]
    portion.repeated_ids = _repeated_ids(connection, fresh)
    if fresh:
        # Another collector may have been quicker since the look above.
        connection.execute(operations.insert(connection, delivery_events).on_conflict_do_nothing(), fresh)
    again, portion.told_elsewhere = _told_before(connection, set(known.values()), source)
    portion.fresh = {row["event_id"] for row in fresh} | again
    portion.event_ids = [known.get(digest, row["event_id"]) for digest, row in portion.events.items()]
    portion.new = len(fresh)
    portion.known = portion.usable - len(fresh)


def _told_before(connection: Connection, known: set[str], source: Source) -> tuple[set[str], set[str]]:
    """Those of the events that a file of another name told: one that was taken back, one that was not.

    The first belong to the file at hand from now on.
    """
    e, f = delivery_events.c, receipt_files.c
    statement = (
        select(e.event_id, f.undone_at)
        .join(receipt_files, f.file_id == e.file_id)
        .where(e.event_id.in_(known), f.source_file != source.name)
    )
    told = connection.execute(statement).all() if known else []
    again = {row.event_id for row in told if row.undone_at is not None}
    if again:
        connection.execute(update(delivery_events).where(e.event_id.in_(again)).values(file_id=source.file_id))
    return again, {row.event_id for row in told} - again


def _repeated_ids(connection: Connection, fresh: Sequence[dict[str, Any]]) -> int:
    """How many of the new events come under an id that stands for another content already."""
    e = delivery_events.c
    ids = {row["peer_event_id"] for row in fresh} - {""}
    statement = select(e.destination, e.peer_event_id).where(e.peer_event_id.in_(ids))
    taken = {tuple(row) for row in connection.execute(statement)} if ids else set()
    repeated = 0
    for row in fresh:
        number = (row["destination"], row["peer_event_id"])
        repeated += bool(number[1]) and number in taken
        taken.add(number)
    return repeated


def quarantine(connection: Connection, desk: Desk, source: Source, bad: Sequence[Bad], kept: int = 0) -> None:
    """Keep lines that cannot be used, sealed; of a file that has very many, the first ones.

    Args:
        connection: a connection of `writing`.
        desk: rules and keys.
        source: where they come from.
        bad: number, reason and content.
        kept: how many of the file's lines are kept already.
    """
    rows = [
        {
            "file_id": source.file_id,
            "line": number,
            "source_file": source.name,
            "destination": source.destination,
            "reason": reason,
            "row_cipher": desk.keyring.seal("row", raw[:_MOST_KEPT_BYTES].decode("utf-8", errors="replace")),
            "quarantined_at": desk.now,
        }
        for number, reason, raw in bad[: max(0, _MOST_KEPT_LINES - kept)]
    ]
    if rows:
        connection.execute(operations.insert(connection, receipt_quarantine).on_conflict_do_nothing(), rows)
