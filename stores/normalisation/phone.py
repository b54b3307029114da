"""Phone numbers in any spelling, several in one field too, as E.164 with the extension where there is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from stores.normalisation.spelling import ROUNDED, as_cell, as_whole_number

DEFAULT_COUNTRY = "CN"
MOBILE, LANDLINE, SERVICE, UNKNOWN = LINE_TYPES = ("mobile", "landline", "service", "unknown")

_CHINESE_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_WRITTEN_CHINESE_MOBILE = re.compile(r"(?:[+]?86|0086)?[ -]{0,2}(1[3-9][0-9])[ -]{0,2}([0-9]{4})[ -]{0,2}([0-9]{4})")
_SEPARATORS = re.compile(r"[,;|/\n\r\t、\u3001]|\s(?:or|and)\s|或者?|以及|[和及与]")
_EXTENSION = re.compile(
    r"(?<=[0-9)])\s*[,，]*\s*[(]?\s*(?:转分机|转接|转|分机号?|ext(?:ension|n)?[.:]?|(?<=[0-9 ])x|#|;ext=)"
    r"\s*[:：]?\s*([0-9]{1,7})(?![0-9])\s*[)]?",
    re.IGNORECASE,
)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\u00b7\u2022", "-"))
_TRUNK_ZERO = re.compile(r"[(]0[)]")
# A number glued to letters is part of a name or an account, not a phone.
_RUN = re.compile(r"(?<![A-Za-z0-9_@.])(?:[+]|[(][+]?)?[0-9](?:[ ().-]{0,3}[0-9])*")
# Digits with slashes between them: one number in many countries (0170/1234567), several in others.
_SLASH = r"[ ).-]{0,3}/[ (.-]{0,3}"
_SLASHED = re.compile(
    rf"(?<![A-Za-z0-9_@.\x00])(?:[+]|[(][+]?)?[0-9](?:[ ().-]{{0,3}}[0-9])*(?:{_SLASH}[0-9](?:[ ().-]{{0,3}}[0-9])*)+"
)
_DAY, _MONTH, _YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "(?:19|20)[0-9]{2}"
_SLASHED_DATE = re.compile(f"{_DAY}/{_MONTH}/{_YEAR}|{_MONTH}/{_DAY}/{_YEAR}|{_YEAR}/{_MONTH}/{_DAY}")
_MOST_PARTS = 4
_LABEL = re.compile(r"(?<![a-z])(?:tel|phone|mobile|mob|cell|fax|m|t|p)[.:\s]*(?=[+(0-9])", re.IGNORECASE)
_CODE_FIRST = re.compile(r"[(]?(?:[+]|00)?([1-9][0-9]{0,2})[) .-]+[(0-9]")
_CODES_WITHOUT_SIGN = ("852", "853", "886")
_BETWEEN_NUMBERS = re.compile("[ -]+|(?<=[0-9])[.(]+(?=[0-9])")
_ONE_DATE = re.compile(f"(?<![0-9])(?:{_YEAR}[ .-]?{_MONTH}[ .-]?{_DAY}|{_DAY}[ .-]{_MONTH}[ .-]{_YEAR})(?![0-9])")
_FEWEST_DIGITS = 7
_TRAILING_EXTENSION = re.compile(r"(.+[0-9)])( ?- ?| )([0-9]{1,6})")
_GROUPED_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_MOST_NUMBERS = 16

_LINE_TYPES = {
    PhoneNumberType.MOBILE: MOBILE,
    PhoneNumberType.FIXED_LINE: LANDLINE,
    PhoneNumberType.TOLL_FREE: SERVICE,
    PhoneNumberType.PREMIUM_RATE: SERVICE,
    PhoneNumberType.SHARED_COST: SERVICE,
    PhoneNumberType.UAN: SERVICE,
    PhoneNumberType.VOICEMAIL: SERVICE,
}


def phones(value: str, country: str = DEFAULT_COUNTRY) -> list[str]:
    """Every phone number in a field, in its order, each once.

    Args:
        value: as the source delivers it: one number, several, with words beside them.
        country: ISO code of the country whose numbers are written without their country's code.

    Returns:
        E.164, `;ext=` behind it where an extension is given. Empty when no number is in it, or only one that has lost
        digits.
    """
    if country == "CN":
        bare = value.strip()
        if _CHINESE_MOBILE.fullmatch(bare):
            return [f"+86{bare}"]
        written = _WRITTEN_CHINESE_MOBILE.fullmatch(bare)
        if written:
            return ["+86" + "".join(written.groups())]
    numbers = [number for piece in _pieces(value, country) for number in _numbers(piece, country)]
    return list(dict.fromkeys(numbers))[:_MOST_NUMBERS]


def has_unread_number(value: str, country: str = DEFAULT_COUNTRY) -> bool:
    """Whether something beside a number has the length of another and is none; arguments as for `phones`."""
    if sum(sign.isdigit() for sign in value) < 2 * _FEWEST_DIGITS:
        return False
    runs = [run for piece in _pieces(_ONE_DATE.sub(";", value), country) for run, _ in _runs(piece)]
    return any(_split_run(run, country)[1] >= _FEWEST_DIGITS for run in runs)


def line_type(normalised: str) -> str:
    """One of `LINE_TYPES` for a number as `phones` gives it: unknown where the numbering plan does not tell.

    A mobile number with an extension is a go-between's (a courier's, a marketplace's), so it counts as service.
    """
    if normalised.startswith("+861") and normalised[4:5] in "3456789" and len(normalised) == 14:
        return MOBILE
    try:
        number = phonenumbers.parse(normalised.partition(";")[0], None)
    except phonenumbers.NumberParseException:
        return UNKNOWN
    kind = _LINE_TYPES.get(phonenumbers.number_type(number), UNKNOWN)
    return SERVICE if kind == MOBILE and ";ext=" in normalised else kind


def _pieces(value: str, country: str) -> list[str]:
    """The parts of a field that each hold a number; an extension stays with its number."""
    cell = as_whole_number(as_cell(value))
    if cell == ROUNDED:
        return []
    if _GROUPED_THOUSANDS.fullmatch(cell):
        cell = cell.replace(",", "")
    text = _LABEL.sub("", cell.translate(_DASHES).replace("tel:", ""))
    marked = _EXTENSION.sub(lambda found: f" \x00{found.group(1)} ", text)
    if "/" in marked:
        marked = _SLASHED.sub(lambda found: _without_slashes(found.group(), country), marked)
    return _SEPARATORS.split(marked)


def _without_slashes(run: str, country: str) -> str:
    """A run with hyphens for the slashes that stand within one number; those between numbers stay."""
    if _SLASHED_DATE.fullmatch(run.replace(" ", "")):
        return run
    parts = re.split(_SLASH, run)
    joined = []
    start = 0
    while start < len(parts):
        end = _end_of_number(parts, start, country)
        joined.append("-".join(parts[start:end]))
        start = end
    return "/".join(joined)


def _end_of_number(parts: list[str], start: int, country: str) -> int:
    """Behind the last part of the number that begins at `start`: what is a number by itself goes with no other part.

    A part without a zero in front may still be the end of a number: 4455667 of 0221/4455667 would be valid alone. One
    with a zero behind a whole number begins the next: 0221/445566/0172/5556667.
    """
    if _in_run(parts[start], country):
        return start + 1
    found = start + 1
    for end in range(start + 2, min(len(parts), start + _MOST_PARTS) + 1):
        is_new = parts[end - 1].startswith("0")
        if is_new and (found > start + 1 or _in_run(parts[end - 1], country)):
            break
        if one_phone("-".join(parts[start:end]), country):
            found = end
    return found


def _numbers(piece: str, country: str) -> list[str]:
    found = []
    for run, extension in _runs(piece):
        numbers = _in_run(run, country)
        if numbers and extension:
            numbers[-1] += f";ext={extension}"
        found += numbers
    return found


def _runs(piece: str) -> Iterator[tuple[str, str]]:
    """Digits with what stands between those of one number, each with the extension behind it."""
    for run in _RUN.finditer(piece):
        if piece[run.end() : run.end() + 1].isascii() and piece[run.end() : run.end() + 1].isalpha():
            continue
        if piece[: run.start()].endswith("\x00"):
            continue
        after = re.match(r"\s*\x00([0-9]{1,7})", piece[run.end() :])
        yield run.group(), after.group(1) if after else ""


def _in_run(run: str, country: str) -> list[str]:
    """The number that a run of digits is, or the numbers that stand in it with something between."""
    return _split_run(run, country)[0]


def _split_run(run: str, country: str) -> tuple[list[str], int]:
    """The numbers of a run, and how many of its digits belong to none of them."""
    whole = one_phone(run, country)
    if whole:
        return [whole], 0
    with_extension = _TRAILING_EXTENSION.fullmatch(run)
    number = one_phone(with_extension.group(1), country) if with_extension else None
    if with_extension and number and ("-" in with_extension.group(2) or line_type(number) == LANDLINE):
        return [f"{number};ext={with_extension.group(3)}"], 0
    found, left = _among_words(re.split("[ -]+", run), country)
    if left and (words := re.split(_BETWEEN_NUMBERS, run)):
        # brackets and dots stand within a number, unless nothing is left over where they stand between two
        others, none_left = _among_words(words, country)
        if not none_left:
            return others, 0
    return found, left


def _among_words(words: list[str], country: str) -> tuple[list[str], int]:
    found: list[str] = []
    start = left = 0
    while start < len(words):
        for end in range(min(len(words), start + 5), start, -1):
            number = one_phone(" ".join(words[start:end]), country)
            if number:
                found.append(number)
                start = end
                break
        else:
            left += sum(sign.isdigit() for sign in words[start])
            start += 1
    return found, left


@lru_cache(maxsize=10_000)
def one_phone(text: str, country: str = DEFAULT_COUNTRY) -> str | None:
    """A number alone, nothing beside it, as E.164; None when it is none."""
    digits = re.sub("[^0-9]", "", text)
    if not _FEWEST_DIGITS <= len(digits) <= 17:
        return None
    has_code = text.lstrip("( ").startswith(("+", "00"))
    candidate = _TRUNK_ZERO.sub("", text) if has_code else text
    number = _valid(candidate, country)
    if number or has_code:
        return number
    # the country's code first, without its sign: 852-6123-4567, (852) 6123 4567, 85261234567
    code = _CODE_FIRST.match(text)
    if (code and phonenumbers.region_code_for_country_code(int(code.group(1))) != "ZZ") or (
        digits == text and digits.startswith(_CODES_WITHOUT_SIGN)
    ):
        return _valid("+" + _TRUNK_ZERO.sub("", text).lstrip("( "), country)
    return None


def _valid(text: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
