"""Text without what identifies a person: the one place through which free text, reasons, file names and log lines go.

Replaced by words such as 【手机】 are phones, e-mail addresses, identity documents, bank cards, WeChat and QQ accounts,
in any spelling: spaced, dotted, in full width, with invisible characters between. Order numbers, amounts, dates, times
and product codes stay. Names stay: nothing tells them from other words.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from phonenumbers import Leniency, PhoneNumberMatcher

from stores.normalisation import DEFAULT_COUNTRY, without_invisible
from stores.normalisation.id_number import is_hong_kong, is_taiwan, looks_mainland
from stores.normalisation.phone import one_phone
from stores.normalisation.spelling import with_plain_digits
from stores.redaction.disguised_identifiers import WORTH_A_LOOK, disguised_emails, disguised_phones

PHONE, EMAIL, DOCUMENT, CARD, WECHAT, QQ = "【手机】", "【邮箱】", "【证件】", "【银行卡】", "【微信】", "【QQ】"
LONGEST_TEXT = 20_000
LONGEST_REASON = 500
CUT = "…"
_TAKEN = "\x00"
_SHORTEST_KEY = 24

Span = tuple[int, int, str]

_BETWEEN = r"[ .\-·]"
_NO_DIGIT_BEFORE = r"(?<![0-9])(?<![0-9][.,])"
_NO_DIGIT_AFTER = r"(?![0-9])(?![.,][0-9])"
# of a mobile number; 0.138… is a share
_NOT_WITHIN = r"(?<![0-9])(?<!\b0[.])"
_ASCII_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+'-])[A-Za-z0-9._%+'-]{1,64} ?@ ?"
    r"(?:[A-Za-z0-9-]{1,63}[.]){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-]|[.]\w)"
)
_EMAIL = re.compile(
    r"(?:(?<![A-Za-z0-9._%+'-])[A-Za-z0-9._%+'-]{1,64}|(?<![\w.%+'-])[\w.%+'-]{1,64}) ?@ ?"
    r"(?:[\w-]{1,63}[.。｡]){1,8}[\w-]{2,63}"
)
_LONG_NUMBER = re.compile(rf"{_NO_DIGIT_BEFORE}[0-9](?:{_BETWEEN}?[0-9]){{12,18}}[Xx]?{_NO_DIGIT_AFTER}(?![A-Za-z])")
_CODE = r"(?:(?:[+]|00)?86[ )\-.]{0,2}(?:[(]0[)])?)?"
_MOBILE = re.compile(
    rf"{_NOT_WITHIN}[+(]{{0,2}}{_CODE}0?(?:"
    r"1[3-9][0-9]([ .·/_\-]{0,2})[0-9]{4}\1[0-9]{4}"  # 3 4 4, 11 digits in a row
    r"|1[3-9][0-9][ .·\-][0-9]{8}|1[3-9][0-9]{5}[ .·\-][0-9]{4}"  # 3 8, 7 4
    r"|1[3-9][0-9]{2}([ .·\-])[0-9]{3}\2[0-9]{4}|1[3-9][0-9]{2}([ .·\-])[0-9]{4}\3[0-9]{3}"  # 4 3 4, 4 4 3
    r"|1[3-9][0-9]([ .·\-])[0-9]{3}\4[0-9]{5}|1[3-9][0-9]{3}[ .·\-][0-9]{6}"  # 3 3 5, 5 6
    r"|[(]1[3-9][0-9][)][ \-]?[0-9]{4}[ \-]?[0-9]{4}"
    r"|1([ .·\-]{1,2})[3-9](?:\5[0-9]){9}"  # every digit apart
    r")(?![0-9])"
)
_LANDLINE = re.compile(
    rf"{_NO_DIGIT_BEFORE}(?:[(]0[0-9]{{2,3}}[)]{_BETWEEN}?|0[0-9]{{2,3}}{_BETWEEN}?)[0-9]{{3,4}}{_BETWEEN}?[0-9]{{4}}"
    rf"(?: ?(?:转|分机|ext[.]?|x) ?[0-9]{{1,6}})?{_NO_DIGIT_AFTER}"
)
_FOREIGN = re.compile(r"(?<![A-Za-z0-9])(?:[+]|00)[1-9](?:[ ().\-]{0,3}[0-9]){6,14}(?![0-9])")
_NEIGHBOUR = re.compile(
    rf"{_NO_DIGIT_BEFORE}[(]?(?:852|853|886)[)]?[ \-.]{{1,2}}[0-9]{{3,4}}[ \-.]?[0-9]{{3,4}}{_NO_DIGIT_AFTER}"
)
_BRACKETED_DOCUMENT = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z]{1,2} ?[0-9]{6}|[1578]/?[0-9]{6}) ?(?:[(][0-9Aa][)]|/[0-9](?![0-9]))"
)
_SHORT_DOCUMENT = re.compile(r"(?<![A-Za-z0-9#])(?:[A-Z]{1,2}[0-9]{6}[0-9A]|[A-Z][1289ABCD][0-9]{8})(?![A-Za-z0-9])")
_PASSPORT = re.compile(
    r"(?<![A-Za-z0-9#-])(?:E[A-HJ-NP-Z][0-9]{7}|[EG][0-9]{8}|[HM][0-9]{8}(?:[0-9]{2})?)(?![A-Za-z0-9-])"
)
_NAMED = r"(?:号码|号|编号|no[.]?|number|id)?[\s:：=#是为]{0,4}"
_NAMED_DOCUMENT = re.compile(
    rf"(?:护照|通行证|证件|身份证|回乡证|台胞证|passport|id card|hkid){_NAMED}"
    r"([A-Za-z0-9][A-Za-z0-9()/\- ]{4,22}[A-Za-z0-9)])",
    re.IGNORECASE,
)
_NAMED_CARD = re.compile(
    rf"(?:银行卡|卡号|银行账号|账户|card|[建工农中招交]行|银行|信用社){_NAMED}([0-9](?:[ .-]?[0-9]){{11,24}})(?![0-9])",
    re.IGNORECASE,
)
# in groups of four it is a card's, the check digit right or mistyped
_GROUPED_CARD = re.compile(
    rf"{_NO_DIGIT_BEFORE}(?:4[0-9]|5[1-5]|62)[0-9]{{2}}(?:[ .\-][0-9]{{4}}){{3}}(?:[ .\-][0-9]{{1,3}})?(?![0-9])"
)
_QQ = re.compile(
    r"(?:(?<![a-z])q ?q|扣扣|企鹅|(?<![a-z0-9])q(?=[:：])|加 ?q)(?:群)?(?:号码|号|number|no[.]?)?[\s:：=#是为]{0,4}"
    r"([1-9][0-9]{4,11})(?![0-9])",
    re.IGNORECASE,
)
_WECHAT = re.compile(
    r"(?:微 ?信|威信|薇信?|(?<![a-z])v ?信|weixin|wechat|(?<![a-z])(?:vx|wx)(?![a-z_])|加 ?v(?![a-z]))[❤♥]?"
    r"(?:[ ]?(?:号码|号|id)(?: is|就?是)?[\s:：=是为]{0,4}([a-z][a-z0-9_-]{4,31}|[0-9]{5,11})"
    r"|[ ]?[:：=是为]{1,2}\s?([a-z][a-z0-9_-]{4,31}|[0-9]{5,11})"
    r"|[ ]?([a-z][a-z0-9_-]*[0-9_-][a-z0-9_-]*))(?![a-z0-9_-])",
    re.IGNORECASE,
)
_WECHAT_ID = re.compile(r"(?<![A-Za-z0-9_])wxid_[a-z0-9_-]{5,30}", re.IGNORECASE)
# What the words before a number say of it.
_IS_AN_ORDER = re.compile(
    r"(?:订单|单号|运单|快递|物流|编号|货号|型号|款号|批次|流水|order|sku|item|tracking|invoice|model|batch|serial|ref)[^0-9]{0,8}$",
    re.IGNORECASE,
)
_WORTH_A_LOOK = re.compile(
    r"[\d@\uff20\ufe6b\u2460-\u2473\u2070-\u2089]|微 ?信|威信|薇|v ?信|加 ?v|weixin|wechat|wxid|(?<![a-z])[vw]x|"
    + WORTH_A_LOOK,
    re.IGNORECASE,
)
_CUT_OFF = re.compile(r"[\w@.+\-()' ]{1,100}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CARD_PREFIXES = re.compile(r"4|5[1-5]|2[2-7]|3[47]|35|6[0-9]|9[0-9]")


def redact(text: str, limit: int | None = LONGEST_TEXT, country: str = DEFAULT_COUNTRY) -> str:
    """The text with words such as 【手机】 in place of what identifies a person.

    Args:
        text: of anybody: a customer's words, a tool's reason, a file's name, an exception.
        limit: at most so many characters of it, `…` where more were cut off; None for all.
        country: ISO code of the country whose phone numbers are written without their country's code.
    """
    is_cut = limit is not None and len(text) > limit
    if is_cut:
        # what the cut goes through may be the first half of a number
        text = _CUT_OFF.sub("", text[:limit])
    if _WORTH_A_LOOK.search(text if text.isascii() else without_invisible(text)):
        text = _replaced(text, country)
    return text + CUT if is_cut else text


def redact_line(text: object, limit: int | None = LONGEST_REASON, country: str = DEFAULT_COUNTRY) -> str:
    """`redact` for a reason, a header or a file's name: in one line, without control characters."""
    return redact(_CONTROL.sub(" ", without_invisible(str(text))), limit, country)


