"""The rows of a seed as analysts edit them, read without dbt."""

from __future__ import annotations

import csv
from pathlib import Path

from stores.errors import UserError


def seed_rows(project: Path, seed: str) -> list[dict[str, str]]:
    """The rows of a seed, every cell as text; a mark at the beginning of the file (BOM) is no part of it.

    Args:
        project: folder of the dbt project.
        seed: its name; the file may stand in any folder below `seeds/`.

    Raises:
        UserError: there is no such file.
    """
    path = next((project / "seeds").rglob(f"{seed}.csv"), None)
    if path is None:
        raise UserError(
            f"The seed {seed}.csv is missing in {project / 'seeds'}. Bring it back: nothing is built or sent "
            "without it."
        )
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
