"""A campaign plan larger than the memory limit is published and read, in memory that does not grow with it."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("bounded_publication.py")
ROWS = 900_000  # some 600 MB when unpacked
LIMIT_MB = 512


def bounded_publication():
    spec = importlib.util.spec_from_file_location("bounded_publication", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_a_plan_larger_than_the_memory_limit_is_published_and_read_for_sending(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[guanxi]\nmemory_limit = "{LIMIT_MB}MB"\n', encoding="utf-8")
    bounded_publication().build(tmp_path / "warehouse" / "warehouse.duckdb", ROWS)
    done = subprocess.run(
        [sys.executable, SCRIPT],
        env={**os.environ, "GUANXI_HOME": str(tmp_path), "GUANXI_CONFIG": str(config)},
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["read"] == ROWS
    # The engine's limit, and what Python and Arrow hold of a batch and of the result's columns.
    assert told["mb"] < LIMIT_MB * 1.75
