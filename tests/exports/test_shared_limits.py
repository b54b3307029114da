"""No campaign and no destination sends more than it may, whatever two planners, late plans and lost answers do."""

import random
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from exports.definitions.approval import approvals
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.delivery.deliver import deliver
from exports.policy.second_approval import approve_as_second, second_approvals
from exports.policy.shared_limits import destination_limits_of, prices_of
from serving.published_copy import PublishedCopy
from serving.rules import Rules
from stores.errors import UserError
from stores.operations import deliveries, delivery_attempts, engine, reading
from stores.settings import PROJECT_ROOT, Settings
from tests.testing.project_copy import keep_one_campaign

SHANGHAI = ZoneInfo("Asia/Shanghai")
CAMPAIGN = "exports/campaigns/dormant_recall.yml"
Limited = Callable[..., None]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The installation of the other tests on a project whose files may be changed."""
    project = tmp_path / "project"
    for name in ("exports/campaigns", "exports/templates", "dbt_project/seeds", "dbt_project/models/marts/segments"):
        shutil.copytree(PROJECT_ROOT / name, project / name)
    keep_one_campaign(project / "exports" / "campaigns")
    return settings.model_copy(update={"project_root": project})


@pytest.fixture
def limited(settings: Settings) -> Limited:
    """Give the campaign limits, and the destination one of its own."""

    def limit(lines: str = "", a_day: int = 200_000) -> None:
        file = settings.project_root / CAMPAIGN
        others = re.sub(r"^offer:.*\n", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        file.write_text(f"{others}\n{lines}\n", encoding="utf-8")
        seed = settings.project_root / "dbt_project/seeds/limits/destination_limits.csv"
        seed.write_text(f"destination,max_messages_per_day\ncrm_webhook,{a_day}\n", encoding="utf-8")

    return limit


@pytest.mark.parametrize(
    ("lines", "a_day", "reason", "is_tomorrow"),
    [
        ("daily_limit: 4", 99, "daily_limit", True),
        ("offer: {stock: 4}", 99, "offer_stock", False),
        ("budget: 0.36", 99, "budget", False),  # four messages of two parts at 0.045
        ("", 4, "destination_limit", True),
    ],
    ids=["a day", "stock", "budget", "destination"],
)
def test_a_second_plan_of_a_day_gets_only_the_room_that_the_first_left(
    settings: Settings, limited: Limited, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any],
    now: datetime, lines: str, a_day: int, reason: str, is_tomorrow: bool,
) -> None:  # fmt: skip
    limited(lines, a_day)
    publish_plan([row(number) for number in range(3)])
    assert deliver(settings, now).sent == 3
    # the plan of another planner, which did not see the first one's messages
    publish_plan([row(number) for number in range(10, 14)], run_id="another run")
    report = deliver(settings, now)
    assert (report.sent, report.held) == (1, {reason: 3})
    with reading(engine(settings)) as connection:
        waits = connection.execute(
            select(deliveries.c.value_score, deliveries.c.held_until).where(deliveries.c.state == "held")
        ).all()
    assert sorted(score for score, _ in waits) == [10.0, 11.0, 12.0]  # the best one had the room
    tomorrow = datetime(2026, 6, 30, 16) if is_tomorrow else None
    assert {until for _, until in waits} == {tomorrow}
    assert tool.taken.total() == 4


def test_on_the_next_day_there_is_room_again(
    settings: Settings, limited: Limited, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any],
    now: datetime,
) -> None:  # fmt: skip
    limited("daily_limit: 2")
    rows = [row(number) for number in range(5)]
    for days, sent in ((0, 2), (1, 2), (2, 1)):
        day = now + timedelta(days=days)
        publish_plan(rows, as_of=day.date())
        assert deliver(settings, day).sent == sent
    assert set(tool.taken.values()) == {1}


def test_what_was_proven_not_sent_gives_its_room_back(
    settings: Settings, limited: Limited, tool: Any, faults: Any, row: Callable[..., Any],
    publish_plan: Callable[..., Any], now: datetime,
) -> None:  # fmt: skip
    limited("daily_limit: 3")
    publish_plan([row(number) for number in range(3)])
    tool.faults = [faults.answering(429, {"retry-after": "60"})]
    assert deliver(settings, now).sent == 0
    assert deliver(settings, now + timedelta(minutes=5)).sent == 3


def test_a_channel_without_a_price_sends_nothing_on_a_budget(
    settings: Settings, limited: Limited, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    limited("budget: 100")
    seed = settings.project_root / "dbt_project/seeds/campaigns/message_prices.csv"
    seed.write_text("channel,destination,country,price,name_zh,name_en\nemail,*,*,0.002,邮件,E-mail\n", "utf-8")
    publication = publish_plan([row(1)])
    (campaign,) = load_campaigns(campaign_folder(settings))
    standing = approvals(settings, [campaign])
    with PublishedCopy(publication.path) as published:
        plans = second_approvals(settings, published, publication, [campaign], standing)
    (name,) = plans
    approve_as_second(settings, campaign, standing[name], plans[name], publication, "Wang")
    assert deliver(settings, now).held == {"budget": 1}


def test_random_plans_of_two_planners_with_lost_answers_exceed_no_limit(
    settings: Settings, limited: Limited, tool: Any, faults: Any, row: Callable[..., Any],
    publish_plan: Callable[..., Any], now: datetime, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    limited("daily_limit: 12\nbudget: 3.6", a_day=9)
    assert load_campaigns(campaign_folder(settings))[0].daily_limit == 12
    chance, machines = random.Random(11), count()
    monkeypatch.setattr("exports.delivery.deliver.delivery_turn", lambda _: NoTurn())
    # Every delivery thinks it is the only one, on a machine of its own.
    monkeypatch.setattr("exports.delivery.deliver.installation", lambda _: f"machine {next(machines)}")
    customers = iter(range(900))
    for day in range(8):
        moment = now + timedelta(days=day)
        for number in range(2):  # a late plan of the same day, approved after the first was sent
            tool.faults = [faults.dropping(takes_first=chance.random() < 0.5) for _ in range(day % 3)]
            planned = [row(next(customers), value_score=chance.random(), as_of=moment.date()) for _ in range(9)]
            publish_plan(planned, as_of=moment.date(), run_id=f"run {day} {number}")
            with ThreadPoolExecutor(2) as planners:
                list(planners.map(lambda at: deliver(settings, at), [moment, moment]))
    with reading(engine(settings)) as connection:
        taken = connection.execute(select(deliveries).where(deliveries.c.slot_at.is_not(None))).mappings().all()
        outcomes = connection.execute(select(delivery_attempts.c.outcome)).scalars().all()
    assert "unknown" in outcomes
    a_day: dict[str, Counter[date]] = defaultdict(Counter)
    for one in taken:
        day_of_it = one["slot_at"].replace(tzinfo=ZoneInfo("UTC")).astimezone(SHANGHAI).date()
        a_day[one["destination"]][day_of_it] += 1
    assert max(a_day["crm_webhook"].values()) == 9
    assert len(taken) == 40  # 3.6 for messages of two parts at 0.045


class NoTurn:
    """Two machines do not see each other's lock."""

    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


@pytest.mark.parametrize("row", [{"destination": "crm"}, {"destination": "crm", "max_messages_per_day": "many"}])
def test_a_limit_of_a_destination_that_makes_no_sense_is_named(row: dict[str, str]) -> None:
    with pytest.raises(UserError, match=r"destination_limits\.csv:2: a limit needs destination and a whole number"):
        destination_limits_of([row], "destination_limits.csv")


def test_a_price_that_makes_no_sense_is_named() -> None:
    channel = {
        "channel": "email", "identifier_type": "email", "has_title": "true", "follows_sms_rules": "false",
        "format": "html", "name_zh": "邮件", "name_en": "E-mail",
    }  # fmt: skip
    rows = {"message_channels": [channel], "message_prices": [{"channel": "email", "price": "dear"}]}
    with pytest.raises(UserError, match=r"message_prices\.csv:2: a price needs channel and a number for price"):
        prices_of(Rules(rows | {"rule_thresholds": []}, "{seed}.csv"))
