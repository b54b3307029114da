"""What is known of a customer as values for a template: cleaned, with the catalogue's defaults, what is missing marked.

A value comes from a customer or from a channel and may be anything. In a text it is one line without control
characters; one that is a link, or far too long, counts as not known.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from liquid.exceptions import LiquidError

from exports.rendering.field_catalogue import Catalogue, TemplateField

LONGEST_VALUE = 100
_LINK = re.compile(r"://|\bwww\.|\b(javascript|data|vbscript|file|mailto|tel)\s*:", re.IGNORECASE)
# Letters that turn the direction of what follows.
_TURNS = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)), "\u200e", "\u200f"}


class MissingFieldError(LiquidError):
    """A text needs something that is not known of the customer.

    Attributes:
        field: what.
    """

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} is not known", token=None)
        self.field = field


class Missing:
    """Stands for a value that is not known: false in conditions, equal to nil, can have a default, is never written."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __liquid__(self) -> None:
        return None

    def __str__(self) -> str:
        raise MissingFieldError(self.name)

    def __html__(self) -> str:
        raise MissingFieldError(self.name)

    def __iter__(self) -> Iterator[Any]:
        raise MissingFieldError(self.name)


def clean_text(value: str) -> str | None:
    """A text of a customer as one line that may stand in a message; None where it may not, or nothing is left."""
    kept = "".join(" " if _is_mark(letter) else letter for letter in value[: LONGEST_VALUE * 10])
    line = " ".join(kept.split())
    if not line or len(line) > LONGEST_VALUE or _LINK.search(line):
        return None
    return line


def known_values(catalogue: Catalogue, fields: Mapping[str, Any], language: str) -> dict[str, Any]:
    """A value for each field of the catalogue.

    Args:
        catalogue: the fields.
        fields: what is known of the customer; personal values in clear.
        language: of the text, for defaults.
    """
    return {name: _value(field, fields.get(name), language) for name, field in catalogue.items()}


def _value(field: TemplateField, known: Any, language: str) -> Any:
    if known is not None and not _is_of(field.value_type, known):
        known = None
    if field.value_type == "text" and known is not None:
        known = clean_text(str(known))
    if known is None:
        known = field.default(language)
    return Missing(field.name) if known is None else known


def _is_of(value_type: str, known: Any) -> bool:
    if value_type in ("number", "flag"):
        return isinstance(known, int | float) and isinstance(known, bool) == (value_type == "flag")
    return isinstance(known, str) or value_type == "text"


def _is_mark(letter: str) -> bool:
    """Whether a letter is none that is read: a control character, or of the private use area, as marks of links are."""
    return letter in _TURNS or unicodedata.category(letter) in ("Cc", "Zl", "Zp", "Co", "Cs")
