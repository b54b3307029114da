"""Inputs larger than the memory limit go through, in memory that does not grow with them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stores.settings import PROJECT_ROOT
from tests.testing.runs import bounded_ingestion

ROWS = 450_000  # some 600 MB
LIMIT_MB = 512


@pytest.mark.parametrize("kind", ["broken csv", "sql"])
def test_an_input_larger_than_the_memory_limit_goes_through(kind: str, tmp_path: Path) -> None:
    """The broken CSV is read both ways, the quick one and line by line; the database twice, compared with the lake."""
    folder = tmp_path / "landing" / "trade"
    folder.mkdir(parents=True)
    bounded_ingestion.KINDS[kind](folder, ROWS)
    assert sum(path.stat().st_size for path in folder.iterdir()) > LIMIT_MB * 2**20
    done = subprocess.run(
        [sys.executable, "-m", bounded_ingestion.__name__, tmp_path, kind, str(ROWS), f"{LIMIT_MB}MB"],
        capture_output=True, text=True, check=False, cwd=PROJECT_ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert (told["loaded"], told["quarantined"], told["again"]) == (ROWS, int(kind == "broken csv"), 0)
    assert told["mb"] < LIMIT_MB * 1.5
