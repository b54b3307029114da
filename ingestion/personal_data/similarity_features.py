"""Keyed features: how alike two names, addresses, e-mails or numbers are, measurable without either in clear.

A feature is one part or several, joined by `|`; a part reads `<token>.<bits>`: 16 hex digits that are equal for equal
parts, and a Bloom filter of 240 bits as 60 hex digits. The filter holds the part's letter pairs and its pairs across
one letter, both without order, so that a swapped or missing letter changes few bits. Which bit a pair sets is keyed:
without this installation's key nobody can fill a filter for a guessed name. What an owner of many filters could still
learn is in docs/identity.md.

Source: Schnell, Bachteler and Reiher (2009), "Privacy-preserving record linkage using Bloom filters".
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import pairwise

from stores.keyring import Keyring
from stores.normalisation import DEFAULT_COUNTRY, bare_name, has_han, is_placeholder, normalise, without_invisible

BITS = 240
HEX_DIGITS = BITS // 4
SIMILAR_KINDS = ("name", "given_name", "family_name", "any_phone", "email", "address", "id_number")

_TOKEN_DIGITS = 16
_KNOWN_PARTS = 100_000
_KNOWN_PAIRS = 100_000
_LONGEST_PART = 200
_NUMBERED = re.compile(r"[a-z]{0,2}[0-9]{6,20}[a-z]?|[0-9.]+e[0-9]+")
_NOT_WORD = re.compile(r"[\W_]+")
# The surnames of about nine tenths of the people in China, for names that were written given name first.
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范"
    "金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_COMPOUND_SURNAMES = frozenset(
    {"欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "夏侯", "司徒"}
)

_ALL_SURNAMES = _SURNAMES | _COMPOUND_SURNAMES


def similarity_features(kind: str, value: str, keyring: Keyring, country: str = DEFAULT_COUNTRY) -> str | None:
    """The feature text of a value as the source delivers it; None when nothing in it tells somebody from others.

    Args:
        kind: one of `SIMILAR_KINDS`. A name has the parts given name and family name, in this order, either may be
            empty; an e-mail has the part before the @ and the whole; the others have one part.
        value: the value in clear.
        keyring: keys of this installation.
        country: ISO code of the country whose phone numbers are written without their country's code.
    """
    if is_placeholder(kind, value, country):
        return None
    encoder = _encoder(keyring.token_key)
    parts = [encoder.part(kind, part) for part in parts_of(kind, value, country)]
    return "|".join(parts) if any(parts) else None


def parts_of(kind: str, value: str, country: str = DEFAULT_COUNTRY) -> list[str]:
    """The parts that are compared, in clear; an empty text where there is none. See `similarity_features`."""
    if kind == "name":
        return list(_given_and_family(value))
    if kind == "given_name":
        return [_spelling(value), ""]
    if kind == "family_name":
        return ["", _spelling(value)]
    if kind == "email":
        address = normalise(kind, value) or value
        local, _, _ = address.partition("@")
        return [_plain(local), _plain(address)]
    if kind == "any_phone":
        return [normalise(kind, value, country) or ""]
    if kind == "id_number":
        bare = _plain(value).replace(" ", "")
        # a wrong or rounded number is like nobody's
        return [_plain(normalise(kind, value) or ("" if _NUMBERED.fullmatch(bare) else bare))]
    return [_plain(value)]


def _given_and_family(value: str) -> tuple[str, str]:
    """Given and family name in Latin letters; a single word, which might be either, counts as family name."""
    bare = bare_name(value) or ""
    family, comma, given = bare.partition(",")
    if comma:
        return _spelling(given), _spelling(family)
    if has_han(bare):
        letters = bare.replace(" ", "")
        size = 2 if letters[:2] in _COMPOUND_SURNAMES else 1
        if letters[:size] not in _ALL_SURNAMES and letters[-1:] in _SURNAMES:
            return _spelling(letters[:-1]), _spelling(letters[-1:])
        return _spelling(letters[size:]), _spelling(letters[:size])
    *given_words, family = _plain(bare).split() or [""]
    return "".join(given_words), family


@lru_cache(maxsize=_KNOWN_PARTS)
def _spelling(value: str) -> str:
    """A name part without blanks, Chinese letters as pinyin: a homophone and a name in pinyin look the same."""
    plain = _plain(value)
    if has_han(plain):
        from pypinyin import lazy_pinyin  # its tables take a moment to load

        plain = "".join(lazy_pinyin(plain))
    return plain.replace(" ", "")


def _plain(value: str) -> str:
    """Lower case, without accents, anything but letters and digits as one blank."""
    if value.isascii():
        return _NOT_WORD.sub(" ", value.lower()).strip()
    apart = unicodedata.normalize("NFKD", without_invisible(value)).casefold()
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFC", bare)).strip()


class _Pairs(dict[tuple[str, str], str]):
    """Two letters to their pair without order, each worked out once."""

    def __init__(self, mark: str) -> None:
        super().__init__()
        self._mark = mark

    def __missing__(self, letters: tuple[str, str]) -> str:
        if len(self) >= _KNOWN_PAIRS:
            self.clear()
        pair = self[letters] = self._mark + "".join(sorted(letters))
        return pair


_NEAR, _ACROSS = _Pairs(""), _Pairs("_")


def pairs_of(text: str) -> list[str]:
    """The unordered letter pairs of a text, its ends marked: the content of a filter.

    A pair that occurs more than once is in the list as often; each time it sets another bit.
    """
    near = [_NEAR[letters] for letters in pairwise(f"^{text}$")]
    return near + [_ACROSS[letters] for letters in zip(text, text[2:], strict=False)]


class _Bits(dict[str, int]):
    """A pair to the bit that it sets when it occurs for the given time (from 0), each worked out once."""

    def __init__(self, keyring: Keyring, time: int) -> None:
        super().__init__()
        self._keyring, self._time = keyring, time

    def __missing__(self, pair: str) -> int:
        if len(self) >= _KNOWN_PAIRS:
            self.clear()
        bit = self[pair] = 1 << (int(self._keyring.token("letter_pair", f"{pair}{self._time}"), 16) % BITS)
        return bit


class _Encoder:
    """Parts to text with one key; the text of a frequent part is worked out once."""

    def __init__(self, token_key: bytes) -> None:
        self._keyring = Keyring(token_key, {}, "")
        self._bits = [_Bits(self._keyring, 0)]
        self._known: dict[tuple[str, str], str] = {}

    def part(self, kind: str, text: str) -> str:
        if not text:
            return ""
        scope = "name" if kind.endswith("_name") else kind
        known = self._known.get((scope, text))
        if known is None:
            if len(self._known) >= _KNOWN_PARTS:
                self._known.clear()
            known = self._known[scope, text] = self._encode(scope, text)
        return known

    def _encode(self, scope: str, text: str) -> str:
        pairs = pairs_of(text[:_LONGEST_PART])
        different = set(pairs)
        filled, first = 0, self._bits[0]
        for pair in different:
            filled |= first[pair]
        if len(different) < len(pairs):
            for pair, times in Counter(pairs).items():
                for time in range(1, times):
                    filled |= self._bit(pair, time)
        return f"{self._keyring.token(f'{scope}_part', text)[:_TOKEN_DIGITS]}.{filled:0{HEX_DIGITS}x}"

    def _bit(self, pair: str, time: int) -> int:
        while len(self._bits) <= time:
            self._bits.append(_Bits(self._keyring, len(self._bits)))
        return self._bits[time][pair]


@lru_cache(maxsize=4)
def _encoder(token_key: bytes) -> _Encoder:
    return _Encoder(token_key)
