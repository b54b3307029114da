"""`guanxi identity`: what waits, what a decision does and says, why two are one, and the report of a rebuild."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from datetime import date

import duckdb
import pytest
from rich.console import Console

from orchestration.cli import identity
from orchestration.cli.identity_words import event_in_words, weights_in_words
from orchestration.stewardship.explanations import customer_story
from orchestration.stewardship.identity_diff import compare, keep, newest_report
from orchestration.stewardship.review_details import shortest_path
from serving import identities
from serving.published_copy import PublishedCopy
from stores import operations
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import current_publication, publish

Say = Callable[..., str]


def customer_id(source_profile_id: str) -> str:
    return "c_" + hashlib.sha256(source_profile_id.encode()).hexdigest()[:16]


ANNA, BOB, CARL, OLD = (customer_id(name) for name in ("shop:anna", "shop:bob", "shop:carl", "pos:anna"))
MARTS = f"""
create schema marts; create schema segments; create schema campaigns;
create table marts.customer_profiles as
    select *, timestamp '2026-06-01' as registered_at from (values
        ('shop:anna', '{ANNA}'), ('pos:anna', '{ANNA}'), ('loyalty:anna', '{ANNA}'), ('shop:bob', '{BOB}'),
        ('pos:bob', '{BOB}'), ('shop:carl', '{CARL}')
    ) as rows(source_profile_id, customer_id);
create table marts.customer_id_redirects as
    select '{OLD}' as retired_customer_id, '{ANNA}' as customer_id, timestamp '2026-06-02 02:00:00' as merged_at;
create table marts.customer_links as
    select '{ANNA}' as customer_id, *, null::text as field_weights from (values
        ('pos:anna', 'shop:anna', 'phone', 'same_value', '相同的手机号', 'same phone number 138****1234'),
        ('loyalty:anna', 'pos:anna', 'steward', 'steward_join', '人工裁定', 'decision of li: asked them')
    ) as rows(source_profile_id, linked_profile_id, identifier_type, reason, reason_zh, reason_en)
    union all
    select '{BOB}', 'pos:bob', 'shop:bob', 'linkage', 'probabilistic', '概率匹配', 'probable',
        '{{"name": 5.1, "city": -0.9}}';
create table marts.customer_identifiers as
    select * from (values
        ('{ANNA}', 'shop:anna', 'phone', 'p', '138****1234', true),
        ('{BOB}', 'shop:bob', 'phone', 'p', '138****1234', true)
    ) as rows(customer_id, source_profile_id, identifier_type, identifier_value, identifier_mask, is_linking);
create table marts.identity_review as
    select *, null::text as model_version, null::double as match_weight from (values
        ('r1', 'shared_value', 'too_many_people', '人数', 'too many share it', 'shop:anna', 'shop:bob',
            '{ANNA}', '{BOB}', 'phone', 'p', '138****1234', null, 9, 4, null),
        ('r2', 'refused_edge', 'id_numbers_differ', '证件', 'their ids differ', 'shop:anna', 'shop:carl',
            '{ANNA}', '{CARL}', 'email', 'e', 'a***@x.cn', null, 2, 2, null),
        ('r3', 'probable_link', 'between_thresholds', '可能', 'not sure', 'shop:bob', 'shop:carl', '{BOB}', '{CARL}',
            'linkage', 'm1', null, '{{"name": 5.1, "birthday": -1.2, "city": 0.1}}', 2, 2, 0.93),
        ('r4', 'shared_key', 'key_of_another_person', '同一编号', 'another person came', 'shop:bob', 'shop:bob#2',
            '{BOB}', '{CARL}', 'source_key', 'shop:bob', 'shop:bob', null, 2, 2, null)
    ) as rows(review_id, kind, reason, reason_zh, reason_en, left_profile_id, right_profile_id, left_customer_id,
        right_customer_id, identifier_type, identifier_value, identifier_mask, field_weights, profiles, customers,
        match_probability);
create table marts.identity_events as
    select 'e1' as event_id, 'run' as run_id, 'merged' as event, '{OLD}' as from_customer_id,
        '{ANNA}' as to_customer_id, 'same_value' as cause, '标识相同' as cause_zh,
        'they share an identifier' as cause_en,
        '[{{"source_profile_id": "pos:anna", "linked_profile_id": "shop:anna", "identifier_type": "phone",
            "identifier_mask": "138****1234", "reason": "same_value"}}]' as edges,
        1 as profiles, 1 as edge_count, timestamp '2026-06-02 02:00:00' as happened_at
    union all
    select 'e2', 'run', 'gone', 'c_gone', null, 'profiles_gone', '档案已不存在', 'all its profiles are gone', null,
        1, 0, timestamp '2026-06-03 02:00:00';
create table marts.customers as select distinct customer_id, null as name_mask, null as phone_mask,
    null as email_mask, null as first_channel, 1 as source_profiles, 0 as orders_count, 0 as net_revenue,
    null as first_seen_at, date '2026-06-30' as as_of from marts.customer_profiles
