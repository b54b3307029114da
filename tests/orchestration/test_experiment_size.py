"""`guanxi experiment size`: what it answers, for people and for scripts, and what it refuses."""

import json

import pytest
from typer.testing import CliRunner

from orchestration.cli.main import app, main
from orchestration.cli.session import console
from stores.errors import UserError


@pytest.fixture
def sizes(monkeypatch):
    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["guanxi", "experiment", "size", *arguments, "--json"])
        with console.capture() as shown, pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 0
        return json.loads(shown.get())

    return call


def test_a_difference_is_said_in_points_or_of_the_baseline(sizes):
    (row,) = sizes("--baseline", "0.2", "--effect", "0.02")["sizes"]
    (other,) = sizes("--baseline", "20%", "--effect", "10%")["sizes"]
    assert row == pytest.approx(other)
    assert row["relative_effect"] == pytest.approx(0.1)
    # 16 p (1 - p) / difference squared, the rule of thumb for each arm
    assert row["control_units"] == pytest.approx(16 * 0.21 * 0.79 / 0.02**2, rel=0.03)
    assert row["units"] == row["control_units"] + row["variant_units"]


def test_units_say_which_difference_they_show_and_back(sizes):
    rest = ("--baseline", "30", "--spread", "80", "--variants", "2", "--control-share", "0.2")
    (shown,) = sizes(*rest, "--units", "9000")["sizes"]
    assert (shown["control_units"], shown["variant_units"], shown["units"]) == (1_800, 3_600, 9_000)
    (needed,) = sizes(*rest, "--effect", str(shown["effect"]))["sizes"]
    assert needed["units"] == pytest.approx(9_000, abs=4)


def test_without_a_question_it_shows_some_differences(sizes):
    document = sizes("--baseline", "0.19", "--metrics", "2")
    assert [round(row["relative_effect"], 2) for row in document["sizes"]] == [0.02, 0.05, 0.1, 0.2]
    assert document["alpha_of_each"] == 0.025
    units = [row["units"] for row in document["sizes"]]
    assert units == sorted(units, reverse=True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--baseline", "5"], "a share lies between 0 and 1. For a metric that is a number add --spread"),
        (["--baseline", "many"], "--baseline many: write a number such as 0.19, or a percentage such as 19%."),
        (["--baseline", "nan", "--spread", "4"], "--baseline nan: write a number"),
        (["--baseline", "0.9", "--effect", "0.2"], "0.9 and 0.2 are no share together"),
        (["--baseline", "0.9", "--effect", "0"], "a difference of nothing cannot be seen"),
        (["--baseline", "0", "--spread", "4"], "say with --effect which difference"),
        (["--baseline", "-5", "--spread", "4", "--effect", "5%"], "there is no percentage of the baseline -5"),
        (["--baseline", "5", "--spread", "0"], "a metric without spread needs no experiment"),
        (["--baseline", "0.5", "--units", "50", "--effect", "0.1"], "give one of them"),
        (["--baseline", "0.5", "--units", "9", "--control-share", "0.01"], "0 in the control and 9 in each variant"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_option_and_value(arguments, words):
    result = CliRunner().invoke(app, ["experiment", "size", *arguments])
    assert isinstance(result.exception, UserError), result.exception
    assert words in str(result.exception)
