"""Which encoding a text file is in, told by how plausible its characters are; and what becomes of broken bytes.

GB18030 accepts nearly any bytes, so "it can be decoded" says nothing. What tells is whether the bytes make the
characters that people use: the frequent ones of a legacy Chinese encoding lie in a small part of it, so text in Big5 or
in a Western encoding that is read as GB18030 falls into its rare parts.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable

from ingestion.contract.table import header_key
from ingestion.readers.parsed_file import Unreadable

TOLERANT = "one character a broken byte"
REPLACEMENT = "\ufffd"
_BROKEN = re.compile("[\udc80-\udcff]")
_SURE = 0.85  # share of plausible characters from which an encoding is believed
_CLEARLY = 0.15  # how much better than any other it must be
_FEW_SYLLABLES = 12

_UTF_8 = re.compile(b"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_PAIR = re.compile(b"[\x81-\xfe][\x40-\x7e\x80-\xfe]|[\x80-\xff]")
_HIGH_RUN = re.compile(b"[\x80-\xff]+")
_LATIN_LETTER = re.compile(b"(?<![\x80-\xff])[\xc0-\xd6\xd8-\xf6\xf8-\xff\x8a\x8c\x8e\x9a\x9c\x9e\x9f](?![\x80-\xff])")
_CYRILLIC_WORD = re.compile(b"[\xc0-\xdf\xa8]?[\xe0-\xff\xb8]{2,}")


def broken_byte(error: UnicodeError) -> tuple[str, int]:
    """Error handler of decoders: a byte that is no character becomes a lone surrogate, and reading goes on behind it.

    Windows' GBK (code page 936) has the euro sign at 0x80, which GB18030 lacks.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    byte = error.object[error.start]
    if byte == 0x80 and error.encoding == "gb18030":
        return "€", error.start + 1
    return chr(byte if byte < 0x80 else 0xDC00 + byte), error.start + 1


codecs.register_error(TOLERANT, broken_byte)


def has_broken_bytes(text: str) -> bool:
    """Whether bytes that are no characters stand in a text that was decoded with `TOLERANT`."""
    return not text.isascii() and _BROKEN.search(text) is not None


def without_broken_bytes(text: str) -> str:
    """The text with U+FFFD for each byte that is no character."""
    return _BROKEN.sub(REPLACEMENT, text)


def marked(start: bytes) -> str | None:
    """The encoding that a byte order mark at the start says, if any."""
    for marks, encoding in (
        ((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE), "utf-32"),
        ((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), "utf-16"),
        ((codecs.BOM_UTF8,), "utf-8-sig"),
    ):
        if start.startswith(marks):
            return encoding
    return None


