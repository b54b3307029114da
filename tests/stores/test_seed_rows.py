"""Rows of seeds, read without dbt."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stores.dbt_files.seed_rows import seed_rows
from stores.dbt_files.text_files import require_text_file
from stores.errors import UserError


def test_a_seed_is_found_in_any_folder_also_as_spreadsheets_save_it(tmp_path: Path) -> None:
    place = tmp_path / "seeds" / "campaigns" / "caps.csv"
    place.parent.mkdir(parents=True)
    place.write_text('\ufefftier,words\r\nhigh,"a, b"\r\n', encoding="utf-8")
    assert seed_rows(tmp_path, "caps") == [{"tier": "high", "words": "a, b"}]


def test_a_seed_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"The seed caps\.csv is missing in .*seeds\. Bring it back"):
        seed_rows(tmp_path, "caps")


@pytest.fixture
def usual_field_size() -> Iterator[None]:
    """The limit holds for the whole process, and libraries raise it."""
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)


@pytest.mark.usefixtures("usual_field_size")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"tier\n\xff\xfe", r"caps\.csv is not UTF-8 text \(byte 5\)"),
        (b'tier\n"' + b"x" * 200_000 + b'"\n', r"caps\.csv is no CSV table: field larger than field limit"),
    ],
    ids=["binary", "endless cell"],
)
def test_a_seed_that_is_no_table_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "caps.csv").write_bytes(content)
    with pytest.raises(UserError, match=said):
        seed_rows(tmp_path, "caps")


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to itself"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "spring.yml"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(path)
    with pytest.raises(UserError, match=r"^spring\.yml is no file that can be read\. Put a text file in its place\.$"):
        require_text_file(path, path.name)


def test_a_file_that_is_missing_is_left_to_whoever_reads_it(tmp_path: Path) -> None:
    require_text_file(tmp_path / "spring.yml", "spring.yml")
