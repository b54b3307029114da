"""The file formats and text encodings that are read."""

from __future__ import annotations

import codecs
from pathlib import PurePath

from stores.errors import UserError

FORMATS = ("csv", "jsonl", "json", "excel", "parquet")
ENCODINGS = "utf-8, gb18030, big5, cp1252, cp1251, shift_jis, euc_kr, utf-16-le"

_FORMAT_BY_SUFFIX = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".xlsx": "excel",
    ".xls": "excel",
    ".xlsm": "excel",
    ".parquet": "parquet",
}


def is_text_encoding(name: str) -> bool:
    """Whether Python knows it as an encoding of text."""
    try:
        # what is no encoding of text (base64, zip) cannot be used here
        "".encode(codecs.lookup(name).name)
    except LookupError:
        return False
    return True


def format_of(table: str, pattern: str) -> str:
    """The format of the files that a pattern matches, by its ending.

    Raises:
        UserError: the ending is none of those known; the message names the table.
    """
    suffixes = [suffix.rstrip("*") for suffix in PurePath(pattern).suffixes if suffix != ".gz"]
    known = _FORMAT_BY_SUFFIX.get(suffixes[-1].lower()) if suffixes else None
    if known is None:
        raise UserError(
            f"Table {table}: the format of {pattern!r} cannot be told from its ending. "
            f"Add format= with one of {', '.join(FORMATS)}."
        )
    return known
