"""Every text exists in every language, and no page speaks past the locale files."""

import ast
import csv
import re
import string
from datetime import date
from pathlib import Path

import pytest

from dashboards.components import i18n
from dashboards.components.i18n import LANGUAGES, LOCALES_FOLDER, catalogue
from dashboards.navigation import discover
from ingestion.quarantine import listing as quarantine_listing
from ingestion.quarantine.unreadable_values import LOADED

SOURCES = sorted(LOCALES_FOLDER.parent.rglob("*.py"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def calls():
    """(function, first argument's node, file) of every t(…), term(…) and terms(…)."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("t", "term", "terms")
            ):
                yield node.func.id, node.args[0], path


def literals(node):
    """The keys that an argument may be; a formatted one as a pattern."""
    if isinstance(node, ast.Constant):
        return [re.escape(node.value)]
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return ["".join(re.escape(p.value) if isinstance(p, ast.Constant) else "[^.]+" for p in node.values)]
    return []


def fields(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_language_has_the_same_keys_with_the_same_fields():
    chinese = catalogue("zh_CN")
    for language in LANGUAGES:
        other = catalogue(language)
        assert list(other) == list(chinese)
        assert {key: fields(value) for key, value in other.items()} == {k: fields(v) for k, v in chinese.items()}
        assert not [key for key, value in other.items() if not value]


def test_every_key_that_is_used_exists():
    keys = list(catalogue("zh_CN"))
    missing = [
        f"{path.name}: {pattern}"
        for function, node, path in calls()
        for pattern in literals(node)
        if not any(re.fullmatch(pattern if function == "t" else rf"{pattern}\..+", key) for key in keys)
    ]
    missing += [header.title for header in discover() if header.title not in keys]
    missing += [header.section for header in discover() if f"section.{header.section}" not in keys]
    assert not missing


def test_no_text_is_kept_that_nothing_uses():
    patterns = [
        pattern if function == "t" else rf"{pattern}\..+" for function, node, _ in calls() for pattern in literals(node)
    ]
    # The gate card, page heads, channel marks and stage rules build their keys from data or read them elsewhere.
    patterns += [
        r"(page|section|state|channel_mark|event|detail|rule\.stage|gates)\..+",
        r"profile\.(company|job_title)",
    ]
    sources = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    unused = [
        key
        for key in catalogue("zh_CN")
        if not any(re.fullmatch(pattern, key) for pattern in patterns) and f'"{key}"' not in sources
    ]
    assert not unused


def test_no_chinese_text_stands_in_the_code():
    spoken = []
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documentation = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        spoken += [
            f"{path.name}: {node.value}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documentation
            and CHINESE.search(node.value)
            and not _is_format(path, node.value)
        ]
    assert not spoken


def _is_format(path: Path, value: str) -> bool:
    """Date patterns, axis expressions, the language's own name and titles that normalisation strips are no texts."""
    return (
        (path.name, value) == ("i18n.py", "中文")
        or path.name in ("identifiers.py",)
        or bool(re.fullmatch(r"[yMdHm年月日: ]+|.*(datum\.value|月|万|年).*", value))
    )


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("zh_CN", ["12,345", "123.5万", "1,475.9万", "1.2亿", "54.7%", "2026年6月30日", "2026年6月", "—"]),
        ("en", ["12,345", "1.23M", "14.8M", "123M", "54.7%", "Jun 30, 2026", "Jun 2026", "—"]),
    ],
)
def test_numbers_and_dates_speak_the_language(monkeypatch, language, shown):
    monkeypatch.setattr(i18n, "language", lambda: language)
    figures = [
        i18n.compact(12345),
        i18n.compact(1234567),
        i18n.compact(14_759_000),
        i18n.compact(123_456_789),
        i18n.percent(0.5468),
        i18n.day(date(2026, 6, 30)),
        i18n.month(date(2026, 6, 1)),
        i18n.number(None),
    ]
    assert figures == shown


def test_a_share_that_is_not_zero_is_not_shown_as_zero():
    assert [i18n.percent(share, digits) for share, digits in ((0.00004, 2), (0.0004, 1), (0.004, 0), (0.0, 2))] == [
        "<0.01%", "<0.1%", "<1%", "0.00%"
    ]  # fmt: skip


