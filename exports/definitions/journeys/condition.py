"""Conditions of a journey's branches: a small part of SQL over what is known of the customer.

Comparisons, `and`, `or`, `not`, `in`, `between`, `is null`; `days_since(<day>)`, `segment('<name>')`, `tag('<name>')`.
Nothing else is let through, so that a file cannot read or write anything by its condition.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

_OPERATORS: Mapping[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=",
}  # fmt: skip
_COMPARED = (*_OPERATORS, exp.In, exp.Between, exp.Is)
_FUNCTIONS = ("days_since", "segment", "tag")
# What both engines read as the same number.
_NUMBER = re.compile(r"(?=.{1,15}$)([0-9]+(\.[0-9]*)?|\.[0-9]+)")


@dataclass(frozen=True)
class ConditionNames:
    """What conditions may name.

    Attributes:
        fields: kind of each field (number, word, flag, day), by its name.
        segments: names of the segments.
        tags: names of the tags.
        sensitive: what each sensitive one of them may be used for.
    """

    fields: Mapping[str, str]
    segments: Collection[str]
    tags: Collection[str]
    sensitive: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """A condition that was understood.

    Attributes:
        sql: as SQL of both engines over a row `facts` with the columns `<field>`, `days_since__<field>`,
            `segment__<name>` and `tag__<name>`.
        segments: the segments that it asks for.
        tags: the tags that it asks for.
    """

    sql: str
    segments: frozenset[str]
    tags: frozenset[str]


def read_condition(text: str, names: ConditionNames) -> Condition:
    """Understand a condition.

    Args:
        text: as it stands in the file.
        names: what it may name.

    Raises:
        ValueError: in words that end the sentence "`<file>:<line>: <field>: …`".
    """
    try:
        tree = sqlglot.parse_one(text, read="duckdb", into=exp.Condition)
        sql = _condition(tree, names)
    except RecursionError as deep:
        raise ValueError("the condition is nested too deeply") from deep
    except sqlglot.errors.SqlglotError as bad:
        raise ValueError(f"{text!r} is no condition such as \"value_tier = 'high' and orders_count >= 2\"") from bad
    asked = [(one.name.lower(), one.expressions[0].name) for one in tree.find_all(exp.Anonymous)]
    segments, tags = (frozenset(name for what, name in asked if what == kind) for kind in ("segment", "tag"))
    return Condition(sql, segments, tags)


def _condition(tree: exp.Expr, names: ConditionNames) -> str:
    if isinstance(tree, exp.Paren):
        return f"({_condition(tree.this, names)})"
    if isinstance(tree, exp.Not):
        return f"not {_condition(tree.this, names)}"
    if isinstance(tree, (exp.And, exp.Or)):
        word = "and" if isinstance(tree, exp.And) else "or"
        return f"{_condition(tree.left, names)} {word} {_condition(tree.right, names)}"
    if isinstance(tree, exp.Anonymous) and tree.name.lower() in ("segment", "tag"):
        return _membership(tree, names)
    if isinstance(tree, exp.Column):
        field = _field(tree, names)
        if names.fields[tree.name] != "flag":
            raise ValueError(f"{tree.name} is no yes or no; compare it with something")
        return field
    if isinstance(tree, _COMPARED):
        return _comparison(tree, names)
    raise ValueError(
        f"{tree.sql()!r} may not stand in a condition; comparisons, and, or, not, in, between, is null and "
        f"{', '.join(_FUNCTIONS)} may"
    )


def _comparison(tree: exp.Expr, names: ConditionNames) -> str:
    field, kind = _measured(tree.this, names)
    if isinstance(tree, exp.In):
        listed = tree.expressions
        if not listed or tree.args.get("query") or tree.args.get("unnest"):
            raise ValueError("`in` needs a list of values, such as ('high', 'middle')")
        return f"{field} in ({', '.join(_value(one, kind, field) for one in listed)})"
    if isinstance(tree, exp.Between):
        lower, upper = (_value(tree.args[end], kind, field) for end in ("low", "high"))
        return f"{field} between {lower} and {upper}"
    if isinstance(tree, exp.Is):
        if not isinstance(tree.expression, exp.Null):
            raise ValueError("`is` may only be followed by null or not null")
        return f"{field} is null"
    if isinstance(tree.expression, exp.Null):
        raise ValueError("nothing equals null; write `is null`")
    return f"{field} {_OPERATORS[type(tree)]} {_value(tree.expression, kind, field)}"


def _measured(tree: exp.Expr, names: ConditionNames) -> tuple[str, str]:
    """The left side of a comparison and the kind of value that it is compared with."""
    if isinstance(tree, exp.Anonymous) and tree.name.lower() == "days_since":
        arguments = tree.expressions
        if len(arguments) != 1 or not isinstance(arguments[0], exp.Column):
            raise ValueError("days_since needs one field that is a day, such as days_since(last_purchase_day)")
        field = _field(arguments[0], names)
        if names.fields[arguments[0].name] != "day":
            raise ValueError(f"days_since needs a day, and {arguments[0].name} is none")
        return field.replace("facts.", "facts.days_since__"), "number"
    if isinstance(tree, exp.Column):
        return _field(tree, names), names.fields[tree.name]
    raise ValueError(f"a comparison begins with a field, and {tree.sql()!r} is none")


def _field(tree: exp.Column, names: ConditionNames) -> str:
    name = tree.name
    if tree.table or name not in names.fields:
        if near := difflib.get_close_matches(name, names.fields, n=3, cutoff=0.6):
            raise ValueError(f"{tree.sql()!r} is no field of customers; did you mean {' or '.join(near)}?")
        raise ValueError(f"{tree.sql()!r} is no field of customers; `guanxi journey fields` lists them")
    return f"facts.{name}"


def _membership(tree: exp.Anonymous, names: ConditionNames) -> str:
    what = tree.name.lower()
    arguments = tree.expressions
    if len(arguments) != 1 or not isinstance(arguments[0], exp.Literal) or not arguments[0].is_string:
        raise ValueError(f"{what} needs one name in quotes, such as {what}('some_name')")
    name, known = arguments[0].name, names.segments if what == "segment" else names.tags
    if name not in known:
        if near := difflib.get_close_matches(name, list(known), n=3, cutoff=0.6):
            raise ValueError(f"{name!r} is no {what}; did you mean {' or '.join(near)}?")
        raise ValueError(f"{name!r} is the name of no {what}")
    return f"facts.{what}__{name}"


def _value(tree: exp.Expr, kind: str, field: str) -> str:
    inner = tree.this if isinstance(tree, exp.Neg) else tree
    is_text = isinstance(inner, exp.Literal) and inner.is_string
    fits = {
        "number": isinstance(inner, exp.Literal) and not is_text,
        "word": is_text and not isinstance(tree, exp.Neg),
        "flag": isinstance(tree, exp.Boolean),
        "day": False,
    }[kind]
    if not fits:
        name = field.removeprefix("facts.").removeprefix("days_since__")
        if kind == "number":
            raise ValueError(f"{name} is compared with a number, and {tree.sql()} is none")
        if kind == "word":
            raise ValueError(f"{name} is compared with a text in quotes, and {tree.sql()} is none")
        if kind == "flag":
            raise ValueError(f"{name} is compared with true or false, and {tree.sql()} is neither")
        raise ValueError(f"{name} is a day; ask for days_since({name})")
    if kind == "number" and not _NUMBER.fullmatch(inner.name):
        raise ValueError(f"a number is written as 12 or 0.5, with at most 15 characters, and {tree.sql()} is not")
    if is_text:
        # Spark reads a backslash in a text as the beginning of another character
        if "\\" in inner.name or not inner.name.isprintable():
            raise ValueError(f"{inner.name!r} has a backslash or a character that cannot be seen")
        return "'" + inner.name.replace("'", "''") + "'"
    return tree.sql()
