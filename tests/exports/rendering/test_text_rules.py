"""What countries ask of texts: rows of seeds. A country without any gets nothing that others have rules for."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from exports.definitions.template import Template
from exports.policy.text_rules import text_rules_of
from exports.rendering.channel_limits import channel_limits_of, too_long
from exports.rendering.message_links import UNSUBSCRIBE_MARK
from exports.rendering.wording_rules import WordingRules
from stores.errors import UserError

EU = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE"
MAIL = {"title": "【广告】优惠", "html": f"<a href='{UNSUBSCRIBE_MARK}'>x</a>", "text": "优惠"}


def test_mainland_china_the_eu_and_the_us_have_rules_and_a_country_that_has_none_waits(rules: WordingRules) -> None:
    for country in ("CN", *EU.split(), "US"):
        assert country in rules.sms_rules
        assert rules.text_rules.refusal(country, "email", MAIL) is None
    for country in ("TR", "GB"):
        assert rules.text_rules.refusal(country, "email", MAIL) == f"no_text_rules_for_country: {country}"


@pytest.mark.parametrize(
    ("country", "changes", "problem"),
    [
        ("CN", {"title": "优惠 AD"}, None),
        ("CN", {"title": "READ 优惠"}, "the title must have one of the words 广告 / AD"),
        ("CN", {"title": "优惠"}, "the title must have one of the words 广告 / AD"),
        ("CN", {"text": "全国第一的优惠"}, "the text must not have the word '全国第一'"),
        ("CN", {"html": "<p>优惠</p>"}, "the html must have the link to unsubscribe, {{ unsubscribe_url }}"),
        ("DE", {"title": "Angebot"}, None),
        ("DE", {"html": "<p>Angebot</p>"}, "the html must have the link to unsubscribe"),
        ("US", {"html": "<p>Offer</p>"}, "the html must have the link to unsubscribe"),
    ],
)
def test_a_country_asks_for_texts_and_forbids_words(
    rules: WordingRules, country: str, changes: dict[str, str], problem: str | None
) -> None:
    said = rules.text_rules.refusal(country, "email", {**MAIL, **changes})
    if problem is None:
        assert said is None
    else:
        assert said is not None
        assert said.startswith(f"template_not_allowed: {problem}")
        assert said.endswith(f" ({country}; seed text_rules)")


def test_words_that_a_country_forbids_count_in_its_text_messages_only(rules: WordingRules) -> None:
    text = "【关系商城】全网最低价，拒收请回复R"
    sms = rules.sms_rules_of("sms")
    assert sms["CN"].problem(text) == "a text message (CN) must not have the word '全网最低'"
    assert sms["FR"].problem("Soldes 全网最低 STOP") is None


def test_a_text_that_a_country_forbids_is_refused_where_no_other_allows_it(template: Callable[..., Template]) -> None:
    with pytest.raises(UserError, match="must not have the word '顶级'"):
        template("【关系商城】顶级优惠，拒收请回复R", "sms")


@pytest.mark.parametrize(
    ("country", "moment", "opens"),
    [
        ("FR", datetime(2026, 11, 28, 21, 0), datetime(2026, 11, 30, 10, 0)),
        ("FR", datetime(2026, 11, 29, 12, 0), datetime(2026, 11, 30, 10, 0)),
        ("FR", datetime(2026, 11, 30, 12, 0), None),
        ("DE", datetime(2026, 11, 29, 12, 0), None),
    ],
)
def test_a_country_may_have_days_of_the_week_without_text_messages(
    rules: WordingRules, country: str, moment: datetime, opens: datetime | None
) -> None:
    rule = rules.sms_rules[country]
    there = opens.replace(tzinfo=rule.zone) if opens else None
    assert rule.quiet_until(moment.replace(tzinfo=rule.zone)) == there


def test_in_the_hours_of_the_us_no_zone_of_it_is_outside_of_its_own(rules: WordingRules) -> None:
    rule = rules.sms_rules["US"]
    for month in (1, 7):
        for hour in range(24):
            moment = datetime(2026, month, 15, hour, 0, tzinfo=ZoneInfo("UTC"))
            if rule.quiet_until(moment) is None:
                for zone in ("America/New_York", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu"):
                    assert 8 <= moment.astimezone(ZoneInfo(zone)).hour < 21


@pytest.mark.parametrize(
    "changes",
    [{"country": "China"}, {"rule": "any_of"}, {"words": ""}, {"rule": "unsubscribe_link"}, {"part": ""}],
)
def test_a_rule_that_makes_no_sense_is_named_with_file_and_line(changes: dict[str, str]) -> None:
    row = {"country": "CN", "channel": "email", "part": "text", "rule": "none_of", "words": "a|b"}
    assert text_rules_of([row], "text_rules.csv").forbidden_in("CN", "email") == ("a", "b")
    with pytest.raises(UserError, match=r"text_rules\.csv:2: a rule needs country"):
        text_rules_of([{**row, **changes}], "text_rules.csv")


@pytest.mark.parametrize(
    ("unit", "most", "text", "problem"),
    [
        ("bytes", 6, "您好", None),
        ("bytes", 5, "您好", "too long: text has 6 bytes, and 5 are allowed"),
        ("characters", 2, "您好", None),
        ("parts", 1, "a" * 161, "too long: text has 2 parts, and 1 are allowed"),
        ("parts", 2, "长" * 134, None),
    ],
)
def test_a_part_has_the_room_that_its_channel_has(unit: str, most: int, text: str, problem: str | None) -> None:
    row = {"channel": "wecom", "part": "text", "unit": unit, "most": str(most)}
    limits = channel_limits_of([row], "channel_limits.csv")
    assert too_long(limits["wecom"], {"text": text}) == problem
    assert too_long(limits["wecom"], {"title": text}) is None
    with pytest.raises(UserError, match=r"channel_limits\.csv:2: a limit needs channel, part, unit"):
        channel_limits_of([{**row, "most": "0"}], "channel_limits.csv")


def test_a_text_of_wecom_that_is_too_long_for_it_is_refused(template: Callable[..., Template]) -> None:
    assert template("长" * 682, "wecom").render({}) == {"text": "长" * 682}
    with pytest.raises(UserError, match="too long: text has 2049 bytes, and 2048 are allowed"):
        template("长" * 683, "wecom")
