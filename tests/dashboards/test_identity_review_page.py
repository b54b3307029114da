"""The identity review page: what waits, both profiles side by side, deciding and taking back by commands."""

import shutil
from datetime import datetime

import duckdb
import pytest

from dashboards import commands
from stores import operations
from stores.operations import audit_log
from stores.settings import load_settings
from tests.testing.app_pages import html

PAIR = ("loyalty:1", "shop:1")


@pytest.fixture
def review(own):
    """Two profiles of two customers that linkage finds alike, a refused link and a shared value."""
    with duckdb.connect(str(next(own.published.glob("serving-*.duckdb")))) as con:
        first, second = (row[0] for row in con.execute("select customer_id from marts.customers limit 2").fetchall())
        con.execute("delete from marts.customer_profiles where source_profile_id in ('loyalty:1', 'shop:1')")
        for profile, customer in zip(PAIR, (first, second), strict=True):
            con.execute(
                "insert into marts.customer_profiles by name select ? as source_profile_id, ? as customer_id,"
                " split_part(?, ':', 1) as channel, timestamp '2025-02-03 10:00:00' as registered_at",
                [profile, customer, profile],
            )
            for kind, value, mask in (("phone", "token", "138****0001"), ("email", profile, f"{profile[0]}***@x.com")):
                con.execute(
                    "insert into marts.customer_identifiers by name select ? as customer_id,"
                    " ? as source_profile_id, ? as identifier_type, ? as identifier_value, ? as identifier_mask,"
                    " true as is_linking",
                    [customer, profile, kind, value, mask],
                )
        for kind, why, weights, sure in (
            ("probable_link", "between_thresholds", '{"phone": 11.5, "family_name": -7.4, "gender": 0.2}', 0.93),
            ("refused_edge", "id_numbers_differ", None, None),
        ):
            con.execute(
                "insert into marts.identity_review by name select ? as review_id, ? as kind, ? as reason,"
                " ? as reason_zh, ? as reason_en, ? as left_profile_id, ? as right_profile_id, ? as left_customer_id,"
                " ? as right_customer_id, 'phone' as identifier_type, 'token' as identifier_value,"
                " '138****0001' as identifier_mask, ? as field_weights, 2 as profiles, 2 as customers,"
                " ? as match_probability",
                [f"r_{kind}", kind, why, f"原因 {why}", f"because {why}", *PAIR, first, second, weights, sure],
            )
    return own


@pytest.fixture
def ran(monkeypatch):
    """The commands that the page runs, which do nothing here."""
    words = []

    def run(*typed, seconds=0):
        words.append(typed)
        return "Recorded."

    monkeypatch.setattr(commands, "run", run)
    return words


def decide(verdict="join"):
    with operations.writing(operations.engine(load_settings())) as connection:
        return operations.decide(
            connection, verdict, *PAIR, reason="they rang", by="Wang Fang", moment=datetime(2026, 6, 30)
        ).decision.decision_id


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh_CN", ["强烈支持同一人", "强烈不支持同一人", "几乎没有影响", "93%", "相同", "不同", "会员"]),
        (
            "en",
            ["speaks strongly for one person", "speaks strongly against one person", "says little", "93%", "differs"],
        ),
    ],
)
def test_a_pair_stands_side_by_side_with_its_weights_in_words(review, open_app, language, words):
    app = open_app("identity_review", language)
    assert not app.exception
    shown = html(app)
    assert [word for word in words if word not in shown] == []
    assert "l***@x.com" in shown
    assert "s***@x.com" in shown
    assert shown.index("strongly" if language == "en" else "强烈支持") < shown.index(words[2])


def test_what_waits_is_counted_by_kind_and_filtered(review, open_app):
    app = open_app("identity_review", "en")
    assert "Any reason" in app.selectbox(key="reason").options
    assert [option.split(" ")[0] for option in app.selectbox(key="item").options] == ["1.", "2.", "3."]
    app = open_app("identity_review", "en", kind="refused_edge")
    assert len(app.selectbox(key="item").options) == 1
    assert "the link was refused" in html(app)
    assert "Because id_numbers_differ" in html(app)


