"""Made-up people with the mistakes that lists make, as the feature table that linkage reads."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.personal_data.similarity_features import similarity_features
from linkage import model as models
from linkage.links_file import links_path
from linkage.model import Model
from linkage.run import LinkageReport, Thresholds, link
from stores.keyring import Keyring

KEYS = Keyring(b"k" * 32, {}, "")
NOW = datetime(2026, 6, 30, 10, 0)

Record = dict[str, str]

_GIVEN = [
    "james", "mary", "robert", "patricia", "john", "jennifer", "michael", "linda", "david", "elizabeth",
    "william", "barbara", "richard", "susan", "joseph", "jessica", "thomas", "sarah", "charles", "karen",
    "christopher", "lisa", "daniel", "nancy", "matthew", "betty", "anthony", "margaret", "mark", "sandra",
    "donald", "ashley", "steven", "kimberly", "paul", "emily", "andrew", "donna", "joshua", "michelle",
    "kenneth", "carol", "kevin", "amanda", "brian", "dorothy", "george", "melissa", "edward", "deborah",
    "ronald", "stephanie", "timothy", "rebecca", "jason", "sharon", "jeffrey", "laura", "ryan", "cynthia",
    "jacob", "kathleen", "gary", "amy",
]  # fmt: skip
_FAMILY = [
    "smith", "johnson", "williams", "brown", "jones", "garcia", "miller", "davis", "rodriguez", "martinez",
    "hernandez", "lopez", "gonzalez", "wilson", "anderson", "thomas", "taylor", "moore", "jackson", "martin",
    "lee", "perez", "thompson", "white", "harris", "sanchez", "clark", "ramirez", "lewis", "robinson", "walker",
    "young", "allen", "king", "wright", "scott", "torres", "nguyen", "hill", "flores", "green", "adams",
    "nelson", "baker", "hall", "rivera", "campbell", "mitchell", "carter", "roberts", "gomez", "phillips",
    "evans", "turner", "diaz", "parker", "cruz", "edwards", "collins", "reyes", "stewart", "morris", "morales",
    "murphy",
]  # fmt: skip
_STREETS = [
    "oak", "maple", "cedar", "pine", "elm", "walnut", "willow", "chestnut", "spruce", "birch", "harbour",
    "station", "mill", "church", "castle", "river", "bridge", "garden", "meadow", "orchard",
]  # fmt: skip
_CITIES = {"ashford": "TN23", "bedford": "MK40", "carlisle": "CA1", "durham": "DH1", "exeter": "EX1", "hereford": "HR1"}
# Feature column of each field, the kind of the value, and which part of the features it is.
_PARTS = (
    ("given", "given", "given_name", 0),
    ("family", "family", "family_name", 1),
    ("email_local", "email", "email", 0),
    ("email", "email", "email", 1),
    ("phone", "phone", "any_phone", 0),
    ("id_number", "id_number", "id_number", 0),
    ("address", "address", "address", 0),
    ("address_line_2", "address_line_2", "address", 0),
)
_CLEAR = ("birthday", "house_number", "postcode", "city", "province", "birthplace", "company", "job_title", "gender")


@dataclass
class Population:
    """Records, and which of them are whose.

    Attributes:
        records: by profile id.
        person: whose record it is.
        look_alikes: by kind, pairs of records of two people that look much like one.
    """

    records: dict[str, Record] = field(default_factory=dict)
    person: dict[str, int] = field(default_factory=dict)
    look_alikes: dict[str, list[frozenset[str]]] = field(default_factory=dict)

    def add(self, person: int, record: Record) -> str:
        profile = f"list:{len(self.records):04}"
        self.records[profile], self.person[profile] = record, person
        return profile

    def true_pairs(self) -> set[frozenset[str]]:
        """Every two records of one person."""
        return {frozenset(pair) for pair in combinations(self.records, 2) if self._is_one(*pair)}

    def _is_one(self, one: str, other: str) -> bool:
        return self.person[one] == self.person[other]


def made_up(seed: int, people: int = 220, alike: int = 5) -> Population:
    """People with one to three records each, then pairs of relatives and of namesakes.

    Args:
        seed: of everything that is random.
        people: how many to make up before the look-alikes.
        alike: pairs of each kind of look-alikes.
    """
    draw, population = random.Random(seed), Population()
    for person in range(people):
        truth = _person(draw)
        population.add(person, truth)
        for _ in range(draw.choice((0, 1, 1, 2))):
            population.add(person, _retyped(draw, truth))
    person = people
    for kind, differ in (("household", ("given", "birthday", "email")), ("twins", ("given", "email"))):
        pairs = population.look_alikes.setdefault(kind, [])
        for _ in range(alike):
            one, other = _person(draw), _person(draw)
            other = {**one, **{name: other[name] for name in differ}, "given": _another(draw, one["given"])}
            for record in (one, other):
                record.pop("id_number", None)
            pairs.append(frozenset((population.add(person, one), population.add(person + 1, other))))
            person += 2
    pairs = population.look_alikes.setdefault("namesakes", [])
    for _ in range(alike):
        one = {name: value for name, value in _person(draw).items() if name in ("given", "family", "city", "gender")}
        pairs.append(frozenset((population.add(person, one), population.add(person + 1, dict(one)))))
        person += 2
    return population


def _person(draw: random.Random) -> Record:
    given, family, city = _frequent(draw, _GIVEN), _frequent(draw, _FAMILY), draw.choice(list(_CITIES))
    birthday = date(1940, 1, 1) + timedelta(days=draw.randrange(24_000))
    return {
        "given": given,
        "family": family,
        "birthday": f"{birthday:%Y%m%d}",
        "phone": f"138{draw.randrange(10**8):08}",
        "email": f"{given}.{family}{draw.randrange(1000)}@example.{draw.choice(('com', 'org', 'net'))}",
        "address": f"{draw.randrange(1, 200)} {draw.choice(_STREETS)} {draw.choice(('street', 'road', 'lane'))}",
        "city": city,
        "postcode": f"{_CITIES[city]} {draw.randrange(10)}XY",
        "gender": draw.choice(("female", "male")),
    } | ({"id_number": f"{draw.randrange(10**9):09}"} if draw.random() < 0.3 else {})


def _frequent(draw: random.Random, words: list[str]) -> str:
    """The first words are drawn far more often than the last."""
    return words[int(len(words) * draw.random() ** 2)]


def _another(draw: random.Random, given: str) -> str:
    """A given name that does not look like this one."""
    return draw.choice([name for name in _GIVEN if not set(name[:3]) & set(given) and name[-1] != given[-1]])


def _retyped(draw: random.Random, truth: Record) -> Record:
    """The same person on another day: something is left out, something mistyped, names come swapped."""
    record = dict(truth)
    for name in ("phone", "email", "address", "id_number"):
        if draw.random() < 0.3:
            record.pop(name, None)
    for name in draw.sample(("given", "family", "birthday", "phone", "email", "address"), 2):
        if name in record:
            record[name] = _mistyped(draw, record[name])
    if draw.random() < 0.15:
        record["given"], record["family"] = record["family"], record["given"]
    return record


def _mistyped(draw: random.Random, text: str) -> str:
    """One letter left out, doubled, replaced, or two swapped; a digit stays a digit."""
    place = draw.randrange(len(text) - 1)
    before, letter, after = text[:place], text[place], text[place + 1 :]
    if text.isdigit():
        return before + str((int(letter) + draw.randint(1, 9)) % 10) + after
    return before + draw.choice(("", letter * 2, "e", after[0] + letter)) + after[letter == after[0] :]


def feature_table(records: dict[str, Record], keys: Keyring = KEYS) -> pa.Table:
    """Rows of `int_identity__linkage_features`, in the order of the records."""
    columns: dict[str, list[str | None]] = {"source_profile_id": list(records)}
    for column, name, kind, position in _PARTS:
        parts = [_part(record.get(name), kind, position, keys) for record in records.values()]
        columns[f"{column}_token"] = [token for token, _ in parts]
        if column != "email_local":
            columns[f"{column}_bits"] = [bits for _, bits in parts]
    for name in _CLEAR:
        columns[name] = [record[name].lower() if name in record else None for record in records.values()]
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _part(value: str | None, kind: str, position: int, keys: Keyring) -> tuple[str | None, str | None]:
    text = similarity_features(kind, value, keys) if value else None
    token, _, bits = (text.split("|")[position] if text else "").partition(".")
    return token or None, bits or None


class Linkage:
    """One installation's linkage: its models, its links and its last report."""

    def __init__(self, folder: Path) -> None:
        self.lake, self.state = folder / "lake", folder / "linkage"
        self.with_thresholds(join=0.9, review=0.3)

    def with_thresholds(self, join: float, review: float) -> None:
        self.thresholds = Thresholds(join, review)

    def run(self, records: dict[str, Record]) -> LinkageReport:
        with duckdb.connect() as connection:
            connection.register("profiles", feature_table(records))
            self.last = link(connection, "profiles", self.lake, self.state, self.thresholds, NOW)
        return self.last

    def links(self) -> list[dict[str, Any]]:
        return list(pq.read_table(links_path(self.lake)).to_pylist())

    def model(self) -> Model:
        model = models.current(self.state)
        assert model is not None
        return model


@dataclass(frozen=True)
class Linked:
    """A population and what was linked of it."""

    population: Population
    linkage: Linkage

    def joined(self) -> set[frozenset[str]]:
        """Pairs that a link joins by itself."""
        return {
            frozenset((link["left_profile_id"], link["right_profile_id"]))
            for link in self.linkage.links()
            if link["match_probability"] >= self.linkage.thresholds.join
        }


def closed(pairs: Iterable[frozenset[str]]) -> set[frozenset[str]]:
    """Every two records that the pairs connect."""
    group: dict[str, set[str]] = {}
    for one, other in map(tuple, pairs):
        together = group.get(one, {one}) | group.get(other, {other})
        group.update(dict.fromkeys(together, together))
    return {frozenset(pair) for together in {id(each): each for each in group.values()}.values()
            for pair in combinations(together, 2)}  # fmt: skip


def f1(found: set[frozenset[str]], true: set[frozenset[str]]) -> float:
    """The harmonic mean of precision and recall over pairs."""
    return 2 * len(found & true) / (len(found) + len(true))
