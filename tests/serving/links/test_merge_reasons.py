"""Of many links, those that suffice to hold a customer together, the strongest first."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from serving.links.merge_reasons import merge_reasons


def equal(one: str, other: str, kind: str = "phone", mask: str = "138****1234") -> dict[str, Any]:
    return {
        "source_profile_id": one, "linked_profile_id": other, "identifier_type": kind, "identifier_mask": mask,
        "reason": "same_value", "reason_zh": f"相同的{kind} {mask}", "reason_en": f"same {kind} {mask}",
        "field_weights": None,
    }  # fmt: skip


def probable(one: str, other: str, **weights: float) -> dict[str, Any]:
    return equal(one, other, "linkage", "") | {"reason": "probabilistic", "field_weights": json.dumps(weights)}


def decided(one: str, other: str) -> dict[str, Any]:
    return equal(one, other, "steward", "") | {"reason": "steward_join", "reason_en": "decision of Li: same address"}


def test_one_value_that_many_share_is_said_once() -> None:
    told = merge_reasons("abcd", [equal("a", "b"), equal("a", "c"), equal("a", "d")])
    assert [reason.profiles for reason in told.reasons] == [("a", "b", "c", "d")]


def test_a_probable_match_is_left_out_where_an_equal_value_says_the_same() -> None:
    told = merge_reasons("ab", [probable("a", "b", phone=12.0, given_name=9.0), equal("a", "b")])
    assert [reason.link["reason"] for reason in told.reasons] == ["same_value"]


def test_a_decision_comes_before_an_equal_value_and_that_before_a_probable_match() -> None:
    told = merge_reasons("abcd", [probable("a", "b", phone=20.0), equal("b", "c"), decided("c", "d")])
    assert [reason.link["reason"] for reason in told.reasons] == ["steward_join", "same_value", "probabilistic"]


def test_of_two_equal_values_the_one_that_more_profiles_share_comes_first() -> None:
    told = merge_reasons("abcde", [equal("a", "b", "email"), equal("c", "d"), equal("d", "e"), equal("b", "c")])
    assert [reason.link["identifier_type"] for reason in told.reasons] == ["phone", "email"]


def test_the_stronger_of_two_probable_matches_is_told() -> None:
    told = merge_reasons("ab", [probable("a", "b", city=1.0), probable("b", "a", phone=9.0)])
    assert told.reasons[0].link["field_weights"] == '{"phone": 9.0}'


def test_nothing_is_said_of_a_single_profile() -> None:
    told = merge_reasons("a", [])
    assert (told.reasons, told.by_profile) == ([], {})


links = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh"), st.sampled_from(("phone", "email")))
)


@given(links)
def test_every_profile_that_any_link_touches_is_accounted_for(pairs: list[tuple[str, str, str]]) -> None:
    rows = [equal(one, other, kind) for one, other, kind in pairs]
    told = merge_reasons("abcdefgh", rows)
    touched = {end for one, other, _ in pairs if one != other for end in (one, other)}
    assert set(told.by_profile) == touched
    assert {profile for reason in told.reasons for profile in reason.profiles} == touched
