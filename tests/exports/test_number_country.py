"""A preview judges a text by what the mask of a number shows of its country, and never more strictly than sending."""

from datetime import time
from zoneinfo import ZoneInfo

import pytest

from exports.policy.sms_rules import SmsRule, country_of, refusal
from exports.preview.number_country import countries_of, refusal_by_beginning


def _rule(country, words):
    return SmsRule(country, False, (words,), time(9), time(21), ZoneInfo("UTC"), 100)


RULES = {country: _rule(country, words) for country, words in {"CN": "R", "HK": "T", "MO": "T", "PL": "S"}.items()}
NUMBERS = ["+8613800138000", "+862112345678", "+85261234567", "+85361234567", "+48600123456", "+447400123456"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("text", ["hello R", "hello T", "hello S", "hello"])
def test_the_judgement_is_that_of_the_last_look(number, text):
    by_mask = refusal_by_beginning(RULES, number[:3], text)
    by_number = refusal(RULES, country_of(number), text)
    assert (by_mask is None) == (by_number is None)
    if by_mask:
        assert by_mask.partition(":")[0] == by_number.partition(":")[0]


def test_where_several_countries_begin_so_one_that_allows_it_is_enough():
    rules = {"HK": _rule("HK", "T"), "MO": _rule("MO", "S")}
    assert refusal_by_beginning(rules, "+85", "hello S") is None
    assert refusal_by_beginning(rules, "+85", "hello") == (
        "template_not_allowed: a text message (HK) must end with the opt-out words: T; "
        "a text message (MO) must end with the opt-out words: S"
    )


@pytest.mark.parametrize(
    ("begins", "called"),
    [("+86", "CN"), ("+48", "PL"), ("+44", "+44"), ("+12", "+1"), ("+85", "+85…")],
)
def test_a_country_is_called_by_as_much_as_is_known_of_it(begins, called):
    assert countries_of(begins)[1] == called
    assert refusal_by_beginning({}, begins, "hello") == f"sms_no_rules_for_country: {called}"


def test_without_a_number_a_text_must_suit_some_country():
    assert refusal_by_beginning(RULES, "", "hello S") is None
    assert "(CN)" in refusal_by_beginning(RULES, "", "hello")
