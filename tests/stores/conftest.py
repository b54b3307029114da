"""A small warehouse to publish."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from stores.settings import PROJECT_ROOT, Settings
from stores.warehouse import connect, writer_lock

AS_OF = date(2026, 6, 30)


@pytest.fixture
def build(settings: Settings) -> Callable[[int], None]:
    """Build marts whose every row carries the marker of the run that built it."""

    def build_marts(marker: int) -> None:
        with writer_lock(settings), connect(settings, read_only=False) as warehouse:
            for schema in ("marts", "segments", "campaigns", "staging"):
                warehouse.execute(f"create schema if not exists {schema}")
            for table in ("marts.customers", "marts.customer_rfm", "campaigns.campaign_plan", "staging.stg_secret"):
                warehouse.execute(
                    f"create or replace table {table} as select 'c_' || i as customer_id, {marker} as marker"
                    " from range(2000) as r(i)"
                )

    return build_marts


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """The part of dbt's manifest that a publication reads."""

    def model(schema: str, name: str, **more: object) -> dict[str, object]:
        return {"resource_type": "model", "schema": schema, "name": name, "alias": name, **more}

    nodes = {
        "a": model("marts", "customers", description="One row per customer.", meta={"name_zh": "客户"}),
        "b": model("marts", "customer_rfm", description="", config={"meta": {"name_en": "RFM"}}),
        "c": model("staging", "stg_secret", description="not for readers"),
        "d": {"resource_type": "test", "schema": "marts", "name": "unique_customers", "alias": "x"},
    }
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"nodes": nodes}), encoding="utf-8")
    return path


@pytest.fixture
def python(settings: Settings) -> Callable[[str], subprocess.Popen[str]]:
    """Start Python code in a process of its own; `home` is defined in it."""

    def start(code: str) -> subprocess.Popen[str]:
        script = f"home = {str(settings.home)!r}\n{code}"
        return subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def as_of() -> date:
    """The day that the marts describe."""
    return AS_OF
