"""Names and addresses of people: one form for their spellings."""

from __future__ import annotations

import re

from stores.normalisation.spelling import plain

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_TITLES = re.compile(
    r"^(?:mr|mrs|ms|miss|dr|prof)\.?\s+|\s+(?:mr|mrs|ms|miss)\.?$|(?:先生|女士|小姐|太太|老师|经理|总)$"
)


def bare_name(value: str) -> str | None:
    """A name in small letters without titles and superfluous blanks, its words in the order in which they came.

    A surname with a title (李先生) says who somebody is not, and is no name.
    """
    spelled = " ".join(plain(value).split()).casefold()
    bare = _TITLES.sub("", spelled).strip()
    if has_han(bare) and len(bare) == 1 and bare != spelled:
        return None
    return bare or None


def has_han(text: str) -> bool:
    """Whether Chinese letters are in it."""
    return _HAN.search(text) is not None


def name(value: str) -> str | None:
    """One form for the spellings of a name: no titles, no blanks in Chinese names, the words of others in order."""
    bare = bare_name(value)
    if bare is None or has_han(bare):
        return bare and bare.replace(" ", "")
    return " ".join(sorted(bare.replace(",", " ").split())) or None


def one_name(value: str) -> str | None:
    """A given or a family name of its own."""
    bare = bare_name(value)
    return bare and bare.replace(" ", "")


def address(value: str) -> str | None:
    """An address without superfluous blanks."""
    return " ".join(plain(value).split()) or None
