"""A compaction that kills itself at a named point: `python -m tests.testing.runs.killed_compaction HOME POINT`."""

import sys
from pathlib import Path

from ingestion.lake import compaction
from stores.settings import load_settings
from tests.testing.runs.killed_ingestion import after, before, die


def half_a_part(connection, dataset, merger, target):
    """What a writer leaves that is killed in the middle."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes((dataset / merger.parts[0].name).read_bytes()[:20])
    die()


POINTS = {
    "in the middle of a merged part": lambda: setattr(compaction, "_merge", half_a_part),
    "between two merged parts": lambda: before(compaction, "_merge", 2),
    "while the new folder is put together": lambda: before(compaction, "link_or_copy", 3),
    "before its ledger is written": lambda: before(compaction, "write_ledger", 2),
    "before the folders are exchanged": lambda: before(compaction, "exchange"),
    "when the folders are exchanged": lambda: after(compaction, "exchange"),
    "before the old folder is removed": lambda: before(compaction.shutil, "rmtree", 2),
}

if __name__ == "__main__":
    home, point = sys.argv[1:]
    settings = load_settings(home=Path(home))
    POINTS[point]()
    compaction.compact(settings)
