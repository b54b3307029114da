"""What the columns of a file of person records mean, whoever wrote it."""

import gzip
import os
from pathlib import Path

import duckdb
import pytest

from ingestion.pipeline import ingest
from orchestration.trial.column_detection import TriedFile, people_file
from stores.errors import UserError
from stores.settings import Settings

LONG_AGO = 1_000_000_000


def file(folder: Path, content: str | bytes, name: str = "people.csv") -> Path:
    place = folder / name
    place.write_bytes(content.encode() if isinstance(content, str) else content)
    return place


def landed(settings: Settings, people: TriedFile) -> list[dict[str, object]]:
    """Rows of the lake after the file was read in."""
    place = settings.landing / "records" / people.channel.tables[0].pattern.replace("*", "copy")
    place.parent.mkdir(parents=True)
    place.write_bytes(people.path.read_bytes())
    os.utime(place, (LONG_AGO, LONG_AGO))
    ingest(settings, people.channel)
    with duckdb.connect() as connection:
        found = connection.read_parquet(str(settings.lake / "raw_records" / "people" / "*.parquet"), union_by_name=True)
        return found.to_arrow_table().to_pylist()


def meanings(folder: Path, header: str, **mapping: str) -> dict[str, str]:
    """Column to field for a file with this header."""
    return {column: name for name, column in people_file(file(folder, header + "\n"), mapping).fields.items()}


def test_headers_are_understood_in_the_words_that_files_use(tmp_path):
    assert meanings(tmp_path, "rec_id,Surname,FORENAME,date_of_birth,soc_sec_id,Zip Code,suburb,shoe size") == {
        "rec_id": "record_id", "Surname": "family_name", "FORENAME": "given_name", "date_of_birth": "birthday",
        "soc_sec_id": "id_number", "Zip Code": "postcode", "suburb": "city",
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
    people = people_file(file(tmp_path, content, name), {})
    assert set(people.fields) == {"record_id", "name", "city"}
    assert len(landed(settings, people)) == 1


def test_what_no_field_takes_is_named(tmp_path):
    people = people_file(file(tmp_path, "id,name,city,Shoe Size,favourite colour\n"), {})
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
    people = people_file(
        file(tmp_path, "id,name,surname,city\n1,Acme,Li,here\n"), {"name": "company", "id": "record_id"}
    )
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
        ("id,name\x00,city", {}, "is no CSV file"),
        ("x" * 200_000, {}, "line 1: no header of a CSV file|no column holds the id"),
    ],
)  # fmt: skip
def test_a_file_or_mapping_that_makes_no_sense_is_one_clear_mistake(tmp_path, header, mapping, words):
    with pytest.raises(UserError, match=words):
        people_file(file(tmp_path, header + "\n1,2,3\n" if header.strip() else header), mapping)


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
        people_file(file(tmp_path, content, name), {})
