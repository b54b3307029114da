"""Identity documents: a wrong check digit, or digits that a spreadsheet rounded away, is nobody's number.

Mainland, Hong Kong and Taiwan numbers are held against their check digits. How Macao makes its check digit is not
published: only the form is looked at. Passports and other documents have none and stay as declared.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from stores.normalisation.spelling import as_cell, as_whole_number, is_row_of_digits

_OTHER = re.compile(r"[A-Z0-9]{6,20}")
_MAINLAND = re.compile(r"[1-9][0-9]{16}[0-9X]")
_OLD_MAINLAND = re.compile(r"[1-9][0-9]{14}")
_HONG_KONG = re.compile(r"([A-Z]{1,2})([0-9]{6})([0-9A])")
_HONG_KONG_IN_BRACKETS = re.compile(r"[A-Z]{1,2}[0-9]{6}[(][0-9A][)]")
_TAIWAN = re.compile(r"[A-Z][1289ABCD][0-9]{8}")
_MACAO_IN_BRACKETS = re.compile(r"[1578][/]?[0-9]{6}(?:[(][0-9][)]|[/][0-9])")
# Documents that no check is made of: of a passport the form is its country's, and nothing says which country.
_DECLARED = re.compile(
    r"^(?:护照|護照|PASSPORT|回乡证|回鄉證|台胞证|台胞證|(?:来往)?(?:内地|大陆|港澳)?通行证|通行證|居留证|居留證|旅行证|旅行證)"
    r"(?:号码|號碼|号|號|NO|NUMBER|#)?[.:#是]*"
)
_LABEL = re.compile(
    r"^(?:(?:中国|居民|香港|澳门|台湾|大陆)*(?:身份证|身份證|身分證)|证件|證件|IDCARD|ID(?=[:.#NC])|HKID)"
    r"(?:号码|號碼|号|號|NO|NUMBER|CARD)?[.:#是]*"
)
# A Hong Kong number of two letters: no others are given out, and passports have the same form.
_HONG_KONG_TWO_LETTERS = re.compile("[WX][A-Z][0-9]{6}[0-9A]")
_PROVINCES = frozenset(
    map(str, [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66)])
) | {"71", "81", "82", "83", "91"}
_MAINLAND_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MAINLAND_CHECKS = "10X98765432"
_TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
_DIGITS_OF_A_SPREADSHEET = 15


@lru_cache(maxsize=64)  # a value is asked for several times in a row: token, placeholder, features
def id_number(value: str) -> str | None:
    """The one form of an identity document's number; None where the number cannot be right.

    Args:
        value: as the source delivers it. `护照`, `Passport`, `台胞证` … in front declares a document which no check is
            made of; `身份证` … falls away.

    Returns:
        Capital letters and digits; an old mainland number of 15 digits as the one of 18 that replaced it.
    """
    plain = value
    if not _OTHER.fullmatch(value):
        plain = re.sub(r"[\s\u00b7.\u2010-\u2015-]", "", as_whole_number(as_cell(value))).upper()
    declared = _DECLARED.match(plain)
    if declared:
        document = re.sub("[()]", "", plain[declared.end() :])
        return document if _OTHER.fullmatch(document) and not _is_filler(document) else None
    plain = _LABEL.sub("", plain, count=1)
    if _MACAO_IN_BRACKETS.fullmatch(plain):
        return re.sub("[^0-9]", "", plain)
    bare = re.sub("[()]", "", plain)
    if "(" in plain and not _HONG_KONG_IN_BRACKETS.fullmatch(plain) and not _OTHER.fullmatch(bare):
        return None
    if not _OTHER.fullmatch(bare) or _is_filler(bare) or _is_rounded(bare):
        return None
    if len(bare) in (15, 18) and bare[:-1].isdigit():
        return _mainland(bare)
    if bare.isdigit() and len(bare) > _DIGITS_OF_A_SPREADSHEET + 1:
        return None
    if "(" in plain or len(bare) == 8 or _HONG_KONG_TWO_LETTERS.fullmatch(bare):
        hong_kong = _HONG_KONG.fullmatch(bare)
        if hong_kong:
            return bare if is_hong_kong(bare) else None
    if _TAIWAN.fullmatch(bare):
        return bare if is_taiwan(bare) else None
    return bare


def is_mainland(number: str) -> bool:
    """Whether 18 characters are a mainland number: province, date of birth and check digit."""
    if not _MAINLAND.fullmatch(number) or number[:2] not in _PROVINCES or not _is_date(number[6:14]):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _MAINLAND_WEIGHTS, strict=False))
    return _MAINLAND_CHECKS[total % 11] == number[17]


def looks_mainland(number: str) -> bool:
    """Whether it has province and date of birth of a mainland number, new or old, be its check digit right or not."""
    if _OLD_MAINLAND.fullmatch(number):
        return number[:2] in _PROVINCES and _is_date(f"19{number[6:12]}")
    return bool(_MAINLAND.fullmatch(number)) and number[:2] in _PROVINCES and _is_date(number[6:14])


def is_hong_kong(number: str) -> bool:
    """Whether one or two letters, six digits and a check digit are a Hong Kong number, brackets left out."""
    found = _HONG_KONG.fullmatch(number)
    if not found:
        return False
    letters, digits, check = found.groups()
    values = [36, *(ord(letter) - 55 for letter in letters)][-2:]
    total = sum(value * weight for value, weight in zip([*values, *map(int, digits)], range(9, 1, -1), strict=True))
    return (total + (10 if check == "A" else int(check))) % 11 == 0


def is_taiwan(number: str) -> bool:
    """Whether a letter and nine digits (of residents from elsewhere: two letters and eight) are a Taiwan number."""
    if not _TAIWAN.fullmatch(number):
        return False
    first = _TAIWAN_LETTERS.index(number[0]) + 10
    second = number[1] if number[1].isdigit() else str((_TAIWAN_LETTERS.index(number[1]) + 10) % 10)
    digits = [first // 10, first % 10, *map(int, second + number[2:])]
    return (
        sum(digit * weight for digit, weight in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0
    )


def _mainland(number: str) -> str | None:
    if len(number) == 18:
        return number if is_mainland(number) else None
    if not looks_mainland(number) or number.endswith("000"):
        return None
    seventeen = f"{number[:6]}19{number[6:]}"
    total = sum(int(digit) * weight for digit, weight in zip(seventeen, _MAINLAND_WEIGHTS, strict=True))
    return seventeen + _MAINLAND_CHECKS[total % 11]


def _is_filler(number: str) -> bool:
    return len(set(number)) == 1 or is_row_of_digits(number) or not any(letter.isdigit() for letter in number)


def _is_rounded(number: str) -> bool:
    """Whether all that a spreadsheet cannot hold of a number, its digits from the sixteenth on, are zeros."""
    rest = number[_DIGITS_OF_A_SPREADSHEET:]
    return number.isdigit() and bool(rest) and set(rest) == {"0"}


def _is_date(digits: str) -> bool:
    try:
        return 1850 <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year <= 2100
    except ValueError:
        return False
