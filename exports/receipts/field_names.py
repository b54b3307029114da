"""What messaging tools call the fields of a receipt: a destination's own section, our names, the rows of a seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from exports.destinations.destination import ReceiptSettings
from exports.receipts.status_words import EVENTS, HARD, SOFT, letters
from serving.rules import Rules
from stores.errors import UserError, explain_settings
from stores.redaction.text_redaction import redact_line
from stores.settings import Settings
from stores.settings_files import file_of

FIELDS = ("event_id", "delivery_id", "event", "detail", "occurred_at")
_SHOWN = 12


class Repeated(ValueError):
    """A field stands there twice with different values."""


class Fields(dict[str, Any]):
    """The fields of a JSON object by the letters and digits of their names, and their names as they stand there.

    Attributes:
        names: as they stand there.
        twice: those that stand there more than once, with different values.
    """

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__()
        self.names = [name for name, _ in pairs]
        self.twice: set[str] = set()
        for name, value in pairs:
            word = letters(name)
            if self.get(word, value) != value:
                self.twice.add(word)
            self[word] = value


@dataclass(frozen=True)
class FieldNames:
    """The names of one destination's files; make it with `field_names_of`.

    Attributes:
        ways: by our field, its names in the order in which they are tried, each as the letters and digits of the
            names that lead to it.
        events: the destination's own words for events: event, and class of bounce where the word says so.
        section: where the settings say them, for messages.
    """

    ways: Mapping[str, tuple[tuple[str, ...], ...]]
    events: Mapping[str, tuple[str, str]]
    section: str

    def find(self, fields: Fields, name: str) -> Any:
        """The value of one of our fields; None where no name of it has one.

        Raises:
            Repeated: it stands there twice with different values.
        """
        for way in self.ways[name]:
            here: Any = fields
            for word in way:
                if not isinstance(here, Fields):
                    here = None
                    break
                if word in here.twice:
                    raise Repeated(f"{name}: stands there twice with different values")
                here = here.get(word)
            if here is not None and here != "":
                return here
        return None

    def missing(self, fields: Fields, name: str) -> str:
        """Why a field is missing, in words: what the line has instead, and where to say which one it is."""
        seen = ", ".join(redact_line(each[:40]) for each in fields.names[:_SHOWN]) or "none"
        more = f" and {len(fields.names) - _SHOWN} more" if len(fields.names) > _SHOWN else ""
        return (
            f'{name}: missing; the line has the fields {seen}{more}. Say which one it is with {name} = "..." in '
            f"[{self.section}], or in the seed receipt_fields"
        )


def _ways(path: str) -> list[tuple[str, ...]]:
    """A name as it stands, and where its points lead into nested objects."""
    nested = [tuple(letters(part) for part in path.split("."))] if "." in path else []
    return [(letters(path),), *nested]


def field_names_of(rules: Rules, settings: Settings, destination: str | None) -> FieldNames:
    """The names of a destination's files, or of files that lie in no destination's folder.

    Args:
        rules: the rows of the seed `receipt_fields`.
        settings: the installation.
        destination: the destination.

    Raises:
        UserError: a row makes no sense, or the destination's section does not.
    """
    seed: dict[str, list[str]] = {name: [] for name in FIELDS}
    rows, place = rules.of("receipt_fields")
    for number, row in enumerate(rows, start=2):
        if row.get("field") not in FIELDS or not letters(row.get("name") or ""):
            raise UserError(f"{place}:{number}: field must be one of {', '.join(FIELDS)}, and a name is needed.")
        seed[row["field"]].append(row["name"])
    own, section = _own(settings, destination)
    given = {name: [value] if isinstance(value := getattr(own, name), str) else list(value) for name in FIELDS}
    # Where the settings name a field, what else looks like it does not count.
    paths = {name: (*given[name], name, *(() if given[name] else seed[name])) for name in FIELDS}
    ways = {name: tuple(way for path in paths[name] for way in _ways(path)) for name in FIELDS}
    return FieldNames(ways, {letters(word): _event(text, section) for word, text in own.words.items()}, section)


def _own(settings: Settings, destination: str | None) -> tuple[ReceiptSettings, str]:
    section = f"destinations.{destination or '<name>'}.receipts"
    values = settings.destinations.get(destination or "", {}).get("receipts", {})
    try:
        return ReceiptSettings.model_validate(values), section
    except ValidationError as bad:
        raise UserError(explain_settings(bad, section, ReceiptSettings)) from bad


def _event(text: str, section: str) -> tuple[str, str]:
    event, _, bounce_class = text.partition(" ")
    if event not in EVENTS or bounce_class not in ("", HARD, SOFT):
        raise UserError(
            f"{file_of(section)}, section [{section}]: words: {text!r} must be one of {', '.join(EVENTS)}, after "
            "bounced also hard or soft."
        )
    return event, bounce_class
