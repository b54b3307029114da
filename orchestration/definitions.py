"""What Dagster loads: everything found under `defs/`, nothing listed here."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from orchestration.garbage_collection import look_rarely
from stores.errors import user_error_in
from stores.private_files import keep_private
from stores.redaction.log_handlers import redact_this_process

# Dagster's own processes begin here, those that no `guanxi up` has started too.
look_rarely()
keep_private()
redact_this_process()


@dg.definitions
def defs() -> dg.Definitions:
    """Assets, checks, jobs, schedules, sensors and resources of the platform.

    Raises:
        UserError: a file that they are made from is wrong. Dagster would wrap it in a picture of its component tree.
    """
    try:
        return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
    except Exception as failed:
        mistake = user_error_in(failed)
        if mistake is None:
            raise
        raise mistake from None
