"""Whom a campaign goes to, when, and for how much: what its file may say, and what becomes of it."""

import logging
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from exports.definitions.approval import CHANGED, DRAFT, approvals, decide
from exports.definitions.campaign_files import campaign_folder, load_campaigns
from exports.definitions.registration import check_campaigns, register
from stores.errors import UserError
from stores.operations import campaign_audience, campaign_variants, campaigns, engine, reading
from stores.settings import PROJECT_ROOT, Settings
from tests.testing.project_copy import LEFT_OUT

AUDIENCE = """audience:
  segments: [dormant_recall, high_value]
  tags: [top_spender]
  exclude_tags: [high_spender]
"""
MORE = """schedule: {starts_on: 2026-11-01, ends_on: 2026-11-30, weekdays: [mon, tue]}
offer: {valid_until: 2026-11-20, stock: 500, cost: 12}
owner: Lin Yue
value: 12.5
budget: 3000
daily_limit: 200
variants: [{name: a, share: 33.3}, {name: b, share: 66.7}]
"""
SEGMENT = "segment: dormant_recall\n"
OFFER = "offer: {cost: 50}              # what each 满200减50 that is taken up costs\n"
Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a text in place of another one into the dormant recall campaign of a copy of the project."""
    for part in ("exports", "dbt_project"):
        shutil.copytree(PROJECT_ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns(*LEFT_OUT))
    path = tmp_path / "exports" / "campaigns" / "dormant_recall.yml"
    text = path.read_text(encoding="utf-8")
    assert OFFER in text
    path.write_text(text.replace(OFFER, ""), encoding="utf-8")  # the texts below say one of their own

    def replace(old: str, new: str) -> Path:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        return path

    return replace


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (SEGMENT, "audience: {exclude_tags: [tea]}\n", r":8: audience: needs segments or tags"),
        (SEGMENT, "audience: {tags: [tea], exclude_tags: [tea]}\n", r":8: audience: tea is included and excluded"),
        (SEGMENT, "audience: {tags: [tea, tea]}\n", r":8: audience.tags: each name may stand here once"),
        (SEGMENT, "audience: {tag: [tea]}\n", r"the fields are segments, tags, exclude_segments, exclude_tags"),
        (SEGMENT, f"{SEGMENT}audience: {{tags: [tea]}}\n", r":8: segment: is said by `audience`, too"),
        (SEGMENT, "", r"segment: is missing; say it, or `audience`"),
        ("priority: 50", "value: -1", r":20: value: must be 0 or more, not -1"),
        ("priority: 50", "budget: .inf", r":20: budget: "),
        ("total_budget: 20000", "total_budget: -5", r":30: total_budget: must be 0 or more, not -5"),
        (
            "priority: 50",
            "budget: 20001",
            r":30: total_budget: must be 20001 or more, which is the budget of the messages alone",
        ),
        ("priority: 50", "offer: {cost: much}", r":20: offer.cost: must be a number"),
        ("priority: 50", "daily_limit: 0", r":20: daily_limit: must be 1 or more, not 0"),
        ("priority: 50", "holdout_percent: 100", r"holdout_percent stands here and in line 18"),
        ("holdout_percent: 10", "holdout_percent: 100", r":18: holdout_percent: must be 50 or less, not 100"),
        (
            "priority: 50",
            "schedule: {weekdays: [monday]}",
            r":20: schedule, weekday 1: must be one of 'mon', .*'monday'",
        ),
        ("priority: 50", "schedule: {weekdays: [mon, mon]}", r":20: schedule: each weekday may stand here once"),
        ("priority: 50", "schedule: {starts_on: soon}", r":20: schedule.starts_on: must be a day"),
        (
            "priority: 50",
            "schedule: {starts_on: 2026-11-02, ends_on: 2026-11-01}",
            r":20: schedule: ends_on 2026-11-01 lies before starts_on 2026-11-02",
        ),
        (
            "priority: 50",
            "schedule: {starts_on: 2026-11-02}\noffer: {valid_until: 2026-11-01}",
            r":21: offer.valid_until: lies before the campaign starts, on 2026-11-02",
        ),
        ("priority: 50", "offer: {stock: -1}", r":20: offer.stock: must be 0 or more, not -1"),
        (
            "priority: 50",
            "variants: [{name: a, share: 33}, {name: b, share: 66}]",
            r":20: variants: the shares make 99 %, and have to make 100 %\.$",
        ),
        ("priority: 50", "variants: [{name: a, share: 50}, {name: b}]", r":20: variants: all have a share, or none"),
        (
            "priority: 50",
            "variants: [{name: a, share: 50, weight: 2}, {name: b, share: 50}]",
            r":20: variant 1: needs weight or share, not both",
        ),
        (
            "priority: 50",
            "variants: [{name: a, share: 33.33}, {name: b, share: 66.67}]",
            r":20: variant 1: share: 33.33 has more than one decimal",
        ),
    ],
)
def test_a_mistake_is_named_with_file_line_field_and_what_is_allowed(
    write: Write, old: str, new: str, message: str
) -> None:
    path = write(old, new)
    with pytest.raises(UserError, match=rf"dormant_recall\.yml.*{message}"):
        load_campaigns(path.parent)


def test_everything_that_a_file_says_stands_in_the_operations_store(settings: Settings, write: Write) -> None:
    path = write(SEGMENT, AUDIENCE + MORE)
    own = settings.model_copy(update={"project_root": path.parents[2]})
    register(own, load_campaigns(campaign_folder(own)))
    with reading(engine(own)) as connection:
        row = connection.execute(select(campaigns).where(campaigns.c.campaign_id == "dormant_recall")).mappings().one()
        c = campaign_audience.c
        parts = connection.execute(
            select(c.side, c.kind, c.name).where(c.campaign_id == "dormant_recall").order_by(c.side, c.kind, c.name)
        ).all()
        short = connection.execute(select(c.side, c.kind, c.name).where(c.campaign_id == "new_customer_welcome")).all()
        weights = connection.execute(
            select(campaign_variants.c.weight).where(campaign_variants.c.campaign_id == "dormant_recall")
        ).scalars()
        assert sorted(weights) == [333, 667]
    assert [tuple(part) for part in parts] == [
        ("exclude", "tag", "high_spender"),
        ("include", "segment", "dormant_recall"),
        ("include", "segment", "high_value"),
        ("include", "tag", "top_spender"),
    ]
    assert [tuple(part) for part in short] == [("include", "segment", "new_customers")]
    assert (row["segment"], row["owner"], row["expected_value"], row["budget"]) == ("", "Lin Yue", 12.5, 3000)
    assert (row["daily_limit"], row["offer_stock"], row["weekdays"]) == (200, 500, "mon,tue")
    assert (row["offer_cost"], row["total_budget"]) == (12, 20000)
    days = (row["starts_on"], row["ends_on"], row["offer_ends_on"])
    assert days == (date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 20))


def test_a_campaign_whose_segment_vanished_is_said_and_the_others_go_on(
    settings: Settings, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    path = write("priority: 50", "priority: 51")
    own = settings.model_copy(update={"project_root": path.parents[2]})
    loaded = load_campaigns(path.parent)
    recall = next(one for one in loaded if one.campaign_id == "dormant_recall")
    decide(own, recall, "approved", "Lin Yue")
    (own.project_root / "dbt_project/models/marts/segments/segment_dormant_recall.sql").unlink()
    with caplog.at_level(logging.WARNING):
        register(own, loaded)
    assert "Not planned: dormant_recall.yml: segment: there is no segment 'dormant_recall'" in caplog.text
    standing = approvals(own, loaded)
    assert (standing["dormant_recall"].state, standing["new_customer_welcome"].state) == (CHANGED, DRAFT)
    with pytest.raises(UserError, match="there is no segment 'dormant_recall'"):
        check_campaigns(own, [recall])


def test_an_approval_holds_the_rule_of_each_tag(settings: Settings, write: Write) -> None:
    path = write(SEGMENT, AUDIENCE)
    own = settings.model_copy(update={"project_root": path.parents[2]})
    (recall,) = (one for one in load_campaigns(path.parent) if one.campaign_id == "dormant_recall")
    decide(own, recall, "approved", "Lin Yue")
    seed = own.project_root / "dbt_project/seeds/tags/tag_rules.csv"
    rows = seed.read_text(encoding="utf-8")
    rule = "top_spender,,spending_power,net_revenue,top_share,,,1,"
    assert rule in rows
    seed.write_text(rows.replace(rule, rule.replace("1,", "50,")), encoding="utf-8")
    (changed,) = approvals(own, [recall]).values()
    assert (changed.state, changed.changed_files) == (CHANGED, ("dbt_project/seeds/tags/tag_rules.csv#top_spender",))
    kept = [line for line in rows.splitlines() if not line.startswith("top_spender")]
    seed.write_text("\n".join(kept), encoding="utf-8")
    with pytest.raises(UserError, match=r"dormant_recall\.yml: audience: there is no tag 'top_spender'"):
        check_campaigns(own, [recall])
