"""SQL that turns what a source delivers into the contract's types, or into null when it does not fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from ingestion.contract.number_casting import number, with_point
from ingestion.contract.table import Column
from stores.duckdb_connection import literal, literals

TRUE_WORDS = ("true", "t", "1", "yes", "y", "on", "是", "有", "已同意", "同意", "√", "✓", "✔")
FALSE_WORDS = ("false", "f", "0", "no", "n", "off", "否", "无", "不同意", "未同意", "×", "✗", "✘")
DATE_FORMATS = ["%Y年%m月%d日", "%Y%m%d", "%Y.%m.%d"]
TIMESTAMP_FORMATS = [
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日 %H时%M分%S秒",
    "%Y年%m月%d日 %H时%M分",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H:%M:%S",
    "%Y.%m.%d %H:%M:%S",
    "%Y.%m.%d %H:%M",
    *(
        f"{day} {hour}"
        for day in ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d")
        for hour in ("%p %I:%M:%S", "%p %I:%M", "%I:%M:%S %p", "%I:%M %p")
    ),
    *DATE_FORMATS,
]
# earlier or later is a mistake (a year of two digits, "no end" written as 9999), never a date of a customer
FIRST_DAY, DAY_AFTER_THE_LAST = "1900-01-01", "2200-01-01"
# those that mean one zone only; CST, IST or EST mean several
ZONE_HOURS = {"UTC": 0, "GMT": 0, "UT": 0, "Z": 0, "HKT": 8, "SGT": 8, "JST": 9, "KST": 9, "CET": 1, "CEST": 2}
# what Chinese keyboards type: digits, signs and letters in full width and in small forms, as NFKC has them; two kinds
# of blanks, a minus that is none
_ONE_SPELLING = {
    chr(sign): plain
    for sign in (*range(0xFF01, 0xFF5F), *range(0xFE50, 0xFE70))
    if len(plain := unicodedata.normalize("NFKC", chr(sign))) == 1 and plain.isascii()
} | {
    "\u3000": " ", "\u00a0": " ", "\u2007": " ", "\u2009": " ", "\u202f": " ", "\u2019": "'",
    "\u2212": "-", "\uffe5": "¥", "\uffe1": "£", "\uffe6": "₩",
}  # fmt: skip
_UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_WHOLE_TYPES = ("tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger")
_FLOAT_TYPES = ("float", "double")


def as_text(source: str, source_type: str, nulls: tuple[str, ...], blank_is_null: bool = False) -> str:
    """SQL for the delivered value as text, null where it says "no value".

    Args:
        source: SQL expression of the value.
        source_type: its DuckDB type.
        nulls: texts that mean "no value".
        blank_is_null: whether the reader has made empty texts null already.
    """
    kind = source_type.lower()
    if kind in _FLOAT_TYPES:
        # whole numbers that a tool widened to floats (an id column with gaps) are meant without the point
        whole = f"{source} = floor({source}) and abs({source}) < 1e15"
        text = f"case when {whole} then cast(cast({source} as bigint) as varchar) else cast({source} as varchar) end"
    elif kind == "timestamp with time zone":
        text = f"cast(cast({source} as timestamp) as varchar)"
    elif kind.endswith("]") or kind.startswith(("struct", "map", "union")):
        text = f"cast(to_json({source}) as varchar)"
    elif kind == "varchar":
        text = source
    else:
        text = f"cast({source} as varchar)"
    if nulls == ("",):
        if blank_is_null:
            return text
        return f"nullif({text}, '')"
    return f"case when {text} not in ({', '.join(literal(null) for null in nulls)}) then {text} end" if nulls else text


def in_one_spelling(text: str) -> str:
    """SQL for the text with full-width signs (２０２４－０１－０５) as plain ones and without signs that nobody sees.

    Args:
        text: SQL expression of a value as text that becomes a number, a moment, or yes or no.
    """
    odd = f"[{''.join(_ONE_SPELLING)}{_UNSEEN}]"
    signs = f"{literal(''.join(_ONE_SPELLING) + _UNSEEN)}, {literal(''.join(_ONE_SPELLING.values()))}"
    return f"case when regexp_matches({text}, {literal(odd)}) then translate({text}, {signs}) else {text} end"


def _plain(word: str) -> str:
    return "".join(_ONE_SPELLING.get(sign, sign) for sign in word)


def fits_as_it_is(column: Column, source_type: str) -> bool:
    """Whether a typed source (Parquet) needs no detour over text for this column."""
    kind = source_type.lower()
    if column.has_several_currencies:
        return False  # a number says no currency
    if column.type == "int":
        return kind in _WHOLE_TYPES
    if column.type in ("double", "decimal"):
        return kind in (*_WHOLE_TYPES, *_FLOAT_TYPES) or kind.startswith("decimal")
    if column.type == "bool":
        return kind == "boolean"
    if column.type in ("date", "timestamp"):
        return kind == "date" or kind.startswith("timestamp")
    return False


def quick_cast(column: Column, text: str) -> str:
    """SQL for the value where the text has the plain form of its type, null otherwise: what nearly all rows have.

    Whatever it gives is what `cast` would give, at a fraction of the cost.
    """
    if column.has_several_currencies:
        return f"cast(null as {column.lake_type})"
    if column.type == "int":
        value = f"try_cast({text} as bigint)"
        return f"case when cast({value} as varchar) = {text} then {value} end"
    if column.decimal_mark != ".":
        return f"try_cast({with_point(column, text)} as {column.lake_type})"
    if column.type == "decimal":
        return f"try_cast({text} as {column.lake_type})"
    if column.type == "double":
        return f"try_cast({text} as double)"
    if column.type == "bool" and not (column.true or column.false or column.unanswered):
        return f"try_cast({text} as boolean)"
    if column.past:
        return "null"
    if column.type == "date" and not column.formats:
        # as a timestamp, because a cast to a date overlooks what follows a shorter date
        return f"case when length({text}) = 10 then cast(try_cast({text} as timestamp) as date) end"
    if column.type == "timestamp" and not column.formats:
        # 19 characters with seconds cannot carry an offset
        plain = f"length({text}) = 10 or (length({text}) = 19 and substr({text}, 17, 1) = ':')"
        ending = f"ends_with({text}, 'Z') or regexp_matches({text}, '[+-][0-9]{{2}}:[0-9]{{2}}$')"
        offset = f"substr({text}, 17, 1) = ':' and ({ending})"
        moved = f"cast(try_cast({text} as timestamptz) as timestamp)"
        return (
            f"case when {plain} then try_cast({text} as timestamp) "
            f"when length({text}) >= 20 and {offset} then {moved} end"
        )
    return cast(column, text)


def cast(column: Column, text: str, home: Sequence[str] = ()) -> str:
    """SQL for the value in the column's lake type, in any of the forms that are understood; null where it is none.

    Args:
        column: the contract's column, not a token kind.
        text: SQL expression of the value as text (`as_text`), with "no value" already null, `in_one_spelling`.
        home: currencies whose signs may stand beside the amounts of a column that names no currency.
    """
    if column.is_number:
        return number(column, text, home)
    return _FROM_TEXT[column.type](column, text)


def finite(column: Column, value: str) -> str:
    """SQL for the cast value, null where it is beyond what can be meant: infinite, or of a year that nobody means."""
    if column.type in ("date", "timestamp"):
        kind = column.lake_type
        within = f"{value} >= {kind} '{FIRST_DAY}' and {value} < {kind} '{DAY_AFTER_THE_LAST}'"
        return f"case when {within} then {value} end"
    if column.type == "double":
        return f"case when isfinite({value}) then {value} end"
    return value


def _text(column: Column, text: str) -> str:
    if not column.words:
        return text
    cases = " ".join(
        f"when {literal(word)} then {'null' if meaning is None else literal(meaning)}"
        for word, meaning in meanings(column).items()
    )
    return f"case {_word(text)} {cases} end"


def _word(text: str) -> str:
    return f"lower(trim({text}))"


def meanings(column: Column) -> dict[str, str | None]:
    """The words of a column with `words`, in small letters, and what each means."""
    return {_plain(str(word)).strip().lower(): meaning for word, meaning in column.words.items()}


def meaning_of(column: Column, value: str | None) -> tuple[bool, str | None]:
    """Whether a value is one of the column's `words`, and what that means."""
    known, word = meanings(column), _plain(value or "").strip().lower()
    return word in known, known.get(word)


