"""The worked diffs of CONTRIBUTING, all applied to a copy of the project: what they add is found and compiles."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stores.settings import PROJECT_ROOT
from tests.testing.project_copy import copy_project

# Looks for the pieces that the diffs add, as a run, the app and Dagster do.
LOADS = """
import json
from dashboards.navigation import discover as pages
from expectations.gate import discover as suites
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.destinations import discover as destinations
from ingestion.channels import discover as channels
from orchestration.definitions import defs
from stores import operations
from stores.settings import load_settings

settings = load_settings()
operations.engine(settings)
found = {
    "channels": list(channels()),
    "pages": [page.title for page in pages()],
    "suites": [suite.name for suite in suites()],
    "campaigns": [campaign.campaign_id for campaign in load_campaigns(campaign_folder(settings))],
    "destinations": list(destinations()),
    "sensors": [sensor.name for sensor in defs().get_repository_def().sensor_defs],
    "assets": [key.to_user_string() for key in defs().get_repository_def().asset_graph.get_all_asset_keys()],
}
print(json.dumps(found))
"""
COMPILES = """
import os
from orchestration.dbt.dbt_child import run_dbt
from orchestration.dbt.dbt_project import environment, parsed, project_dir
from stores.settings import load_settings

settings = load_settings()
os.environ |= environment(settings) | parsed(settings) | {"GUANXI_WAREHOUSE": ":memory:", "GUANXI_DBT_LOCK": ""}
run_dbt(["compile", "--quiet", "--project-dir", str(project_dir(settings))])
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with every diff applied."""
    folder = copy_project(tmp_path_factory.mktemp("recipes") / "project")
    diffs = sorted(map(str, (PROJECT_ROOT / "docs" / "recipes").glob("*.diff")))
    done = subprocess.run(["git", "apply", *diffs], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def run(folder: Path, source: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GUANXI_", "DAGSTER_", "DBT_"))}
    own = {"GUANXI_HOME": str(folder / "data"), "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=folder, env=kept | own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_what_the_recipes_add_is_found_without_a_list_of_it(copy: Path) -> None:
    found = json.loads(run(copy, LOADS).splitlines()[-1])
    assert "open_days" in found["channels"]
    assert "page.days" in found["pages"]
    assert "daily_orders" in found["suites"]
    assert "win_back" in found["campaigns"]
    assert "json_lines" in found["destinations"]
    assert "quiet_lake" in found["sensors"]
    assert {"segments/segment_loyal_promoters", "raw_open_days/visitors"} <= set(found["assets"])


def test_what_the_recipes_add_to_the_models_compiles(copy: Path) -> None:
    run(copy, COMPILES)
    compiled = copy / "dbt_project" / "target" / "compiled" / "guanxi" / "models"
    assert "fails_unscored" in (compiled / "intermediate/allocation/int_campaign_options.sql").read_text("utf-8")
    assert "open_days" in (compiled / "intermediate/profiles/int_profiles.sql").read_text("utf-8")
