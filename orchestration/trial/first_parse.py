"""The dbt project read ahead for lists of purchases: `make install` does it, so that no first trial waits for it."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from orchestration.dbt import dbt_project
from orchestration.trial.transactions_trial import build_variables
from stores.errors import UserError
from stores.settings import load_settings


def read_ahead() -> None:
    """Read the project as trials of the default window do; nothing where that was done.

    Raises:
        UserError: the project does not parse.
    """
    with tempfile.TemporaryDirectory() as folder:
        dbt_project.prepare_manifest(load_settings(home=Path(folder)), json.dumps(build_variables()))


if __name__ == "__main__":
    try:
        read_ahead()
    except UserError as mistake:
        sys.exit(str(mistake))
