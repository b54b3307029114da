"""What the models know of campaign files: the fields that texts need, and what stays of a file with a mistake."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.definitions.registration import campaigns_in_force, register
from stores.operations import campaign_channels, campaign_fields, campaigns, engine, reading
from stores.settings import PROJECT_ROOT, Settings
from tests.testing.project_copy import keep_one_campaign


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    """The installation of the other tests on a project whose only campaign may be changed."""
    project = tmp_path / "project"
    for name in ("exports/campaigns", "exports/templates", "dbt_project/seeds"):
        shutil.copytree(PROJECT_ROOT / name, project / name)
    keep_one_campaign(project / "exports" / "campaigns")
    return settings.model_copy(update={"project_root": project})


def test_of_a_file_with_a_mistake_what_is_known_stays_and_is_not_approved(own: Settings) -> None:
    def kept() -> list[tuple[object, ...]]:
        c, step = campaigns.c, campaign_channels.c
        columns = select(c.campaign_id, c.version, c.is_active, c.status, step.is_active)
        with reading(engine(own)) as connection:
            found = connection.execute(columns.join(campaign_channels, c.campaign_id == step.campaign_id).distinct())
            return sorted(tuple(row) for row in found)

    file = campaign_folder(own) / "dormant_recall.yml"
    right = file.read_text(encoding="utf-8")
    (campaign_folder(own) / "spring.yml").write_text(
        right.replace("dormant_recall\nversion", "spring\nversion"), encoding="utf-8"
    )
    register(own, campaigns_in_force(own).campaigns)
    assert kept() == [(name, 1, True, "draft", True) for name in ("dormant_recall", "spring")]
    for wrong in ("campaign_id: [", right.replace("holdout_percent: 10 ", "holdout_percent: ten ")):
        file.write_text(wrong, encoding="utf-8")
        found = campaigns_in_force(own)
        assert ([one.campaign_id for one in found.campaigns], [*found.mistakes]) == (["spring"], ["dormant_recall"])
        register(own, found.campaigns, found.mistakes)
        assert kept() == [("dormant_recall", 1, True, "wrong_file", True), ("spring", 1, True, "draft", True)]
    file.write_text(right, encoding="utf-8")
    register(own, campaigns_in_force(own).campaigns)
    assert kept()[0][3] == "draft"


def test_the_fields_that_texts_need_are_registered_and_written_again_when_a_text_changes(own: Settings) -> None:
    text = own.project_root / "exports/templates" / "dormant_recall" / "sms" / "zh_CN.liquid"

    def needed() -> set[tuple[object, ...]]:
        f = campaign_fields.c
        with reading(engine(own)) as connection:
            found = select(f.campaign_id, f.version, f.step, f.channel, f.variant, f.field).where(f.is_active)
            return {tuple(row) for row in connection.execute(found)}

    register(own, load_campaigns(campaign_folder(own)))
    assert needed() == set()
    text.write_text("【关系商城】{{ name | default: '您好' }}，{{ city }}门店有礼。拒收请回复R", encoding="utf-8")
    register(own, load_campaigns(campaign_folder(own)))
    assert needed() == {("dormant_recall", 1, 1, "sms", "a", "city")}
    text.write_text("【关系商城】门店有礼。拒收请回复R", encoding="utf-8")
    register(own, load_campaigns(campaign_folder(own)))
    assert needed() == set()
