"""Every reason and state that code can write has a row with its name in both languages."""

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.components.i18n import LANGUAGES, catalogue
from exports.destinations.webhook import _CONFIGURATION
from serving.rules import states_that_are_ok
from stores.operations.contact_permissions import ERASED
from stores.operations.deliveries import CLAIMED_STATES, STATES, WAITING_STATES
from stores.reason_texts import SEEDS, SUPPRESSION_SEEDS, Reasons, reasons_of

ROOT = Path(__file__).resolve().parents[2]
# Calls that are given a reason, and modules whose functions answer with one.
CALLS = {"every", "Outcome", "_all", "hold", "Obstacle", "_NotSentError", "note_tries", "Reply", "bindparam"}
KEYWORDS = {"reason", "why", "stop"}
ANSWERING = {"claim.py", "rules.py", "opening.py", "template.py"}
CONSTANTS = {"UNREADABLE", "MISMATCH", "LOST", "_HELD_AS", "_CONFIGURATION"}
# Arguments of those calls that are no reasons.
OTHERS = {"key", "into", "why", "until", "name", "token", "cipher", "moment", "accepted", "status", "reason", "unknown"}
CODE = re.compile(r"[a-z]+(_[a-z]+)*_?(?=$|:)")


def written(node: ast.AST | None) -> Iterator[str]:
    """The texts that an expression may be; of one with holes, its beginning. What a call or an index makes is none."""
    if isinstance(node, ast.Constant):
        yield from [node.value] if isinstance(node.value, str) else []
    elif isinstance(node, ast.JoinedStr):
        yield from written(node.values[0]) if node.values else ()
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from written(value)
    elif node is not None and not isinstance(node, (ast.Call, ast.Subscript, ast.Compare)):
        for inner in ast.iter_child_nodes(node):
            yield from written(inner)


def reasons_in(source: str, is_answering: bool) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            arguments = node.args if name in CALLS else []
            keywords = [given.value for given in node.keywords if given.arg in KEYWORDS]
            for argument in (*arguments, *keywords):
                found.update(written(argument))
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in ("reason", "why"):
                    found.update(written(value))
        elif isinstance(node, ast.Assign):
            names = {target.id for target in node.targets if isinstance(target, ast.Name)}
            if names & (CONSTANTS | {"reason", "why"}):
                found.update(written(node.value))
        elif isinstance(node, ast.Return) and is_answering:
            found.update(written(node.value) if isinstance(node.value, (ast.Constant, ast.JoinedStr)) else ())
    return {match.group() for text in found if (match := CODE.match(text))} - OTHERS


