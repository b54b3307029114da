"""A mistake in a row of a seed is said with file and line before a run."""

import re

import pytest

from exports.receipts.field_names import FIELDS
from exports.receipts.status_words import EVENTS
from orchestration.seeds.seed_declarations import read_declarations
from orchestration.seeds.seed_files import check_seeds
from stores.errors import UserError
from stores.settings import PROJECT_ROOT, load_settings


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


DECLARED = """
seeds:
  - name: words
    description: "{{ doc('words') }}"
    config:
      column_types: {word: string, is_final: boolean, days: int, weight: double, rate: "decimal(5, 2)", since: date}
    data_tests:
      - column_rules:
          arguments:
            not_null: [word, is_final]
            unique: [word, [event, since]]
            accepted_values: {kind: [hard, soft]}
            required_values: {word: [sent]}
            minimum: {weight: 0.5}
            relationships: {event: {to: ref('events'), field: event}}
    columns:
      - {name: word, description: the word}
      - name: event
      - name: is_final
      - name: days
      - name: weight
      - name: rate
      - name: since
      - name: kind
  - name: events
    columns: [{name: event}]
"""
# The same by dbt's own tests of single columns.
DECLARED_BY_COLUMN = """
seeds:
  - name: words
    config: {column_types: {is_final: boolean}}
    columns:
      - {name: word, data_tests: [unique, not_null]}
      - name: event
        data_tests: [{relationships: {arguments: {to: ref('events'), field: event}}}]
      - name: kind
        data_tests: [{accepted_values: {arguments: {values: [hard, soft]}}}]
"""
HEADER = "word,event,is_final,days,weight,rate,since,kind\n"
RIGHT = "sent,sent,true,-3,0.5,999.999,2026-06-30,hard"


@pytest.fixture
def declared_seed(seed, tmp_path):
    """The same beside a yml that says what its columns are."""
    folder = tmp_path / "dbt_project" / "seeds"
    (folder / "receipts" / "_words.yml").write_text(DECLARED, "utf-8")
    (folder / "events.csv").write_text("event\nsent\nopened\n", "utf-8")
    return lambda content: seed(content.encode())


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("late,sent, false ,,,,,", r"words\.csv:3, column is_final: ' false ' is not true or false"),
        ("late,sent,no,,,,,", r"column is_final: 'no' is not true or false"),
        ("late,sent,,,,,,", r"column is_final: the cell is empty; it needs a value"),
        ("late,snt,true,,,,,", r"column event: 'snt' is not known: one of opened, sent \(seed events, column event\)"),
        ("late,sent,true,,,,,Hard", r"column kind: 'Hard' is not known: one of hard, soft\."),
        ("late,sent,true,,,,,hard ", r"column kind: 'hard ' has blanks around it"),
        (" late,sent,true,,,,,", r"column word: ' late' has blanks around it"),
        ("late,sent,true,3.5,,,,", r"column days: '3.5' is not a whole number"),
        ("late,sent,true,3000000000,,,,", r"column days: '3000000000' is not between -2147483647 and 2147483647"),
        ("late,sent,true,,1_0,,,", r"column weight: '1_0' is not a number"),
        ("late,sent,true,,nan,,,", r"column weight: 'nan' is not a number"),
        ("late,sent,true,,0.4,,,", r"words\.csv:3, column weight: '0.4' is too low: at least 0.5"),
        ("late,sent,true,,,1000,,", r"column rate: '1000' has more than 3 digits before the point"),
        ("late,sent,true,,,,30.6.2026,", r"column since: '30.6.2026' is no day; write YYYY-MM-DD"),
        ("sent,opened,true,,,,,", r"words\.csv:3: word 'sent' stands in line 2 too"),
        ("late,sent,true,,,,2026-06-30,", r"words\.csv:3: event 'sent', since '2026-06-30' stands in line 2 too"),
    ],
)
def test_a_cell_that_its_column_cannot_have_is_named_with_what_it_can_have(declared_seed, row, message):
    declared_seed(f"{HEADER}{RIGHT}\n")
    with pytest.raises(UserError, match=message):
        declared_seed(f"{HEADER}{RIGHT}\n{row}\n")


