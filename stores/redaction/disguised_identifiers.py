"""Numbers and addresses that people write so that no machine finds them: 一三七…, 137*1131*3001, lin (at) a dot cn."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CHINESE_DIGIT = "零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖"
_SPOKEN = re.compile(
    rf"(?<![{_CHINESE_DIGIT}0-9])[{_CHINESE_DIGIT}0-9](?:[ \-]?[{_CHINESE_DIGIT}0-9]){{10}}(?![{_CHINESE_DIGIT}0-9])"
)
_SPOKEN_START = re.compile("[幺一壹1][ -]?[三四五六七八九叁肆伍陆柒捌玖3-9]")
_FEWEST_SPOKEN = 3
# other signs between the groups 3 4 4; 一 stands for a dash
_STARRED = re.compile(r"(?<![0-9])1[3-9][0-9](?P<sign>[*一,~+|:=])\s?[0-9]{4}(?P=sign)\s?[0-9]{4}(?![0-9])")
# a letter that looks like a digit
_LETTERED = re.compile(r"(?<![A-Za-z0-9])[1lI][3-9](?:[0-9OolI]{9})(?![A-Za-z0-9])")
_FEWEST_DIGITS = 8

_AT = r"\s?(?:[\[({<【]\s?(?:at|@|艾特)\s?[\])}>】]|%40|艾特|(?<=[A-Za-z0-9])#(?=[A-Za-z]))\s?"
_DOT = r"\s?(?:[.]|[\[({]\s?(?:dot|点)\s?[\])}]|\sdot\s|点)\s?"
_ENDINGS = "com|cn|net|org|edu|gov|io|co|hk|tw|mo|jp|kr|sg|de|fr|uk|ru|in|br|me|cc|top|xyz|info|biz"
_WRITTEN_OUT = re.compile(
    rf"(?<![A-Za-z0-9._%+'-])[A-Za-z0-9._+'-]{{1,64}}{_AT}(?:[A-Za-z0-9-]{{1,63}}{_DOT}){{1,4}}(?:{_ENDINGS})(?![A-Za-z0-9-])",
    re.IGNORECASE,
)
# without brackets it may as well be a shop: bought at example.com
_SPOKEN_ADDRESS = re.compile(
    rf"(?<![A-Za-z0-9._%+'-])[A-Za-z0-9._+'-]{{1,64}}\sat\s(?:[A-Za-z0-9-]{{1,63}}\s(?:dot|点)\s){{1,4}}(?:{_ENDINGS})(?![A-Za-z0-9-])",
    re.IGNORECASE,
)
# "lin wei"@a.cn, lin(work)@a.cn, lin@(work)a.cn
_HOST = r"(?:[A-Za-z0-9-]{1,63}[.]){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])"
_QUOTED = re.compile(rf"\"[^\"\n]{{1,64}}\"@{_HOST}")
_COMMENTED = re.compile(
    rf"(?<![A-Za-z0-9._%+'-])[A-Za-z0-9._%+'-]{{1,64}}(?:[(][^()@\n]{{1,60}}[)]@(?:[(][^()@\n]{{1,60}}[)])?|@[(][^()@\n]{{1,60}}[)]){_HOST}"
)

WORTH_A_LOOK = rf"[{_CHINESE_DIGIT}]{{3}}|%40|[\[({{<【]\s?at\s?[\])}}>】]|\sat\s|艾特|[A-Za-z0-9]#[A-Za-z]"
"""Without one of these, a digit or an @ nothing of it is in a text."""


def disguised_phones(text: str) -> Iterator[tuple[int, int]]:
    """Where a Chinese mobile number stands in words, behind odd signs, or with letters for digits."""
    for found in _SPOKEN.finditer(text):
        spoken = sum(sign in _CHINESE_DIGIT for sign in found.group())
        if spoken >= _FEWEST_SPOKEN and _SPOKEN_START.match(found.group()):
            yield found.span()
    for found in _STARRED.finditer(text):
        yield found.span()
    for found in _LETTERED.finditer(text):
        if _FEWEST_DIGITS <= sum(sign.isdigit() for sign in found.group()) < len(found.group()):
            yield found.span()


def disguised_emails(text: str) -> Iterator[tuple[int, int]]:
    """Where an address has its signs written out, or a quoted or commented part before the @."""
    for pattern in (_WRITTEN_OUT, _SPOKEN_ADDRESS, _QUOTED, _COMMENTED):
        for found in pattern.finditer(text):
            yield found.span()
