"""What is wrong in the configuration is said before anything is read."""

import shutil
from pathlib import Path

import pytest

from orchestration.preflight import check_configuration
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, load_settings


def test_a_campaign_for_a_segment_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    for part in (
        "dbt_project/dbt_project.yml", "dbt_project/seeds", "dbt_project/models/marts/segments", "exports/campaigns",
        "exports/templates",
    ):  # fmt: skip
        source, target = PROJECT_ROOT / part, tmp_path / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    settings = load_settings(project_root=tmp_path, home=tmp_path / "home")
    check_configuration(settings)
    campaign = tmp_path / "exports" / "campaigns" / "dormant_recall.yml"
    campaign.write_text(campaign.read_text("utf-8").replace("segment: dormant_recall", "segment: dormant"), "utf-8")
    with pytest.raises(UserError, match=r"dormant_recall.yml: segment: there is no segment 'dormant'.*dormant_recall"):
        check_configuration(settings)
