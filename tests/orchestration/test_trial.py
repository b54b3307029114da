"""`guanxi try identity`: what a file's columns mean, and the whole way from records to people."""

import csv
import gzip
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from benchmarks.clusters import Scores, compare
from ingestion.pipeline import ingest
from orchestration.cli.main import app
from orchestration.trial import try_identity
from orchestration.trial_file import PeopleFile, look_at
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, Settings

pytestmark = pytest.mark.xdist_group("trial")

IDENTITY = PROJECT_ROOT.parent / "shared" / "data" / "identity"
LONG_AGO = 1_000_000_000


def file(folder: Path, content: str | bytes, name: str = "people.csv") -> Path:
    place = folder / name
    place.write_bytes(content.encode() if isinstance(content, str) else content)
    return place


def meanings(folder: Path, header: str, **mapping: str) -> dict[str, str]:
    """Column to field for a file with this header."""
    return {column: name for name, column in look_at(file(folder, header + "\n"), mapping).fields.items()}


def test_headers_are_understood_in_the_words_that_files_use(tmp_path):
    assert meanings(tmp_path, "rec_id,Surname,FORENAME,date_of_birth,soc_sec_id,Zip Code,suburb,shoe size") == {
        "rec_id": "record_id", "Surname": "family_name", "FORENAME": "given_name", "date_of_birth": "birthday",
        "soc_sec_id": "id_number", "suburb": "city",
    }  # fmt: skip


def test_headers_are_understood_in_chinese_in_full_width_and_with_other_delimiters(tmp_path):
    chinese = {"编号": "record_id", "姓名": "name", "手机号": "phone", "身份证号": "id_number", "出生日期": "birthday"}
    assert meanings(tmp_path, "编号,姓名,手机号,身份证号,出生日期,备注") == chinese
    assert meanings(tmp_path, "ＩＤ；ignored;e-mail;Full_Name".replace("；", ";")) == {
        "ＩＤ": "record_id", "e-mail": "email", "Full_Name": "name",
    }  # fmt: skip
    assert meanings(tmp_path, '"id"\t"last_name"\t"city"') == {
        "id": "record_id", "last_name": "family_name", "city": "city",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("people.csv", "编号,姓名,城市\n1,王小明,北京\n".encode("gb18030")),
        ("people.csv", "\ufeff编号,姓名,城市\n1,王小明,北京\n".encode()),
        ("people.csv", b"id,name,city\r\n1,x,y\r\n"),
        ("people.csv", b"id,name,city\r1,x,y\r"),
        ("people.csv.gz", gzip.compress("编号,姓名,城市\n1,王小明,北京\n".encode())),
        ("people.GZ", gzip.compress(b"id,name,city\n1,x,y\n")),
        ("people", b"id,name,city\n1,x,y\n"),
        ("[people].[v1].txt", b"id,name,city\n1,x,y\n"),
    ],
    ids=["GB18030", "byte order mark", "Windows", "old Mac", "gzip", "GZIP", "no ending", "signs in the name"],
)
def test_files_are_read_whatever_wrote_them(settings: Settings, tmp_path, name, content):
    people = look_at(file(tmp_path, content, name), {})
    assert set(people.fields) == {"record_id", "name", "city"}
    assert len(landed(settings, people)) == 1


def test_what_no_field_takes_is_named(tmp_path):
    people = look_at(file(tmp_path, "id,name,city,Shoe Size,favourite colour\n"), {})
    assert people.ignored == ["Shoe Size", "favourite colour"]


def test_a_mapping_says_what_a_column_means(tmp_path):
    assert meanings(tmp_path, "key,who,where", key="record_id", who="name", where="city") == {
        "key": "record_id", "who": "name", "where": "city",
    }  # fmt: skip
    # what is said wins over what a column is called
    assert meanings(tmp_path, "id,mail,e_mail,name", e_mail="email") == {
        "id": "record_id", "name": "name", "e_mail": "email",
    }  # fmt: skip


def test_a_column_named_like_one_field_feeds_another_and_only_that(settings: Settings, tmp_path):
    people = look_at(file(tmp_path, "id,name,surname,city\n1,Acme,Li,here\n"), {"name": "company", "id": "record_id"})
    assert people.fields["company"] == "name"
    assert "name" not in people.fields
    [row] = landed(settings, people)
    assert (row["company"], row["name_token"], row["city"]) == ("Acme", None, "here")
    assert row["family_name_token"] is not None


