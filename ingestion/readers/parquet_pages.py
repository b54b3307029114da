"""The pages of a Parquet column: how many values they really hold, and how large they are.

A footer may say anything. What is read follows the pages' own headers, so a footer that names fewer rows than there are
would lose some without a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

_DATA, _DICTIONARY, _DATA_2 = 0, 2, 3
_HEADER_OF = {_DATA: 5, _DICTIONARY: 7, _DATA_2: 8}  # the field that holds a page type's own header
_LONGEST_HEADER = 64 << 10  # it may carry the smallest and the largest text
# Thrift's compact protocol
_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 0, 1, 2, 3, 7, 8, 9, 10, 12


class BrokenPage(ValueError):
    """A page header makes no sense."""


@dataclass(frozen=True)
class Pages:
    """What the pages of one column chunk hold.

    Attributes:
        values: nulls included.
        largest_dictionary: bytes.
        largest_page: bytes, unpacked.
    """

    values: int
    largest_dictionary: int
    largest_page: int


def walk(file: IO[bytes], start: int, length: int) -> Pages:
    """Read the headers of the pages that lie between two places of a file.

    Args:
        file: opened for reading.
        start: place of the first page.
        length: bytes of all of them with their headers.

    Raises:
        BrokenPage: a header makes no sense, or the last page does not end where they should.
    """
    values = largest_dictionary = largest_page = 0
    place, end = start, start + length
    while place < end:
        file.seek(place)
        header = _Header(file.read(min(_LONGEST_HEADER, end - place)))
        fields = header.struct()
        kind, unpacked, packed = fields.get(1), fields.get(2), fields.get(3)
        if not (isinstance(kind, int) and isinstance(unpacked, int) and isinstance(packed, int)):
            raise BrokenPage
        own = fields.get(_HEADER_OF.get(kind, 0))
        held = own.get(1) if isinstance(own, dict) else 0
        if min(unpacked, packed) < 0 or not isinstance(held, int) or held < 0:
            raise BrokenPage
        if kind == _DICTIONARY:
            largest_dictionary = max(largest_dictionary, unpacked)
        elif kind in (_DATA, _DATA_2):
            values += held
        largest_page = max(largest_page, unpacked)
        place += header.place + packed
    if place != end:
        raise BrokenPage
    return Pages(values, largest_dictionary, largest_page)


class _Header:
    """Reads a structure of Thrift's compact protocol; only whole numbers and structures are kept."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.place = 0

    def struct(self, depth: int = 0) -> dict[int, object]:
        if depth > 8:
            raise BrokenPage
        fields: dict[int, object] = {}
        number = 0
        while True:
            head = self._byte()
            if head & 15 == _STOP:
                return fields
            number = number + (head >> 4) if head >> 4 else self._whole()
            fields[number] = self._value(head & 15, depth)

    def _value(self, kind: int, depth: int) -> object:
        if kind in (_TRUE, _FALSE):
            return kind == _TRUE
        if kind == _BYTE:
            return self._byte()
        if kind == _DOUBLE:
            self._skip(8)
            return None
        if kind == _BINARY:
            self._skip(self._number())
            return None
        if kind in (_LIST, _SET):
            head = self._byte()
            for _ in range(head >> 4 if head >> 4 < 15 else self._number()):
                self._value(head & 15, depth + 1)
            return None
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind < _DOUBLE:
            return self._whole()
        raise BrokenPage

    def _byte(self) -> int:
        if self.place >= len(self._content):
            raise BrokenPage
        self.place += 1
        return self._content[self.place - 1]

    def _number(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
            shift += 7
            if shift > 63:
                raise BrokenPage

    def _whole(self) -> int:
        number = self._number()
        return (number >> 1) ^ -(number & 1)

    def _skip(self, length: int) -> None:
        self.place += length
        if self.place > len(self._content):
            raise BrokenPage
