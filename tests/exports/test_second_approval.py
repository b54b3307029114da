"""A plan above a row of the seed `approval_limits` waits until a second person approved exactly this plan."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from exports.definitions.approval import approvals, decide
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.delivery.deliver import deliver
from exports.policy.second_approval import SecondApproval, approve_as_second, second_approvals
from serving.published_copy import PublishedCopy
from stores.errors import UserError
from stores.operations import audit_log, engine, reading
from stores.settings import PROJECT_ROOT, Settings
from stores.warehouse import current_publication
from tests.testing.project_copy import keep_one_campaign

LIMITS = "dbt_project/seeds/limits/approval_limits.csv"
WAITS = {"second_approval_missing": 3}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The installation of the other tests on a project whose files may be changed; two messages need one person."""
    project = tmp_path / "project"
    for name in ("exports/campaigns", "exports/templates", "dbt_project/seeds", "dbt_project/models/marts/segments"):
        shutil.copytree(PROJECT_ROOT / name, project / name)
    keep_one_campaign(project / "exports" / "campaigns")
    found = settings.model_copy(update={"project_root": project})
    limit(found, messages=2)
    return found


def limit(settings: Settings, **limits: float) -> None:
    """Write the limits; those that are not named are far away."""
    rows = {"messages": 10_000, "cost": 1_000, "audience_share": 1, "share_counts_from": 0} | limits
    text = "".join(f"{measure},{most},名,Name\n" for measure, most in rows.items() if most is not None)
    (settings.project_root / LIMITS).write_text(f"measure,most,name_zh,name_en\n{text}", encoding="utf-8")


def standing(settings: Settings) -> SecondApproval:
    """Where the plan of the only campaign stands."""
    publication = current_publication(settings)
    assert publication
    campaigns = load_campaigns(campaign_folder(settings))
    with PublishedCopy(publication.path) as published:
        found = second_approvals(settings, published, publication, campaigns, approvals(settings, campaigns))
    return found["dormant_recall"]


def approve(settings: Settings, by: str) -> None:
    """Approve the current plan as the second person."""
    publication = current_publication(settings)
    assert publication
    (campaign,) = load_campaigns(campaign_folder(settings))
    approval = approvals(settings, [campaign])["dormant_recall"]
    approve_as_second(settings, campaign, approval, standing(settings), publication, by)


@pytest.fixture
def three(row: Callable[..., Any], publish_plan: Callable[..., Any], settings: Settings) -> None:
    """A published plan of three messages, approved by "a test"."""
    publish_plan([row(1), row(2), row(3)])


def test_a_plan_above_a_limit_is_held_until_somebody_else_approves_it_too(
    settings: Settings, tool: Any, three: None, now: datetime
) -> None:
    report = deliver(settings, now)
    assert (report.sent, report.held, tool.requests) == (0, WAITS, [])
    (exceeded,) = standing(settings).exceeded
    assert (exceeded.measure, exceeded.value, exceeded.most) == ("messages", 3, 2)
    approve(settings, "Wang Fang")
    assert standing(settings).approved_by == "Wang Fang"
    assert deliver(settings, now).sent == 3
    with reading(engine(settings)) as connection:
        logged = select(audit_log.c.actor, audit_log.c.records).where(audit_log.c.action == "approved_second")
        assert connection.execute(logged).all() == [("Wang Fang", 3)]


@pytest.mark.parametrize("by", ["a test", "A  Test", "ａ ｔｅｓｔ", "The Owner", ""])
def test_who_approved_it_or_owns_it_is_no_second_person_however_the_name_is_typed(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime, by: str
) -> None:
    path = settings.project_root / "exports/campaigns/dormant_recall.yml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\nowner: the owner\n", encoding="utf-8")
    publish_plan([row(1), row(2), row(3)])
    with pytest.raises(UserError, match=r"second person|Say who decides"):
        approve(settings, by)
    assert deliver(settings, now).held == WAITS
    assert tool.requests == []


def test_a_plan_within_the_limits_needs_nobody(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1), row(2)])
    assert not standing(settings).is_missing
    assert deliver(settings, now).sent == 2