@pytest.mark.parametrize(("language", "joined"), [("zh_CN", "先。后。"), ("en", "先。 后。")])
def test_sentences_are_joined_as_the_language_does(monkeypatch, language, joined):
    monkeypatch.setattr(i18n, "language", lambda: language)
    assert i18n.sentences("先。", "", "后。") == joined


def test_a_code_without_a_word_is_shown_as_it_is():
    assert i18n.term("stage", "brand_new_stage") == "brand new stage"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_the_quarantine_has_its_word(language):
    listing = Path(quarantine_listing.__file__).read_text(encoding="utf-8")
    states = {*re.findall(r"(?:then|else) '([a-z ]+)'", listing), LOADED}
    assert len(states) == 5
    assert [state for state in states if f"quarantine_state.{state}" not in catalogue(language)] == []


def test_the_title_of_a_card_is_that_of_one_card():
    used: dict[str, set[Path]] = {}
    for function, node, path in calls():
        for key in literals(node) if function == "t" else []:
            used.setdefault(key, set()).add(path)
    shared = {key: paths for key, paths in used.items() if key.endswith(r"\.title") and len(paths) > 1}
    assert not shared


def test_one_of_something_is_said_in_the_singular(monkeypatch):
    monkeypatch.setattr(i18n, "language", lambda: "en")
    assert i18n.t("gates.counted", total="1", wrong="0").startswith("1 check, ")
    assert i18n.t("gates.counted", total="12", wrong="1").startswith("12 checks, ")
    # Limits of rules are never one; points are shares, and an id is no number.
    left = ("rule.", "campaigns.points", "customer.redirected")
    plain = re.compile(r"\{(?!wrong|shown)\w+\} (?:[a-z]+ )?(?!is |of )[a-z]+[^s{ ]s\b")
    assert [key for key, text in catalogue("en").items() if plain.search(text) and not key.startswith(left)] == []


# Seeds whose rows the app has words for: their codes and the group of those words.
NAMED_ALIKE = {
    "lifecycle_stages": ("stage", "stage"),
    "loyalty_tiers": ("tier", "loyalty"),
    "rfm_segments_8": ("segment", "rfm8"),
    "rfm_segments_11": ("segment", "rfm11"),
    "value_quadrants": ("quadrant", "quadrant"),
    "plan_reasons": ("reason", "reason"),
    "interaction_titles": ("kind", "event"),
    "point_kinds": ("kind", "detail"),
    "consent_reasons": ("reason", "consent_reason"),
    "consent_purposes": ("purpose", "purpose"),
    "message_channels": ("channel", "channel"),
}


@pytest.mark.parametrize("seed", NAMED_ALIKE)
def test_what_a_seed_names_is_called_the_same_in_the_app(seed):
    code, group = NAMED_ALIKE[seed]
    (path,) = (LOCALES_FOLDER.parent.parent / "dbt_project" / "seeds").rglob(f"{seed}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for language, column in (("zh_CN", "zh"), ("en", "en")):
        of_app = {key: text.casefold() for key, text in catalogue(language).items()}
        of_seed = {f"{group}.{row[code]}": (row.get(f"name_{column}") or row[f"title_{column}"]) for row in rows}
        assert {key: text.casefold() for key, text in of_seed.items()} == {key: of_app.get(key) for key in of_seed}


def test_chinese_texts_have_chinese_punctuation():
    half = re.compile(r"[\u4e00-\u9fff][,:;!?()]|[,:;!?()][\u4e00-\u9fff]|[\u4e00-\u9fff]\.$|(?<!…)…(?!…)")
    assert [key for key, text in catalogue("zh_CN").items() if half.search(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_team_that_owns_a_goal_has_its_name(language):
    goals_of_project = LOCALES_FOLDER.parent.parent / "dbt_project" / "seeds" / "goals" / "goals.csv"
    with goals_of_project.open(encoding="utf-8", newline="") as goals:
        teams = {row["owner"] for row in csv.DictReader(goals)}
    assert {team for team in teams if f"team.{team}" not in catalogue(language)} == set()
