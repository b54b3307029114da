"""How numbers say which of comma and point stands before their decimals."""

from __future__ import annotations

# 12,50 and 1.234,50 say that the comma is the decimal mark, 12.50 and 1,234.50 that the point is; 1,234 says nothing.
WITH_COMMA = r"[^,]*[0-9],([0-9]{1,2}|[0-9]{4,})[^0-9,.]*"
WITH_POINT = r"[^.]*[0-9][.]([0-9]{1,2}|[0-9]{4,})[^0-9,.]*"
EITHER = r"[+-]?[0-9]{1,3},[0-9]{3}"
