"""What the commands of `guanxi explain` write alike: sentences, headings, tables, consents, suppressions."""

from __future__ import annotations

from typing import Any

from rich.markup import escape

from orchestration.cli.session import Listing, console
from serving.published_copy import Row
from stores.reason_texts import Reasons


def consent_in_words(row: Row) -> str:
    """Whether a channel is allowed, why, and by which answer."""
    granted = "granted" if row["is_granted"] else "not granted"
    said = f"Consent to {row['purpose']} by {row['channel']}: {granted}, {str(row['reason']).replace('_', ' ')}"
    if not row["source"]:
        return said
    when = f" on {row['answered_at']:%Y-%m-%d}" if row["answered_at"] else ""
    return f"{said} ({row['identifier_type']} {row['identifier_mask'] or ''}, {row['source']}{when})"


def tell_suppressions(rows: list[Row], closed_for: Reasons) -> None:
    """Say which addresses must not be written to, why, and since when."""
    from stores.operations.contact_permissions import (
        EVERY_CHANNEL,  # brings SQLAlchemy, which `guanxi --help` does not need
    )

    if rows:
        heading("Must not be written to (suppressed)")
    for row in rows:
        reason = str(row["reason"])
        where = "any channel" if row["channel"] == EVERY_CHANNEL else row["channel"]
        words = " ".join(dict.fromkeys(closed_for.in_words(reason, language) for language in ("en", "zh_CN")))
        say(
            f"{row['identifier_type']} {row['identifier_mask'] or 'unpublished'} by {where} since "
            f"{time_in_words(row['created_at'])}: {words} ({reason})"
        )


def decision_in_words(row: Row) -> str:
    """What the plan decided about a row, with all its reasons."""
    where = f"{row['campaign_id']} by {row['channel']}"
    if row["decision"] == "send":
        return f"{where}: send, all checks passed (segment {row['segment']}, variant {row.get('variant')})"
    return f"{where}: {row['decision']} because of {row['reason']} (all reasons: {row['reasons']})"


def table(rows: list[Row], names: tuple[str, ...]) -> None:
    """Print rows as a table of these columns; none is said."""
    if not rows:
        say("none")
        return
    shown = Listing(*names)
    for row in rows:
        shown.add_row(*(time_in_words(row.get(name)) for name in names))
    console.print(shown)


def heading(text: str) -> None:
    """Print what the next lines are about."""
    console.print(f"[bold]{escape(text)}[/bold]")


def say(text: str) -> None:
    """Print a line below a heading, as it is."""
    console.print(f"  {text.rstrip()}", markup=False, soft_wrap=True)


def time_in_words(value: Any) -> str:
    """A moment to the minute, a day, or anything else as it is."""
    if value is None:
        return ""
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else str(value)