def rows_of(seed: str) -> list[dict[str, str]]:
    (path,) = (ROOT / "dbt_project" / "seeds").rglob(f"{seed}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def reasons() -> Reasons:
    return reasons_of({seed: rows_of(seed) for seed in SEEDS}, SEEDS)


def test_every_reason_that_the_exporter_writes_has_a_row_in_both_languages(reasons: Reasons) -> None:
    unnamed = {
        f"{path.relative_to(ROOT)}: {code}"
        for folder in ("exports", "orchestration")
        for path in (ROOT / folder).rglob("*.py")
        if folder == "exports" or path.name == "store_recovery.py"
        for code in reasons_in(path.read_text(encoding="utf-8"), path.name in ANSWERING)
        if reasons.find(f"{code}x" if code.endswith("_") else code) is None
    }
    assert not unnamed


@pytest.mark.parametrize(
    "source",
    [
        'every(batch, Status.UNKNOWN, "no_such_row")',
        'ledger.hold(publication_id, where, "no_such_row")',
        'return_value = {"key": 1, "why": f"no_such_row: {x}"}',
        'Obstacle("no_such_row", f"{x} is missing")',
        'connection.execute(update.values(state="held", reason="no_such_row"))',
        'def f():\n    return f"no_such_row: {x}"',
    ],
)
def test_a_reason_without_a_row_is_found_wherever_it_is_written(source: str, reasons: Reasons) -> None:
    assert [code for code in reasons_in(source, True) if reasons.find(code) is None] == ["no_such_row"]


def test_every_state_and_every_answer_of_a_peer_has_a_row(reasons: Reasons) -> None:
    for code in (*STATES, *_CONFIGURATION.values(), "answered_302", "refused_400", "no_answer_ReadTimeout"):
        found = reasons.find(code)
        assert found, code
        assert all(found), code


def test_the_seed_of_states_and_the_ledger_agree_about_what_waits_and_what_may_have_left() -> None:
    with (ROOT / "dbt_project" / "seeds" / "delivery_states.csv").open(encoding="utf-8", newline="") as seed:
        rows = list(csv.DictReader(seed))
    assert {row["state"] for row in rows} == set(STATES)
    assert {row["state"] for row in rows if row["counted_as"] == "held"} == set(WAITING_STATES)
    assert {row["state"] for row in rows if row["counted_as"] == "unknown"} == set(CLAIMED_STATES)
    assert states_that_are_ok(rows_of("delivery_states")) == {"accepted", "sent", "delivered"}


def test_a_reason_is_told_in_the_readers_language_with_what_is_more_about_it(reasons: Reasons) -> None:
    assert reasons.in_words("consents_not_read: shop", "zh_CN") == "授权来源未读全：shop"
    assert reasons.in_words("refused_400", "en") == "The peer refused it"
    assert reasons.in_words("a word of the peer", "en") == "a word of the peer"
    assert reasons.in_words(None, "en") == ""


def test_the_app_has_a_word_for_every_reason_of_the_plan() -> None:
    with (ROOT / "dbt_project" / "seeds" / "plan_reasons.csv").open(encoding="utf-8", newline="") as seed:
        codes = [row["reason"] for row in csv.DictReader(seed)]
    for language in LANGUAGES:
        assert [code for code in codes if f"reason.{code}" not in catalogue(language)] == []


def test_the_app_has_a_word_for_every_reason_for_which_rows_are_held() -> None:
    """Literals of each `case … end as held_reason` (or `held`), and those that int_held_rows names itself."""
    codes: set[str] = set()
    for path in (ROOT / "dbt_project" / "models").rglob("*.sql"):
        sql = path.read_text(encoding="utf-8")
        for before in re.split(r"end as held(?:_reason)?\b", sql)[:-1]:
            codes.update(re.findall(r"(?:then|else) '(\w+)'", before[before.rindex("case") :]))
        codes.update(re.findall(r"'(\w+)' as (?:held_)?reason\b", sql) if path.stem == "int_held_rows" else ())
    assert {"no_time", "impossible_time", "no_exchange_rate", "unknown_kind"} <= codes
    for language in LANGUAGES:
        assert [code for code in sorted(codes) if f"held_reason.{code}" not in catalogue(language)] == []


def suppressions_in(source: str) -> set[str]:
    """The reasons that are written into a `Suppression`; names stand for values and say none."""
    return {
        text
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Suppression"
        for given in (*node.args[3:4], *(word.value for word in node.keywords if word.arg == "reason"))
        for text in written(given)
    }


def test_every_reason_that_closes_an_address_has_a_name_in_both_languages() -> None:
    closing = {"unsubscribed", "complained", ERASED}  # events whose name becomes the reason, and erasure
    for folder in ("exports", "orchestration", "stores"):
        for path in (ROOT / folder).rglob("*.py"):
            closing |= suppressions_in(path.read_text(encoding="utf-8"))
    named = reasons_of({seed: rows_of(seed) for seed in SUPPRESSION_SEEDS}, SUPPRESSION_SEEDS)
    assert closing > {"bounced"}
    assert [code for code in sorted(closing) if named.find(code) is None] == []
    assert named.in_words("bounced", "zh_CN") == "地址退信"
    assert named.in_words("unsubscribed", "en") == "Unsubscribed"
    assert named.in_words("closed by hand", "zh_CN") == "closed by hand"
