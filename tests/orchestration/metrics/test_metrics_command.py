"""`guanxi metrics query`: from names to rows, as a table, a file or SQL."""

import csv
import io
import json
import re

import duckdb
import pytest

from orchestration.cli.main import main
from orchestration.cli.session import console
from serving.published_copy import current_copy
from stores.settings import load_settings
from tests.testing import small_publication


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    settings = load_settings(home=tmp_path_factory.mktemp("published"))
    small_publication.publish_fixture(settings)
    return settings.home


@pytest.fixture
def guanxi(home, monkeypatch, capsys):
    monkeypatch.setenv("GUANXI_HOME", str(home))

    def run(*arguments):
        shown = io.StringIO()
        monkeypatch.setattr(console, "file", shown)
        monkeypatch.setattr("sys.argv", ["guanxi", "metrics", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        said = capsys.readouterr()
        return int(stopped.value.code or 0), shown.getvalue() + said.out, said.err

    return run


def test_every_metric_is_listed_with_both_names(guanxi):
    code, said, _ = guanxi("list", "--json")
    listed = {one["metric"]: one for one in json.loads(said)}
    assert code == 0
    assert listed["repurchase_rate"]["name_zh"] == "复购率"
    assert listed["repurchase_rate"]["unit"] == "share"
    assert "csat_total" not in listed, "a part of a figure is none"


def test_a_file_has_every_row_of_the_answer(guanxi, tmp_path, home):
    out = tmp_path / "revenue.csv"
    code, _, _ = guanxi("query", "net_revenue", "orders", "--by", "month", "--by", "channel", "--out", str(out))
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with current_copy(load_settings(home=home)) as published:
        total = published.values("select sum(net_revenue), sum(orders) from marts.daily_channel_metrics")[0]
    assert code == 0
    assert list(rows[0]) == ["month", "channel", "net_revenue", "orders"]
    assert rows[0]["month"].endswith("-01")
    assert sum(float(row["net_revenue"]) for row in rows) == pytest.approx(float(total[0]))
    assert sum(int(row["orders"]) for row in rows) == total[1]


def test_a_name_that_a_channel_brought_is_no_formula_in_the_file(guanxi, tmp_path, home):
    out = tmp_path / "stores.csv"
    path = next((home / "published").glob("serving-*.duckdb"))
    with duckdb.connect(str(path)) as con:
        con.execute("update marts.daily_channel_metrics set store_name = '=cmd|x' where store_name = '北京一店'")
    assert guanxi("query", "orders", "--by", "store", "--out", str(out))[0] == 0
    assert "'=cmd|x," in out.read_text(encoding="utf-8-sig")


def test_periods_are_days_for_a_script(guanxi):
    _, said, _ = guanxi("query", "orders", "--by", "month", "--json")
    assert all(re.fullmatch(r"\d{4}-\d{2}-01", row["month"]) for row in json.loads(said))


def test_a_value_narrows_the_answer(guanxi):
    _, said, _ = guanxi("query", "orders", "--where", "channel=pos", "--json")
    _, everywhere, _ = guanxi("query", "orders", "--json")
    assert 0 < json.loads(said)[0]["orders"] < json.loads(everywhere)[0]["orders"]


def test_what_is_asked_twice_is_told_once(guanxi):
    _, once, _ = guanxi("query", "orders", "--by", "month", "--json")
    code, twice, _ = guanxi("query", "orders", "orders", "--by", "month", "--by", "month", "--json")
    assert (code, twice) == (0, once)


def test_the_sql_that_is_printed_gives_the_answer(guanxi, home):
    _, sql, _ = guanxi("query", "orders", "--by", "channel", "--sql")
    _, said, _ = guanxi("query", "orders", "--by", "channel", "--json")
    with current_copy(load_settings(home=home)) as published:
        assert published.rows(sql) == json.loads(said)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["profit"], "There is no metric profit"),
        (["orders", "--by", "campaign"], "cannot be told by campaign"),
        (["orders", "--where", "channel={#"], "'{#' is no value of a dimension"),
        (["orders", "--where", "channel"], "write a dimension, = and a value"),
        (["orders", "--out", "/dev/null/x.csv"], "/dev/null/x.csv cannot be written"),
        (["orders", "--since", "2026-02-30"], "does not match"),
        (
            ["orders", "--since", "2026-03-01", "--until", "2026-02-01"],
            "--until 2026-02-01 lies before --since 2026-03-01",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_line(guanxi, arguments, said):
    code, out, err = guanxi("query", *arguments)
    assert code == 2
    assert said in " ".join((out + err).split())
    assert "Traceback" not in out + err


def test_the_models_of_the_checkout_are_up_to_date(guanxi):
    assert guanxi("compile", "--check")[0] == 0
