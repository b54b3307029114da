"""What a command says when it refuses, in the reader's language: by its kind, with what it names."""

from __future__ import annotations

import re
from functools import lru_cache

from babel.messages.pofile import read_po

from dashboards.components import refused_fields
from dashboards.components.i18n import LOCALES_FOLDER, is_chinese, language, t

# English is what commands speak; a language without such a file is told in it.
_FILE = "refusals.po"
_PLACE = re.compile(r"(?P<place>\S+): (?P<said>.+)", re.DOTALL)


def in_words(said: str) -> str:
    """A refusal for the reader; one of a kind that their language has no text for stands in its own words.

    Args:
        said: what the command said.
    """
    if not texts(language()):
        return said
    spoken = language()
    return (
        _translated(said, spoken)
        or refused_fields.in_words(said, lambda piece: _of_a_kind(piece, spoken))
        or t("refusal.other", said=said)
    )


def detail_in_words(said: str) -> str:
    """What stands behind the colon of a reason, for the reader: piece by piece, in its own words where none are known.

    Args:
        said: one sentence, or several with `; ` between them.
    """
    spoken = language()
    between = "；" if is_chinese() else "; "
    return between.join(_of_a_kind(piece, spoken) or piece for piece in said.split("; "))


@lru_cache(maxsize=4)
def texts(of: str) -> dict[str, str]:
    """The texts of a language by what commands say, with `{}` for what is filled in."""
    path = LOCALES_FOLDER / of / _FILE
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file, locale=of) if message.id}


@lru_cache(maxsize=4)
def _kinds(of: str) -> list[tuple[re.Pattern[str], str]]:
    """Pattern and text of each kind, the ones with the most words of their own first."""
    by_words = sorted(texts(of).items(), key=lambda one: -len(one[0].replace("{}", "")))
    return [(re.compile("(.*?)".join(map(re.escape, said.split("{}"))), re.DOTALL), text) for said, text in by_words]


def _translated(said: str, of: str) -> str:
    if text := _of_a_kind(said, of):
        return text
    # a mistake with the file that it stands in before it
    if (inner := _PLACE.fullmatch(said)) and (text := _translated(inner["said"], of)):
        return t("refusal.in_place", place=inner["place"], said=text)
    return ""


def _of_a_kind(said: str, of: str) -> str:
    for pattern, text in _kinds(of):
        if found := pattern.fullmatch(said):
            # what is filled in may itself be a text of ours, such as what became of a decision
            return text.format(*(_exact(value, of) for value in found.groups()))
    return ""


def _exact(value: str, of: str) -> str:
    for pattern, text in _kinds(of):
        if found := pattern.fullmatch(value):
            return text.format(*found.groups())
    return value
