"""Receipts: what the messaging tools report back about messages, read from `landing/receipts/*.jsonl`.

One JSON object a line: `event_id` (the tool's own, unique), `delivery_id`, `event`, `detail`, `occurred_at` (ISO 8601;
without an offset it is business time). The raw event is kept before anything follows from it, and all that follows
only ever moves a message forward, so a file may come twice, in any order, and a killed run is simply run again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Engine, select

from exports.reactions import apply
from stores import operations
from stores.keyring import Keyring, load_keyring
from stores.operations import deliveries, delivery_events, receipt_files, receipt_quarantine
from stores.settings import Settings

log = logging.getLogger(__name__)

_LINES = 2_000
_STILL_WRITTEN_SECONDS = 600


class Receipt(BaseModel):
    """One line of a receipt file."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    event_id: str = Field(min_length=1, max_length=200)
    delivery_id: str = Field(min_length=1, max_length=40)
    event: Literal[
        "accepted", "sent", "delivered", "opened", "clicked", "bounced", "failed", "unsubscribed", "complained"
    ]
    detail: str | None = None
    occurred_at: datetime


@dataclass
class ReceiptReport:
    """What was collected.

    Attributes:
        files: files read; those known by their content are not read again.
        events: events that are new.
        duplicates: events that were known already.
        rejected: lines that cannot be used; kept in `receipt_quarantine`.
        waiting: files whose last line is still being written.
        reasons: the rejected lines by `file:line: reason`, up to ten.
    """

    files: int = 0
    events: int = 0
    duplicates: int = 0
    rejected: int = 0
    waiting: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _File:
    """One receipt file, as it was when it was read."""

    name: str
    file_id: str
    lines: list[bytes]
    size: int


def collect(settings: Settings) -> ReceiptReport:
    """Read new receipt files and act on them: states move on, unsubscribed and complaining owners are suppressed.

    Args:
        settings: the installation.

    Returns:
        What was read, new, known and rejected.
    """
    report = ReceiptReport()
    store = operations.engine(settings)
    keyring = load_keyring(settings.keyring_path)
    zone = ZoneInfo(settings.timezone)
    for path in sorted((settings.landing / "receipts").glob("*.jsonl")):
        file = _read(path)
        if file is None:
            report.waiting.append(path.name)
            log.info("Receipts: %s is still being written, it waits", path.name)
        elif not _is_known(store, file.file_id):
            _collect_file(store, keyring, zone, settings.now(), file, report)
    if report.files:
        log.info(
            "Receipts: %d files, %d new events, %d known, %d rejected",
            report.files,
            report.events,
            report.duplicates,
            report.rejected,
        )
    for reason in report.reasons:
        log.warning("Receipt rejected: %s", reason)
    return report


def _read(path: Path) -> _File | None:
    """A receipt file; None while its last line is being written."""
    data = path.read_bytes()
    lines = data.split(b"\n")
    tail = lines.pop()
    if tail:
        recent = time.time() - path.stat().st_mtime < _STILL_WRITTEN_SECONDS
        if recent and not _is_json(tail):
            return None
        lines.append(tail)
    return _File(path.name, hashlib.sha256(data).hexdigest(), lines, len(data))


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _is_known(store: Engine, file_id: str) -> bool:
    with operations.reading(store) as connection:
        return connection.scalar(select(receipt_files.c.file_id).where(receipt_files.c.file_id == file_id)) is not None


