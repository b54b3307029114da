"""Who is found to be one person, and who never is."""

import json
import math

import pytest

from linkage.links_file import LINKS_SCHEMA, links_path, write_links
from linkage.run import switch_off
from tests.testing.people import Linkage, Linked, Population, Record, closed, f1


def test_mistyped_and_swapped_records_of_one_person_are_found(linked: Linked) -> None:
    found, true = closed(linked.joined()), linked.population.true_pairs()
    assert f1(found, true) > 0.97
    assert len(found - true) <= 2


@pytest.mark.parametrize("kind", ["household", "twins", "namesakes"])
def test_people_who_look_alike_are_never_joined(linked: Linked, kind: str) -> None:
    pairs = linked.population.look_alikes[kind]
    assert len(pairs) > 3
    assert not closed(linked.joined()).intersection(pairs)


def test_relatives_wait_for_a_steward_and_namesakes_are_not_worth_a_look(linked: Linked) -> None:
    links = {frozenset((link["left_profile_id"], link["right_profile_id"])): link for link in linked.linkage.links()}
    for kind in ("household", "twins"):
        for pair in linked.population.look_alikes[kind]:
            link = links.get(pair)
            assert link is None or link["match_probability"] < linked.linkage.thresholds.join
    assert any(pair in links for pair in linked.population.look_alikes["twins"])
    assert not links.keys() & set(linked.population.look_alikes["namesakes"])


def test_each_pair_is_there_once_in_order_above_the_review_probability(linked: Linked) -> None:
    links = linked.linkage.links()
    pairs = [(link["left_profile_id"], link["right_profile_id"]) for link in links]
    assert all(left < right for left, right in pairs)
    assert len(set(pairs)) == len(pairs)
    assert all(linked.linkage.thresholds.review <= link["match_probability"] <= 1 for link in links)
    assert {link["model_version"] for link in links} == {linked.linkage.last.model_version}


def test_the_weights_of_the_fields_and_of_chance_add_up_to_the_weight_of_the_link(linked: Linked) -> None:
    prior = linked.linkage.model().prior
    join = linked.linkage.thresholds.join
    for link in linked.linkage.links():
        weights = json.loads(link["field_weights"])
        assert weights
        assert set(weights) <= set(linked.linkage.model().comparisons)
        if not math.isclose(link["match_probability"], join):
            total = sum(weights.values()) + math.log2(prior / (1 - prior))
            assert link["match_weight"] == pytest.approx(total, abs=0.05 * len(weights) + 0.001)
            assert link["match_probability"] == pytest.approx(1 / (1 + 2 ** -link["match_weight"]), abs=1e-9)


def test_a_rare_name_that_agrees_says_more_than_a_frequent_one(linked: Linked) -> None:
    names = [record["family"] for record in linked.population.records.values() if "family" in record]
    weights: dict[str, float] = {}
    for link in linked.linkage.links():
        one, other = (linked.population.records[link[side]] for side in ("left_profile_id", "right_profile_id"))
        if one.get("family") == other.get("family"):
            weights[one["family"]] = json.loads(link["field_weights"])["family_name"]
    by_frequency = sorted(weights, key=names.count)
    assert weights[by_frequency[0]] > weights[by_frequency[-1]]


def test_the_order_of_the_profiles_changes_nothing(linked: Linked, tmp_path) -> None:
    backwards = dict(reversed(linked.population.records.items()))
    other = Linkage(tmp_path)
    assert other.run(backwards).model_version == linked.linkage.last.model_version
    assert other.links() == linked.linkage.links()


def test_what_did_not_change_is_not_done_again(population: Population, tmp_path) -> None:
    records = dict(list(population.records.items())[:200])
    linkage = Linkage(tmp_path)
    first = linkage.run(records)
    assert (first.profiles, first.trained, first.unchanged) == (200, True, False)
    written = links_path(linkage.lake).stat().st_mtime_ns
    again = linkage.run(dict(reversed(records.items())))
    assert (again.trained, again.unchanged, again.model_version) == (False, True, first.model_version)
    assert (again.joining, again.for_review) == (first.joining, first.for_review)
    assert links_path(linkage.lake).stat().st_mtime_ns == written

    one_less = dict(list(records.items())[1:])
    scored = linkage.run(one_less)
    assert (scored.trained, scored.unchanged, scored.model_version) == (False, False, first.model_version)
    assert all(next(iter(records)) not in (link["left_profile_id"], link["right_profile_id"])
               for link in linkage.links())  # fmt: skip

    linkage.with_thresholds(join=0.999999999, review=0.5)
    stricter = linkage.run(one_less)
    assert (stricter.trained, stricter.unchanged) == (False, False)
    assert stricter.joining <= scored.joining
    assert stricter.for_review > 0

    companies = {profile: {**record, "company": f"company {number // 3}"}
                 for number, (profile, record) in enumerate(one_less.items())}  # fmt: skip
    wiser = linkage.run(companies)
    assert wiser.trained
    assert wiser.model_version != first.model_version
    assert "company" in linkage.model().comparisons
    assert sorted(place.name for place in linkage.state.glob("model-*.json")) == sorted(
        f"model-{version}.json" for version in (first.model_version, wiser.model_version)
    )


STRANGERS = [
    {},
    {"list:1": {"family": "li", "city": "here"}},
    {"list:1": {"family": "li", "city": "here"}, "list:2": {"family": "wang", "city": "there"}},
    {f"list:{number}": {"birthday": f"19{number}0101", "given": "lei"} for number in range(20, 40)},
]


@pytest.mark.parametrize("records", STRANGERS, ids=["nobody", "one", "two strangers", "strangers of one name"])
def test_where_nobody_can_be_compared_there_are_no_links_and_no_error(records: dict[str, Record], tmp_path) -> None:
    linkage = Linkage(tmp_path)
    report = linkage.run(records)
    assert (report.profiles, report.joining, report.for_review) == (len(records), 0, 0)
    assert linkage.links() == []


def test_links_of_before_are_gone_when_nobody_is_left(linked: Linked, tmp_path) -> None:
    linkage = Linkage(tmp_path)
    write_links(linkage.lake, LINKS_SCHEMA.empty_table().from_pylist(linked.linkage.links(), LINKS_SCHEMA))
    linkage.run({})
    assert linkage.links() == []


def test_switched_off_there_are_no_links_and_switched_on_again_they_are_back(population: Population, tmp_path) -> None:
    linkage = Linkage(tmp_path)
    switch_off(linkage.lake, linkage.state)
    assert linkage.links() == []
    records = dict(list(population.records.items())[:200])
    linkage.run(records)
    links = linkage.links()
    assert links
    switch_off(linkage.lake, linkage.state)
    assert linkage.links() == []
    assert not linkage.run(records).unchanged
    assert linkage.links() == links
