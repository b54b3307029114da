"""Which field of a source feeds which column of the contract."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingestion.contract.table import Table, header_key
from ingestion.readers.header_row import why_unfit
from ingestion.readers.parsed_file import Field, Unreadable
from ingestion.readers.text_encoding import ADVICE, REPLACEMENT

_FIRST_KEY = re.compile(r"""\$\.(?:"([^"]+)"|([^."\[*]+))""")  # of a JSON path


@dataclass(frozen=True)
class ColumnMapping:
    """Which source field feeds which column.

    Attributes:
        fields: column name to field, None where the source has none.
        unknown: source fields that no column claims.
    """

    fields: dict[str, Field | None]
    unknown: list[str]

    @property
    def missing(self) -> list[str]:
        """Columns that no source field feeds."""
        return [name for name, field in self.fields.items() if field is None]

    @property
    def column_of_field(self) -> dict[str, str]:
        """Source field name to column name."""
        return {field.name: name for name, field in self.fields.items() if field is not None}


def map_columns(table: Table, fields: list[Field]) -> ColumnMapping:
    """Match source fields to columns by name and declared headers, whatever the letter case and width.

    Raises:
        Unreadable: a required column is missing, two fields claim the same column, or a name that may be a missing
            column's holds bytes that are no characters.
    """
    by_key: dict[str, list[Field]] = {}
    for field in fields:
        by_key.setdefault(header_key(field.name), []).append(field)
    bound: dict[str, Field | None] = {}
    claimed: set[str] = set()
    for name, column in table.contract.items():
        keys = dict.fromkeys(header_key(alias) for alias in (*column.header, name))
        found = [field for key in keys if key not in claimed for field in by_key.get(key, [])]
        if len(found) > 1:
            raise Unreadable(f"column {name} is there {len(found)} times: {', '.join(field.name for field in found)}")
        bound[name] = found[0] if found else None
        claimed.update(header_key(field.name) for field in found)
    if any(column.required and bound[name] is None for name, column in table.contract.items()):
        raise Unreadable(why_unfit(table, [field.name for field in fields if not field.name.startswith("$")]))
    odd = [field.name for field in fields if REPLACEMENT in field.name and header_key(field.name) not in claimed]
    if odd and None in bound.values():
        # Or a column would be empty for everybody, because nobody can read its name.
        raise Unreadable(f"bytes that are no characters in the header: {', '.join(odd)}. {ADVICE}")
    unknown = [field.name or "(no name)" for field in fields if header_key(field.name) not in claimed]
    read_inside = _read_inside(bound)
    return ColumnMapping(bound, [name for name in unknown if not name.startswith("$") and name not in read_inside])


def _read_inside(bound: dict[str, Field | None]) -> set[str]:
    """The fields of a JSON document of which a path reads something: `klient` of `$.klient.nr`."""
    found = (_FIRST_KEY.match(field.name) for field in bound.values() if field is not None)
    return {key[1] or key[2] for key in found if key}
