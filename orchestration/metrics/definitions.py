"""The figures that the dbt project defines, as dbt's parse has them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.dbt.dbt_project import prepare_manifest
from stores.errors import UserError
from stores.settings import Settings

UNITS = ("count", "money", "share", "score")
DIRECTIONS = ("up", "down")
_STATED = ("unit", "direction", "owner", "name_zh", "description_zh")
_RELATION = ("database", "relation_name")


@dataclass(frozen=True)
class Definition:
    """A figure.

    Attributes:
        metric: its name in queries.
        source: the semantic model whose days it is counted by.
        unit: count, money (reporting currency), share (0 to 1) or score.
        direction: `up` where more is better, else `down`.
        owner: the team that answers for it.
        is_state: whether it is counted as of a day, such as customers, and not over the days of a period.
        is_additive: whether its months add up to a longer time; ratios do not, nor what counts each customer once.
        name_zh, name_en, description_zh, description_en: in words.
    """

    metric: str
    source: str
    unit: str
    direction: str
    owner: str
    is_state: bool
    is_additive: bool
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str


@dataclass(frozen=True)
class SavedQuery:
    """A combination of figures and dimensions that the project declares.

    Attributes:
        name: of the query.
        metrics: its figures.
        group_by: its periods and dimensions, such as `month` and `channel`.
    """

    name: str
    metrics: tuple[str, ...]
    group_by: tuple[str, ...]


@dataclass(frozen=True)
class _Measure:
    source: str
    is_state: bool
    is_sum: bool


class Definitions:
    """All figures of a project.

    Args:
        document: dbt's semantic manifest.

    Raises:
        UserError: a figure lacks something.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        # the order in which dbt reads files says nothing, and numbers in MetricFlow's SQL follow it
        in_order = {
            part: sorted(document[part], key=lambda one: one["name"])
            for part in ("semantic_models", "metrics", "saved_queries")
        }
        self._document = document = {**document, **in_order}
        self._measures = {
            measure["name"]: _Measure(model["name"], bool(measure["non_additive_dimension"]), measure["agg"] == "sum")
            for model in document["semantic_models"]
            for measure in model["measures"]
        }
        self._metrics = {one["name"]: one for one in document["metrics"]}
        self.figures = [self._figure(one) for one in self._metrics.values() if not _meta(one).get("is_part")]
        self.saved_queries = [_saved(one) for one in document["saved_queries"]]

    @classmethod
    def read(cls, settings: Settings) -> Definitions:
        """Those of an installation's project.

        Raises:
            UserError: the project does not parse, or a figure lacks something.
        """
        manifest = prepare_manifest(settings).with_name("semantic_manifest.json")
        return cls(json.loads(manifest.read_text(encoding="utf-8")))

    @property
    def digest(self) -> str:
        """Changes with every definition, and with nothing else."""
        text = json.dumps(self._related(lambda name: name), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def manifest_text(self, schema: str = "") -> str:
        """The definitions for MetricFlow, their tables named `<schema>.<table>`.

        Args:
            schema: of all tables; empty: the one that each is built in.
        """
        return json.dumps(self._related(lambda name: f"{schema}.{name}" if schema else ""), ensure_ascii=False)

    def find(self, names: Sequence[str]) -> list[Definition]:
        """The figures of these names.

        Raises:
            UserError: there is none of a name.
        """
        known = {one.metric: one for one in self.figures}
        if unknown := [name for name in names if name not in known]:
            raise UserError(f"There is no metric {', '.join(unknown)}. `guanxi metrics list` names all of them.")
        return [known[name] for name in names]

    def _related(self, name: Any) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(json.dumps(self._document))
        models = [one["node_relation"] for one in document["semantic_models"]]
        for relation in [*models, *(one["node_relation"] for one in document["project_configuration"]["time_spines"])]:
            relation["database"] = None
            relation["relation_name"] = name(relation["alias"]) or f"{relation['schema_name']}.{relation['alias']}"
        return document

    def _figure(self, metric: dict[str, Any]) -> Definition:
        meta, name = _meta(metric), metric["name"]
        if missing := [key for key in _STATED if not str(meta.get(key) or "").strip()]:
            raise UserError(f"Metric {name}: config.meta lacks {', '.join(missing)}.")
        for key, allowed in (("unit", UNITS), ("direction", DIRECTIONS)):
            if meta[key] not in allowed:
                raise UserError(f"Metric {name}: {key} {meta[key]!r} is unknown. Use one of {', '.join(allowed)}.")
        measures = [self._measures[one] for one in self._inputs(name)]
        sources = {one.source for one in measures}
        if len(sources) > 1:
            raise UserError(
                f"Metric {name} is made from several semantic models ({', '.join(sorted(sources))}); use one."
            )
        return Definition(
            metric=name,
            source=sources.pop(),
            unit=meta["unit"],
            direction=meta["direction"],
            owner=meta["owner"],
            is_state=any(one.is_state for one in measures),
            is_additive=metric["type"] == "simple" and all(one.is_sum and not one.is_state for one in measures),
            name_zh=meta["name_zh"],
            name_en=metric["label"] or name,
            description_zh=meta["description_zh"],
            description_en=metric["description"] or "",
        )

    def _inputs(self, name: str) -> set[str]:
        metric = self._metrics[name]["type_params"]
        inputs = {one["name"] for one in metric.get("metrics") or []}
        if inputs:
            return {measure for one in inputs for measure in self._inputs(one)}
        return {one["name"] for one in metric["input_measures"]}


def _meta(metric: dict[str, Any]) -> dict[str, Any]:
    return ((metric.get("config") or {}).get("meta")) or {}


def _saved(query: dict[str, Any]) -> SavedQuery:
    asked = query["query_params"]
    # "TimeDimension('metric_time', 'month')" is a month, "Dimension('business_day__channel')" a channel
    by = tuple(re.split(r"__|'", one)[-2] for one in asked["group_by"])
    return SavedQuery(query["name"], tuple(asked["metrics"]), by)