"""


def warehouse(settings: Settings, *statements: str) -> None:
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def installed(settings: Settings) -> Settings:
    """Three customers, published: Anna with three profiles, Bob with two, Carl with one."""
    warehouse(settings, *MARTS.split(";"))
    publish(settings, "run-1", date(2026, 6, 30), None)
    return settings


@pytest.fixture
def say(installed: Settings, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Runs a command and gives what it printed."""
    monkeypatch.setenv("GUANXI_NOW", "2026-06-30T10:00:00")

    def run(command: Callable[..., None], *arguments: str, **options: object) -> str:
        screen = io.StringIO()
        monkeypatch.setattr(identity, "console", Console(file=screen, width=200))
        command(*arguments, home=installed.home, **options)
        return screen.getvalue()

    return run


def test_review_lists_what_waits_with_words_and_commands_to_copy(say: Say) -> None:
    shown = say(identity.review)
    assert shown.index("1. probable_link") < shown.index("2. refused_edge") < shown.index("3. shared_key")
    assert shown.index("3. shared_key") < shown.index("4. shared_value")
    assert "93% sure: name speaks strongly for it (+5.1), birthday speaks against it (-1.2), city says little" in shown
    assert "guanxi identity join shop:anna shop:carl --why '…'" in shown
    assert "linked by email a***@x.cn" in shown
    assert "phone 138****1234 on 9 profiles of 4 customers, such as shop:anna and shop:bob" in shown
    assert "key_of_another_person: another person came 同一编号" in shown
    assert "both came as shop:bob, with other names" in shown
    assert "guanxi identity separate shop:bob 'shop:bob#2' --why '…'" in shown
    assert "4 of 4 shown" in shown


def test_review_can_be_narrowed_and_forgets_what_has_been_decided(say: Say) -> None:
    assert "1 of 1 shown" in say(identity.review, reason="id_numbers_differ")
    assert "1 of 4 shown" in say(identity.review, limit=1)
    say(identity.separate, "shop:anna", "shop:carl", why="asked", by="li")
    with pytest.raises(UserError, match=r"id_numbers_differ'\. What waits: between_thresholds, key_of_another"):
        say(identity.review, reason="id_numbers_differ")


def test_join_says_what_will_happen_and_what_it_overrules(say: Say) -> None:
    shown = say(identity.join, "shop:anna", CARL, why="asked them", by="li")
    assert f"{CARL} stands for the profile shop:carl" in shown
    assert "shop:anna and shop:carl are one person, says li at 2026-06-30 10:00: asked them" in shown
    assert f"{ANNA} (3 profiles) and {CARL} (1 profile) become one customer" in shown
    assert "It overrules: their ids differ" in shown
    assert "nothing was changed" in say(identity.join, "shop:carl", "shop:anna", why="again", by="li")


def test_an_old_customer_id_stands_for_the_profile_it_was_made_from(say: Say, installed: Settings) -> None:
    shown = say(identity.separate, OLD, ANNA, why="mother and daughter", by="li")
    assert "pos:anna and shop:anna are different people" in shown
    assert "becomes two customers" in shown
    assert "It overrules: pos:anna = shop:anna: same phone number 138****1234" in shown
    with operations.reading(operations.engine(installed)) as connection:
        kept = operations.list_decisions(connection)
    assert [(row.decision, row.left_profile_id, row.right_profile_id) for row in kept] == [
        ("separate", "pos:anna", "shop:anna")
    ]


def test_a_contrary_decision_replaces_the_older_and_undo_brings_it_back(say: Say, installed: Settings) -> None:
    say(identity.separate, "shop:anna", "shop:bob", why="asked", by="li")
    assert "It replaces an older decision" in say(identity.join, "shop:anna", "shop:bob", why="asked", by="wang")
    with operations.reading(operations.engine(installed)) as connection:
        newest = operations.list_decisions(connection, active_only=True)[0]
    shown = say(identity.undo, newest.decision_id, by="li")
    assert f"Taken back: {newest.decision_id}" in shown
    assert "In force again" in shown
    assert "[taken back]" in say(identity.decisions, every=True)
    assert "are different people" in say(identity.decisions)


def test_a_join_tells_which_separation_it_will_not_overcome(say: Say) -> None:
    say(identity.separate, "pos:anna", "pos:bob", why="asked", by="li")
    shown = say(identity.join, "shop:anna", "shop:bob", why="asked", by="li")
    assert "keeps pos:anna and pos:bob apart" in shown


def test_explain_walks_the_links_from_one_profile_to_the_other(say: Say) -> None:
    shown = say(identity.explain, "loyalty:anna", "shop:anna")
    assert "They are one customer" in shown
    assert "loyalty:anna = pos:anna: decision of li: asked them" in shown
    assert "pos:anna = shop:anna: same phone number 138****1234" in shown
    assert "name speaks strongly for it (+5.1)" in say(identity.explain, "shop:bob", "pos:bob")
    assert f"{OLD} was merged into {ANNA} (1 profile): they share an identifier" in say(
        identity.explain, OLD, "shop:anna"
    )


