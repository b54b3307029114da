"""The seeds, looked at before a run: rows that people add by hand, whose mistakes a database would explain badly."""

from __future__ import annotations

import csv
from pathlib import Path

from stores.errors import UserError
from stores.settings import Settings


def check_seeds(settings: Settings) -> None:
    """Whether every row of every seed has the fields of its header.

    Args:
        settings: the installation.

    Raises:
        UserError: names file and line.
    """
    folder = settings.project_root / "dbt_project" / "seeds"
    for path in sorted(folder.rglob("*.csv")):
        _check(path, path.relative_to(settings.project_root))


def _check(path: Path, shown: Path) -> None:
    header: list[str] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            for row in rows:
                if not row:
                    continue
                header = header or row
                if len(row) != len(header):
                    raise UserError(
                        f"{shown}:{rows.line_num}: {len(row)} fields where the header has {len(header)} "
                        f"({', '.join(header)}). An empty field still needs its comma; a comma within a field needs "
                        'quotes around the field ("…").'
                    )
    except UnicodeDecodeError as bad:
        raise UserError(f"{shown} is not UTF-8 text (byte {bad.start}). Save it as UTF-8.") from bad
    except csv.Error as bad:
        raise UserError(f"{shown}:{rows.line_num}: {bad}. Correct that line.") from bad
    if not header:
        raise UserError(f"{shown} is empty; it needs at least its header. Restore it.")
