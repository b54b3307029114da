"""Campaigns of the made-up retailer, and messages that it sent in the weeks before: some of every state, few in all.

They stand in the operations store as tools and people would have left them, so that the plan finds used caps, messages
that were sent before, suppressions and answers, and results have something to count. No message is really sent.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import func, select

from benchmarks.measure import Stopwatch
from benchmarks.shared_retailer import AS_OF, settings_of
from stores import operations
from stores.key_record import open_keyring
from stores.lake.history import append_history
from stores.operations.deliveries import STATES
from stores.settings import Settings
from stores.warehouse import connect

MESSAGES = 3_000
_ACCEPTED = ("accepted", "sent", "delivered", "failed", "bounced")
# A draft and approved ones; one message and two; one variant and two; a class of caps without a row of its own; and a
# campaign that is over, whose results are still counted.
_CAMPAIGNS: tuple[dict[str, Any], ...] = (
    {"campaign_id": "dormant_recall", "version": 1, "segment": "dormant_recall", "occurrence": "monthly",
     "priority": 50},
    {"campaign_id": "welcome", "version": 1, "segment": "new_customers", "occurrence": "once", "status": "draft"},
    {"campaign_id": "best_customers", "version": 2, "segment": "high_value", "occurrence": "weekly", "priority": 60,
     "goal": "interaction", "holdout_percent": 12.5},
    {"campaign_id": "win_back", "version": 1, "segment": "win_back", "occurrence": "quarterly", "priority": 50,
     "cap_class": "seasonal", "holdout_percent": 0.0},
    {"campaign_id": "spring_news", "version": 3, "segment": "high_value", "occurrence": "once", "is_active": False},
)  # fmt: skip
_OCCURRENCES = {"monthly": "2026-06", "once": "once", "weekly": "week-2026-06-29", "quarterly": "2026-Q2"}
_STEPS = {"best_customers": ((1, ("email", "wecom", "sms")), (2, ("sms", "app_push")))}
_VARIANTS = {"best_customers": (("long", 1), ("short", 2))}


def record_messages(stopwatch: Stopwatch, home: Path) -> int:
    """Write campaigns, messages and what followed from them into the operations store, and ingest it.

    Returns:
        How many messages there are; where some are, nothing is written.
    """
    from ingestion.pipeline import ingest as ingest_channel

    settings = settings_of(home)
    store = operations.engine(settings)
    open_keyring(settings)  # notes the keys in the store while it is empty
    with operations.reading(store) as connection:
        there = connection.execute(select(func.count()).select_from(operations.deliveries)).scalar_one()
    if there:
        return int(there)
    people = _people(settings)
    messages = list(_messages(people))
    with operations.writing(store) as connection:
        for table, rows in (
            (operations.campaigns, _campaigns()),
            (operations.campaign_steps, _steps()),
            (operations.campaign_channels, _channels()),
            (operations.campaign_variants, _variants()),
            (operations.deliveries, messages),
            (operations.delivery_events, list(_events(messages))),
            (operations.suppressions, list(_suppressions(people))),
            (operations.consents, list(_consents(people))),
        ):
            connection.execute(operations.insert(connection, table).on_conflict_do_nothing(), rows)
    _record_holdouts(settings, list(dict.fromkeys(customer for customer, *_ in people))[::5])
    with stopwatch.phase("operations"):
        ingest_channel(settings, "operations")
    return len(messages)


def _people(settings: Settings) -> list[tuple[str, str, str, str]]:
    """Customer ids with an address each, of a channel that messages go through: id, channel, kind of address, token."""
    lake = settings.lake
    with duckdb.connect() as connection:
        return connection.execute(
            "select 'c_' || substr(sha256(id), 1, 16) as customer_id, channel, identifier_type, token from ("
            " select 'shop:' || customer_id as id, 'sms' as channel, 'phone' as identifier_type, mobile_token as token"
            f" from '{lake}/raw_shop/customers/*.parquet'"
            " union select 'shop:' || customer_id, 'email', 'email', email_token"
            f" from '{lake}/raw_shop/customers/*.parquet'"
            " union select 'app:' || app_user_id, 'app_push', 'app_user_id', app_user_id"
            f" from '{lake}/raw_app/users/*.parquet'"
            ") where token is not null order by md5(customer_id || channel || token) limit ?",
            [MESSAGES],
        ).fetchall()


def _moment(days_ago: int, hour: int = 2) -> datetime:
    return datetime.combine(AS_OF - timedelta(days=days_ago), time(hour))


def _campaigns() -> list[dict[str, Any]]:
    usual = {
        "purpose": "marketing", "holdout_percent": 10.0, "cap_class": "marketing", "priority": 40, "goal": "purchase",
        "goal_window_days": 14, "is_active": True, "status": "approved",
    }  # fmt: skip
    return [{"name_zh": one["campaign_id"], "name_en": one["campaign_id"], **usual, **one} for one in _CAMPAIGNS]


def _steps_of(campaign_id: str) -> tuple[tuple[int, tuple[str, ...]], ...]:
    return _STEPS.get(campaign_id, ((1, ("sms", "app_push")),))


def _of_version(campaign: dict[str, Any]) -> dict[str, Any]:
    return {"campaign_id": campaign["campaign_id"], "version": campaign["version"], "is_active": True}


def _steps() -> list[dict[str, Any]]:
    return [
        {**_of_version(one), "step": step, "template": one["campaign_id"], "wait_days": 7 * (step - 1)}
        for one in _CAMPAIGNS
        for step, _ in _steps_of(one["campaign_id"])
    ]


def _channels() -> list[dict[str, Any]]:
    return [
        {**_of_version(one), "step": step, "channel": channel, "position": place, "destination": "crm_webhook"}
        for one in _CAMPAIGNS
        for step, channels in _steps_of(one["campaign_id"])
        for place, channel in enumerate(channels, 1)
    ]


def _variants() -> list[dict[str, Any]]:
    return [
        {**_of_version(one), "variant": variant, "weight": weight}
        for one in _CAMPAIGNS
        for variant, weight in _VARIANTS.get(one["campaign_id"], (("a", 1),))
    ]


def _messages(people: list[tuple[str, str, str, str]]) -> Iterator[dict[str, Any]]:
    """A message to each, of the last eight weeks: by turns of each campaign, and in each state."""
    for number, (customer_id, channel, identifier_type, token) in enumerate(people):
        campaign = _CAMPAIGNS[number % len(_CAMPAIGNS)]
        steps, variants = _steps_of(campaign["campaign_id"]), _VARIANTS.get(campaign["campaign_id"], (("a", 1),))
        # half of them delivered, or nothing would follow from them
        state = "delivered" if number % 2 else STATES[number // 2 % len(STATES)]
        planned_at = _moment(number // 3 % 56, number % 24)
        yield {
            "delivery_id": f"d_{number:08}", "dedupe_key": f"{number:08}", "campaign_id": campaign["campaign_id"],
            "campaign_version": campaign["version"] - (number % 11 == 0), "step": steps[number // 5 % len(steps)][0],
            "customer_id": customer_id, "channel": channel, "destination": "crm_webhook",
            "occurrence": _OCCURRENCES[campaign["occurrence"]] if number % 4 else "2026-05",
            "variant": None if number % 13 == 0 else variants[number // 5 % len(variants)][0],
            "identifier_type": identifier_type, "identifier_token": token, "state": state, "template": "made_up",
            "fields": "{}", "purpose": "marketing", "priority": 50, "value_score": 0.0, "publication_id": "before",
            "as_of": planned_at.date(), "attempts": 0, "planned_at": planned_at,
            "accepted_at": planned_at + timedelta(minutes=5) if state in _ACCEPTED else None,
        }  # fmt: skip


def _events(messages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What tools report of them: delivered, and hours later of some opened, clicked, complained or unsubscribed."""
    for number, message in enumerate(messages):
        if not message["accepted_at"]:
            continue
        later = ["opened", "clicked"][: number % 3] + ["unsubscribed", "complained"][: number % 17 // 15]
        for hours, event in enumerate(["delivered", *later]):
            occurred_at = message["accepted_at"] + timedelta(hours=hours * (number % 7 + 1))
            yield {
                "event_id": f"e_{number:08}_{event}", "delivery_id": message["delivery_id"], "event": event,
                "detail": None, "occurred_at": occurred_at, "received_at": occurred_at,
            }  # fmt: skip


def _suppressions(people: list[tuple[str, str, str, str]]) -> Iterator[dict[str, Any]]:
    reasons = itertools.cycle(("unsubscribed", "bounced", "complained", "erased", "of_old"))
    for number, (_, channel, identifier_type, token) in enumerate(people[::17]):
        yield {
            "identifier_type": identifier_type, "identifier_token": token, "channel": "*" if number % 3 else channel,
            "reason": next(reasons), "is_active": number % 4 > 0, "created_at": _moment(number % 60),
        }  # fmt: skip


def _consents(people: list[tuple[str, str, str, str]]) -> Iterator[dict[str, Any]]:
    """Answers given to the messages: mostly yes to more of them, and here and there a no to being profiled."""
    for number, (_, channel, identifier_type, token) in enumerate(people):
        if number % 3:
            yield {
                "identifier_type": identifier_type, "identifier_token": token, "channel": channel,
                "purpose": "profiling" if number % 5 == 0 else "marketing", "granted": number % 4 > 0,
                "source": "answer to a message", "changed_at": _moment(number % 60),
            }  # fmt: skip


def _record_holdouts(settings: Settings, customers: list[str]) -> None:
    """Whom campaigns left out on days before: into the register of the lake, from which a build reads them back."""
    campaigns = itertools.cycle(one for one in _campaigns() if one["is_active"] and one["status"] == "approved")
    rows = [
        (one["campaign_id"], customer, one["version"], 1, _OCCURRENCES[one["occurrence"]], AS_OF - timedelta(days))
        for one, customer, days in zip(campaigns, customers, itertools.cycle(range(20, 29)), strict=False)
    ]
    with connect(settings, read_only=False) as warehouse:
        warehouse.execute("create schema if not exists intermediate")
        warehouse.execute(
            "create or replace table intermediate.int_campaign_holdouts (campaign_id varchar, customer_id varchar,"
            " campaign_version int, step int, occurrence varchar, held_out_on date)"
        )
        warehouse.executemany("insert into intermediate.int_campaign_holdouts values (?, ?, ?, ?, ?, ?)", rows)
    append_history(settings, [("intermediate", "int_campaign_holdouts")])
