"""The journey that docs/journeys.md shows is right as it stands there, and all that it lists of journeys is there."""

import re
import shutil
from pathlib import Path

from exports.definitions.campaign_files import load_campaigns
from exports.definitions.journeys.condition import read_condition
from exports.definitions.journeys.journey_files import condition_names, journey_events
from stores.settings import PROJECT_ROOT

GUIDE = (PROJECT_ROOT / "docs" / "journeys.md").read_text(encoding="utf-8")


def test_the_journey_of_the_guide_is_right_in_a_project(tmp_path: Path) -> None:
    # the guide's other journey is that of its walk, which test_bookshop_walk.py does
    (example,) = re.findall(r"```yaml\n(journey_id: second_purchase\n.*?)```", GUIDE, flags=re.DOTALL)
    for folder in ("exports", "dbt_project"):
        leave = shutil.ignore_patterns("target", "__pycache__", "*.py")
        shutil.copytree(PROJECT_ROOT / folder, tmp_path / folder, ignore=leave)
    (tmp_path / "exports" / "journeys" / "second_purchase.yml").write_text(example, encoding="utf-8")
    assert "second_purchase" in {one.campaign_id for one in load_campaigns(tmp_path / "exports" / "campaigns")}


def test_the_guide_names_every_event_and_only_conditions_that_are_understood() -> None:
    (listed,) = re.findall(r"journey_events`: (.*?)\. A kind", GUIDE, flags=re.DOTALL)
    assert {name.strip() for name in listed.replace("\n", " ").split(",")} == set(journey_events(PROJECT_ROOT))
    names = condition_names(PROJECT_ROOT)
    for condition in re.findall(r"`([^`\n]*(?:days_since|segment|tag)\([^`\n]*)`", GUIDE):
        assert read_condition(condition, names).sql
    stated = re.findall(r"`(stage|value_tier|abc_class|quadrant|loyalty_tier|rfm_segment|days_since_\w+)`", GUIDE)
    assert set(stated) <= set(names.fields)


def test_the_guide_names_the_journeys_that_come_along() -> None:
    brought = {path.stem for path in (PROJECT_ROOT / "exports" / "journeys").glob("*.yml")}
    assert {name for name in brought if f"`{name}`" in GUIDE} == brought
