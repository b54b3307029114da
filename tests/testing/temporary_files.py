"""Where the tests' temporary files lie: in memory where there is plenty, for they write and delete many thousands."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 12 * 1024**3


def keep_temporary_files_in_memory() -> None:
    """Let `tempfile`, and processes started from now on, use memory, unless TMPDIR says another place."""
    if "TMPDIR" not in os.environ and IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free >= ENOUGH_BYTES:
        os.environ["TMPDIR"] = str(IN_MEMORY)
        tempfile.tempdir = None
