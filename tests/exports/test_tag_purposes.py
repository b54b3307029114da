"""A campaign or journey that goes by a sensitive tag says what for."""

import shutil
from pathlib import Path

import pytest

from exports.definitions.campaign_files import load_campaigns
from exports.definitions.journeys.journey_files import load_journeys
from stores.errors import UserError
from stores.settings import PROJECT_ROOT

RULE = "{tag},,scenario,is_price_sensitive,is_true,,,,,价格敏感,Sensitive,,,marketing,,true,discounts they asked for\n"
OWN_TAG = """
models:
  - name: tag_carer
    config:
      meta: {family: scenario, name_zh: 照护者, name_en: Carer, sensitive: true, purpose: help with care}
    columns: []
"""
JOURNEY = """\
journey_id: care
version: 1
name: {en: Care}
entry: {segment: new_customers}
channels: [{channel: sms, destination: crm_webhook}]
steps:
  - branch:
      - when: not tag('carer')
        steps:
          - task: call
      - else: true
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two sensitive tags, one of them a model of its own."""
    left_out = shutil.ignore_patterns("target", "logs", "__pycache__", "*.pyc")
    for part in ("exports", "dbt_project"):
        shutil.copytree(PROJECT_ROOT / part, tmp_path / part, ignore=left_out)
    seeds, own = tmp_path / "dbt_project/seeds/tags", tmp_path / "dbt_project/models/marts/tags/custom"
    with (seeds / "tag_rules.csv").open("a", encoding="utf-8") as rules:
        rules.write(RULE.format(tag="asks_for_discounts"))
    (own / "tag_carer.sql").write_text("select 'c' as customer_id", encoding="utf-8")
    (own / "tag_carer.yml").write_text(OWN_TAG, encoding="utf-8")
    return tmp_path


def write_audience(project: Path, audience: str) -> Path:
    """Let the dormant recall go to an audience; the folder of the campaigns."""
    path = project / "exports/campaigns/dormant_recall.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("segment: dormant_recall\n", f"audience: {audience}\n"), encoding="utf-8")
    return path.parent


@pytest.mark.parametrize("key", ["tags: [{}]", "segments: [high_value], exclude_tags: [{}]"], ids=["with", "without"])
@pytest.mark.parametrize(
    ("tag", "used_for"), [("asks_for_discounts", "discounts they asked for"), ("carer", "help with care")]
)
def test_a_campaign_that_goes_by_a_sensitive_tag_says_what_for(
    project: Path, key: str, tag: str, used_for: str
) -> None:
    audience = "{" + key.format(tag) + "}"
    folder = write_audience(project, audience)
    said = rf"dormant_recall\.yml:\d+: audience: the tag '{tag}' is sensitive; it may be used for: {used_for}\. Say "
    with pytest.raises(UserError, match=said) as refused:
        load_campaigns(folder)
    assert "\n" not in str(refused.value)
    path = folder / "dormant_recall.yml"
    path.write_text(path.read_text(encoding="utf-8") + f"tag_purpose: {used_for}\n", encoding="utf-8")
    (recall,) = (one for one in load_campaigns(folder) if one.campaign_id == "dormant_recall")
    assert (recall.tags(), recall.tag_purpose) == ([tag], used_for)


def test_other_tags_need_no_purpose(project: Path) -> None:
    folder = write_audience(project, "{tags: [top_spender]}")
    assert load_campaigns(folder)


def test_a_branch_of_a_journey_that_asks_for_a_sensitive_tag_says_what_for(project: Path) -> None:
    folder = project / "exports/journeys"
    for path in folder.iterdir():
        path.unlink()
    (folder / "care.yml").write_text(JOURNEY, encoding="utf-8")
    with pytest.raises(UserError, match=r"care\.yml:8: step 1, branch 1, when: the tag 'carer' is sensitive; it "):
        load_journeys(folder)
    (folder / "care.yml").write_text(JOURNEY + "tag_purpose: help with care\n", encoding="utf-8")
    (journey,) = load_journeys(folder)
    assert journey.tag_purpose == "help with care"
