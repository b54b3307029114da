"""`guanxi try identity`: the whole way from records to people."""

import csv
import os
import random
import re
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import pytest
from typer.testing import CliRunner

from benchmarks.cluster_quality import Scores, compare
from linkage.run import LinkageReport
from orchestration.cli.main import app
from orchestration.cli.session import console
from orchestration.cli.try_identity import _tell
from orchestration.trial.column_detection import people_file
from orchestration.trial.identity_trial import Trial, try_identity
from stores.errors import UserError
from stores.settings import Settings
from tests.testing.command_line import run_guanxi
from tests.testing.data_sets import DATA, needs_data_sets

IDENTITY = DATA / "identity"


def file(folder: Path, content: str, name: str = "people.csv") -> Path:
    place = folder / name
    place.write_text(content, encoding="utf-8")
    return place


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("join_probability = 'high'", "join_probability: must be a number between 0 and 1, got 'high'"),
        ("join_probability = 1.5", "join_probability: must be a number between 0 and 1, got 1.5"),
        ("review_probability = true", "review_probability: must be a number between 0 and 1, got True"),
        ("join_probability = 0.5\nreview_probability = 0.6", "review_probability: must not be above"),
        ("linkage = 'no'", "linkage: must be true or false"),
        ("joins = 0.5", "joins: unknown setting. Known are join_probability"),
        ("map = 'a=b'", "map: must be a table"),
        ("[map]\na = 1", "map: must be a table"),
        ("[map", "cannot be read as TOML"),
    ],
)
def test_a_wrong_configuration_names_file_and_field(tmp_path, text, words):
    config = file(tmp_path, text, "trial.toml")
    records = file(tmp_path, "id,name,city\n")
    mistake = refused(records, "--out", tmp_path / "out.csv", "--config", config)
    assert mistake.startswith(str(config))
    assert words in mistake


def test_wrong_arguments_are_refused_before_anything_is_written(tmp_path):
    records, out = file(tmp_path, "id,name,city\n"), tmp_path / "out.csv"
    assert "--map phone: write COLUMN=FIELD" in refused(records, "--out", out, "--map", "phone")
    assert "there is no folder" in refused(records, "--out", tmp_path / "nowhere" / "out.csv")
    assert "there is no folder" in refused(records, "--out", out, "--edges", tmp_path / "nowhere" / "edges.csv")
    assert "is used twice" in refused(records, "--out", records)
    assert "is used twice" in refused(records, "--out", out, "--edges", out)
    assert "cannot be read as TOML" in refused(records, "--out", out, "--config", tmp_path / "none.toml")
    assert records.read_text() == "id,name,city\n"
    assert not out.exists()


def refused(*arguments: object) -> str:
    """The mistake that the command tells."""
    result = CliRunner().invoke(app, ["try", "identity", *map(str, arguments)])
    assert isinstance(result.exception, UserError), result.exception
    return str(result.exception)


