"""What identifies a person and what only describes many: strangers are never joined by what they have in common."""

import random

import duckdb
import pytest

from linkage.comparisons import all_comparisons
from linkage.evidence import can_be_identified
from linkage.features import prepare
from linkage.field_dependence import dependence_of
from linkage.run import Thresholds, link
from linkage.training import says_something
from tests.testing.people import NOW, Linkage, Population, Record, feature_table, made_up

_TOWNS = [
    (f"town {number}", [f"{number:03}{part}" for part in range(3)], f"state {number % 9}") for number in range(60)
]


def residents(size: int, fields: tuple[str, ...], seed: int = 3) -> dict[str, Record]:
    """People of whom nothing is known but where they live and what they do."""
    draw = random.Random(seed)
    records = {}
    for number in range(size):
        town, postcodes, state = draw.choice(_TOWNS)
        known = {
            "city": town,
            "postcode": draw.choice(postcodes),
            "province": state,
            "company": f"company {draw.randrange(200)}",
            "job_title": f"job {draw.randrange(40)}",
            "gender": draw.choice(("female", "male")),
            "birthplace": draw.choice(_TOWNS)[0],
        }
        records[f"list:{number:05}"] = {name: known[name] for name in fields}
    return records


PLACES = ("city", "postcode", "province")
EVERYTHING_DESCRIBING = (*PLACES, "company", "job_title", "gender", "birthplace")


@pytest.mark.parametrize("fields", [("city", "postcode"), PLACES, EVERYTHING_DESCRIBING], ids=lambda one: "+".join(one))
def test_towns_companies_and_jobs_identify_nobody_and_the_channel_is_left_out(fields, tmp_path) -> None:
    linkage = Linkage(tmp_path)
    report = linkage.run(residents(2_500, fields))
    assert (report.profiles, report.compared, report.joining, report.for_review) == (2_500, 0, 0, 0)
    assert report.left_out == {"list": 2_500}
    assert linkage.links() == []


ALIKE: dict[str, Record] = {
    "names only": {"given": "anna", "family": "lee"},
    "name and town": {"given": "anna", "family": "lee", "city": "bath"},
    "name, town, company and job": {"given": "anna", "family": "lee", "city": "bath", "company": "b", "job_title": "c"},
    "one column": {"city": "bath"},
    "birthdays only": {"birthday": "19800101"},
    "a street without a name": {"address": "5 elm grove", "city": "bath", "postcode": "ba1"},
    "nothing": {},
}


@pytest.mark.parametrize("record", ALIKE.values(), ids=ALIKE)
def test_where_everybody_is_alike_in_what_identifies_nobody_all_stay_apart(record: Record, tmp_path) -> None:
    linkage = Linkage(tmp_path)
    report = linkage.run({f"list:{number}": dict(record) for number in range(60)})
    assert (report.joining, report.for_review, report.left_out) == (0, 0, {"list": 60})


def test_a_channel_of_which_too_little_is_known_to_be_compared_is_left_out_too(tmp_path) -> None:
    with duckdb.connect() as connection:
        connection.register("profiles", feature_table({}))
        connection.execute("create view everybody as select 'web:' || n as source_profile_id from range(7) as rows (n)")
        report = link(connection, "profiles", tmp_path, tmp_path, Thresholds(0.9, 0.5), NOW, everybody="everybody")
    assert report.left_out == {"web": 7}


_RARE = {"given": "quirinius", "family": "zarathustrian", "city": "exeter", "company": "x ltd", "job_title": "y"}
_JAMES = {"given": "james", "family": "smith", "phone": "13912345678", "city": "exeter"}
_MARY = {"given": "mary", "family": "johnson", "email": "mary.johnson1@example.com", "city": "exeter"}
_TYPED = {"given": "gwendolyn", "family": "castell", "phone": "13812345678", "city": "exeter", "birthday": "19800102"}
_FATHER = {
    "given": "peter", "family": "baxter", "birthday": "19510203", "phone": "13712345678", "address": "5 elm grove",
    "city": "exeter",
}  # fmt: skip
_TWIN = {
    "given": "anna", "family": "quill", "birthday": "19900607", "phone": "13612345678", "address": "8 oak row",
    "email": "anna.q@mailx.example.com", "city": "exeter",
}  # fmt: skip
STRANGERS: dict[str, list[Record]] = {
    "namesakes of one town, company and job": [_RARE, _RARE],
    "phones that begin alike": [_JAMES, {**_JAMES, "phone": "13912399999"}, {**_JAMES, "phone": "13912345999"}],
    "e-mails made of equal names": [_MARY, {**_MARY, "email": "mary.johnson2@example.com"}],
    "father and son": [_FATHER, {**_FATHER, "birthday": "19811123"}],
    "twins with e-mails of their own": [_TWIN, {**_TWIN, "given": "anne", "email": "anne.q@mailx.example.com"}],
}
ONE_PERSON: dict[str, list[Record]] = {
    "a digit of the phone mistyped": [_TYPED, {**_TYPED, "phone": "13812845678"}],
}


