"""Languages, titles, rules of countries, and templates that want too much: each ends in one clear line."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from exports.definitions.template import Wording, find_template
from exports.definitions.template_reading import read_template
from exports.delivery.deliver import deliver
from exports.policy.sms_rules import country_of, read_sms_rules
from exports.rendering.wording_rules import read_wording_rules
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, Settings

RULES = read_wording_rules(PROJECT_ROOT)
CHANNELS = RULES.channels
WORDING = Wording("zh_CN", {})
SEED = "dbt_project/seeds/campaigns/sms_rules.csv"
PUSH = "题目\n{}"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write_template(text: str, channel: str = "app_push", name: str = "zh_CN") -> Path:
        path = tmp_path / "recall" / channel / f"{name}.liquid"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return tmp_path / "recall"

    return write_template


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' | replace: 'a', 'aaaaaaaaaa'" + " | replace: 'a', 'aaaaaaaaaa'" * 12 + " }}",
        "{% assign s = 'aaaaaaaaaa' %}" + "{% assign s = s | replace: 'a', s %}" * 8 + "{{ s }}",
        "{% assign s = 'aaaaaaaaaa' %}" + "{% assign s = s | append: s %}" * 40 + "{{ s | size }}",
        "{% capture s %}aaaaaaaaaa{% endcapture %}" + "{% capture s %}{{ s }}{{ s }}{% endcapture %}" * 40,
        "{% assign l = 'a,b' | split: ',' %}" + "{% assign l = l | concat: l %}" * 40 + "{{ l | size }}",
        "{{ (1..999999999) | join: ',' }}",
        "{% for i in (1..999999999) reversed %}{{ i }}{% endfor %}",
        "{% for i in (1..999999999) limit: 2 offset: 900000000 %}{{ i }}{% endfor %}",
        "{% assign r = (1..999999999) %}{% for i in r reversed %}{% endfor %}",
        "{% for i in (1..1000) %}{% for j in (1..1000) %}{% endfor %}{% endfor %}",
        "{% tablerow i in (1..100000) %}{{ i }}{% endtablerow %}",
        "{% assign n = 99 %}{% for i in (1..200) %}{% assign n = n | times: n %}{% endfor %}",
        "{{ '1e99999999' | ceil }}",
        "{{ '1e99999999' | plus: 1 | floor }}",
        "{{ '" + "9" * 9000 + "' | plus: 1 }}",
        "{% if city %}" * 900 + "{% endif %}" * 900,
        "{{ " + "(" * 3000 + " }}",
        "{% include 'x' %}",
        "{% render 'x' %}",
        "a" * 30_000,
        "{% for i in (1..1000) %}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}",
        "{{ 1 | divided_by: 0 }}",
    ],
)
def test_a_template_that_wants_too_much_ends_in_one_clear_line(write: Callable[..., Path], text: str) -> None:
    folder = write(PUSH.format(text))
    with pytest.raises(UserError, match=r"^templates/recall/app_push/zh_CN\.liquid") as refused:
        read_template(folder, CHANNELS["app_push"], WORDING, RULES)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("{% for i in (1..900) %}aaaaaaaaaaaaaaaaaaaa{% endfor %}", "makes more than 10000 characters"),
        ("{% for i in (1..900) %}{% for j in (1..900) %}{% endfor %}{% endfor %}", "loops more than 1000 times"),
        ("{% for i in (1..1500) %}a{% endfor %}", "a range of more than 1000 steps"),
    ],
)
def test_what_a_template_takes_too_much_of_is_said_with_its_limit(
    text: str, limit: str, write: Callable[..., Path]
) -> None:
    with pytest.raises(UserError, match=rf":2: {limit}\.$"):
        read_template(write(PUSH.format(text)), CHANNELS["app_push"], WORDING, RULES)


def test_an_ordinary_template_may_use_filters_loops_and_ranges(write: Callable[..., Path]) -> None:
    loop = "{% for i in (1..3) reversed %}{{ i | times: 2 }}{% endfor %}"
    text = loop + " {{ city | default: '您' | append: '好' | escape }}"
    template = read_template(write(PUSH.format(text)), CHANNELS["app_push"], WORDING, RULES)
    assert template.render({"city": "上海"}) == {"title": "题目", "body": "642 上海好"}


def test_a_language_falls_back_to_the_one_that_it_is_a_variety_of_and_to_no_other(write: Callable[..., Path]) -> None:
    folder = write("a\nb", name="zh")
    write("a\nb", name="zh_Hant")
    assert find_template(folder, "app_push", "zh_Hant_TW").name == "zh_Hant.liquid"
    assert find_template(folder, "app_push", "zh_CN").name == "zh.liquid"
    with pytest.raises(UserError, match=r"fr_CA\.liquid is missing \(nor fr\.liquid\); there is zh\.liquid, zh_Hant"):
        find_template(folder, "app_push", "fr_CA")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("只有一行，没有题目", r"zh_CN\.liquid:1: .*first line is the title, and below it there is no text"),
        ("\n正文在第二行", r":1: .*first line is the title and must not be empty"),
        ("{% if city %}{{ city }}{% endif %}\n正文", r":1: .*must not be empty.*city=None"),
        ("<!DOCTYPE html>\n<html></html>", r":1: .*first line is the title, and '<!DOCTYPE html>' is markup"),
        ("长" * 300 + "\n正文", r":1: .*title and may have 200 characters, not 300"),
    ],
)
def test_a_first_line_that_cannot_be_a_title_is_named_with_file_and_line(
    write: Callable[..., Path], text: str, problem: str
) -> None:
    with pytest.raises(UserError, match=problem):
        read_template(write(text), CHANNELS["app_push"], WORDING, RULES)


def test_the_number_decides_the_country() -> None:
    numbers = ["+8613800138000", "+85261234567", "+6581234567", "+447400123456", "+999123", "nonsense", ""]
    assert [country_of(number) for number in numbers] == ["CN", "HK", "SG", "GB", None, None, None]


def test_a_number_of_a_country_without_rules_waits_and_another_countrys_rules_count(
    settings: Settings, tool: Any, row: Callable[..., Any], publish_plan: Callable[..., Any], now: datetime
) -> None:
    publish_plan([row(1), row(2, phone="+447400123456"), row(3, phone="+85261234567")])
    report = deliver(settings, now)
    assert (report.sent, report.held) == (1, {"sms_no_rules_for_country: GB": 1})
    (reason,) = report.refused
    assert reason.startswith("template_not_allowed: a text message (HK) must end with the opt-out words")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("CN,true", "CN,perhaps", r"sms_rules\.csv:2: a rule needs country"),
        ("09:00,21:00,Asia/Shanghai", "21:00,09:00,Asia/Shanghai", r"sms_rules\.csv:2"),
        ("Asia/Hong_Kong", "Asia/Hongkong Island", r"sms_rules\.csv:3"),
        ("HK,", "CN,", r"sms_rules\.csv:3: CN has a rule already"),
        ("拒收请回复R|退订回T", "", r"sms_rules\.csv:2"),
    ],
)
def test_a_wrong_rule_is_named_with_file_and_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    (tmp_path / SEED).parent.mkdir(parents=True)
    shutil.copy(PROJECT_ROOT / SEED, tmp_path / SEED)
    text = (tmp_path / SEED).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / SEED).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_sms_rules(tmp_path)


def test_without_the_rules_nothing_is_sent(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"sms_rules\.csv is missing .* nothing is built or sent without it"):
        read_sms_rules(tmp_path)
