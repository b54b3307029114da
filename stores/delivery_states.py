"""What the states of the delivery ledger mean: rows of the seed `delivery_states`."""

from __future__ import annotations

import csv
from pathlib import Path

from stores.errors import UserError

SEED = "dbt_project/seeds/delivery_states.csv"


def states_that_are_ok(project_root: Path) -> frozenset[str]:
    """The states at which nobody needs to look; a state without a row is not among them.

    Args:
        project_root: the folder that holds `dbt_project/`.

    Raises:
        UserError: the seed is missing, or lacks a column.
    """
    path = project_root / SEED
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return frozenset(row["state"] for row in csv.DictReader(file) if row["is_ok"].strip().lower() == "true")
    except FileNotFoundError as missing:
        raise UserError(f"The seed {path} is missing, so nobody can tell which messages went well.") from missing
    except (KeyError, AttributeError) as bad:
        raise UserError(f"{path.name}: a row needs state and is_ok (true or false).") from bad
