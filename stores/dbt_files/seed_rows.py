"""The rows of a seed as analysts edit them, read without dbt."""

from __future__ import annotations

import csv
from pathlib import Path

from stores.dbt_files.text_files import require_text_file
from stores.errors import UserError


def seed_rows(project: Path, seed: str) -> list[dict[str, str]]:
    """The rows of a seed, every cell as text; a mark at the beginning of the file (BOM) is no part of it.

    Args:
        project: folder of the dbt project.
        seed: its name; the file may stand in any folder below `seeds/`.

    Raises:
        UserError: there is no such file, or it is no CSV text.
    """
    path = next((project / "seeds").rglob(f"{seed}.csv"), None)
    if path is None:
        raise UserError(
            f"The seed {seed}.csv is missing in {project / 'seeds'}. Bring it back: nothing is built or sent "
            "without it."
        )
    require_text_file(path, path.name)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except UnicodeDecodeError as bad:
        raise UserError(f"{path.name} is not UTF-8 text (byte {bad.start}). Save it as UTF-8.") from bad
    except csv.Error as bad:
        raise UserError(f"{path.name} is no CSV table: {bad}. Save it as CSV, separated by commas.") from bad