def unmarked_wide(start: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of its delimiters, digits and line ends is zero."""
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = start[first::2].count(0), start[1 - first :: 2].count(0)
        text = start[: len(start) // 2 * 2].decode(encoding, "replace")
        all_ends = start.count(b"\n")
        if zeros > len(start) // 20 and others * 10 < zeros and 0 < text.count("\n") >= all_ends * 0.9:
            return encoding
    return None


def tell(sample: bytes, known_headers: Iterable[str] = ()) -> str:
    """The encoding of a text that is not UTF-8 throughout.

    Args:
        sample: lines that hold bytes beyond ASCII, the first line among them.
        known_headers: names that the contract expects; one beyond ASCII that is found decides.

    Raises:
        Unreadable: no encoding is plausible, or more than one is.
    """
    names = [name for name in map(header_key, known_headers) if not name.isascii()]
    scores = {encoding: score(sample) for encoding, score in _SCORES.items()}
    for encoding in _READ_UNASKED:
        text = header_key(sample.decode(encoding, TOLERANT))
        if scores[encoding] > 1 - _SURE and any(name in text for name in names):
            return encoding
    ranked = sorted(scores, key=lambda encoding: -scores[encoding])
    best, second = ranked[:2]
    if best in _READ_UNASKED and scores[best] >= _SURE and scores[best] - scores[second] >= _CLEARLY:
        return best
    likely = [encoding for encoding in ranked if scores[encoding] >= _SURE]
    if not likely:
        raise Unreadable(f"not readable as UTF-8 or GB18030: bytes that are no characters. {ADVICE}")
    shown = " or ".join(likely)
    raise Unreadable(f"not UTF-8; the encoding looks like {shown}, which cannot be told for sure. {ADVICE}")


ADVICE = (
    'Save the file as UTF-8, or say in the contract what it is: Table(…, encoding="cp1252") (or gb18030, big5, '
    "shift_jis, euc_kr, cp1251, utf-16-le …)."
)


def _utf_8(sample: bytes) -> float:
    high = sum(map(len, _HIGH_RUN.findall(sample)))
    return sum(map(len, _UTF_8.findall(sample))) / high if high else 0.0


def _pairs(sample: bytes) -> set[bytes]:
    """Distinct characters, as a legacy East Asian encoding cuts them; so a word that repeats counts once."""
    return set(_PAIR.findall(sample))


def _share(pairs: set[bytes], weight: Callable[[int, int], float]) -> float:
    weights = [weight(pair[0], pair[1]) if len(pair) == 2 else 0.0 for pair in pairs if pair != b"\x80"]
    return sum(weights) / len(weights) if weights else 0.0


def _gb18030(sample: bytes) -> float:
    def weight(lead: int, trail: int) -> float:
        if trail < 0xA1 or lead < 0xA1:
            return 0.2  # rare characters
        return 1.0 if lead <= 0xA3 or 0xB0 <= lead <= 0xD7 else 0.7

    return _share(_pairs(sample), weight)


def _big5(sample: bytes) -> float:
    def weight(lead: int, trail: int) -> float:
        if not (0x40 <= trail <= 0x7E or trail >= 0xA1):
            return 0.0
        return 1.0 if 0xA1 <= lead <= 0xC6 else 0.3 if 0xC9 <= lead <= 0xF9 else 0.0

    pairs = _pairs(sample)
    # only Big5 has second bytes below 0xA1 in half of its frequent characters
    low = sum(len(pair) == 2 and pair[1] < 0x80 for pair in pairs)
    return _share(pairs, weight) if low * 6 >= len(pairs) else 0.5 * _share(pairs, weight)


def _shift_jis(sample: bytes) -> float:
    def weight(lead: int, trail: int) -> float:
        kana = (lead == 0x82 and 0x9F <= trail <= 0xF1) or (lead == 0x83 and 0x40 <= trail <= 0x96)
        return 1.0 if kana or 0x88 <= lead <= 0x9F or (lead == 0x81 and trail < 0x9F) else 0.2

    return _share(_pairs(sample), weight)


def _euc_kr(sample: bytes) -> float:
    pairs = _pairs(sample)
    syllables = sum(len(pair) == 2 and 0xB0 <= pair[0] <= 0xC8 and pair[1] >= 0xA1 for pair in pairs)
    return syllables / len(pairs) if syllables >= _FEW_SYLLABLES else 0.0


def _cp1252(sample: bytes) -> float:
    """Single letters with marks between plain ones."""
    high = sum(map(len, _HIGH_RUN.findall(sample)))
    return len(_LATIN_LETTER.findall(sample)) / high if high else 0.0


def _cp1251(sample: bytes) -> float:
    """Words of small letters with perhaps a capital in front."""
    runs = _HIGH_RUN.findall(sample)
    words = sum(len(run) for run in runs if _CYRILLIC_WORD.fullmatch(run))
    return words / sum(map(len, runs)) if runs else 0.0


_SCORES: dict[str, Callable[[bytes], float]] = {
    "utf-8": _utf_8,
    "gb18030": _gb18030,
    "big5hkscs": _big5,
    "shift_jis": _shift_jis,
    "euc_kr": _euc_kr,
    "cp1252": _cp1252,
    "cp1251": _cp1251,
}
_READ_UNASKED = ("utf-8", "gb18030", "big5hkscs")