def test_a_row_that_the_models_ask_for_by_name_cannot_be_left_out(declared_seed):
    with pytest.raises(UserError, match=r"words\.csv: no row has word 'sent', .* Put it back\. Needed: sent\."):
        declared_seed(f"{HEADER}late,sent,true,,,,,\n")


def test_a_lowest_number_is_held_against_numbers_only_whether_or_not_a_type_is_declared(declared_seed, tmp_path):
    described = tmp_path / "dbt_project" / "seeds" / "receipts" / "_words.yml"
    rules = "[{column_rules: {arguments: {minimum: {days: 1}}}}]"
    described.write_text(f"seeds: [{{name: words, data_tests: {rules}, columns: [{{name: word}}]}}]", "utf-8")
    with pytest.raises(UserError, match=r"words\.csv:2, column days: 'many' is not a number"):
        declared_seed(f"{HEADER}sent,sent,true,many,,,,\n")
    with pytest.raises(UserError, match=r"words\.csv:2, column days: '0' is too low: at least 1"):
        declared_seed(f"{HEADER}sent,sent,true,0,,,,\n")


def test_every_threshold_that_a_model_reads_is_needed():
    folder = PROJECT_ROOT / "dbt_project"
    asked = {
        name
        for path in (folder / "models").rglob("*.sql")
        for listed in re.findall(r"thresholds\(\[(.*?)\]\)", path.read_text(encoding="utf-8"), re.DOTALL)
        for name in re.findall(r"'(\w+)'", listed)
    }
    assert asked == set(read_declarations(folder / "seeds")["rule_thresholds"].required["rule"])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("sent,sent,true,,,,,", r"word 'sent' stands in line 2 too"),
        (",sent,true,,,,,", r"column word: the cell is empty"),
        ("late,snt,true,,,,,", r"column event: 'snt' is not known: one of opened, sent"),
        ("late,sent,true,,,,,firm", r"column kind: 'firm' is not known: one of hard, soft"),
    ],
)
def test_a_seed_that_is_described_by_tests_of_single_columns_is_checked_too(declared_seed, tmp_path, row, message):
    described = tmp_path / "dbt_project" / "seeds" / "receipts" / "_words.yml"
    described.write_text(DECLARED_BY_COLUMN, "utf-8")
    declared_seed(f"{HEADER}{RIGHT}\n")
    with pytest.raises(UserError, match=message):
        declared_seed(f"{HEADER}{RIGHT}\n{row}\n")


def test_a_header_without_a_column_and_a_seed_without_a_file_are_named(declared_seed, tmp_path):
    with pytest.raises(UserError, match=r"words\.csv:1: the header has no column 'kind'\. Its columns: word, event, "):
        declared_seed("word,event,is_final,days,weight,rate,since\n")
    with pytest.raises(UserError, match=r"words\.csv:1: the header has two columns 'word'"):
        declared_seed(HEADER.replace("word,", "word,word,"))
    (tmp_path / "dbt_project" / "seeds" / "events.csv").unlink()
    with pytest.raises(UserError, match=r"seeds/receipts/events\.csv is missing, which .*_words\.yml describes"):
        declared_seed(f"{HEADER}{RIGHT}\n")


def test_every_column_of_the_seeds_that_come_along_has_a_type_and_a_description():
    folder = PROJECT_ROOT / "dbt_project" / "seeds"
    declared = read_declarations(folder)
    for path in folder.rglob("*.csv"):
        header = path.read_text("utf-8-sig").partition("\n")[0].strip().split(",")
        assert set(header) == set(declared[path.stem].columns) == set(declared[path.stem].types), path.stem


def test_what_receipts_and_messages_may_say_is_declared_as_the_exporter_reads_it():
    declared = read_declarations(PROJECT_ROOT / "dbt_project" / "seeds")
    assert set(declared["receipt_events"].allowed["event"]) == set(EVENTS)
    assert set(declared["receipt_fields"].allowed["field"]) == set(FIELDS)


def test_the_seeds_that_come_along_are_right(settings):
    check_seeds(settings)