@pytest.fixture(scope="module")
def among_others(population: Population, tmp_path_factory: pytest.TempPathFactory) -> Linkage:
    """The made-up population, those who look alike, and a channel that identifies nobody, linked once."""
    cases = STRANGERS | ONE_PERSON
    alike = {f"{name}:{number}": dict(one) for name, rows in cases.items() for number, one in enumerate(rows)}
    places = {name.replace("list", "web"): record for name, record in residents(300, PLACES).items()}
    linkage = Linkage(tmp_path_factory.mktemp("among_others"))
    linkage.run(population.records | alike | places)
    return linkage


def joined_of(linkage: Linkage, name: str) -> list[float]:
    """Probabilities of the joining links between the records of a case."""
    return [
        row["match_probability"]
        for row in linkage.links()
        if row["left_profile_id"].startswith(f"{name}:")
        and row["right_profile_id"].startswith(f"{name}:")
        and row["match_probability"] >= linkage.thresholds.join
    ]


@pytest.mark.parametrize("name", STRANGERS)
def test_strangers_and_relatives_who_look_alike_stay_apart(among_others: Linkage, name: str) -> None:
    assert joined_of(among_others, name) == []


@pytest.mark.parametrize("name", ONE_PERSON)
def test_one_person_with_a_mistake_is_still_found(among_others: Linkage, name: str) -> None:
    assert len(joined_of(among_others, name)) == 1


def test_a_channel_that_identifies_nobody_is_left_out_while_the_others_are_linked(among_others: Linkage) -> None:
    assert among_others.last.left_out["web"] == 300
    assert among_others.last.joining > 100
    assert not any("web:" in link["left_profile_id"] + link["right_profile_id"] for link in among_others.links())


def measured(records: dict[str, Record], rows: int | None = None):
    with duckdb.connect() as connection:
        connection.register("profiles", feature_table(records))
        profiles = prepare(connection, "profiles")
        known = [one for one in all_comparisons() if says_something(connection, one)]
        return dependence_of(connection, known, rows or profiles)


def people_somewhere(size: int, mail: str) -> dict[str, Record]:
    """People with a place and a job; `mail` is how their e-mail is made."""
    people = list(made_up(seed=5, people=size, alike=0).records.values())[:size]
    draw = random.Random(8)
    for record, place in zip(people, residents(size, EVERYTHING_DESCRIBING).values(), strict=True):
        record |= place
        record["email"] = mail.format(**{"given": "", "family": "", **record}, number=draw.randrange(10**9))
    return {f"list:{number:05}": record for number, record in enumerate(people)}


@pytest.fixture(scope="module")
def dependence():
    return measured(people_somewhere(1_500, "{given}.{family}@example.com"))


def test_a_town_and_a_state_follow_from_a_postcode_and_a_job_does_not_follow_from_a_town(dependence) -> None:
    assert dependence["city"]["postcode"] > 0.9
    assert dependence.get("job_title", {}).get("city", 0) < 0.2
    assert dependence.get("company", {}).get("postcode", 0) < 0.5


def test_e_mails_follow_from_names_where_they_are_made_of_them_and_not_where_they_are_numbers(dependence) -> None:
    assert dependence["email"]["nearly equal"] > 0.7
    numbers = measured(people_somewhere(1_500, "{number}@example.com"))
    assert numbers["email"].get("nearly equal", 0) < dependence["email"]["nearly equal"]


def test_of_fewer_than_a_thousand_profiles_everything_that_may_follow_does(population: Population) -> None:
    shares = measured(people_somewhere(300, "{number}@example.com"))
    assert {share for by_source in shares.values() for share in by_source.values()} == {1.0}
    assert set(shares["city"]) >= {"postcode", "phone", "address"}


def test_every_comparison_says_whether_it_identifies_or_describes() -> None:
    roles = {one.name: one.role for one in all_comparisons()}
    assert {name for name, role in roles.items() if role == "identifies"} == {"phone", "email", "id_number"}
    assert {name for name, role in roles.items() if role == "own"} == {"birthday", "address"}
    assert {name for name, role in roles.items() if role == "name"} == {"given_name", "family_name"}
    follows = {one.name: set(one.follows) for one in all_comparisons()}
    assert set().union(*follows.values()) <= set(roles)
    assert not [name for name, sources in follows.items() if any(name in follows[source] for source in sources)]


@pytest.mark.parametrize(
    ("record", "can_be"),
    [
        ({"phone": "13912345678"}, True),
        ({"email": "a@example.com"}, True),
        ({"family": "lee", "birthday": "19800101"}, True),
        ({"given": "anna", "address": "5 elm grove"}, True),
        ({"given": "anna", "house_number": "5", "postcode": "ba1 1aa"}, True),
        ({"given": "anna", "family": "lee", "postcode": "ba1 1aa"}, False),
        ({"house_number": "5", "postcode": "ba1 1aa", "city": "bath"}, False),
        ({"birthday": "19800101", "city": "bath"}, False),
    ],
)
def test_a_profile_is_compared_where_something_of_it_could_identify_a_person(record: Record, can_be: bool) -> None:
    with duckdb.connect() as connection:
        connection.register("profiles", feature_table({"a:1": record}))
        prepare(connection, "profiles")
        assert connection.execute(f"select ({can_be_identified()}) is true from features").fetchone() == (can_be,)
