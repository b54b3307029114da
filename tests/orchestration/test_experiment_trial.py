"""`guanxi try experiment`: any file with one row a unit, read, with its mistakes told in one line."""

import csv
import gzip
import json
import random

import pytest
from typer.testing import CliRunner

from orchestration.cli.main import app, main
from orchestration.cli.session import console
from stores.errors import UserError
from tests.testing.data_sets import DATA, needs_data_sets

LINES = "unit,arm,bought,spend,city\n" + "".join(
    f"u{number},{'a' if number % 2 else 'b'},{int(number % 5 == 0)},{number % 7},{'x' if number % 3 else 'y'}\n"
    for number in range(200)
)


@pytest.fixture
def said(monkeypatch, tmp_path):
    """Read an experiment: what is printed, in one line."""
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path / "none"))

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["guanxi", "try", "experiment", *map(str, arguments)])
        with console.capture() as shown, pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 0, arguments
        return " ".join(shown.get().split())

    return call


@pytest.fixture
def refused(monkeypatch, tmp_path):
    """Read an experiment that cannot be read: the mistake that is told."""
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path / "none"))

    def call(*arguments):
        result = CliRunner().invoke(app, ["try", "experiment", *map(str, arguments)])
        assert isinstance(result.exception, UserError), result.exception
        return str(result.exception)

    return call


@pytest.fixture
def place(tmp_path):
    def write(content, name="units.csv"):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return tmp_path / name

    return write


@needs_data_sets
def test_cookie_cats_reads_as_the_published_answer(said):
    told = said(
        DATA / "experiments" / "cookie_cats.csv", "--variant", "test_version", "--control", "gate_30",
        "--metric", "retention_1", "retention_7", "sum_gamerounds", "--unit", "userid",
    )  # fmt: skip
    assert "ALARM Sample ratio: the arms are not as large as planned, beyond chance (p 0.00861)" in told
    assert "retention_1: no difference shown between gate_40 and gate_30: 44.23% against 44.82%" in told
    assert "retention_7: gate_40 is lower than gate_30: 18.20% against 19.02%, -0.82 points" in told
    assert "a single unit of gate_30 makes up 84% of the spread of sum_gamerounds" in told
    assert "Do not rely on these sentences before the alarms are explained." in told
    for figure in ("-1.7841", "0.0744", "-3.1644", "0.00155"):
        assert figure in told


def test_values_follow_an_option_or_each_has_its_own(said, place):
    file = place(LINES)
    rest = ("--variant", "arm", "--control", "a")
    together = said(file, *rest, "--metric", "bought", "spend", "--json")
    apart = said(*rest, "--metric=bought", "--metric", "spend", file, "--json")
    assert json.loads(together) == json.loads(apart)
    assert [one["metric"] for one in json.loads(together)["results"]] == ["bought", "spend"]


def test_encodings_separators_marks_and_words_for_yes_make_no_difference(said, place):
    chance = random.Random(5)
    rows = [
        (f"1380000{number:04d}", chance.choice(["空白组", "优惠券"]), chance.random() < 0.4, chance.random() * 2_000)
        for number in range(400)
    ]
    plain = "\n".join(["手机号,分组,购买,消费", *(f"{u},{a},{int(b)},{s:.2f}" for u, a, b, s in rows)])
    chinese = "\n".join(["手机号;分组;购买;消费", *(f"{u};{a};{'是' if b else '否'};{f'{s:.2f}'.replace('.', ',')}"
                                              for u, a, b, s in rows)])  # fmt: skip
    grouped = "\n".join(["手机号\t分组\t购买\t消费", *(f"{u}\t {a} \t{b}\t¥{s:,.2f}" for u, a, b, s in rows)])
    documents = []
    for content in (plain.encode(), gzip.compress(plain.encode()), chinese.encode("gb18030"),
                    plain.replace("\n", "\r\n").encode("utf-8-sig"), plain.encode("utf-16"),
                    f"Export of June\n{plain}".encode(), plain.replace(",", "  ").encode()):  # fmt: skip
        name = "units.csv.gz" if content.startswith(b"\x1f\x8b") else "units.csv"
        told = said(place(content, name), "--variant", "分组", "--control", "空白组", "--metric", "购买", "消费",
                    "--unit", "手机号", "--json")  # fmt: skip
        documents.append([(one["metric"], one["plain"]) for one in json.loads(told)["results"]])
    assert all(one == documents[0] for one in documents)
    told = said(place(grouped), "--variant", "分组", "--control", "空白组", "--metric", "购买", "消费", "--json")
    assert [(one["metric"], one["plain"]) for one in json.loads(told)["results"]] == documents[0]