def test_a_mistake_is_one_line_and_exit_code_2(tmp_path):
    done = command(tmp_path / "nobody.csv", tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"There is no file {tmp_path / 'nobody.csv'}.\n"


@pytest.mark.parametrize(
    ("rows", "words"),
    [("", "it has no rows"), (",li,here,44\n", "line 2: record_id: required but empty")],
    ids=["header only", "no row with an id"],
)
def test_a_file_without_a_usable_row_says_why(settings: Settings, tmp_path, rows, words):
    people = people_file(file(tmp_path, f"id,name,city,shoe size\n{rows}"), {})
    with pytest.raises(UserError, match=f"Nothing could be read from the file: {words}"):
        try_identity(settings, people, None, tmp_path / "clusters.csv", None)


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seventy people with two records each, a mother and her daughter, and one line without an id."""
    draw = random.Random(5)
    given = [
        "anna",
        "benedict",
        "catherine",
        "dmitri",
        "eleanor",
        "frederick",
        "gwendolyn",
        "harold",
        "isabel",
        "jerome",
    ]
    family = ["abbott", "brinkley", "castellan", "dunmore", "eastwick", "fairbanks", "goldsmith"]
    place = tmp_path_factory.mktemp("trial") / "guests.csv"
    with place.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(["Guest No", "first_name", "surname", "dob", "mobile", "street", "city", "Shoe Size"])
        for person, (first, last) in enumerate((first, last) for first in given for last in family):
            born = f"19{draw.randrange(40, 99)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}"
            phone, street = f"139{draw.randrange(10**8):08}", f'{draw.randrange(1, 99)} "The Elms", Mill Rd. {person}'
            rows.writerow([f"a:{person:02}", first, last, born, phone, street, "Bath", draw.randrange(30, 48)])
            rows.writerow([f"b:{person:02}", first[:3] + first[4:], last.upper(), born, "", street.lower(), "bath", ""])
        for name, born in (("Mary", "1961-03-04"), ("Joanna", "1990-11-30")):
            rows.writerow([name, name, "Quill", born, "13712344321", "1 Quay", "Hove", ""])
        rows.writerow(["", "Nobody", "Knows", "1970-01-01", "13712340000", "2 Quay", "Hove", ""])
    return place


def command(records: Path, folder: Path, *options: str) -> CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GUANXI_")}
    places = ["--out", str(folder / "clusters.csv"), "--edges", str(folder / "edges.csv")]
    return run_guanxi(["try", "identity", str(records), *places, *options], environment)


def tried(records: Path, folder: Path, *options: str) -> str:
    """Run the command; what it printed."""
    done = command(records, folder, *options)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def read(place: Path) -> list[dict[str, str]]:
    with place.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_a_file_nobody_has_seen_becomes_people_with_reasons_and_the_same_ones_again(made_up: Path, tmp_path):
    printed = tried(made_up, tmp_path, "--map", "Guest No=record_id")
    assert "not used: Shoe Size" in printed
    assert re.findall(r"line (\d+) was not read: (.*)", printed) == [("144", "record_id: required but empty")]
    assert "142 records are 72 people; the largest cluster has 2" in printed
    assert "Warning: share of profiles that are joined by probable links alone: 0.986, more than 0.25." in printed
    assert "An installation would not publish this (seeds/identity/identity_bounds.csv). Look first at" in printed

    clusters = read(tmp_path / "clusters.csv")
    assert list(clusters[0]) == ["record_id", "cluster_id"]
    assert [row["record_id"] for row in clusters] == [row["Guest No"] for row in read(made_up) if row["Guest No"]]
    cluster = {row["record_id"]: row["cluster_id"] for row in clusters}
    assert all(cluster[f"a:{person:02}"] == cluster[f"b:{person:02}"] for person in range(70))
    assert cluster["Mary"] != cluster["Joanna"]

    edges = read(tmp_path / "edges.csv")
    joining = {frozenset((row["record_id"], row["linked_record_id"])) for row in edges if row["joins"] == "true"}
    assert joining == {frozenset((f"a:{person:02}", f"b:{person:02}")) for person in range(70)}
    for row in edges:
        assert row["reason"]
        assert row["evidence"]
        assert (row["joins"] == "true") == (row["held_back_by"] == "")
    held = [row for row in edges if {row["record_id"], row["linked_record_id"]} == {"Mary", "Joanna"}]
    assert [(row["joins"], row["reason"]) for row in held] == [("false", "for_review")]

    (tmp_path / "again").mkdir()
    tried(made_up, tmp_path / "again", "--map", "Guest No=record_id")
    for name in ("clusters.csv", "edges.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / name).read_bytes()


def test_people_who_share_only_towns_postcodes_and_jobs_stay_as_many_as_they_are_and_the_trial_says_why(tmp_path):
    draw = random.Random(2)
    towns = [(f"Town {each}", f"{each:05}", f"State {each % 9}") for each in range(40)]
    rows = [(number, *draw.choice(towns), f"job {draw.randrange(20)}") for number in range(1_500)]
    content = "\n".join(",".join(map(str, row)) for row in [("id", "city", "postcode", "state", "job"), *rows])
    printed = tried(file(tmp_path, content), tmp_path)
    assert "1,500 records are 1,500 people; the largest cluster has 1" in printed
    assert "No records were compared for probable links: nothing in them identifies a person" in printed


ON_ONE_ADDRESS = """\
record_id,name,email
1,Sabine Vogt,info@vogt-bau.example.com
2,Markus Reuter,info@vogt-bau.example.com
3,Petra Klein,familie.klein@mailx.example.com
4,Uwe Klein,familie.klein@mailx.example.com
5,Anna Berg,anna@berg.example.com
6,Anna Berg,anna@berg.example.com
7,,otto@kurz.example.com
8,Otto Kurz,otto@kurz.example.com
"""


def test_who_shares_an_e_mail_address_is_one_only_within_a_name_and_a_record_without_a_name_joins_the_only_one(
    tmp_path,
):
    tried(file(tmp_path, ON_ONE_ADDRESS), tmp_path)
    people = {}
    for line in (tmp_path / "clusters.csv").read_text(encoding="utf-8").splitlines()[1:]:
        record, customer = line.split(",")
        people.setdefault(customer, set()).add(record)
    assert sorted(people.values(), key=min) == [{"1"}, {"2"}, {"3"}, {"4"}, {"5", "6"}, {"7", "8"}]


RELATIVES = """\
f1,Peter,Baxter,1951-02-03,07700900101,,5 Elm Grove,Leeds,
f2,Peter,Baxter,1981-11-23,07700900101,,5 Elm Grove,Leeds,
f3,Anna,Quill,1990-06-07,07700900102,anna.q@mailx.example.com,8 Oak Row,York,
f4,Anne,Quill,1990-06-07,07700900102,anne.q@mailx.example.com,8 Oak Row,York,
n1,Wei,Wang,,13912345678,,,Hangzhou,
n2,Wei,Wang,,13912399999,,,Hangzhou,
n3,Min,Zhang,,1.37666E+10,,,Shanghai,
n4,Min,Zhang,,1.37666E+10,,,Shanghai,
i1,Hua,Chen,,13511110001,,,Ningbo,330106199003070000
i2,Lei,Xu,,13511110002,,,Ningbo,330106199003070000
i3,Xue,Hu,,13511110003,,,Ningbo,330106199003070000
7,Zoe,Zimmer,1999-09-09,07111222333,zoe@z.example.com,1 Z Road,Leeds,
7,Karl,Kolb,1961-01-19,07111222444,karl@k.example.com,2 K Road,Bath,
8,Olga,Orr,1970-05-05,07111222555,olga@o.example.com,3 O Road,Bath,
8,Olga,Orr,1970-05-05,07111222555,olga@o.example.com,3 O Road,Bath,
"""


def test_relatives_namesakes_and_people_with_one_wrong_id_number_or_record_id_stay_apart_and_every_row_comes_out(
    tmp_path,
):
    head = "id,first_name,last_name,dob,phone,email,address,city,id_number\n"
    lines = [
        f"{copy}{each},Given{each % 11},Family{each % 13},19{50 + each}-0{1 + each % 9}-1{each % 10},0754{each:07},"
        f"mail{each}@example.com,{each} Mill Lane,Bath,\n"
        for each in range(45)
        for copy in ("p", "q")
    ]
    printed = tried(file(tmp_path, head + "".join(lines) + RELATIVES), tmp_path)
    rows = [(row["record_id"], row["cluster_id"]) for row in read(tmp_path / "clusters.csv")]
    assert [name for name, _ in rows] == [line.split(",")[0] for line in [*lines, *RELATIVES.splitlines()]]
    cluster = {name: people for name, people in rows if name not in ("7", "8")}
    for one, other in (
        ("f1", "f2"),
        ("f3", "f4"),
        ("n1", "n2"),
        ("n3", "n4"),
        ("i1", "i2"),
        ("i1", "i3"),
        ("i2", "i3"),
    ):
        assert cluster[one] != cluster[other], (one, other)
    assert all(cluster[f"p{each}"] == cluster[f"q{each}"] for each in range(45))
    assert len({people for name, people in rows if name == "7"}) == 2
    assert len({people for name, people in rows if name == "8"}) == 1
    assert "2 record ids come more than once, such as 7, 8: all their rows are in the output. 1 of the rows" in printed
    assert "3 of 3 values of id_number cannot be read and link nobody" in printed
    assert re.search(r"2 of 10[0-9] values of phone cannot be read", printed)
    assert "Warning: share of profiles that are joined by probable links alone" not in printed


@needs_data_sets
@pytest.mark.parametrize(("name", "least"), [("fake_1000", 0.973), ("febrl3", 0.9998)])
def test_public_data_sets_are_resolved_as_well_as_promised(name: str, least: float, tmp_path):
    tried(IDENTITY / name / "records.csv", tmp_path)
    scores = scored(tmp_path / "clusters.csv", IDENTITY / name / "truth.csv")
    assert scores.left_out == 0
    assert scores.pairs.f1 >= least, scores
    assert scores.pairs.precision == 1, scores


def scored(clusters: Path, truth: Path) -> Scores:
    with duckdb.connect() as connection:
        return compare(
            connection,
            answer=f"select record_id as record, cluster_id as cluster from read_csv('{clusters}', all_varchar = true)",
            truth=f"select record_id as record, entity_id as entity from read_csv('{truth}', all_varchar = true)",
        )


@pytest.mark.parametrize(
    ("records", "pairs", "told", "untold"),
    [
        (4, 1, ["4 records are 3 people", "4 records to compare are too few to learn from", "1 more pair is doubtful"],
         "Bits of evidence"),
        (1, 0, ["1 record is 1 person", "1 record to compare is too few to learn from"], "doubtful"),
        (100, 2, ["Bits of evidence", "2 more pairs are doubtful and not joined"], "too few"),
        (100, 0, ["Bits of evidence", "No other pair is doubtful."], "too few"),
    ],
)  # fmt: skip
def test_a_trial_of_few_records_says_that_there_was_too_little_to_learn_from(
    tmp_path: Path, records: int, pairs: int, told: list[str], untold: str
) -> None:
    linkage = LinkageReport(profiles=records, compared=records, for_review=pairs)
    trial = Trial(records, max(1, records - 1), 2, linkage, {"phone": (1.6, -2.2)})
    with console.capture() as said:
        _tell(trial, 1.0, tmp_path / "clusters.csv", None)
    shown = " ".join(said.get().split())
    assert all(words in shown for words in told)
    assert untold not in shown
