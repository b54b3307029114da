"""Blocks: a text chosen for each customer by what is known of them and by the day, and kept with the message."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from exports.definitions.template import Template
from stores.errors import UserError

OFFER = """
name: {zh: 本月优惠, en: Offer of the month}
items:
  - name: early
    valid_until: 2026-06-30
    when: {value_tier: high}
    text: {zh: 提前购, en: Early access}
  - name: loyal
    valid_from: 2026-06-01
    valid_until: 2026-07-31
    when: {value_tier: [high, top], points_balance: 100}
    text: {zh: 积分翻倍, en: Double points}
fallback: {zh: 满100减10, en: 10 off 100}
"""
TEXT = "题目\n{{ block.offer }}"


@pytest.fixture
def block(exports: Path) -> Callable[..., Path]:
    def write(text: str = OFFER, name: str = "offer") -> Path:
        path = exports / "blocks" / f"{name}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("fields", "day", "text", "item"),
    [
        ({"value_tier": "high"}, date(2026, 6, 30), "提前购", "early"),
        ({"value_tier": "high", "points_balance": 100}, date(2026, 7, 1), "积分翻倍", "loyal"),
        ({"value_tier": "top", "points_balance": 100.0}, date(2026, 6, 1), "积分翻倍", "loyal"),
        ({"value_tier": "top", "points_balance": 100}, date(2026, 5, 31), "满100减10", "fallback"),
        ({"value_tier": "top", "points_balance": 100}, date(2026, 8, 1), "满100减10", "fallback"),
        ({"value_tier": "top", "points_balance": True}, date(2026, 7, 1), "满100减10", "fallback"),
        ({}, date(2026, 6, 30), "满100减10", "fallback"),
    ],
)
def test_the_first_item_that_fits_the_customer_and_the_day_is_said_and_kept(
    template: Callable[..., Template],
    block: Callable[..., Path],
    fields: dict[str, Any],
    day: date,
    text: str,
    item: str,
) -> None:
    path = block()
    push = template(TEXT)
    assert push.render(fields, day) == {"title": "题目", "body": text, "blocks": f"offer={item}"}
    assert path in push.files
    assert set(push.fields) == {"value_tier", "points_balance"}, "the plan and the preview ask for them"


def test_without_a_fallback_the_message_waits(template: Callable[..., Template], block: Callable[..., Path]) -> None:
    block(OFFER.partition("fallback")[0])
    push = template(TEXT)
    assert push.render({"value_tier": "ordinary"}, date(2026, 6, 30)) == "field_missing: block.offer"
    push = template("题目\n{{ block.offer | default: '您好' }}")
    assert push.render({}, date(2026, 6, 30)) == {"title": "题目", "body": "您好"}


def test_each_item_is_tried_before_anything_is_sent(
    template: Callable[..., Template], block: Callable[..., Path]
) -> None:
    block(OFFER.replace("提前购", "长" * 2000))
    with pytest.raises(UserError, match="too long: body has 6000 bytes, and 2800 are allowed"):
        template(TEXT)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "value_tier: high}",
            "value_tire: high}",
            r"yml:6: item 1, when: there is no field 'value_tire'; there are",
        ),
        ("value_tier: high}", "name: 王}", r"offer\.yml:6: item 1, when: there is no field 'name'"),
        ("name: loyal", "name: early", r"offer\.yml:3: items: each name may stand here once"),
        ("name: loyal", "name: fallback", r"item 2, name: is what the text for everybody else is called"),
        ("2026-07-31", "2026-05-31", r"item 2: valid_from is after valid_until"),
        ("2026-07-31", "tomorrow", r"item 2, valid_until: "),
        ("value_tier: high}", "value_tier: {date: 1}}", r"yml:6: item 1, when\.value_tier: "),
        ("valid_from", "valid_form", r"item 2, valid_form: is not a field; the fields are name, when, valid_from"),
        ("{zh: 提前购, en: Early access}", "{en: Early access}", r"item 1, text: has no text in zh_CN; it has en"),
        (
            "fallback: {zh: 满100减10, en: 10 off 100}",
            "fallback: {en: x}",
            r"yml:13: fallback: has no text in zh_CN",
        ),
    ],
)
def test_a_mistake_is_told_with_both_files_line_and_field(
    template: Callable[..., Template], block: Callable[..., Path], old: str, new: str, problem: str
) -> None:
    assert old in OFFER
    block(OFFER.replace(old, new, 1))
    with pytest.raises(UserError, match=problem) as told:
        template(TEXT)
    assert str(told.value).startswith("templates/recall/app_push/zh_CN.liquid:2: ")


@pytest.mark.parametrize("text", ["{{ block }}", "{{ block[city] }}", "{% assign b = block %}{{ b.offer }}"])
def test_a_block_is_named_where_it_is_used(
    template: Callable[..., Template], block: Callable[..., Path], text: str
) -> None:
    block()
    with pytest.raises(UserError, match=r"zh_CN\.liquid:2: a block is written as block\.<name>"):
        template(f"题目\n{text}")


def test_an_unknown_block_is_refused_with_those_that_there_are(
    template: Callable[..., Template], block: Callable[..., Path]
) -> None:
    block()
    with pytest.raises(UserError, match=r"There is no block 'ofer' .*there are offer. Did you mean offer\?"):
        template("题目\n{{ block.ofer }}")