@pytest.mark.parametrize(
    ("limits", "everybody", "measure", "value"),
    [
        ({"cost": 0.26}, 100, "cost", 0.27),  # 3 messages of 2 parts at 0.045
        ({"audience_share": 0.5}, 4, "audience_share", 0.75),
        ({"audience_share": None}, 100, "audience_share", 0.03),
        ({"messages": None}, 100, "messages", 3),
        ({"cost": None}, 100, "cost", 0.27),
    ],
)
def test_money_share_and_a_missing_row_make_a_second_person_necessary(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime,
    limits: dict[str, Any], everybody: int, measure: str, value: float,
) -> None:  # fmt: skip
    limit(settings, **limits)
    publish_plan([row(1), row(2), row(3)], everybody=everybody)
    assert [(one.measure, one.value) for one in standing(settings).exceeded] == [(measure, value)]
    assert deliver(settings, now).held == WAITS


def test_an_audience_of_few_customers_is_never_too_large_a_share(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any]
) -> None:
    limit(settings, audience_share=0.5, share_counts_from=4)
    publish_plan([row(1), row(2), row(3)], everybody=3)
    assert not standing(settings).is_missing


def test_a_channel_without_a_price_costs_nobody_knows_what(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any]
) -> None:
    limit(settings)
    prices = settings.project_root / "dbt_project/seeds/campaigns/message_prices.csv"
    kept = [line for line in prices.read_text(encoding="utf-8").splitlines() if not line.startswith("sms,")]
    prices.write_text("\n".join(kept) + "\n", encoding="utf-8")
    publish_plan([row(1)])
    assert [(one.measure, one.value) for one in standing(settings).exceeded] == [("cost", None)]


def test_what_was_approved_holds_for_its_messages_and_for_no_larger_plan(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1), row(2), row(3)])
    approve(settings, "Wang Fang")
    publish_plan([row(2), row(3), row(4)], is_approved=False)
    assert not standing(settings).is_missing, "one message is new, which one person may approve"
    publish_plan([row(number) for number in range(3, 7)], is_approved=False)
    assert standing(settings).size.messages == 3
    assert standing(settings).is_missing
    assert deliver(settings, now).held == {"second_approval_missing": 4}


def test_a_plan_that_is_gone_approves_nothing(
    settings: Settings, row: Callable[..., Any], publish_plan: Callable[..., Any]
) -> None:
    first = publish_plan([row(1), row(2), row(3)])
    approve(settings, "Wang Fang")
    publish_plan([row(1), row(2), row(3)], is_approved=False)
    assert not standing(settings).is_missing
    first.path.unlink()
    assert standing(settings).is_missing


def test_a_changed_text_needs_both_again(settings: Settings, three: None, now: datetime) -> None:
    approve(settings, "Wang Fang")
    path = settings.project_root / "exports/templates/dormant_recall/sms/zh_CN.liquid"
    path.write_text(path.read_text(encoding="utf-8").replace("好久不见", "好久没见"), encoding="utf-8")
    assert deliver(settings, now).held == {"campaign_changed_since_approval": 3}
    (campaign,) = load_campaigns(campaign_folder(settings))
    decide(settings, campaign, "approved", "Lin")
    assert deliver(settings, now).held == WAITS
    approve(settings, "Wang Fang")
    assert deliver(settings, now).sent == 3


def test_a_pause_ends_what_the_second_person_approved(settings: Settings, three: None, now: datetime) -> None:
    approve(settings, "Wang Fang")
    (campaign,) = load_campaigns(campaign_folder(settings))
    decide(settings, campaign, "paused", "Chen")
    decide(settings, campaign, "approved", "a test")
    assert deliver(settings, now).held == WAITS


def test_the_second_person_does_not_become_the_first_one(settings: Settings, three: None, now: datetime) -> None:
    approve(settings, "Wang Fang")
    (campaign,) = load_campaigns(campaign_folder(settings))
    decide(settings, campaign, "approved", "Wang Fang")
    assert deliver(settings, now).held == WAITS
