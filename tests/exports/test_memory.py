"""A campaign plan larger than the memory limit is published and read, in memory that does not grow with it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb

from stores.settings import PROJECT_ROOT

ROWS = 900_000  # some 600 MB when unpacked
LIMIT_MB = 512


# Half a kilobyte a row, no two alike.
COLUMNS = {
    "campaign_id": "'recall'", "customer_id": "md5(i::varchar)", "channel": "'sms'", "step": "1",
    "campaign_version": "1", "occurrence": "'2026-06-30'", "destination": "'webhook'", "template": "'recall'",
    "variant": "'a'", "identifier_type": "'phone'", "identifier_token": "md5((i + 1)::varchar)",
    "fields": "array_to_string([md5((i * k)::varchar) for k in range(2, 18)], '')",
    "consent_purpose": "'marketing'", "cap_class": "'ordinary'", "priority": "1",
    "value_score": "i % 100", "decision": "'send'", "reason": "null::varchar",
}  # fmt: skip


def build(warehouse: Path, rows: int) -> None:
    """Make a warehouse whose one table is a campaign plan."""
    warehouse.parent.mkdir(parents=True)
    listed = ", ".join(f"{sql} as {name}" for name, sql in COLUMNS.items())
    with duckdb.connect(str(warehouse), config={"preserve_insertion_order": False}) as connection:
        connection.execute("create schema campaigns")
        connection.execute(f"create table campaigns.campaign_plan as select {listed} from range({rows}) as r(i)")


def test_a_plan_larger_than_the_memory_limit_is_published_and_read_for_sending(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[guanxi]\nmemory_limit = "{LIMIT_MB}MB"\n', encoding="utf-8")
    build(tmp_path / "warehouse" / "warehouse.duckdb", ROWS)
    done = subprocess.run(
        [sys.executable, "-m", "tests.testing.runs.bounded_publication"],
        env={**os.environ, "GUANXI_HOME": str(tmp_path), "GUANXI_CONFIG": str(config)},
        capture_output=True, text=True, check=False, cwd=PROJECT_ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["read"] == ROWS
    # The engine's limit, and what Python and Arrow hold of a batch and of the result's columns.
    assert told["mb"] < LIMIT_MB * 1.75
