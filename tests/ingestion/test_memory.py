"""Inputs larger than the memory limit go through, in memory that does not grow with them."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("bounded_run.py")
ROWS = 450_000  # some 600 MB
LIMIT_MB = 512


def bounded_run():
    spec = importlib.util.spec_from_file_location("bounded_run", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["broken csv", "sql"])
def test_an_input_larger_than_the_memory_limit_goes_through(kind: str, tmp_path: Path) -> None:
    """The broken CSV is read both ways, the quick one and line by line; the database twice, compared with the lake."""
    folder = tmp_path / "landing" / "trade"
    folder.mkdir(parents=True)
    bounded_run().KINDS[kind](folder, ROWS)
    assert sum(path.stat().st_size for path in folder.iterdir()) > LIMIT_MB * 2**20
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path, kind, str(ROWS), f"{LIMIT_MB}MB"],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert (told["loaded"], told["quarantined"], told["again"]) == (ROWS, int(kind == "broken csv"), 0)
    assert told["mb"] < LIMIT_MB * 1.5
