"""Which columns of which tables the columns of a select are made from; what only filters or joins does not count.

sqlglot reads the SQL, names the table of each column and writes out every `*`; its own `lineage` does that again for
each column and takes four times as long.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlglot
from sqlglot import MappingSchema, exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

Relation = tuple[str, str]
# A folder of the lake in the text of a table: `read_parquet('…/raw_shop/orders/*.parquet')`.
_FOLDER = re.compile(r"([\w-]+)/([\w-]+)/\*")


@dataclass(frozen=True)
class Origin:
    """A column that another is made from.

    Attributes:
        relation: schema and name of its table; for a table of the lake its dataset and folder.
        column: its name.
    """

    relation: Relation
    column: str


def origins(
    sql: str, dialect: str, known: Mapping[Relation, Sequence[str]], declared: Sequence[str]
) -> dict[str, frozenset[Origin] | None] | None:
    """The columns of a select, and what each is made from.

    Args:
        sql: the select.
        dialect: of which engine, by sqlglot's name.
        known: columns of the tables that it reads, as far as they are known; others are taken to have what it asks for.
        declared: the columns that it is said to have, for a select that ends in a `*` over a table of unknown columns.

    Returns:
        The origins by column; none where a column comes from nowhere, such as a count of rows, and None instead where
        it cannot be told. None instead of the columns when the SQL cannot be read.
    """
    try:
        scope = build_scope(_qualified(sql, dialect, known))
    except (SqlglotError, RecursionError):
        return None
    if scope is None:
        return None
    items = _items(scope)
    names = [item.alias_or_name for item in items if not item.is_star]
    names += [one for one in declared if one not in names] if len(names) < len(items) else []
    search = _Search()
    return {name: search.told(scope, name) for name in names}


def _qualified(sql: str, dialect: str, known: Mapping[Relation, Sequence[str]]) -> exp.Expr:
    tree = sqlglot.parse_one(sql, dialect=dialect)
    for table in tree.find_all(exp.Table):
        table.set("catalog", None)  # one name in every installation but one
    columns: dict[str, object] = {
        schema: {name: dict.fromkeys(listed, "text") for (its, name), listed in known.items() if its == schema}
        for schema in {schema for schema, _ in known}
    }
    return qualify(
        tree,
        dialect=dialect,
        schema=MappingSchema(columns, dialect=dialect),
        infer_schema=True,
        validate_qualify_columns=False,
        quote_identifiers=False,
        identify=False,
    )


class _UnknownError(Exception):
    """It cannot be told which table a column is of."""


@dataclass
class _Search:
    """The origins found so far in one select."""

    _found: dict[tuple[int, str], frozenset[Origin]] = field(default_factory=dict)

    def told(self, scope: Scope, column: str) -> frozenset[Origin] | None:
        try:
            return self.of(scope, column)
        except _UnknownError:
            return None

    def of(self, scope: Scope, column: str) -> frozenset[Origin]:
        """What a column that a select gives is made from."""
        # By expression: a query that names itself has a scope of its own there, without the tables of its first part.
        key = (id(scope.expression), column)
        if key not in self._found:
            self._found[key] = frozenset()  # a recursive query that comes back here adds nothing
            try:
                self._found[key] = self._search(scope, column)
            except _UnknownError:
                del self._found[key]
                raise
        return self._found[key]

    def _search(self, scope: Scope, column: str) -> frozenset[Origin]:
        if isinstance(scope.expression, exp.SetOperation):
            return self._in_each(scope, column)
        if not isinstance(scope.expression, exp.Query):  # unnest and the like: made from all that it is given
            return self._in_expression(scope, scope.expression)
        item = next((one for one in _items(scope) if one.alias_or_name == column), None)
        return self._behind_star(scope, column) if item is None else self._in_expression(scope, item)

    def _in_each(self, scope: Scope, column: str) -> frozenset[Origin]:
        """A set operation matches columns by place, not by name."""
        names = [item.alias_or_name for item in _items(scope)]
        found: frozenset[Origin] = frozenset()
        for part in scope.set_operation_scopes:
            items = _items(part)
            is_written_out = column in names and not any(item.is_star for item in items)
            place = names.index(column) if is_written_out else 0
            if is_written_out and place >= len(items):
                raise _UnknownError
            found |= self.of(part, items[place].alias_or_name if is_written_out else column)
        return found

    def _in_expression(self, scope: Scope, expression: exp.Expr) -> frozenset[Origin]:
        inner = {id(one.expression): one for one in scope.subquery_scopes}
        found: frozenset[Origin] = frozenset()
        for node in expression.walk(prune=lambda one: id(one) in inner):
            if id(node) in inner:
                subquery = inner[id(node)]
                for item in _items(subquery):
                    found |= self.of(subquery, item.alias_or_name)
            elif isinstance(node, exp.Column):
                found |= self._from(_source(scope, node.table), node.name)
        return found

    def _behind_star(self, scope: Scope, column: str) -> frozenset[Origin]:
        """A column that only a `*` over a table of unknown columns can give."""
        stars = [item for item in _items(scope) if item.is_star]
        named = [item.table for item in stars if isinstance(item, exp.Column)]
        reached = named if len(named) == len(stars) else list(scope.selected_sources)
        sources = [_source(scope, name) for name in reached]
        may_have = [one for one in sources if not isinstance(one, Scope) or _may_give(one, column)]
        if len(may_have) != 1:
            raise _UnknownError
        return self._from(may_have[0], column)

    def _from(self, source: exp.Expr | Scope, column: str) -> frozenset[Origin]:
        if isinstance(source, Scope):
            return self.of(source, column)
        if not isinstance(source, exp.Table):
            raise _UnknownError
        if isinstance(source.this, exp.Identifier):
            return frozenset({Origin((source.db, source.name), column)})
        folder = _FOLDER.search(source.sql())
        # Other functions in place of a table make their rows out of nothing.
        return frozenset({Origin((folder[1], folder[2]), column)}) if folder else frozenset()


def _items(scope: Scope) -> list[exp.Expr]:
    """What a select gives; of a set operation what its first part gives."""
    expression = scope.expression
    return list(expression.selects) if isinstance(expression, exp.Query) else []


def _may_give(scope: Scope, column: str) -> bool:
    return any(item.is_star or item.alias_or_name == column for item in _items(scope))


def _source(scope: Scope, name: str) -> exp.Expr | Scope:
    """What stands under a name in a select, or in one that it stands in."""
    within: Scope | None = scope
    while within is not None:
        if name in within.sources:
            return within.sources[name]
        within = within.parent
    raise _UnknownError