def no_known_word(column: Column, text: str) -> str:
    """SQL condition: the text is there and none of the column's `words`."""
    known = ", ".join(literal(word) for word in meanings(column))
    return f"coalesce({_word(text)} not in ({known}), false)"


def answers(column: Column) -> tuple[list[str], list[str]]:
    """The words for yes and those for no that a column of type bool knows, in small letters."""
    own_true = [_plain(entry).lower() for entry in column.true]
    own_false = [_plain(entry).lower() for entry in column.false]
    yes = [entry for entry in (*own_true, *TRUE_WORDS) if entry not in (*own_false, *column.unanswered_words)]
    no = [entry for entry in (*own_false, *FALSE_WORDS) if entry not in (*own_true, *column.unanswered_words)]
    return list(dict.fromkeys(yes)), list(dict.fromkeys(no))


def _bool(column: Column, text: str) -> str:
    word = _word(text)
    yes, no = (", ".join(literal(entry) for entry in words) for words in answers(column))
    return f"case when {word} in ({yes}) then true when {word} in ({no}) then false end"


def _timestamp(column: Column, text: str) -> str:
    if column.formats:
        formats = [_plain(one) for one in column.formats]
        return f"cast(try_strptime(trim({text}), {literals(formats)}) as timestamp)"
    # a value that carries an offset is moved to the business time zone (the session's), a naive one is taken as it is
    zoned = _with_offset(text)
    moved = f"cast(try_cast({zoned} as timestamptz) as timestamp)"
    # a cast to a time without a zone overlooks an offset, and knows words such as "epoch"
    naive = f"regexp_matches({text}, '^ *[0-9]') and not regexp_matches({text}, ':[0-9][0-9.: ]*[A-Za-z+-]')"
    return (
        f"case when regexp_matches({zoned}, '{_TIME}([+-][0-9]{{2}}(:[0-9]{{2}})?| {_ZONE})$') then {moved} "
        f"when {naive} then coalesce(try_cast({text} as timestamp), {_epoch(text)}, {_by_format(text)}) "
        f"else {_by_format(text)} end"
    )


