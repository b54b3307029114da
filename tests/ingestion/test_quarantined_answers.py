"""A word that is neither yes nor no is shown in quarantine, unless it may be somebody's name."""

import json

import pytest

from ingestion.contract.table import Column, Table
from ingestion.quarantine.answers import looks_like_an_answer

PEOPLE = Table(
    "people", {"id": Column("text", required=True), "newsletter": Column("bool", true=["ja"])}, pattern="*.csv"
)


def test_the_word_is_shown_with_those_that_are_known(desk):
    people = desk(PEOPLE)
    people.drop("p.csv", "id,newsletter\n1,JA\n2,kanskje\n3,no\n")
    people.ingest()
    ((line, reason),) = people.reasons()
    assert line == 3
    assert reason == "newsletter: 'kanskje' is not yes or no (yes: ja, true, t, 1 …, no: false, f, 0, no …)"
    ((row,),) = people.rows("quarantine", "row")
    assert json.loads(row) == {"id": "2", "newsletter": "kanskje"}


def test_a_column_of_many_different_words_holds_something_else_and_shows_no_more_of_it(desk):
    people = desk(PEOPLE)
    words = ["perhaps", "later", "daily", "weekly", "often", "Anna", "Berta", "Carla", "later"]
    people.drop("p.csv", "id,newsletter\n" + "".join(f"{number},{word}\n" for number, word in enumerate(words)))
    people.ingest()
    shown = [reason.partition(" is not ")[0] for _, reason in people.reasons()]
    assert shown[5:] == [f"newsletter: text of {len(name)} characters" for name in words[5:8]] + ["newsletter: 'later'"]


@pytest.mark.parametrize(
    "word",
    [
        "kanskje",
        "Nei takk",
        "opt-in",
        "s'abonner",
        "не согласен",
        "不接受",
        "未同意",
        "보류",
        "いいえ",
        "subscribed",
        "Sim",
    ],
)
def test_these_look_like_answers(word):
    assert looks_like_an_answer(word)


@pytest.mark.parametrize(
    "value",
    [
        "Anna Müller",
        "Anna Å",
        "Иван Петров",
        "王小明",
        "김철수",
        "やまだ",
        "ann@mail.example.com",
        "13800138000",
        "a2",
        "x" * 21,
        "Jan-Pieter van",
    ],
)
def test_these_may_be_somebody_and_do_not(value):
    assert not looks_like_an_answer(value)
