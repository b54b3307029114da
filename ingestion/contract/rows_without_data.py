"""Rows that are no data and values that only look right: SQL conditions over the text that a source delivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingestion.contract.table import Column, Table
from stores.duckdb_connection import literal

HEADER_AGAIN = "header"
TOTALS = "totals"
REASONS = {HEADER_AGAIN: "the header again", TOTALS: "a row of totals or a remark, no data"}
_MADE_BY_PEOPLE = ("csv", "excel")
_TOTALS = (
    "(?i)[ \u3000]*(?:(?:合|总|總|総|小|共|累)[ \u3000]*(?:计|計)|总数|總數|(?:grand |sub-? ?)?totals?|합계|총계|"
    "total (?:geral|general|général)|totale|totaux|totaal|somme|summe|(?:ins)?gesamt(?:summe)?|zwischensumme|"
    "razem|suma|ogółem|łącznie|итого|всего)"
    "[ \u3000]*[:：]?[ \u3000]*"
)
# the quick look that spares nearly all rows the other one
_FIRST_OF_TOTALS = ", ".join(str(ord(sign)) for sign in " \u3000合总總総小共累합총GgIiLlŁłOoRrSsTtZzИиВв")
_MARK = "\ufeff"
_REMARK = (
    "(?is)[ \u3000]*[*※(（]?(?:备注|備註|注意?|註|说明|說明|制表人?|审核人?|打印时间|导出时间|制表时间|数据来源|"
    "notes?|remarks?|printed|exported|source)[ \u3000]*[:：].*"
)
# as spreadsheets and programs write "no value"; as a key it would be shared by everybody without one
_NO_KEY = [
    *("#n/a", "#value!", "#ref!", "#name?", "#div/0!", "#num!", "#null!", "#spill!", "#calc!", "null", "(null)"),
    *("<null>", "none", "nil", "nan", "n/a", "undefined", "\\n", "-", "--", ""),
]
_FIRST_OF_NO_KEY = ", ".join(str(ord(sign)) for sign in "#Nn(<Uu\\- ")
# as spreadsheets, Python and Java write numbers that are too long for them
_SHORTENED = "[+-]?[0-9](?:[.][0-9]+)?[eE][+][0-9]{2,3}|[+-]?[0-9][.][0-9]+E[0-9]{1,3}"
_MAYBE_THOUSANDS = "[+-]?[1-9][0-9]{0,2}[.][0-9]{3}"


def of_rows(table: Table, fields: Sequence[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """Which rows of a table that people make are none.

    Args:
        table: the contract.
        fields: of each field that feeds a column, in the file's order: column, name in the header, SQL expression.

    Returns:
        What is wrong, a key of `REASONS`, with the SQL condition for it; none for sources that tools write.
    """
    if table.format not in _MADE_BY_PEOPLE or not fields:
        return []
    found = []
    if table.has_header:
        # joined files repeat the mark of the byte order too
        _, name, first = fields[0]
        same = f"{first} in ({literal(name)}, {literal(_MARK + name)})"
        same += "".join(f" and {value} = {literal(name)}" for _, name, value in fields[1:])
        found.append((HEADER_AGAIN, f"coalesce({same}, false)"))
    first = fields[0][2]
    marks = [value for column, _, value in fields if column in table.key or value == first]
    totals = " or ".join(
        f"coalesce(ascii({value}) in ({_FIRST_OF_TOTALS}) and regexp_full_match({value}, {literal(_TOTALS)}), false)"
        for value in marks
    )
    nothing_else = "".join(f"coalesce({value}, '') = '' and " for _, _, value in fields[1:])
    remark = f"({nothing_else}coalesce(regexp_full_match({first}, {literal(_REMARK)}), false))"
    found.append((TOTALS, f"({totals} or {remark})"))
    return found


def no_key(text: str) -> str:
    """SQL condition: the text of a key says that there is none."""
    words = ", ".join(map(literal, _NO_KEY))
    return f"(ascii({text}) in ({_FIRST_OF_NO_KEY}) and lower(trim({text})) in ({words}))"


def lost_digits(text: str) -> str:
    """SQL condition: the text is a long number of which a spreadsheet or a program kept the first digits only."""
    long = f"{text} < ':' and (contains({text}, 'E') or contains({text}, 'e+'))"  # starts with a digit or a sign
    return f"({long} and regexp_full_match({text}, {literal(_SHORTENED)}))"


def maybe_thousands(table: Table, column: Column, text: str) -> str:
    """SQL condition: three decimals that may as well be thousands (1.234); empty where that is out of the question."""
    if table.format != "csv" or column.type != "decimal" or column.scale > 2 or column.decimal_mark != ".":
        return ""
    return f"({text} like '%.___' and regexp_full_match({text}, {literal(_MAYBE_THOUSANDS)}))"


def words(signs: Mapping[str, str]) -> list[str]:
    """The reasons for which whole rows are none, of the signs of a row."""
    return [REASONS[name] for name, sign in signs.items() if sign == "!"]
