"""Pausing and stopping a campaign whose files are wrong or gone: what is queued is halted all the same."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from exports.definitions.approval import approvals
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.definitions.registration import register
from exports.delivery.deliver import deliver
from exports.delivery.halt_campaign import Stopped, kind_of, pause, stop_campaign
from stores.errors import UserError
from stores.operations import audit_log, campaign_approvals, deliveries, engine, reading
from stores.settings import PROJECT_ROOT, Settings
from tests.testing.project_copy import keep_one_campaign

CAMPAIGN = "exports/campaigns/dormant_recall.yml"
TEMPLATE = "exports/templates/dormant_recall/sms/zh_CN.liquid"
CHANNELS = "dbt_project/seeds/message_channels.csv"


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
        (CAMPAIGN, "campaign_id: [", "dormant_recall.yml:2: not YAML"),
        (CAMPAIGN, "campaign_id: dormant_recall\n", "version"),
        (CAMPAIGN, None, "There is no campaign 'dormant_recall'"),
        (TEMPLATE, "{{ citty }}拒收请回复R", "nothing is called 'citty'"),
        (CHANNELS, "channel\n,\n", "message_channels.csv:2: a row needs"),
    ],
    ids=["no YAML", "fields missing", "file gone", "wrong text", "wrong seed"],
)
def test_what_is_queued_of_a_campaign_is_stopped_whatever_its_files_say(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime,
    path: str, wrong: str | None, said: str,
) -> None:  # fmt: skip
    publish_plan([row(number) for number in range(12)])
    file = settings.project_root / path
    right = file.read_text(encoding="utf-8")
    stopped: list[Stopped] = []

    def stop(ids: list[str]) -> Any:
        if not stopped:
            if wrong is None:
                file.unlink()
            else:
                file.write_text(wrong, encoding="utf-8")
            stopped.append(stop_campaign(settings, "dormant_recall", "Lin", "wrong offer"))
        return 200, {}, None

    tool.rule = stop
    one_by_one = settings.destinations["crm_webhook"] | {"concurrency": 1, "batch_size": 1}
    report = deliver(settings.model_copy(update={"destinations": {"crm_webhook": one_by_one}}), now)
    (told,) = stopped
    assert said in told.mistake
    assert report.sent == tool.taken.total() <= 3
    assert told.cancelled >= 9
    file.write_text(right, encoding="utf-8")
    assert deliver(settings, now).sent == 0  # a file that is right again is no approval
    (standing,) = approvals(settings, load_campaigns(campaign_folder(settings))).values()
    assert (standing.state, standing.decided_by, standing.reason) == ("paused", "Lin", "wrong offer")


def test_the_files_of_the_last_decision_stay_with_the_pause_and_it_is_audited(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any]
) -> None:
    publish_plan([row(1)])
    a = campaign_approvals.c
    with reading(engine(settings)) as connection:
        before = connection.execute(select(a.digest, a.files)).one()
    (settings.project_root / CAMPAIGN).write_text("campaign_id: [", encoding="utf-8")
    assert "not YAML" in pause(settings, "dormant_recall", " Lin  Yue ", "sold out")
    with reading(engine(settings)) as connection:
        assert connection.execute(select(a.digest, a.files)).one() == before
        log = connection.execute(select(audit_log).where(audit_log.c.action == "paused")).mappings().one()
    assert (log["actor"], log["subject"]) == ("Lin Yue", "dormant_recall")
    assert log["detail"].endswith(": sold out")


def test_a_campaign_that_nobody_decided_about_is_paused_by_its_registration(settings: Settings) -> None:
    register(settings, load_campaigns(campaign_folder(settings)))
    assert kind_of(settings, "dormant_recall") == "campaign"
    (settings.project_root / CAMPAIGN).write_text("campaign_id: [", encoding="utf-8")
    assert pause(settings, "dormant_recall", "Lin", "")
    with reading(engine(settings)) as connection:
        assert connection.scalar(select(campaign_approvals.c.decision)) == "paused"


def test_a_wrong_file_of_which_nothing_was_ever_known_says_its_mistake(settings: Settings) -> None:
    (settings.project_root / CAMPAIGN).write_text("campaign_id: [", encoding="utf-8")
    with pytest.raises(UserError, match=r"dormant_recall\.yml:2: not YAML"):
        pause(settings, "dormant_recall", "Lin", "")
    with reading(engine(settings)) as connection:
        assert connection.scalar(select(func.count()).select_from(campaign_approvals)) == 0


def test_a_name_that_neither_files_nor_store_know_is_refused(settings: Settings) -> None:
    with pytest.raises(UserError, match=r"There is no campaign 'spring'\. Campaigns: dormant_recall"):
        stop_campaign(settings, "spring", "Lin", "wrong offer")
    with reading(engine(settings)) as connection:
        assert connection.scalar(select(func.count()).select_from(deliveries)) == 0


def test_nobody_pauses_without_a_name(settings: Settings) -> None:
    with pytest.raises(UserError, match="Say who decides"):
        pause(settings, "dormant_recall", "  ", "")