def test_explain_says_why_two_are_not_one(say: Say) -> None:
    assert "linked by email a***@x.cn, but refused: their ids differ" in say(identity.explain, "pos:anna", "shop:carl")
    assert "Both carry phone 138****1234, but too many share it" in say(identity.explain, ANNA, BOB)
    assert "93% sure" in say(identity.explain, "shop:carl", "shop:bob")
    say(identity.join, "pos:anna", "pos:bob", why="asked", by="li")
    assert "Takes effect with the next `guanxi run`" in say(identity.explain, "pos:anna", "pos:bob")


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("shop:nobody", "shop:anna", "no profile 'shop:nobody' in publication"),
        ("shop:anna", "c_nobody", "no customer 'c_nobody'"),
        ("shop:anna", "'; drop table customers; --", "no customer"),
        (ANNA, "shop:anna", "are the same profile"),
    ],
)
def test_profiles_that_do_not_exist_are_a_clear_mistake(say: Say, one: str, other: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        say(identity.join, one, other, why="asked", by="li")


def test_before_the_first_publication_there_is_nothing_to_decide(settings: Settings) -> None:
    settings.home.mkdir()
    with pytest.raises(UserError, match="Nothing is published yet"):
        identity.review(home=settings.home, reason="", limit=1)


def test_an_id_whose_profiles_are_gone_says_so(installed: Settings) -> None:
    with pytest.raises(UserError, match="leads to nobody any more: gone at 2026-06-03 02:00, all its profiles"):
        customer_story(installed, "c_gone")


def test_profiles_that_share_an_identifier_and_are_others_are_counted_with_a_pair_that_can_be_explained(
    installed: Settings, say: Say
) -> None:
    publication = current_publication(installed)
    assert publication
    with PublishedCopy(publication.path) as published:
        assert identities.kept_apart(published, CARL) == {}
        kept = identities.kept_apart(published, ANNA)
    assert kept == {"profiles": 1, "left_profile_id": "shop:anna", "right_profile_id": "shop:bob"}
    shown = say(identity.explain, kept["left_profile_id"], kept["right_profile_id"])
    assert "Both carry phone 138****1234, but too many share it" in shown


def test_the_way_through_links_is_the_shortest() -> None:
    pairs = [("a", "b"), ("b", "c"), ("c", "d"), ("b", "d")]
    links = [{"source_profile_id": one, "linked_profile_id": other} for one, other in pairs]
    assert [tuple(link.values()) for link in shortest_path(links, "d", "a")] == [("b", "d"), ("a", "b")]
    assert shortest_path(links, "a", "z") == []


def test_weights_that_are_no_json_are_shown_as_they_are() -> None:
    assert weights_in_words("not json") == "not json"
    assert weights_in_words(None) == ""


def test_every_kind_of_event_has_words(installed: Settings) -> None:
    with duckdb.connect(str(installed.warehouse_path), read_only=True) as db:
        cursor = db.execute("select * from marts.identity_events where event_id = 'e1'")
        row = dict(zip([column[0] for column in cursor.description or []], cursor.fetchone() or (), strict=True))
    for kind in ("created", "merged", "split", "moved", "renamed", "gone"):
        assert event_in_words({**row, "event": kind}).startswith("2026-06-02 02:00 ")


def test_the_report_compares_with_what_was_published_before_the_run(installed: Settings) -> None:
    warehouse(
        installed,
        f"update marts.customer_profiles set customer_id = '{ANNA}' where customer_id = '{CARL}'",
        "delete from marts.customer_profiles where source_profile_id = 'pos:bob'",
        f"insert into marts.customer_profiles values ('app:new', '{customer_id('app:new')}', null)",
        f"insert into marts.identity_events select * replace ('e3' as event_id, '{CARL}' as from_customer_id)"
        " from marts.identity_events where event_id = 'e1'",
    )
    report = compare(installed, "run-2")
    assert report.counts == {
        "customers_before": 3, "customers_after": 3, "customers_new": 1, "customers_removed": 1,
        "profiles_before": 6, "profiles_after": 6, "profiles_new": 1, "profiles_removed": 1, "profiles_moved": 1,
    }  # fmt: skip
    assert report.churn == {"customer_churn_share": 1 / 3, "profile_churn_share": 1 / 6}
    assert report.biggest[0] == {"customer_id": ANNA, "profiles": 4, "profiles_before": 3}
    assert report.moves[0]["such_as"] == "shop:carl"
    assert [(row["event"], row["cause"], row["events"]) for row in report.events] == [("merged", "same_value", 1)]
    publish(installed, "run-2", date(2026, 6, 30), None)
    assert compare(installed, "run-2") == report
    path = keep(installed, report)
    assert newest_report(installed, "run-2") == path
    assert "| customers 客户 | 3 | 3 | 1 | 1 | |" in path.read_text(encoding="utf-8")
    assert json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["counts"]["profiles_moved"] == 1


def test_the_first_report_compares_with_nothing(settings: Settings) -> None:
    warehouse(settings, *MARTS.split(";"))
    assert current_publication(settings) is None
    report = compare(settings, "run-1")
    assert (report.counts["customers_new"], report.churn["customer_churn_share"]) == (3, 0)
    assert "this is the first" in report.markdown()
