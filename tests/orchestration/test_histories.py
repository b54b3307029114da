"""What depends on which days ran is in the lake too, so that a deleted warehouse comes back as it was."""

import json
from dataclasses import replace

import duckdb
import pytest

from demo_retailer import live_one_day
from demo_retailer.servers.local_server import serve
from orchestration.dbt import dbt_project
from stores.warehouse import current_publication
from tests.testing.published_rows import open_rows

pytestmark = pytest.mark.heavy


def histories(installation) -> dict[str, list[tuple]]:
    """The rows of every model that a full refresh keeps because they are history."""
    manifest = json.loads(dbt_project.prepare_manifest(installation.settings).read_text(encoding="utf-8"))
    names = [
        f"{node['schema']}.{node['name']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and "history" in node["config"]["tags"]
    ]
    with duckdb.connect(str(installation.settings.warehouse_path), read_only=True) as warehouse:
        return {name: warehouse.execute(f"from {name} order by all").fetchall() for name in names}


def identity_events(installation) -> list[tuple]:
    with open_rows(current_publication(installation.settings).path) as db:
        return db.execute("from marts.identity_events order by all").fetchall()


def test_a_deleted_warehouse_comes_back_with_what_only_earlier_days_saw(published_world, tmp_path):
    made = replace(published_world.copy(tmp_path / "home"), variables={"GUANXI_NOW": "2026-07-01T10:00:00"})
    with serve(made.settings, made.port):
        live_one_day(made.settings)
        made.guanxi("run", "--no-send")
        seen, facts, events = histories(made), made.facts(), identity_events(made)
        assert len(seen) == 13
        # in two days nobody is held out, enters a journey or is watched to the end
        empty = ("holdouts", "journey", "value_log")
        assert all(seen[name] for name in seen if not any(word in name for word in empty))
        made.settings.warehouse_path.unlink()
        said = made.guanxi("run", "--no-send")
        assert "Histories read back from the lake" in said.stdout + said.stderr
    assert histories(made) == seen
    assert identity_events(made) == events
    assert made.facts() == facts