@pytest.mark.parametrize(
    ("header", "mapping", "words"),
    [
        ("id,name,city", {"name": "shoe_size"}, "--map name=shoe_size: there is no field 'shoe_size'"),
        ("id,name,city", {"who": "name"}, r"--map who=name: .*people\.csv has no column 'who'; it has id, name, city"),
        ("id,a,b", {"a": "name", "b": "name"}, "name is given twice, by 'a' and 'b'"),
        ("id,a,name", {"a": "name"}, "the file also has a column 'name'"),
        ("id,name,city,name", {}, "line 1: the column 'name' is there twice"),
        ("id,Name,city,name", {}, "line 1: the column 'Name' is there twice"),
        ("name,city,phone", {}, "line 1: no column holds the id of a record .* the columns are: name, city, phone"),
        ("id,name", {}, "line 1: nothing to compare people by"),
        ("id,shoe size,colour", {}, "line 1: nothing to compare people by"),
        ("", {}, r"people\.csv is empty"),
        (" ", {}, r"people\.csv is empty"),
        ("id,name\x00,city", {}, "line 1: nothing to compare people by|no header"),
        ("x" * 200_000, {}, "line 1: no header of a CSV file|no column holds the id"),
    ],
)  # fmt: skip
def test_a_file_or_mapping_that_makes_no_sense_is_one_clear_mistake(tmp_path, header, mapping, words):
    with pytest.raises(UserError, match=words):
        look_at(file(tmp_path, header + "\n1,2,3\n" if header.strip() else header), mapping)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("people.csv.gz", b"id,name,city\n", "cannot be read"),
        ("people.csv.gz", gzip.compress(b"id,name,city\n1,2,3\n" * 99)[:20], "cannot be read"),
        ("people.csv", b"id,n\xff\xffame\n", "neither UTF-8 nor GB18030"),
    ],
    ids=["no gzip", "half a gzip", "no text"],
)
def test_a_file_that_cannot_be_read_is_one_clear_mistake(tmp_path, name, content, words):
    with pytest.raises(UserError, match=words):
        look_at(file(tmp_path, content, name), {})


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


def landed(settings: Settings, people: PeopleFile) -> list[dict[str, object]]:
    """Rows of the lake after the file was read in."""
    place = settings.landing / "records" / people.channel.tables[0].pattern.replace("*", "copy")
    place.parent.mkdir(parents=True)
    place.write_bytes(people.path.read_bytes())
    os.utime(place, (LONG_AGO, LONG_AGO))
    ingest(settings, people.channel)
    with duckdb.connect() as connection:
        found = connection.read_parquet(str(settings.lake / "raw_records" / "people" / "*.parquet"), union_by_name=True)
        return found.to_arrow_table().to_pylist()


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
    people = look_at(file(tmp_path, f"id,name,city,shoe size\n{rows}"), {})
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


def command(records: Path, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GUANXI_")}
    return subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "try", "identity", str(records),
         "--out", str(folder / "clusters.csv"), "--edges", str(folder / "edges.csv"), *options],
        cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def tried(records: Path, folder: Path, *options: str) -> str:
    """Run the command; what it printed."""
    done = command(records, folder, *options)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def read(place: Path) -> list[dict[str, str]]:
    with place.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


@pytest.mark.slow
def test_a_file_nobody_has_seen_becomes_people_with_reasons_and_the_same_ones_again(made_up: Path, tmp_path):
    printed = tried(made_up, tmp_path, "--map", "Guest No=record_id")
    assert "not used: Shoe Size" in printed
    assert re.findall(r"line (\d+) was not read: (.*)", printed) == [("144", "record_id: required but empty")]
    assert "142 records are 72 people; the largest cluster has 2" in printed

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


@pytest.mark.slow
@pytest.mark.skipif(not IDENTITY.exists(), reason="the data sets with a truth are not beside the checkout")
@pytest.mark.parametrize(("name", "least"), [("fake_1000", 0.935), ("febrl3", 0.9986)])
def test_public_data_sets_are_resolved_as_well_as_promised(name: str, least: float, tmp_path):
    tried(IDENTITY / name / "records.csv", tmp_path)
    scores = scored(tmp_path / "clusters.csv", IDENTITY / name / "truth.csv")
    assert scores.left_out == 0
    assert scores.pairs.f1 >= least, scores


def scored(clusters: Path, truth: Path) -> Scores:
    with duckdb.connect() as connection:
        return compare(
            connection,
            answer=f"select record_id as record, cluster_id as cluster from read_csv('{clusters}', all_varchar = true)",
            truth=f"select record_id as record, entity_id as entity from read_csv('{truth}', all_varchar = true)",
        )