class RedactingFilter(logging.Filter):
    """Redacts log records, their exceptions too; added to a handler, it covers every logger behind it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; every record passes."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = str(record.msg)
        record.msg, record.args = redact(message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True


def _replaced(text: str, country: str) -> str:
    plain, places = _plain(text.replace(_TAKEN, " "))
    spans: list[Span] = []
    for find in _FINDERS:
        for start, end, label in find(plain):
            if _TAKEN not in plain[start:end] and (label == EMAIL or not _is_within_a_key(plain, start, end)):
                spans.append((start, end, label))
                plain = plain[:start] + _TAKEN * (end - start) + plain[end:]
    if country != DEFAULT_COUNTRY:
        spans += _national(plain, country)
    for start, end, label in sorted(spans, reverse=True):
        text = text[: places[start]] + label + text[places[end - 1] + 1 :]
    return text


def _plain(text: str) -> tuple[str, range | list[int]]:
    """The text in plain characters, and for each the place in the text at which it stands."""
    if text.isascii():
        return text, range(len(text))
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        if letter.isascii():
            letters.append(letter)
        elif without_invisible(letter):
            one = _ALIKE.get(letter) or with_plain_digits(unicodedata.normalize("NFKC", letter))
            letters.append(one if len(one) == 1 else letter)
        else:
            continue
        places.append(place)
    return "".join(letters), places


_ALIKE: dict[str, Any] = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-") | dict.fromkeys(
    "\u2022\u30fb", "·"
)


def _emails(text: str) -> Iterator[Span]:
    for span in disguised_emails(text):
        yield *span, EMAIL
    if "@" not in text:
        return
    taken = []
    for found in _ASCII_EMAIL.finditer(text):
        taken.append(found.span())
        yield *found.span(), EMAIL
    for found in _EMAIL.finditer(text):
        if not any(start < found.end() and found.start() < end for start, end in taken):
            yield *found.span(), EMAIL


def _accounts(text: str) -> Iterator[Span]:
    for pattern, label in ((_QQ, QQ), (_WECHAT, WECHAT), (_NAMED_CARD, CARD)):
        for found in pattern.finditer(text):
            place = next(number for number in range(1, len(found.groups()) + 1) if found.group(number))
            yield *found.span(place), label
    for found in _WECHAT_ID.finditer(text):
        yield *found.span(), WECHAT


def _documents(text: str) -> Iterator[Span]:
    for found in _NAMED_DOCUMENT.finditer(text):
        if sum(letter.isdigit() for letter in found.group(1)) >= 5:
            yield *found.span(1), DOCUMENT


def _short_documents(text: str) -> Iterator[Span]:
    for found in _BRACKETED_DOCUMENT.finditer(text):
        yield *found.span(), DOCUMENT
    for found in _SHORT_DOCUMENT.finditer(text):
        if (is_hong_kong(found.group()) or is_taiwan(found.group())) and not _names_a_thing(text, found.start()):
            yield *found.span(), DOCUMENT
    for found in _PASSPORT.finditer(text):
        if not _names_a_thing(text, found.start()):
            yield *found.span(), DOCUMENT


def _long_numbers(text: str) -> Iterator[Span]:
    for found in _GROUPED_CARD.finditer(text):
        yield *found.span(), CARD
    for found in _LONG_NUMBER.finditer(text):
        digits = re.sub("[^0-9Xx]", "", found.group()).upper()
        if len(digits) in (15, 18) and looks_mainland(digits):
            yield *found.span(), DOCUMENT
        elif _is_card(digits) and not _names_a_thing(text, found.start()):
            yield *found.span(), CARD


def _phones(text: str) -> Iterator[Span]:
    for found in _FOREIGN.finditer(text):
        # what follows a number, a date for example, is none of it
        run = found.group()
        end = next((end for end in _ends_of(run) if one_phone(run[:end])), None)
        if end or run.startswith("+"):
            yield found.start(), found.start() + (end or len(run)), PHONE
    for pattern in (_MOBILE, _NEIGHBOUR):
        for found in pattern.finditer(text):
            yield *found.span(), PHONE
    for span in disguised_phones(text):
        yield *span, PHONE
    for found in _LANDLINE.finditer(text):
        if any(sign in found.group() for sign in "-( .") or one_phone(found.group()):
            yield *found.span(), PHONE


def _ends_of(run: str) -> list[int]:
    """Where a run of digits may end, the whole of it first: at its blanks."""
    return [len(run), *reversed([place for place, letter in enumerate(run) if letter == " "])]


def _national(text: str, country: str) -> Iterator[Span]:
    for found in PhoneNumberMatcher(text, country, leniency=Leniency.VALID):
        yield found.start, found.end, PHONE


def _is_card(digits: str) -> bool:
    """Whether digits are a bank card's number: a prefix that is given out, 13 to 19 digits, the check digit right."""
    if not (13 <= len(digits) <= 19 and digits.isdigit() and _CARD_PREFIXES.match(digits)):
        return False
    if len(digits) < 16 and not digits.startswith(("4", "34", "37")):
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def _is_within_a_key(text: str, start: int, end: int) -> bool:
    """Whether it is a piece of a token, a digest or another long key of letters and digits."""
    while start and text[start - 1].isascii() and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isascii() and text[end].isalnum():
        end += 1
    return end - start >= _SHORTEST_KEY and text[start:end].isalnum() and not text[start:end].isdigit()


def _names_a_thing(text: str, start: int) -> bool:
    return _IS_AN_ORDER.search(text[max(0, start - 24) : start]) is not None


# In this order: what says what it is, then what has a check of its own, then what has only a form.
_FINDERS: tuple[Callable[[str], Iterator[Span]], ...] = (
    _emails, _documents, _accounts, _long_numbers, _phones, _short_documents,
)  # fmt: skip
