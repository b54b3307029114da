"""Mistakes in a campaign that is approved and planned: nothing leaves that should not, nothing is lost."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from exports.definitions.campaign_files import campaign_folder
from exports.delivery.deliver import deliver
from stores.settings import PROJECT_ROOT, Settings
from tests.testing.project_copy import keep_one_campaign

TEMPLATE = "exports/templates/dormant_recall/sms/zh_CN.liquid"
CAMPAIGN = "exports/campaigns/dormant_recall.yml"
SEGMENT = "dbt_project/models/marts/segments/segment_dormant_recall.sql"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The installation of the other tests on a project whose files may be changed."""
    project = tmp_path / "project"
    for name in ("exports/campaigns", "exports/templates", "dbt_project/seeds", "dbt_project/models/marts/segments"):
        shutil.copytree(PROJECT_ROOT / name, project / name)
    keep_one_campaign(project / "exports" / "campaigns")
    return settings.model_copy(update={"project_root": project})


@pytest.mark.parametrize(
    ("path", "wrong", "said"),
    [
        (TEMPLATE, "【关系商城】{{ citty }}好，拒收请回复R", "nothing is called 'citty'. Did you mean city"),
        (
            TEMPLATE,
            "【关系商城】{% for i in (1..900) %}{% for j in (1..900) %}{% endfor %}{% endfor %}拒收请回复R",
            "loops more than 1000 times",
        ),
        (TEMPLATE, "", "empty"),
        (CAMPAIGN, "campaign_id: dormant_recall\nvariants: [{name: a, share: 49}, {name: b, share: 50}]\n", "99 %"),
        (CAMPAIGN, "campaign_id: dormant_recall\nholdout_percent: 100\n", "holdout_percent"),
    ],
    ids=["unknown variable", "endless loop", "empty text", "shares of 99 %", "everybody held out"],
)
def test_a_mistake_after_the_approval_holds_the_campaign_alone_and_once_put_right_each_message_leaves_once(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime,
    path: str, wrong: str, said: str,
) -> None:  # fmt: skip
    other = campaign_folder(settings) / "spring.yml"
    text = (settings.project_root / CAMPAIGN).read_text(encoding="utf-8")
    other.write_text(text.replace("dormant_recall\nversion", "spring\nversion"), encoding="utf-8")
    templates = settings.project_root / "exports/templates"
    shutil.copytree(templates / "dormant_recall", templates / "spring")
    other.write_text(other.read_text("utf-8").replace("template: dormant_recall", "template: spring"), "utf-8")
    publish_plan([row(1), row(2), row(3, campaign_id="spring", template="spring")])
    file = settings.project_root / path
    right = file.read_text(encoding="utf-8")
    file.write_text(wrong, encoding="utf-8")
    report = deliver(settings, now)
    assert (report.sent, report.held, len(tool.taken)) == (1, {"campaign_file_wrong": 2}, 1)
    assert report.mistakes.keys() == {"dormant_recall"}
    assert said in report.mistakes["dormant_recall"]
    file.write_text(right, encoding="utf-8")
    assert deliver(settings, now).sent == 2
    assert set(tool.taken.values()) == {1}


def test_a_segment_that_vanished_after_the_plan_holds_its_messages_until_it_is_back(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1), row(2)])
    segment = settings.project_root / SEGMENT
    kept = segment.read_bytes()
    segment.unlink()
    report = deliver(settings, now)
    assert (report.sent, report.held, tool.requests) == (0, {"campaign_changed_since_approval": 2}, [])
    segment.write_bytes(kept)
    assert deliver(settings, now).sent == 2


def test_where_chance_holds_everybody_out_nothing_is_sent_and_everybody_is_accounted_for(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    held = {"decision": "hold", "reason": "holdout", "reasons": "holdout", "is_holdout": True}
    publish_plan([row(number, **held) for number in range(3)])
    report = deliver(settings, now)
    assert (report.rows, report.sent, report.held, tool.requests) == (3, 0, {"holdout": 3}, [])