def _collect_file(
    store: Engine, keyring: Keyring, zone: ZoneInfo, now: datetime, file: _File, report: ReceiptReport
) -> None:
    """Take a file in portions, each in one transaction; the last one notes that the file is done."""
    new = known = rejected = 0
    portions = list(_portions(file.lines))
    for number, (first_line, lines) in enumerate(portions, start=1):
        receipts: list[dict[str, Any]] = []
        bad: list[tuple[int, str, bytes]] = []
        for line_number, line in enumerate(lines, start=first_line):
            parsed = _parse(line, zone)
            if isinstance(parsed, str):
                bad.append((line_number, parsed, line))
            elif parsed is not None:
                receipts.append({**parsed, "line": line_number, "raw": line})
        with operations.writing(store) as connection:
            exists = _existing(connection, {row["delivery_id"] for row in receipts})
            bad += [
                (row["line"], f"there is no delivery {row['delivery_id']}", row["raw"])
                for row in receipts
                if row["delivery_id"] not in exists
            ]
            usable = {row["event_id"]: row for row in receipts if row["delivery_id"] in exists}
            fresh = _keep(connection, list(usable.values()), now)
            apply(connection, list(usable), now)
            _quarantine(connection, keyring, file, bad, now)
            new += fresh
            known += sum(row["delivery_id"] in exists for row in receipts) - fresh
            rejected += len(bad)
            if number == len(portions):
                _note_file(connection, file, new, rejected, now)
        report.reasons += [f"{file.name}:{n}: {reason}" for n, reason, _ in bad][: 10 - len(report.reasons)]
    report.files += 1
    report.events += new
    report.duplicates += known
    report.rejected += rejected


def _portions(lines: list[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Lines in portions with the number of their first one; one empty portion for an empty file."""
    for start in range(0, max(len(lines), 1), _LINES):
        yield start + 1, lines[start : start + _LINES]


def _parse(line: bytes, zone: ZoneInfo) -> dict[str, Any] | str | None:
    """A line as values; why it cannot be used; or None when it is blank."""
    if not line.strip():
        return None
    try:
        receipt = Receipt.model_validate_json(line)
    except ValidationError as bad:
        error = bad.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in error["loc"])
        return f"{where}: {error['msg']}" if where else error["msg"]
    moment = receipt.occurred_at
    values = receipt.model_dump()
    values["occurred_at"] = operations.utc(moment.replace(tzinfo=zone) if moment.tzinfo is None else moment)
    return values


def _existing(connection: Any, ids: set[str]) -> set[str]:
    found: set[str] = set()
    if ids:
        found.update(connection.scalars(select(deliveries.c.delivery_id).where(deliveries.c.delivery_id.in_(ids))))
    return found


def _keep(connection: Any, rows: list[dict[str, Any]], now: datetime) -> int:
    """Keep the raw events; how many were new."""
    if not rows:
        return 0
    ids = [row["event_id"] for row in rows]
    known = set(connection.scalars(select(delivery_events.c.event_id).where(delivery_events.c.event_id.in_(ids))))
    fresh = [
        {name: row[name] for name in ("event_id", "delivery_id", "event", "detail", "occurred_at")}
        | {"received_at": now}
        for row in rows
        if row["event_id"] not in known
    ]
    if fresh:
        # Another collector may have been quicker since the look above.
        connection.execute(operations.insert(connection, delivery_events).on_conflict_do_nothing(), fresh)
    return len(fresh)


def _quarantine(
    connection: Any, keyring: Keyring, file: _File, bad: list[tuple[int, str, bytes]], now: datetime
) -> None:
    if bad:
        rows = [
            {
                "file_id": file.file_id,
                "line": line_number,
                "source_file": file.name,
                "reason": reason,
                "row_cipher": keyring.seal("row", line.decode("utf-8", errors="backslashreplace")),
                "quarantined_at": now,
            }
            for line_number, reason, line in bad
        ]
        connection.execute(operations.insert(connection, receipt_quarantine).on_conflict_do_nothing(), rows)


def _note_file(connection: Any, file: _File, events: int, rejected: int, now: datetime) -> None:
    values = {
        "file_id": file.file_id,
        "source_file": file.name,
        "bytes": file.size,
        "lines": len(file.lines),
        "events": events,
        "rejected": rejected,
        "collected_at": now,
    }
    connection.execute(operations.insert(connection, receipt_files).on_conflict_do_nothing(), values)
