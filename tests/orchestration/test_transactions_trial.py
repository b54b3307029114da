"""`guanxi try rfm` and `guanxi try clv`: the whole way from a list of purchases to scores and forecasts."""

import csv
import os
import re
import signal
import subprocess
import sys
from datetime import date, timedelta

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli.main import app
from orchestration.trial.first_parse import read_ahead
from stores.errors import UserError
from stores.settings import PROJECT_ROOT
from tests.testing.command_line import run_guanxi
from tests.testing.data_sets import DATA, needs_data_sets
from tests.testing.purchases import made_up

LINES = """\
customer_id,order_id,ordered_at,amount,colour
a,1,2026-01-01 10:00,10.00,red
a,1,2026-01-01 10:00,5.50,red
a,2,2026-03-01 09:00,20.00,red
b,3,2026-02-15,8.00,red
b,4,2026-02-20,-8.00,red
c,5,2026-03-09,0.00,red
,6,2026-03-01,99.00,red
d,7,2026-04-02,7.00,red
e,8,no day,7.00,red
e,9,2026-03-10,70.00,red
"""


def tried(*arguments):
    return run_guanxi(["try", *map(str, arguments)], {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")})


def refused(*arguments):
    """The mistake that the command tells."""
    result = CliRunner().invoke(app, ["try", *map(str, arguments)])
    assert isinstance(result.exception, UserError), result.exception
    return str(result.exception)


def rows(place):
    with place.open(encoding="utf-8") as file:
        return {row["customer_id"]: row for row in csv.DictReader(file)}


def test_rfm_counts_what_a_hand_counts(tmp_path):
    place, out = tmp_path / "tx.csv", tmp_path / "rfm.csv"
    place.write_text(LINES, encoding="utf-8")
    done = tried("rfm", place, "--as-of", "2026-03-31", "--out", out)
    assert done.returncode == 0, done.stderr
    found = rows(out)
    assert {one: (row["recency_days"], row["frequency"], row["monetary"]) for one, row in found.items()} == {
        "a": ("30", "2", "35.50"),
        "b": ("", "0", "0.00"),
        "c": ("", "0", "0.00"),
        "e": ("21", "1", "70.00"),
    }
    assert found["e"]["m_score"] > found["a"]["m_score"]
    assert found["b"]["r_score"] == ""
    for words in (
        "not used: colour",
        "2 customers with 3 purchases",
        "2 customers without a purchase that was kept",
        "1 order without a customer",
        "1 order after --as-of",
        "line 10 was not read",
    ):
        assert words in done.stdout, done.stdout


def test_after_the_project_was_read_ahead_no_trial_reads_it_again(tmp_path):
    place = tmp_path / "tx.csv"
    place.write_text(LINES, encoding="utf-8")
    read_ahead()
    done = tried("rfm", place, "--as-of", "2026-03-31", "--out", tmp_path / "rfm.csv")
    assert done.returncode == 0, done.stderr
    assert "Reading the dbt project" not in done.stdout + done.stderr


def test_clv_of_a_list_says_who_buys_again_and_how_well_it_knows(tmp_path):
    purchases = made_up(700, 104)
    place, out = tmp_path / "tx.csv", tmp_path / "clv.csv"
    first = date(2024, 1, 1)
    with place.open("w", encoding="utf-8") as file:
        for customer, day, amount in zip(purchases.customer, purchases.day, purchases.amount, strict=True):
            file.write(f"c{customer} {first + timedelta(days=int(day))} {amount:.2f}\n")
    as_of = first + timedelta(days=90 * 7)
    done = tried(
        "clv", place, "--columns", "customer_id,date,amount", "--as-of", as_of, "--horizon-days", 90, "--out", out
    )
    assert done.returncode == 0, done.stderr
    assert "Forecast by MBG/NBD and gamma-gamma" in done.stdout
    assert "judged on the last 90 days" in done.stdout
    found = rows(out)
    known = {customer for customer, day in zip(purchases.customer, purchases.day, strict=True) if day <= 90 * 7}
    assert found.keys() == {f"c{customer}" for customer in known}
    assert all(0 < float(row["churn_score"]) < 1 for row in found.values())
    assert all(float(row["pred_spend"]) >= 0 for row in found.values())


@pytest.mark.parametrize("command", ["rfm", "clv"])
def test_mistakes_are_told_before_anything_is_read(tmp_path, command):
    place, out = tmp_path / "tx.csv", tmp_path / "out.csv"
    place.write_text(LINES, encoding="utf-8")
    assert "--as-of 31.3.2026: write a day as YYYY-MM-DD" in refused(
        command, place, "--as-of", "31.3.2026", "--out", out
    )
    missing = refused(command, tmp_path / "no.csv", "--as-of", "2026-03-31", "--out", out)
    assert "There is no file" in missing
    (tmp_path / "link.csv").symlink_to(place)
    for same in (place, tmp_path / "folder" / ".." / "tx.csv", tmp_path / "link.csv"):
        (tmp_path / "folder").mkdir(exist_ok=True)
        assert "is used twice" in refused(command, place, "--as-of", "2026-03-31", "--out", same)
    assert "is a folder" in refused(command, place, "--as-of", "2026-03-31", "--out", tmp_path)
    assert place.read_text(encoding="utf-8") == LINES
    assert not out.exists()


def test_a_day_before_the_list_begins_is_refused(tmp_path):
    place, out = tmp_path / "tx.csv", tmp_path / "out.csv"
    place.write_text(LINES, encoding="utf-8")
    done = tried("rfm", place, "--as-of", "2025-01-01", "--out", out)
    assert done.returncode == 2
    assert "Nobody in the list bought anything until 2025-01-01; " in done.stderr
    assert "Is --as-of right?" in done.stderr


def test_a_list_of_which_nothing_was_kept_is_refused_with_what_stands_in_it(tmp_path):
    place, out = tmp_path / "tx.csv", tmp_path / "out.csv"
    place.write_text(
        "customer_id,order_id,ordered_at,amount,currency\na,1,2026-01-01,-10,EUR\nb,2,2026-01-02,0,EUR\nc,3,1970-01-02,5,EUR\n",
        encoding="utf-8",
    )
    done = tried("rfm", place, "--as-of", "2026-03-31", "--out", out)
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert "until 2026-03-31; 2 orders of which nothing was kept or paid; 1 order held: a day before 1980" in said
    assert "--as-of" not in said, "the day is not what is wrong"
    assert not out.exists()


def test_words_that_are_no_currency_are_named(tmp_path):
    place, out = tmp_path / "tx.csv", tmp_path / "out.csv"
    place.write_text(
        "customer_id,order_id,ordered_at,amount,currency\na,1,2026-01-01,10,EUR\nb,2,2026-01-02,5,BTC\n",
        encoding="utf-8",
    )
    done = tried("rfm", place, "--as-of", "2026-03-31", "--out", out)
    assert "1 order held: no known currency: BTC" in " ".join(done.stdout.split())


@needs_data_sets
def test_rfm_of_a_real_list_equals_an_independent_count(tmp_path):
    source, out = DATA / "online_retail_ii" / "online_retail_II.csv.gz", tmp_path / "rfm.csv"
    sales, place = tmp_path / "sales.csv", tmp_path / "tx.csv"
    with duckdb.connect() as connection:
        # sales alone: what is given back is ours to judge, and no reference says how
        connection.execute(
            f"copy (select * from read_csv('{source}', all_varchar = true) where \"Customer ID\" is not null"
            " and Quantity::int > 0 and Price::double > 0 and InvoiceDate < '2010-07-01'"
            f" and hash(\"Customer ID\") % 4 = 0) to '{sales}'"
        )
        sales.rename(place)
        done = tried("rfm", place, "--as-of", "2010-06-30", "--out", out)
        assert done.returncode == 0, done.stderr
        differing = connection.execute(
            f"""
            with expected as (
                select "Customer ID" as customer_id,
                    date_diff('day', max(InvoiceDate)::date, date '2010-06-30') as recency,
                    count(distinct Invoice) as frequency, sum(Quantity * Price::decimal(18, 4)) as monetary
                from read_csv('{place}', types = {{'Customer ID': 'varchar', 'Price': 'decimal(18,4)'}}) group by all
            ),
            found as (select * from read_csv('{out}', types = {{'customer_id': 'varchar'}}))
            select count(*) from expected full join found using (customer_id)
            where recency is distinct from recency_days or expected.frequency is distinct from found.frequency
                or abs(expected.monetary - found.monetary) > 0.05 or found.monetary is null or expected.monetary is null
            """
        ).fetchone()
        assert differing == (0,)


@pytest.mark.parametrize("line", ["tx.csv:", "orders and the days"], ids=["while it reads", "while dbt builds"])
def test_ctrl_c_ends_it_with_everything_that_it_started(tmp_path, line):
    place, out = tmp_path / "tx.csv", tmp_path / "out.csv"
    place.write_text(LINES, encoding="utf-8")
    command = [sys.executable, "-m", "orchestration.cli", "try", "clv", place, "--as-of", "2026-03-31", "--out", out]
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=PROJECT_ROOT
    ) as process:
        assert process.stdout
        said = next(text for text in process.stdout if line in text)
        process.send_signal(signal.SIGINT)
        # ends only when nobody holds the pipe any more
        said += process.communicate(timeout=60)[0]
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert not list(tmp_path.glob("*out.csv*"))


@pytest.mark.parametrize(
    ("day", "amount", "words"),
    [
        ("19-Feb-2024", "10", "line 2: ordered_at: .* The file has ordered_at 19-Feb-2024, amount 10; .*--date-format"),
        ("2024-02-19", "$10", r"line 2: amount: .* amount \$10; .* without a currency sign"),
    ],
)
def test_a_list_none_of_whose_lines_can_be_read_says_what_stands_there_and_what_is_allowed(
    tmp_path, day, amount, words
):
    place = tmp_path / "tx.csv"
    place.write_text(f"customer_id,ordered_at,amount\na,{day},{amount}\n", encoding="utf-8")
    said = refused("rfm", place, "--as-of", "2024-12-31", "--out", tmp_path / "rfm.csv")
    assert re.search(words, said), said