def test_a_shared_value_says_how_many_carry_it(review, open_app):
    assert "64 profiles of 60 customers" in html(open_app("identity_review", "en", item="r_1"))


def test_nothing_is_decided_before_a_name_and_a_reason_are_given(review, open_app):
    app = open_app("identity_review", "en")
    assert app.button(key="join").disabled
    assert app.button(key="separate").disabled


@pytest.mark.parametrize("verdict", ["join", "separate"])
def test_a_decision_is_asked_for_shown_and_run_as_its_command(review, open_app, ran, verdict):
    app = open_app("identity_review", "en")
    app.text_input(key="decision_by").set_value("Wang Fang").run()
    app.text_input(key="why_r_probable_link").set_value("--they rang").run()
    app.button(key=verdict).click().run()
    assert ran == []
    assert f"guanxi identity {verdict}" in app.code[0].value
    app.button(key=f"{verdict}_do").click().run()
    assert ran == [("identity", verdict, "--by=Wang Fang", "--why=--they rang", "--", *PAIR)]
    assert not app.exception


def test_what_a_command_refuses_is_said_and_the_question_stays(review, open_app, monkeypatch):
    def refuse(*words, seconds=0):
        raise commands.CommandFailed("It contradicts d_1.")

    monkeypatch.setattr(commands, "run", refuse)
    app = open_app("identity_review", "en")
    app.text_input(key="decision_by").set_value("Wang Fang").run()
    app.text_input(key="why_r_probable_link").set_value("they rang").run()
    app.button(key="join").click().run()
    app.button(key="join_do").click().run()
    assert app.error[0].value == "It contradicts d_1."
    assert app.button(key="join_cancel").click().run().button(key="join")


def test_a_decided_pair_says_when_it_counts_and_offers_the_next_one(review, open_app):
    decide()
    app = open_app("identity_review", "en", item="r_probable_link")
    assert "takes effect with the next run" in app.success[0].value
    app.button(key="review_go_on").click().run()
    assert app.selectbox(key="item").value == "r_1"
    assert [option for option in app.selectbox(key="item").options if "Probable" in option] == []


def test_a_decision_in_force_is_taken_back_by_its_name(review, open_app, ran):
    decision = decide("separate")
    app = open_app("identity_review", "en")
    assert "In effect" in html(app)
    assert app.button(key=f"undo_{decision}").disabled
    app.text_input(key="decision_by").set_value("Li Na").run()
    app.button(key=f"undo_{decision}").click().run()
    app.button(key=f"undo_{decision}_do").click().run()
    assert ran == [("identity", "undo", "--by=Li Na", "--", decision)]


def test_each_customer_looked_at_is_in_the_audit_log_once(review, open_app):
    app = open_app("identity_review", "en", item="r_probable_link")
    app.text_input(key="decision_by").set_value("Wang Fang").run()
    with operations.reading(operations.engine(load_settings())) as connection:
        looks = connection.execute(audit_log.select()).mappings().all()
    assert [(row["action"], row["purpose"]) for row in looks] == [("view", "identity review")] * 2
    assert len({row["subject"] for row in looks}) == 2


def test_under_a_past_day_nothing_can_be_decided_and_the_page_says_so(review, open_app, monkeypatch):
    decision = decide()
    monkeypatch.setenv("GUANXI_PAST_DAY", "2026-06-01")
    shutil.copytree(review.published, load_settings().published)
    app = open_app("identity_review", "en", item="r_1")
    app.text_input(key="decision_by").set_value("Wang Fang").run()
    app.text_input(key="why_r_1").set_value("they rang").run()
    assert app.button(key="join").disabled
    assert app.button(key=f"undo_{decision}").disabled
    assert any("GUANXI_PAST_DAY" in caption.value for caption in app.caption)


def test_where_nothing_waits_the_page_says_so(own, open_app):
    with duckdb.connect(str(next(own.published.glob("serving-*.duckdb")))) as con:
        con.execute("delete from marts.identity_review")
    assert "Nothing waits for review" in html(open_app("identity_review", "en"))
