"""The rules of tags, looked at before a run: bounds that meet, metrics that exist, operators that fit them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from stores.errors import UserError

Row = tuple[int, Mapping[str, str]]  # line of the file, cells by column

MOST_OF_A_FAMILY = 15
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_WITHOUT_PARTNER = ("top_share", "bottom_share", "is_true", "each", "is_known")
_SAME_IN_ALL_ROWS = ("family", "metric", "operator", "name_zh", "name_en", "owner", "since", "sensitive", "purpose")


@dataclass(frozen=True)
class _Operator:
    """What an operator compares.

    Attributes:
        kinds: of metrics that it fits.
        cells: columns that it reads; all others of them stay empty.
    """

    kinds: tuple[str, ...]
    cells: tuple[str, ...] = ()


_OPERATORS = {
    "between": _Operator(("number",), ("lower", "upper")),
    "days_ago": _Operator(("day",), ("lower", "upper")),
    "top_share": _Operator(("number",), ("share",)),
    "bottom_share": _Operator(("number",), ("share",)),
    "is": _Operator(("word",), ("word",)),
    "is_true": _Operator(("flag",)),
    "each": _Operator(("word",)),
    "is_known": _Operator(("number", "word", "flag", "day")),
}
_CELLS = ("lower", "upper", "share", "word")


def check_tag_rules(shown: str, rows: Iterable[Row], metrics: Mapping[str, str], custom: Mapping[str, str]) -> None:
    """Whether rows of the seed tag_rules are rules that can be compiled, beyond what its yml says of single columns.

    Args:
        shown: the file, as messages name it.
        rows: of the file, each with its line; types, keys and families are checked before.
        metrics: kind by metric: number, word, flag or day.
        custom: family by tag that is a model of its own, `tag_<name>.sql`.

    Raises:
        UserError: names file, line, column and value, and what is allowed there.
    """
    by_tag: dict[str, list[Row]] = {}
    for line, row in rows:
        _check_row(f"{shown}:{line}", row, metrics, custom)
        by_tag.setdefault(row["tag"], []).append((line, row))
    for same in by_tag.values():
        _check_rows_of_a_tag(shown, same)
    _check_names(shown, by_tag)
    _check_families(shown, by_tag, custom)


def _check_row(place: str, row: Mapping[str, str], metrics: Mapping[str, str], custom: Mapping[str, str]) -> None:
    tag, metric, operator = row["tag"], row["metric"], row["operator"]
    if not _NAME.fullmatch(tag):
        raise UserError(f"{place}, column tag: {tag!r} is no name; write small letters a-z, digits and _.")
    if tag in custom:
        raise UserError(f"{place}, column tag: {tag!r} is the model tag_{tag}.sql too. Rename one of the two.")
    if metric not in metrics:
        known = ", ".join(sorted(metrics))
        raise UserError(f"{place}, column metric: {metric!r} is not known: one of {known} (columns of int_metrics__*).")
    fits = _OPERATORS[operator]
    if metrics[metric] not in fits.kinds:
        others = ", ".join(name for name, one in _OPERATORS.items() if metrics[metric] in one.kinds)
        raise UserError(
            f"{place}, column operator: {operator!r} does not fit the metric {metric}, which is a {metrics[metric]}: "
            f"one of {others}."
        )
    for cell in _CELLS:
        if row[cell] and cell not in fits.cells:
            raise UserError(f"{place}, column {cell}: {row[cell]!r} means nothing to {operator!r}. Leave it empty.")
    if fits.cells and not any(row[cell] for cell in fits.cells):
        raise UserError(f"{place}: {operator!r} needs {' or '.join(fits.cells)}.")
    if row["share"] and not 0 < Decimal(row["share"]) < 100:
        raise UserError(f"{place}, column share: {row['share']!r} is not a percentage above 0 and below 100.")
    _check_bounds(place, row)
    if row["sensitive"].lower() == "true" and not row["purpose"].strip():
        raise UserError(f"{place}, column purpose: the cell is empty; a sensitive tag says what it may be used for.")


def _check_bounds(place: str, row: Mapping[str, str]) -> None:
    lower, upper = row["lower"], row["upper"]
    for column in ("lower", "upper") if row["operator"] == "days_ago" else ():
        if row[column] and Decimal(row[column]) % 1:
            raise UserError(f"{place}, column {column}: {row[column]!r} is not a whole number of days.")
    if row["operator"] == "days_ago" and not lower:
        lower = "0"
    if lower and upper and Decimal(lower) >= Decimal(upper):
        raise UserError(
            f"{place}, column upper: {upper!r} is not above the lower bound {lower}: nobody would have the tag."
        )


def _check_rows_of_a_tag(shown: str, rows: list[Row]) -> None:
    (first_line, first), *others = rows
    tag = first["tag"]
    if not others:
        if first["value"]:
            raise UserError(
                f"{shown}:{first_line}, column value: {first['value']!r} is the only value of {tag!r}; a tag of one "
                "row has none. Leave it empty, or add the rows of the other values."
            )
        return
    for line, row in rows:
        for column in ("value", "value_zh", "value_en"):
            if not row[column]:
                raise UserError(f"{shown}:{line}, column {column}: the cell is empty; {tag!r} has several rows.")
        if row["operator"] in _WITHOUT_PARTNER:
            raise UserError(f"{shown}:{line}, column operator: {row['operator']!r} cannot have several rows ({tag!r}).")
        for column in _SAME_IN_ALL_ROWS:
            if row[column] != first[column]:
                raise UserError(
                    f"{shown}:{line}, column {column}: {row[column]!r}, but {first[column]!r} in line {first_line} for "
                    f"the same tag {tag!r}. Write the same in both."
                )
    if first["operator"] == "is":
        _check_words(shown, rows)
    else:
        _check_that_bounds_meet(shown, rows)


def _check_words(shown: str, rows: list[Row]) -> None:
    seen: dict[str, int] = {}
    for line, row in rows:
        if seen.setdefault(row["word"], line) != line:
            raise UserError(f"{shown}:{line}, column word: {row['word']!r} stands in line {seen[row['word']]} too.")


def _check_that_bounds_meet(shown: str, rows: list[Row]) -> None:
    lowest = Decimal("-Infinity") if rows[0][1]["operator"] == "between" else Decimal(0)
    placed = sorted(
        (
            Decimal(row["lower"]) if row["lower"] else lowest,
            Decimal(row["upper"]) if row["upper"] else Decimal("Infinity"),
            line,
        )
        for line, row in rows
    )
    for (_, upper, before), (lower, _, line) in pairwise(placed):
        if lower != upper:
            problem = "overlap" if lower < upper else "leave a gap"
            raise UserError(
                f"{shown}:{line}, column lower: {_bound(lower)} and the upper bound {_bound(upper)} of line {before} "
                f"{problem}. Values of one tag meet: write the same number in both."
            )


def _bound(number: Decimal) -> str:
    return f"{number.normalize():f}" if number.is_finite() else "(empty)"


def _check_names(shown: str, by_tag: Mapping[str, list[Row]]) -> None:
    for column in ("name_zh", "name_en"):
        seen: dict[str, tuple[int, str]] = {}
        for tag, ((line, row), *_) in by_tag.items():
            before, other = seen.setdefault(row[column], (line, tag))
            if other != tag:
                raise UserError(
                    f"{shown}:{line}, column {column}: {row[column]!r} is the name of {other!r} in line {before} too. "
                    "Readers could not tell them apart."
                )


def _check_families(shown: str, by_tag: Mapping[str, list[Row]], custom: Mapping[str, str]) -> None:
    counts: dict[str, int] = {}
    for family in custom.values():
        counts[family] = counts.get(family, 0) + 1
    for (line, row), *_ in by_tag.values():
        family = row["family"]
        counts[family] = counts.get(family, 0) + 1
        if counts[family] > MOST_OF_A_FAMILY:
            raise UserError(
                f"{shown}:{line}, column family: {family!r} has more than {MOST_OF_A_FAMILY} tags with this one. Take "
                "one out, or give it another family."
            )
