"""How much of a file is read at most, so that a hostile or broken one is refused instead of filling the memory."""

from __future__ import annotations

LONGEST_LINE = 16 << 20  # bytes of a line of text, and characters of a CSV row
LARGEST_DOCUMENT = 128 << 20  # bytes of a JSON document, which is read as a whole
MOST_UNPACKED = 4 << 30  # bytes that a compressed file may become when it is packed more tightly than data ever are …
TIGHTEST_PACKING = 200  # … by this factor
MOST_COLUMNS = 2_000
MOST_CELLS = 20_000_000  # of an Excel sheet, counted from A1 to its last row and column
LARGEST_WORKBOOK = 1 << 30  # bytes of an Excel workbook's parts, unpacked
LARGEST_FOOTER = 64 << 20  # bytes of a Parquet file's footer
LONGEST_LIST_IN_FOOTER = 20_000  # columns, or row groups, in it
LARGEST_PAGE = 512 << 20  # bytes of a Parquet page, unpacked
LARGEST_ROW_GROUP = 2 << 30  # bytes of a Parquet row group, unpacked: as much as it says itself