_TIME = ":[0-9]{2}(?:[.][0-9]+)?"
_ZONE = "[A-Z][A-Za-z]+(?:/[A-Za-z_]+)+"


def _with_offset(text: str) -> str:
    """The text with the zone behind its time, if any, as +08, +08:30 or a blank and Asia/Shanghai."""
    hours: dict[int, list[str]] = {}
    for name, hour in ZONE_HOURS.items():
        hours.setdefault(hour, []).append(name)
    steps = [(rf"\[{_ZONE}\]$", "")]  # Java writes the zone's name behind the offset
    steps += [(rf"({_TIME}) *(?:{'|'.join(names)})$", rf"\1+{hour:02}") for hour, names in hours.items()]
    steps += [
        (rf"({_TIME}) *(?:UTC|GMT)? ?([+-])([0-9])$", r"\1\g<2>0\3"),
        (rf"({_TIME}) *(?:UTC|GMT)? ?([+-][0-9]{{2}}):?([0-9]{{2}})$", r"\1\2:\3"),
        (rf"({_TIME}) *(?:UTC|GMT)? ?([+-][0-9]{{2}})$", r"\1\2"),
        (rf"({_TIME}) *({_ZONE})$", r"\1 \2"),
        (r"([ T][0-9]{1,2}:[0-9]{2})([+-].*| [A-Z].*)$", r"\1:00\2"),
    ]
    zoned = f"trim({text})"
    for pattern, replacement in steps:
        zoned = f"regexp_replace({zoned}, {literal(pattern)}, {literal(replacement.replace('g<2>', '2'))}, 'i')"
    return zoned


_MORNING, _AFTERNOON = "上午|午前|오전", "下午|午後|오후"


def _by_format(text: str) -> str:
    """By the usual patterns; digits alone only where their number leaves no choice."""
    told = rf"regexp_replace(regexp_replace(trim({text}), ' *({_MORNING}) *', ' AM '), ' *({_AFTERNOON}) *', ' PM ')"
    unclear = "^ *([0-9]{5,7}|[0-9]{9,13})([^0-9]|$)"
    clear = f"regexp_matches({text}, '^ *[0-9]') and not regexp_matches({text}, '{unclear}')"
    return f"case when {clear} then try_strptime({told}, {literals(TIMESTAMP_FORMATS)}) end"


def _epoch(text: str) -> str:
    """Seconds (10 digits) or milliseconds (13 digits) since 1970."""
    seconds = f"try_cast({text} as bigint)"
    return (
        f"case when regexp_full_match({text}, '[0-9]{{10}}([.]0+)?') "
        f"then cast(to_timestamp(try_cast({text} as double)) as timestamp) "
        f"when regexp_full_match({text}, '[0-9]{{13}}') then cast(to_timestamp({seconds} / 1000.0) as timestamp) end"
    )


def _date(column: Column, text: str) -> str:
    day = f"cast({_timestamp(column, text)} as date)"
    if not column.past:
        return day
    short = any("%y" in one for one in column.formats)
    earlier = f"cast({day} - interval 100 years as date)" if short else "null"
    return f"case when {day} <= current_date then {day} else {earlier} end"


_FROM_TEXT = {
    "text": _text,
    "free_text": _text,
    "bool": _bool,
    "timestamp": _timestamp,
    "date": _date,
}
