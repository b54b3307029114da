"""dbt in its own process, one at a time on a warehouse: `python -m orchestration.dbt_child build …`.

A killed run leaves its dbt child behind for a while. The child holds a lock of its own as long as it lives, so the next
run's dbt waits for it instead of meeting a warehouse that is still being written.

`GUANXI_DBT_PARSED` names a parse of the project (`partial_parse.msgpack`) to start from: dbt then reads no file of the
project and compares none.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# Stands for the lake's folder in a parse, which serves every installation.
LAKE_OF_PARSES = "/lake-of-the-installation"
_READ_ONLY = {"parse", "ls", "list", "deps", "debug", "--version"}


def main() -> None:
    """Take the lock named by `GUANXI_DBT_LOCK` unless the command leaves the warehouse alone, then become dbt."""
    lock_path = os.environ.get("GUANXI_DBT_LOCK")
    held = None
    if lock_path and not _READ_ONLY.intersection(sys.argv[1:]):
        Path(lock_path).parent.mkdir(parents=True, exist_ok=True)
        held = Path(lock_path).open("w")  # noqa: SIM115  held until the process ends, however it ends
        fcntl.flock(held, fcntl.LOCK_EX)
    parsed = os.environ.get("GUANXI_DBT_PARSED")
    from dbt.cli.main import cli

    # Vars decide what the project is, such as its channels: with vars of its own a command parses by itself.
    if not parsed or "--vars" in sys.argv[1:] or _READ_ONLY.intersection(sys.argv[1:]):
        cli()
        return
    from dbt.contracts.graph.manifest import Manifest

    manifest = Manifest.from_msgpack(Path(parsed).read_bytes())
    manifest.build_flat_graph()  # the `graph` of macros, which a stored parse lacks
    # As dbt's own `dbtRunner(manifest=…)` does, but with the exit codes and the output of the command line.
    cli(obj={"manifest": at_this_lake(manifest), "callbacks": []})


def at_this_lake(manifest: Manifest) -> Manifest:
    """The parse with its sources in the lake of this installation: the one place of a parse that names a folder."""
    for source in manifest.sources.values():
        for meta in (source.meta, source.config.meta):
            if "external_location" in meta:
                meta["external_location"] = meta["external_location"].replace(LAKE_OF_PARSES, os.environ["GUANXI_LAKE"])
    return manifest


if __name__ == "__main__":
    main()
