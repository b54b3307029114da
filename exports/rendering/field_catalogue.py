"""What templates may say of a customer: the rows of the seed `template_fields`. A new field is a row."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from stores.errors import UserError

SEED = "template_fields"
RESERVED = ("variant", "block", "unsubscribe_url")
"""Names that templates may use besides fields and parameters."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_FLAGS = {"true": True, "false": False}
_NEEDED = (
    "field, value_type (text, number, date or flag), source_table, source_column, sample_zh and sample_en of that "
    "type, is_personal (true or false), name_zh and name_en; a personal field is a text read from a column …_ref"
)


@dataclass(frozen=True)
class TemplateField:
    """One row of the seed.

    Attributes:
        name: as templates call it.
        value_type: text, number, date or flag.
        source_column: the column that it is read from.
        samples: by language, `zh` and `en`.
        defaults: what stands for it where it is not known, by language; None for nothing.
        is_personal: it is a reference into the vault, opened when a message is sent.
        name_zh: Chinese name.
        name_en: English name.
    """

    name: str
    value_type: str
    source_column: str
    samples: Mapping[str, Any]
    defaults: Mapping[str, Any]
    is_personal: bool
    name_zh: str
    name_en: str

    @property
    def mask_column(self) -> str:
        """The column of `customers` that may be shown in the place of a personal value."""
        return f"{self.source_column.removesuffix('_ref')}_mask"

    def sample(self, language: str) -> Any:
        """What it is like, in a language."""
        return self.samples[side(language)]

    def default(self, language: str) -> Any:
        """What stands for it where it is not known; None for nothing."""
        return self.defaults[side(language)]


Catalogue = Mapping[str, TemplateField]


def side(language: str) -> str:
    """Which samples and defaults a language has: the Chinese ones, or the others."""
    return "zh" if language.partition("_")[0] == "zh" else "en"


def template_fields_of(rows: Iterable[Mapping[str, str]], place: str) -> dict[str, TemplateField]:
    """The fields by name, in the order of the seed.

    Args:
        rows: of the seed `template_fields`.
        place: where they stand, for messages.

    Raises:
        UserError: a row makes no sense.
    """
    found: dict[str, TemplateField] = {}
    for line, row in enumerate(rows, start=2):
        try:
            field = _field(row)
        except (KeyError, ValueError, AttributeError) as bad:
            said = ", ".join(str(cell) for cell in row.values())
            raise UserError(f"{place}:{line}: a field needs {_NEEDED}; it has {said}.") from bad
        if field.name in found or field.name in RESERVED:
            other = "is a field already" if field.name in found else "has a meaning of its own in templates"
            raise UserError(f"{place}:{line}: {field.name} {other}. Choose another name.")
        found[field.name] = field
    return found


def did_you_mean(name: str, allowed: Iterable[str]) -> str:
    """` Did you mean x?` where one of the allowed names is much like it; else nothing."""
    close = difflib.get_close_matches(name, list(allowed), n=1)
    return f" Did you mean {close[0]}?" if close else ""


def typed(value_type: str, cell: str) -> Any:
    """A cell of the seed as a value of its type.

    Raises:
        ValueError: it is none.
    """
    if value_type == "number":
        number = float(cell)
        return int(number) if number.is_integer() else number
    if value_type == "flag":
        return _FLAGS[cell.lower()]
    return date.fromisoformat(cell).isoformat() if value_type == "date" else cell


def _field(row: Mapping[str, str]) -> TemplateField:
    cells = {name: (cell or "").strip() for name, cell in row.items()}
    kind, column = cells["value_type"], cells["source_column"]
    is_personal = _FLAGS[cells["is_personal"].lower()]
    is_sound = (
        kind in ("text", "number", "date", "flag") and _NAME.fullmatch(cells["field"]) and _NAME.fullmatch(column)
    )
    if not is_sound or not (cells["source_table"] and cells["name_zh"] and cells["name_en"]):
        raise ValueError(cells["field"])
    if is_personal and not (kind == "text" and column.endswith("_ref") and cells["source_table"] == "customers"):
        raise ValueError(cells["field"])
    sides = ("zh", "en")
    defaults = {one: cells[f"default_{one}"] for one in sides}
    return TemplateField(
        name=cells["field"],
        value_type=kind,
        source_column=column,
        samples={one: typed(kind, cells[f"sample_{one}"]) for one in sides},
        defaults={one: typed(kind, cell) if cell else None for one, cell in defaults.items()},
        is_personal=is_personal,
        name_zh=cells["name_zh"],
        name_en=cells["name_en"],
    )
