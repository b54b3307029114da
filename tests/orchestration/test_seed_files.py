"""A mistake in a row of a seed is said with file and line before a run."""

import pytest

from orchestration.dbt.seed_files import check_seeds
from stores.errors import UserError
from stores.settings import load_settings


@pytest.fixture
def seed(tmp_path):
    """A project with one seed, and a way to write it."""
    settings = load_settings(project_root=tmp_path, home=tmp_path / "home")
    path = tmp_path / "dbt_project" / "seeds" / "receipts" / "words.csv"
    path.parent.mkdir(parents=True)

    def write(content):
        path.write_bytes(content)
        check_seeds(settings)

    return write


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"word,event,class\nsent,sent,\nabgemeldet,unsubscribed\n",
            r"words.csv:3: 2 fields where .* has 3 \(word, ev",
        ),
        (b"word,event\nbye, see you,unsubscribed\n", r"words.csv:2: 3 fields where .* quotes"),
        (b"word,event\n\nsent,sent\nadieu\n", r"words.csv:4: 1 fields"),
        ("word,event\nżegnaj,unsubscribed\n".encode("cp1250"), r"words.csv is not UTF-8 text \(byte 11\)"),
        (b'word,event\n"bye,unsubscribed\n', r"words.csv:2: unexpected end of data"),
        (b"", r"words.csv is empty"),
    ],
)
def test_a_row_that_has_not_the_fields_of_the_header_is_named(seed, content, message):
    with pytest.raises(UserError, match=message):
        seed(content)


@pytest.mark.parametrize(
    "content", [b"word,event\n", b'\xef\xbb\xbfword,event\r\n"a,b",\r\n\r\n', b'word,event\n"two\nlines",sent\n']
)
def test_a_row_with_empty_quoted_or_several_line_fields_is_right(seed, content):
    seed(content)


def test_the_seeds_that_come_along_are_right(settings):
    check_seeds(settings)
