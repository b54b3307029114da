"""Mistakes in files that people write, in the reader's language: each of a refusal with its file and field."""

from __future__ import annotations

import re
from collections.abc import Callable

from dashboards.components.i18n import t

# How commands name the place of a mistake, and the text that says the same.
_PLACES = (
    (re.compile(r"(?P<file>\S+):(?P<line>\d+): (?P<field>.+)"), "refusal.line"),
    (re.compile(r"(?P<file>.+), section \[(?P<section>[^\]]+)\]: (?P<field>.+)"), "refusal.section"),
    (re.compile(r"(?P<variable>\S+) in the environment"), "refusal.variable"),
)
_PARTS = re.compile(r"\b(step|channel|variant) (\d+)")
_GIVEN = ", not "


def in_words(said: str, translated: Callable[[str], str]) -> str:
    """Every mistake of a refusal for the reader; empty where one of them is of a kind that has no text.

    Args:
        said: what the command said.
        translated: a text in the reader's language, empty where there is none.
    """
    pieces = said.removesuffix(".").split("; ")
    found: list[str] = []
    while pieces:
        # a mistake may have semicolons of its own
        for length in range(1, len(pieces) + 1):
            if text := _mistake("; ".join(pieces[:length]), translated):
                found.append(text)
                pieces = pieces[length:]
                break
        else:
            return ""
    return f"{'；'.join(found)}。"


def _mistake(said: str, translated: Callable[[str], str]) -> str:
    if text := _problem(said, translated):
        return text
    for colon in re.finditer(": ", said):
        if "; " in said[: colon.start()]:
            return ""  # of the mistake before
        if text := _problem(said[colon.end() :], translated):
            return t("refusal.in_place", place=_place(said[: colon.start()]), said=text)
    return ""


def _problem(said: str, translated: Callable[[str], str]) -> str:
    """What a value must be, and where it is told what it is instead."""
    if text := translated(said):
        return text
    for given in re.finditer(_GIVEN, said):
        if text := translated(said[: given.start()]):
            return t("refusal.given", said=text, value=said[given.end() :])
    return ""


def _place(said: str) -> str:
    for pattern, text in _PLACES:
        if found := pattern.fullmatch(said):
            said = t(text, **{name: value.replace(" or ", t("word.or")) for name, value in found.groupdict().items()})
            break
    if not _PARTS.search(said):
        return said
    named = _PARTS.sub(lambda part: t(f"refusal.{part[1]}", number=part[2]), said)
    return named.replace(", ", t("word.and"))