def test_many_metrics_are_read_in_one_go(said, place):
    names = [f"m{number}" for number in range(40)]
    rows = [",".join([("a", "b")[row % 2], *(str(row % (number + 3)) for number in range(40))]) for row in range(300)]
    file = place("\n".join([",".join(["arm", *names]), *rows]))
    told = said(file, "--variant", "arm", "--control", "a", "--metric", *names, "--json")
    assert [one["metric"] for one in json.loads(told)["results"]] == names


def test_rows_that_are_no_units_are_counted_and_left_out(said, place):
    file = place(
        LINES
        + "u1,a,0,1,x\n"  # word for word
        + "u2,a,0,2,x\n"  # in both arms
        + ",a,1,3,x\n"
        + "u900,,1,3,x\n"
        + "u901,a,,n/a,x\n"
        + "u902,b,0,abc,x\n"
        + "three,cells,only\n"
    )
    told = said(file, "--variant", "arm", "--control", "a", "--metric", "bought", "spend", "--unit", "unit")
    for words in (
        "201 units by arm: a 101 (control), b 100",
        "1 row without an arm: left out",
        "1 row without a unit: left out",
        "1 row repeated word for word: counted once",
        "1 unit in more than one arm (contamination): left out",
        "spend: 1 value cannot be read and counted as missing, first in line 207: 'abc'",
        "line 208 was not read: 3 fields instead of 5",
        "Missing, left out of it: 1 unit of a, 0 units of b",
        "Missing, left out of it: 1 unit of a, 1 unit of b",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        ("arm,m\n" + "a,1\n" * 9, ["--metric", "m"], "One arm only: a 9."),
        ("arm,m\n" + "a,0\nb,0\n" * 40, ["--metric", "m"], "m: no difference: nobody says yes in either, b and a"),
        ("arm,m\n" + "a,5\nb,5\n" * 40, ["--metric", "m"], "every unit of b and a has the same value, 5.00."),
        ("arm,m\n" + "a,5\nb,6\n" * 40, ["--metric", "m"], "m: no test of b and a: every unit of b has 6.00"),
        ("arm,m\na,5\nb,6\n", ["--metric", "m"], "m: no verdict on b and a: 1 unit against 1, too few for a test."),
        ("arm,m\na,0\nb,1\n", ["--metric", "m"], "So few units would have shown no difference, however large."),
        ("arm,m\n" + "a,5\nb,\n" * 40, ["--metric", "m"], "m: nothing to compare: no unit of b has a value."),
        ("arm,m\n" + "a,1\nb,0\na,0\nb,1\n" * 2, ["--metric", "m", "--sequential"], "too few of them say yes, or no"),
        ("arm,m\n" + "a,1\n" * 9, ["--metric", "m", "--expected", "a=10", "b=90"], "b 0 (planned 90.0%)"),
        ("arm,m\n" + "a,1\nA,0\n" * 9, ["--metric", "m"], "a and A are taken for two arms"),
        ("arm,m,s\n" + "a,1,0\nb,0,\n" * 9, ["--metric", "m", "--sent", "s"], "s: not known of 9 rows"),
        ("arm,m,c\n" + "a,1,2\nb,0,2\n" * 9, ["--metric", "m", "--covariate", "c"], "the same for every unit"),
        ("arm,m,c\n" + "a,1,2\nb,0,8\n" * 9, ["--metric", "m", "--covariate", "c=m"], "ALARM Covariate of m"),
    ],
)  # fmt: skip
def test_what_shows_nothing_says_so_in_words(said, place, content, arguments, words):
    told = said(place(content), "--variant", "arm", "--control", "a", *arguments)
    assert words in told
    assert "nan" not in told.lower()
    document = said(place(content), "--variant", "arm", "--control", "a", *arguments, "--json")
    json.loads(document, parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--metric", "nope"], "units.csv: --metric nope: there is no such column. The columns are: unit,"),
        (["--metric", "city"], "line 3, column city: 'x' cannot be read (133 of 200 values cannot)"),
        (["--metric", "spend", "--sent", "spend"], "--metric spend: the column is used twice, --sent names it too"),
        (["--metric", "bought", "--sent", "spend"], "--sent needs yes or no"),
        (["--metric", "bought", "--by", "unit"], "--by unit: 200 different values; at most 20 groups"),
        (["--metric", "bought", "--covariate", "spend=clicks"], "spend=clicks: write COLUMN or COLUMN=METRIC"),
        (["--metric", "bought", "--covariate", "spend", "city"], "bought has the covariate spend already"),
        (["--metric", "bought", "--expected", "a=0.5", "b=0.49"], "sum to 0.99. They must sum to 1, or to 100"),
        (["--metric", "bought", "--expected", "a=1"], "--expected gives no share for b"),
        (["--metric", "bought", "--expected", "a"], "--expected a: write VALUE=SHARE"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_column_and_value(refused, place, arguments, words):
    assert words in refused(place(LINES), "--variant", "arm", "--control", "a", *arguments)


def test_a_unit_that_says_different_things_is_refused_with_its_lines(refused, place):
    file = place("unit,arm,bought\nu1,a,1\nu2,b,1\nu1,a,0\n")
    told = refused(file, "--variant", "arm", "--control", "a", "--metric", "bought", "--unit", "unit")
    assert "units.csv, lines 2, 4: the same unit with different values (1 such unit)" in told


def test_a_control_that_nobody_is_in_is_refused_with_the_arms_that_there_are(refused, place):
    told = refused(place(LINES), "--variant", "arm", "--control", "A", "--metric", "bought")
    assert told.endswith("--control A: no unit is in that arm. The arms in arm are: a, b.")
    ids = refused(place(LINES), "--variant", "unit", "--control", "u1", "--metric", "bought")
    assert "--variant unit: 200 different values; an experiment has 20 arms at most" in ids


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("arm,bought\n", "has no row of units below its header"),
        ("arm,bought,bought\na,1,2\n", "--metric bought: the column is there 2 times"),
        ("arm,bought\na,\"1\n", "no row of units below its header. Line 2: a quote is opened and never closed."),
        ("arm;bought\na;1,5\nb;2.5\n", "1,5 has a decimal comma and 2.5 a decimal point"),
        (b"PK\x03\x04rest", "is no CSV file, but a workbook"),
        ("arm,bought\n" + "a,1e300\nb,inf\n" * 9, "cannot be read (18 of 18 values cannot)"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused(refused, place, content, words):
    assert words in refused(place(content), "--variant", "arm", "--control", "a", "--metric", "bought")


def test_groups_are_marked_as_exploration_and_what_was_sent_stands_beside(said, place):
    told = said(
        place(LINES), "--variant", "arm", "--control", "a", "--metric", "spend", "--by", "city", "--sent", "bought"
    )
    assert "Exploration by group" in told
    assert "Exploration: a group is a hint for the next experiment, not a result." in told
    assert "As sent (chance did not choose who was)" in told


def test_the_file_of_figures_has_a_row_for_each_reading(said, place, tmp_path):
    out = tmp_path / "figures.csv"
    said(
        place(LINES), "--variant", "arm", "--control", "a", "--metric", "bought", "spend", "--by", "city", "--out", out
    )
    with out.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [(row["metric"], row["reading"], row["group"]) for row in rows] == [
        ("bought", "plain", ""), ("spend", "plain", ""),
        ("bought", "exploration", "x"), ("bought", "exploration", "y"),
        ("spend", "exploration", "x"), ("spend", "exploration", "y"),
    ]  # fmt: skip
    assert rows[0]["control_units"] == "100"
    assert 0 < float(rows[0]["p_value"]) <= 1


def test_names_of_arms_and_columns_are_no_markup_and_no_formula(said, place, tmp_path):
    file, out = place(LINES.replace(",a,", ",[bold]a[/bold],").replace(",b,", ",=1+1,")), tmp_path / "figures.csv"
    told = said(file, "--variant", "arm", "--control", "[bold]a[/bold]", "--metric", "bought", "--out", out)
    assert "no difference shown between =1+1 and [bold]a[/bold]" in told
    assert "\nbought,'=1+1," in out.read_text(encoding="utf-8-sig")


def test_the_file_is_never_overwritten_and_no_identifier_is_shown(said, refused, place):
    file = place(LINES.replace("u7,", "13800138000,"))
    assert "is used twice" in refused(file, "--variant", "arm", "--control", "a", "--metric", "bought", "--out", file)
    told = said(file, "--variant", "arm", "--control", "a", "--metric", "bought", "--unit", "unit", "--json")
    assert "13800138000" not in told
