"""What the words of messaging tools mean, and the limits of receipts: rows of seeds, as the publication has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from serving.rules import Rules
from stores.errors import UserError

EVENTS = ("accepted", "sent", "delivered", "opened", "clicked", "bounced", "failed", "unsubscribed", "complained")
HARD, SOFT = "hard", "soft"
_CLASSES = (HARD, SOFT)
# The seeds that say how receipts are read.
RULES = ("receipt_events", "bounce_classes", "receipt_limits", "receipt_fields")
_Rows = Iterable[Mapping[str, str]]


@dataclass(frozen=True)
class Limits:
    """How much is too much; one field for each row of the seed `receipt_limits`."""

    minutes_ahead: int
    hours_before: int
    soft_bounces: int
    soft_bounce_hours: int
    alarm_file_count: int
    alarm_file_percent: int
    alarm_day_count: int
    alarm_day_percent: int

    @property
    def ahead(self) -> timedelta:
        """How far the clock of a tool may be ahead."""
        return timedelta(minutes=self.minutes_ahead)

    @property
    def before(self) -> timedelta:
        """How long before its message a report may lie."""
        return timedelta(hours=self.hours_before)


@dataclass(frozen=True)
class Words:
    """The rows; make them with `words_of`.

    Attributes:
        events: event and class of bounce ("" where it does not say) by the word's letters and digits.
        bounces: patterns in details and the class that each means; the first that fits counts.
        limits: the limits.
    """

    events: dict[str, tuple[str, str]]
    bounces: tuple[tuple[re.Pattern[str], str], ...]
    limits: Limits

    def event(self, word: str) -> tuple[str, str] | None:
        """What a tool's word for an event means; None when no row says."""
        return self.events.get(letters(word))

    def bounce_class(self, detail: str | None) -> str:
        """Whether a bounce may pass by itself: `soft`; `hard` where nothing says so."""
        said = _phrase(detail or "")
        return next((found for pattern, found in self.bounces if pattern.search(said)), HARD)


def letters(word: str) -> str:
    """A word without case, spaces and signs: `Spam_Report` and `spamreport` are one."""
    return "".join(character for character in word.casefold() if character.isalnum())


def _phrase(text: str) -> str:
    """Words in lower case with single spaces: MailboxFull, mailbox_full and mailbox-full read alike."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return " ".join(re.sub(r"[_\-]+", " ", apart).casefold().split())


def words_of(rules: Rules) -> Words:
    """What the rows of three seeds say.

    Args:
        rules: the rows of the seeds in `RULES`, of a publication or of the project.

    Raises:
        UserError: a row makes no sense.
    """
    return Words(
        events=_events(*rules.of("receipt_events")),
        bounces=_bounces(*rules.of("bounce_classes")),
        limits=_limits(*rules.of("receipt_limits")),
    )


def _events(rows: _Rows, place: str) -> dict[str, tuple[str, str]]:
    events: dict[str, tuple[str, str]] = {name: (name, "") for name in EVENTS}
    for number, row in enumerate(rows, start=2):
        event, bounce_class = row.get("event") or "", row.get("bounce_class") or ""
        if event not in EVENTS or bounce_class not in ("", *_CLASSES):
            raise UserError(
                f"{place}:{number}: event must be one of {', '.join(EVENTS)}, bounce_class hard, soft or empty."
            )
        word = letters(row.get("word") or "")
        if word in events and events[word] != (event, bounce_class) and word not in EVENTS:
            raise UserError(f"{place}:{number}: {row['word']!r} stands there twice with different meanings.")
        events[word] = (event, bounce_class)
    return events


def _bounces(rows: _Rows, place: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    found: list[tuple[str, str]] = []
    for number, row in enumerate(rows, start=2):
        word, bounce_class = _phrase(row.get("word") or ""), row.get("bounce_class") or ""
        if not word or bounce_class not in _CLASSES:
            raise UserError(f"{place}:{number}: a word and a bounce_class, hard or soft, are needed.")
        found.append((word, bounce_class))
    found.sort(key=lambda each: (-len(each[0]), each[1]))
    # A word of Latin letters or digits stands alone: "full" is not in "fully", 4.2.2 not in 14.2.2.
    return tuple(
        (re.compile(rf"(?<![a-z0-9.]){re.escape(word)}(?![a-z0-9]|\.\d)" if word.isascii() else re.escape(word)), said)
        for word, said in found
    )


def _limits(rows: _Rows, place: str) -> Limits:
    values: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        rule, value = row.get("rule") or "", row.get("value") or ""
        if rule not in Limits.__dataclass_fields__ or not value.isdecimal():
            raise UserError(
                f"{place}:{number}: rule must be one of {', '.join(Limits.__dataclass_fields__)}, value a whole number."
            )
        values[rule] = int(value)
    missing = [rule for rule in Limits.__dataclass_fields__ if rule not in values]
    if missing:
        raise UserError(f"{place}: there is no row for {', '.join(missing)}.")
    return Limits(**values)
