"""Figures as SQL: MetricFlow turns names of metrics and dimensions into a query; nothing is run here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from orchestration.metrics.definitions import Definitions
from stores.errors import UserError

if TYPE_CHECKING:
    from metricflow.engine.metricflow_engine import MetricFlowEngine

PERIODS = ("day", "week", "month", "quarter", "year")
TIME = "metric_time"
_QUOTED = re.compile(r"('(?:[^']|'')*')")


class MetricSql:
    """Writes queries.

    Args:
        definitions: of the project.
        schema: of all tables, where the query is to read them from one; else each from its own.
    """

    def __init__(self, definitions: Definitions, schema: str = "") -> None:
        self._definitions = definitions
        self._schema = schema

    def query(
        self,
        metrics: Sequence[str],
        by: Sequence[str] = (),
        where: Mapping[str, str] | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> str:
        """The SQL of some figures.

        Args:
            metrics: their names.
            by: periods (`month`) and dimensions (`channel`) that they are told by.
            where: the value that a dimension must have.
            since: first day that counts.
            until: last day that counts.

        Returns:
            A query whose columns are named as in `metrics` and `by`, ordered by the latter.

        Raises:
            UserError: a name is unknown, or a figure cannot be told by a dimension.
        """
        self._definitions.find(metrics)
        dimensions = self._dimensions(metrics)
        asked = {name: _named(name, dimensions, metrics) for name in by}
        conditions = [
            f"{{{{ Dimension('{_named(name, dimensions, metrics)}') }}}} = '{_literal(value)}'"
            for name, value in (where or {}).items()
        ]
        compiled = self.compiled(metrics, list(asked.values()), conditions, since, until)
        columns = [*(f"{full} as {name}" for name, full in asked.items()), *metrics]
        order = f"\norder by {', '.join(asked)}" if asked else ""
        return f"select {', '.join(columns)}\nfrom (\n{compiled}\n) as figures{order}"

    def compiled(
        self,
        metrics: Sequence[str],
        by: Sequence[str],
        where: Sequence[str] = (),
        since: date | None = None,
        until: date | None = None,
    ) -> str:
        """What MetricFlow makes of a query in its own names, in lower case and without its comments."""
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

        request = MetricFlowQueryRequest.create(
            metric_names=list(metrics),
            group_by_names=list(by),
            where_constraints=list(where) or None,
            time_constraint_start=datetime.combine(since, time.min) if since else None,
            time_constraint_end=datetime.combine(until, time.min) if until else None,
        )
        return _tidy(self._engine.explain(request).sql_statement.sql)

    @cached_property
    def _engine(self) -> MetricFlowEngine:
        # here, because it takes a second to import, and most runs find that no definition has changed
        from metricflow.engine.metricflow_engine import MetricFlowEngine
        from metricflow.protocols.sql_client import SqlEngine
        from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
        from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

        class Dialect:
            """All that MetricFlow asks of an engine that runs nothing."""

            sql_engine_type = SqlEngine.DUCKDB
            sql_plan_renderer = DuckDbSqlPlanRenderer()

        manifest = parse_manifest_from_dbt_generated_manifest(self._definitions.manifest_text(self._schema))
        return MetricFlowEngine(SemanticManifestLookup(manifest), Dialect())  # type: ignore[arg-type]  # it is asked nothing else

    def _dimensions(self, metrics: Sequence[str]) -> dict[str, str]:
        """MetricFlow's name of each dimension that all of these figures can be told by, by ours."""
        found: Any = self._engine.simple_dimensions_for_metrics(list(metrics), without_any_property=())
        names = {one.name: one.dunder_name for one in found if one.name != TIME and one.type.name == "CATEGORICAL"}
        return names | {period: f"{TIME}__{period}" for period in PERIODS}


def _named(name: str, dimensions: Mapping[str, str], metrics: Sequence[str]) -> str:
    if name not in dimensions:
        raise UserError(f"{', '.join(metrics)} cannot be told by {name}. Use one of {', '.join(sorted(dimensions))}.")
    return dimensions[name]


def _literal(value: str) -> str:
    if any(mark in value for mark in ("{{", "{%", "{#")):  # which MetricFlow would take for a template
        raise UserError(f"{value!r} is no value of a dimension.")
    return value.replace("'", "''")


def _tidy(sql: str) -> str:
    lines = [line for line in sql.splitlines() if not line.lstrip().startswith("--")]
    parts = _QUOTED.split("\n".join(lines))
    return "".join(part if place % 2 else part.lower() for place, part in enumerate(parts))
