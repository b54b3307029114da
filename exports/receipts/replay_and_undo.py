"""Receipt files afterwards: what came, lines tried again after a fix, a wrong file taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from exports.receipts.line_portions import Desk, Line, Source, judge, keep, open_desk
from exports.receipts.receipt_effects import apply, close_undated
from exports.receipts.suspicious_closures import alarm_of
from stores import operations
from stores.errors import UserError
from stores.operations import (
    consents,
    delivery_events,
    receipt_effects,
    receipt_files,
    receipt_quarantine,
    record_access,
    suppressions,
)
from stores.settings import Settings

_f, _q, _x = receipt_files.c, receipt_quarantine.c, receipt_effects.c
_REASONS = ("unsubscribed", "complained", "bounced")
_LINES = 1_000


@dataclass(frozen=True)
class Overview:
    """What came, newest first.

    Attributes:
        files: rows of `receipt_files`.
        waiting: lines in quarantine: source_file, line, reason, quarantined_at.
        waiting_in_all: how many there are.
        repeated: events under an id that stands for several contents, each of which counts: destination,
            peer_event_id, delivery_id, event, occurred_at.
    """

    files: Sequence[Row]
    waiting: Sequence[Row]
    waiting_in_all: int
    repeated: Sequence[Row]


@dataclass
class Replayed:
    """What trying again brought.

    Attributes:
        tried: lines tried.
        events: new events.
        known: lines whose event was known already.
        waiting: lines that still cannot be used.
        alarms: files that closed suspiciously many addresses.
    """

    tried: int = 0
    events: int = 0
    known: int = 0
    waiting: int = 0
    alarms: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class TakenBack:
    """What taking a file back did: addresses opened again, consents restored, what another file keeps closed."""

    source_file: str
    opened: int
    restored: int
    still_closed: int


def overview(settings: Settings, limit: int = 20) -> Overview:
    """What came back lately.

    Args:
        settings: the installation.
        limit: at most so many files, lines and events.
    """
    e = delivery_events.c
    twice = (
        select(e.destination, e.peer_event_id)
        .where(e.peer_event_id != "")
        .group_by(e.destination, e.peer_event_id)
        .having(func.count() > 1)
        .limit(limit)
        .subquery()
    )
    same = and_(twice.c.destination == e.destination, twice.c.peer_event_id == e.peer_event_id)
    shared = select(e.destination, e.peer_event_id, e.delivery_id, e.event, e.occurred_at).join(twice, same)
    waits = select(_q.source_file, _q.line, _q.reason, _q.quarantined_at).where(_q.replayed_at.is_(None))
    with operations.reading(operations.engine_to_read(settings)) as connection:
        return Overview(
            files=connection.execute(select(receipt_files).order_by(_f.collected_at.desc()).limit(limit)).all(),
            waiting=connection.execute(waits.order_by(_q.quarantined_at.desc(), _q.line).limit(limit)).all(),
            waiting_in_all=connection.scalar(select(func.count(_q.line)).where(_q.replayed_at.is_(None))) or 0,
            repeated=connection.execute(shared.order_by(e.peer_event_id, e.occurred_at)).all(),
        )


def replay(settings: Settings, file: str = "") -> Replayed:
    """Try the lines in quarantine again, after a row of the seeds was corrected and published, or a folder.

    Args:
        settings: the installation.
        file: only lines of this file, by name or by the beginning of its id; all when empty.

    Raises:
        UserError: no line of such a file waits, or nothing is published by whose rules it could be read.
    """
    desk = open_desk(settings)
    waits = select(receipt_quarantine).where(_q.replayed_at.is_(None)).order_by(_q.file_id, _q.line)
    if file:
        waits = waits.where(_named(_q.source_file, _q.file_id, file))
    with operations.reading(desk.store) as connection:
        rows = connection.execute(waits).all()
    if file and not rows:
        raise UserError(f"No line of a receipt file {file!r} is in quarantine. `guanxi receipts list` shows them.")
    replayed = Replayed()
    files: dict[str, list[Any]] = {}
    for row in rows:
        files.setdefault(row.file_id, []).append(row)
    for its_rows in files.values():
        source = Source(its_rows[0].file_id, its_rows[0].source_file, its_rows[0].destination)
        for start in range(0, len(its_rows), _LINES):
            _try_again(desk, source, its_rows[start : start + _LINES], replayed)
    return replayed


def _try_again(desk: Desk, source: Source, rows: Sequence[Any], replayed: Replayed) -> None:
    lines = [Line(row.line, desk.keyring.unseal("row", row.row_cipher).encode()) for row in rows]
    with operations.writing(desk.store) as connection:
        portion = judge(connection, desk, source, lines)
        keep(connection, desk, source, portion)
        apply(connection, portion, desk.now, source.file_id, desk.words.limits)
        close_undated(connection, portion.undated, desk.now, source.file_id)
        reasons = {number: reason for number, reason, _ in portion.bad}
        for row in rows:
            mine = update(receipt_quarantine).where(_q.file_id == source.file_id, _q.line == row.line)
            if row.line not in reasons:
                connection.execute(mine.values(replayed_at=desk.now))
            elif reasons[row.line] != row.reason:
                connection.execute(mine.values(reason=reasons[row.line]))
        alarm, _ = alarm_of(connection, desk, source)
        if alarm and portion.fresh:
            connection.execute(update(receipt_files).where(_f.file_id == source.file_id).values(alarm=alarm))
            replayed.alarms.append(f"{source.name}: {alarm}")
    replayed.tried += len(lines)
    replayed.events += portion.new
    replayed.known += portion.known
    replayed.waiting += len(portion.bad)


def undo(settings: Settings, file: str, by: str, why: str) -> TakenBack:
    """Take back what a file closed: addresses open again and consents as before, unless another report closed them too.

    Its events stay, as what was reported. The file is not read again.

    Args:
        settings: the installation.
        file: the file, by name or by the beginning of its id.
        by: who decides it.
        why: the reason, for the audit log.

    Raises:
        UserError: no such file, several, or one that was taken back already; nobody or no reason is named.
    """
    if not by.strip() or not why.strip():
        raise UserError("Taking back a receipt file needs --by and --why: addresses open again. Nothing was changed.")
    now = operations.utc(settings.now())
    with operations.writing(operations.engine(settings)) as connection:
        found = _one_file(connection, file)
        connection.execute(
            update(receipt_files)
            .where(_f.file_id == found.file_id)
            .values(undone_at=now, undone_by=by.strip()[:100], undone_reason=why.strip()[:500])
        )
        effects = connection.execute(select(receipt_effects).where(_x.file_id == found.file_id)).all()
        counts = {"opened": 0, "restored": 0, "still_closed": 0}
        for effect in effects:
            counts[_take_back(connection, effect, by.strip())] += 1
        record_access(
            connection,
            actor=by.strip()[:100],
            action="change",
            subject_type="receipts",
            subject=found.file_id,
            purpose=why.strip()[:100],
            records=len({(effect.identifier_type, effect.identifier_token) for effect in effects}),
            moment=now,
            detail=f"receipt file taken back: {counts}",
        )
    return TakenBack(found.source_file, **counts)


def _one_file(connection: Connection, file: str) -> Row:
    rows = connection.execute(
        select(receipt_files).where(_named(_f.source_file, _f.file_id, file)).order_by(_f.collected_at)
    ).all()
    open_ones = [row for row in rows if row.undone_at is None]
    if not rows:
        raise UserError(f"There is no receipt file {file!r}. `guanxi receipts list` shows them.")
    if not open_ones:
        raise UserError(f"The receipt file {file!r} was taken back by {rows[-1].undone_by} already.")
    if len(open_ones) > 1:
        ids = ", ".join(row.file_id[:12] for row in open_ones)
        raise UserError(f"{len(open_ones)} files are named {file!r}: give the id of one of them ({ids}).")
    return open_ones[0]


def _named(name: Any, file_id: Any, file: str) -> Any:
    by_id = file_id.startswith(file, autoescape=True) if len(file) >= 8 else file_id == file
    return or_(name == file, by_id)


def _take_back(connection: Connection, effect: Row, by: str) -> str:
    """Open what a file closed; what it counts as."""
    key = (_x.identifier_type, _x.identifier_token, _x.channel, _x.purpose)
    same = [column == value for column, value in zip(key, _key(effect), strict=True)]
    everything = connection.execute(
        select(receipt_effects, _f.undone_at)
        .outerjoin(receipt_files, _f.file_id == _x.file_id)
        .where(*same)
        .order_by(receipt_effects.c.updated_at)
    ).all()
    opener = [row for row in everything if not row.was_closed]
    if any(row.undone_at is None for row in everything) or not opener:
        return "still_closed"
    if effect.purpose:
        c = consents.c
        restored = connection.execute(
            update(consents)
            .where(*_same(consents, effect, "purpose"), c.source.in_([row.source for row in everything]))
            .values(
                granted=True,
                source=opener[-1].previous_source or f"receipts taken back by {by}: as when the message was planned",
                changed_at=opener[-1].previous_changed_at,
            )
        )
        return "restored" if restored.rowcount else "still_closed"
    s = suppressions.c
    opened = connection.execute(
        update(suppressions)
        .where(*_same(suppressions, effect), s.is_active, s.reason.in_(_REASONS))
        .values(is_active=False)
    )
    return "opened" if opened.rowcount else "still_closed"


def _key(effect: Row) -> tuple[str, ...]:
    return effect.identifier_type, effect.identifier_token, effect.channel, effect.purpose


def _same(table: Any, effect: Row, *more: str) -> list[Any]:
    names = ("identifier_type", "identifier_token", "channel", *more)
    return [table.c[name] == getattr(effect, name) for name in names]
