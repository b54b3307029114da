"""A file that is only tried: relatives stay apart in it too, unless its own mistakes are too many to tell."""

import random

import pytest

from linkage.run import Thresholds
from tests.testing.people import Linkage, Record

ALIKE = ["maria", "marie", "mario", "mara", "marta", "marla", "marian", "mariana"]
UNLIKE = ["helga", "ingo", "ursula", "dieter", "petra", "konrad", "birgit", "swen"]
FAMILY = ["silva", "souza", "costa", "pereira", "ferreira", "almeida", "carvalho", "gomes", "ribeiro", "barbosa"]


def people(given: list[str], twins: int, fathers: int) -> dict[str, Record]:
    """Sixty people with two equal records each, forty with one, then twins, and fathers with a son of their name."""
    draw = random.Random(4)
    records: dict[str, Record] = {}
    for number in range(100):
        one = person(draw, given, number)
        for copy in ("p", "q")[: 2 if number < 60 else 1]:
            records[f"list:{copy}{number}"] = dict(one)
    for number in range(twins):
        one = person(draw, given, 200 + number)
        for side, name in zip("ab", draw.sample(given, 2), strict=True):
            mail = f"{name}.{one['family']}@twins{number}.example.com"
            records[f"list:twin{number}{side}"] = {**one, "given": name, "email": mail}
    for number in range(fathers):
        one = person(draw, given, 300 + number)
        one.pop("email")
        for side, born in (("a", f"1950021{number}"), ("b", f"1982112{number}")):
            records[f"list:father{number}{side}"] = {**one, "birthday": born}
    return records


def person(draw: random.Random, given: list[str], number: int) -> Record:
    first, last = draw.choice(given), draw.choice(FAMILY)
    return {
        "given": first,
        "family": last,
        "birthday": f"19{50 + number % 50}{1 + number % 12:02}{1 + number * 7 % 28:02}",
        "phone": f"139{draw.randrange(10**8):08}",
        "email": f"{first}.{last}{number}@example.com",
        "address": f"{number + 1} rua {last}",
        "city": "recife",
    }


def joined(records: dict[str, Record], folder) -> set[frozenset[str]]:
    linkage = Linkage(folder)
    linkage.thresholds = Thresholds(0.8, 0.3, forgiving=True)
    linkage.run(records)
    return {
        frozenset((link["left_profile_id"], link["right_profile_id"]))
        for link in linkage.links()
        if link["match_probability"] >= 0.8
    }


@pytest.mark.parametrize("given", [ALIKE, UNLIKE], ids=["names all alike", "names unlike"])
def test_twins_and_fathers_stay_apart_in_a_trial_however_many_they_are_and_however_alike_all_names_are(given, tmp_path):
    pairs = joined(people(given, twins=7, fathers=7), tmp_path)
    assert pairs == {frozenset((f"list:p{number}", f"list:q{number}")) for number in range(60)}


def test_in_a_file_whose_names_are_often_mistyped_a_person_with_two_spellings_is_still_found(tmp_path):
    records = people(UNLIKE, twins=0, fathers=0)
    for number in range(0, 60, 2):
        name = records[f"list:q{number}"]["given"]
        records[f"list:q{number}"]["given"] = name[:2] + name[3:]
    one = records["list:p0"]
    records["list:q0"]["email"] = one["email"].replace(".", "")
    assert frozenset(("list:p0", "list:q0")) in joined(records, tmp_path)
