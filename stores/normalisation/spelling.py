"""One spelling for characters that look alike: full width, invisible characters, the many dashes and blanks."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

# Zero-width blanks and joiners, marks of writing direction, byte order marks, soft hyphens, variation selectors.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_SCIENTIFIC = re.compile(r"[0-9](?:[.][0-9]+)?[eE][+]?[0-9]{1,2}")
_POINT_ZERO = re.compile(r"[0-9]{7,}[.]0+")
_SPREADSHEET_TEXT = re.compile(r"""=?["'`\u2018\u2019\u201c\u201d]*(.*?)["'`\u2018\u2019\u201c\u201d]*""", re.DOTALL)
ROUNDED = ""
_ROWS_OF_DIGITS = ("01234567890123456789", "98765432109876543210")
_SHORTEST_ROW = 6


def without_invisible(text: str) -> str:
    """The text without characters that nobody sees."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def plain(text: str) -> str:
    """Full-width letters and digits of every script as plain ones, without invisible characters and outer blanks."""
    if text.isascii():
        return text.strip()
    return with_plain_digits(unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))).strip()


def with_plain_digits(text: str) -> str:
    """The text with the digits of every script (٣, ३) as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)


def is_row_of_digits(digits: str) -> bool:
    """Whether they are what fingers type along the keys: 123456, 987654321."""
    return len(digits) >= _SHORTEST_ROW and any(digits in row for row in _ROWS_OF_DIGITS)


def as_cell(text: str) -> str:
    """What a spreadsheet's cell says: without the sign that marks it as text ('137…, ="137…"), `plain` otherwise."""
    found = _SPREADSHEET_TEXT.fullmatch(plain(text))
    return found.group(1).strip() if found else plain(text)


def as_whole_number(cell: str) -> str:
    """A number that a spreadsheet wrote as 13711190001.0 or 1.3711120005E+10 in its digits, anything else as it is.

    Returns:
        `ROUNDED` where digits are lost (1.37111E+10): such a number is none.
    """
    if _POINT_ZERO.fullmatch(cell):
        return cell.partition(".")[0]
    if not _SCIENTIFIC.fullmatch(cell):
        return cell
    mantissa, _, exponent = cell.lower().partition("e")
    if len(mantissa.replace(".", "")) != int(exponent) + 1:
        return ROUNDED
    try:
        return str(int(Decimal(cell)))
    except (InvalidOperation, ValueError):
        return ROUNDED
