"""dbt in its own process, one at a time on a warehouse: `python -m orchestration.dbt_child build …`.

A killed run leaves its dbt child behind for a while. The child holds a lock of its own as long as it lives, so the next
run's dbt waits for it instead of meeting a warehouse that is still being written.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

_READ_ONLY = {"parse", "ls", "list", "deps", "debug", "--version"}


def main() -> None:
    """Take the lock named by `GUANXI_DBT_LOCK` unless the command leaves the warehouse alone, then become dbt."""
    lock_path = os.environ.get("GUANXI_DBT_LOCK")
    held = None
    if lock_path and not _READ_ONLY.intersection(sys.argv[1:]):
        Path(lock_path).parent.mkdir(parents=True, exist_ok=True)
        held = Path(lock_path).open("w")  # noqa: SIM115  held until the process ends, however it ends
        fcntl.flock(held, fcntl.LOCK_EX)
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
