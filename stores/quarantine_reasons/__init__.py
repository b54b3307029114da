"""Why a row or a file is in quarantine, in Chinese: the lake keeps the English sentence, with the values in it.

`sentences.csv` has each sentence in both languages; what stands in `{0}` is taken over, in Chinese where it is
a sentence of the list itself, in Chinese quotes where it is quoted.
A test walks every sentence that ingestion can write.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from pathlib import Path

_SENTENCES = Path(__file__).with_name("sentences.csv")
_PLACE = re.compile(r"\{(\d)\}")
# How the listing tells of reasons that differ only in a value, and how a row has several.
_ALIKE = re.compile(r"(?s).* \((\d+) such, one of them: (.*)\)")
_SEVERAL = "; "
_QUOTED = re.compile(r"'([^']*)'")


def in_chinese(reason: str) -> str:
    """A reason as the quarantine has it, in Chinese; as it is where the list does not know it."""
    if alike := _ALIKE.fullmatch(reason):
        return f"{in_chinese(alike[2])}（同类共 {alike[1]} 种，此为其一）"
    if (found := translated(reason)) is not None:
        return found
    if quoted := _QUOTED.fullmatch(reason):
        return f"“{quoted[1]}”"
    parts = reason.split(_SEVERAL)
    return "；".join(translated(part) or part for part in parts)


def translated(sentence: str) -> str | None:
    """One sentence in Chinese, None where the list does not know it."""
    for pattern, places, chinese in _sentences():
        if found := pattern.fullmatch(sentence):
            values = {place: in_chinese(found[f"v{place}"]) for place in places}
            told = "".join(values.get(part, part) for part in _PLACE.split(chinese))
            return told.replace(" “", "“").replace("” ", "”")
    return None


@lru_cache(maxsize=1)
def _sentences() -> list[tuple[re.Pattern[str], list[str], str]]:
    with _SENTENCES.open(encoding="utf-8", newline="") as file:
        return [(_pattern(row["en"]), _PLACE.findall(row["en"]), row["zh"]) for row in csv.DictReader(file)]


def _pattern(english: str) -> re.Pattern[str]:
    """What is said of a column goes up to the next column: a row has a reason for each."""
    value = rf"(?:(?!{_SEVERAL}).)+?" if english.startswith("{0}: ") else ".+?"
    parts = _PLACE.split(english)
    return re.compile(
        "".join(f"(?P<v{part}>{value})" if place % 2 else re.escape(part) for place, part in enumerate(parts)),
        re.DOTALL,
    )
