"""Weights of compared fields, and what they say."""

import pytest

from serving.links.field_weights import read_weights, verdict


def test_fields_are_named_loudest_first_whichever_side_they_speak_for():
    assert list(read_weights('{"city": 0.3, "birthday": -6.0, "phone": 4.0}')) == ["birthday", "phone", "city"]


@pytest.mark.parametrize("missing", [None, float("nan"), ""])
def test_profiles_that_were_not_compared_have_no_weights(missing):
    assert read_weights(missing) == {}


@pytest.mark.parametrize(
    ("other", "why"),
    [("no json", "Expecting value"), ("[1]", "no weights by field"), ('{"phone": "much"}', "could not convert")],
)
def test_another_text_is_refused(other, why):
    with pytest.raises(ValueError, match=why):
        read_weights(other)


@pytest.mark.parametrize(
    ("weight", "says"),
    [
        (0.4, "little"),
        (-0.4, "little"),
        (0.5, "for"),
        (-3.9, "against"),
        (4.0, "strongly_for"),
        (-4.0, "strongly_against"),
    ],
)
def test_a_weight_says_little_something_or_much_for_or_against(weight, says):
    assert verdict(weight) == says
