"""Which metrics there are, and which tags are models of their own: read from the yml files, without dbt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stores.errors import UserError
from stores.safe_yaml import read_safe_yaml

KINDS = ("number", "word", "flag", "day")
# Rows of which a metric can say that it counts them.
COUNTED = ("feedback", "interactions", "order_lines", "points", "sales")
_METRICS = ("models", "intermediate", "metrics")
_NAME = re.compile(r"tag_[a-z0-9_]+")
_CUSTOM = Path("models", "marts", "tags", "custom")


@dataclass(frozen=True)
class MetricDeclaration:
    """What the yml says of a metric of customers.

    Attributes:
        table: the model that has it as a column.
        kind: number, word, flag or day.
        unit: of its values.
        name_zh: Chinese name.
        name_en: English name.
        counts: which rows it counts, one of `COUNTED`; empty where it counts none.
        counted_if: the condition on such a row, as SQL; empty: every row.
    """

    table: str
    kind: str
    unit: str = ""
    name_zh: str = ""
    name_en: str = ""
    counts: str = ""
    counted_if: str = ""


def read_metrics(project: Path, folder: tuple[str, ...] = _METRICS) -> dict[str, MetricDeclaration]:
    """The metrics of customers by name: the columns of metric tables with `metric` in their meta.

    Args:
        project: folder of the dbt project.
        folder: of the models that have them.

    Raises:
        UserError: a kind, or what is counted, is not known, or two tables have a metric of one name.
    """
    found: dict[str, MetricDeclaration] = {}
    for path, model in _models(project, Path(*folder)):
        for column in model.get("columns") or []:
            meta, name, place = _meta(column), column["name"], path.relative_to(project.parent)
            if not (kind := meta.get("metric")):
                continue
            if kind not in KINDS:
                raise UserError(f"{place}, column {name}: metric {kind!r} is no kind: one of {', '.join(KINDS)}.")
            if name in found:
                other = f"{found[name].table}.yml"
                raise UserError(
                    f"{place}, column {name}: {other} has a metric of that name too. Rename one of the two."
                )
            # what the table says holds for metrics that say nothing of their own
            counting = {**_meta(model), **meta}
            if (counted := counting.get("counts")) and counted not in COUNTED:
                raise UserError(
                    f"{place}, column {name}: counts {counted!r} is no kind of rows: one of {', '.join(COUNTED)}."
                )
            words = [str(meta.get(key) or "") for key in ("unit", "name_zh", "name_en")]
            words += [str(counting.get(key) or "") for key in ("counts", "counted_if")]
            found[name] = MetricDeclaration(model["name"], kind, *words)
    return found


def declared_metrics(project: Path, folder: tuple[str, ...] = _METRICS) -> dict[str, str]:
    """Kind by metric. See `read_metrics`."""
    return {name: metric.kind for name, metric in read_metrics(project, folder).items()}


def declared_custom_tags(project: Path) -> dict[str, dict[str, Any]]:
    """Meta of the tags that are models of their own, by tag: the model `tag_<name>` is the tag `<name>`.

    Args:
        project: folder of the dbt project.

    Raises:
        UserError: a model has no yml, or its meta lacks family or names.
    """
    described = {model["name"]: (path, _meta(model)) for path, model in _models(project, _CUSTOM)}
    found = {}
    for sql in sorted((project / _CUSTOM).glob("*.sql")):
        shown = sql.relative_to(project.parent)
        if not sql.stem.startswith("tag_"):
            raise UserError(f"{shown}: a tag of one's own is named tag_<name>.sql. Rename the file.")
        if not _NAME.fullmatch(sql.stem):
            raise UserError(f"{shown}: write small letters a-z, digits and _ after tag_. Rename the file.")
        path, meta = described.get(sql.stem, (sql.with_suffix(".yml"), {}))
        _check_custom_tag(f"{path.relative_to(project.parent)}: {sql.stem}", meta)
        found[sql.stem.removeprefix("tag_")] = meta
    return found


def _check_custom_tag(place: str, meta: dict[str, Any]) -> None:
    for key in ("family", "name_zh", "name_en"):
        if not meta.get(key):
            raise UserError(f"{place} has no {key}; write it under config: meta:.")
    for key in ("family", "name_zh", "name_en", "owner", "purpose"):
        if not isinstance(meta.get(key, ""), str):
            raise UserError(f"{place}, {key}: {meta[key]!r} is no text; put it between quotes.")
    if not isinstance(meta.get("sensitive", False), bool):
        raise UserError(f"{place}, sensitive: {meta['sensitive']!r} is neither true nor false, written without quotes.")
    if meta.get("sensitive") and not meta.get("purpose", "").strip():
        raise UserError(f"{place} has no purpose; a sensitive tag says under config: meta: what it may be used for.")


def _meta(described: dict[str, Any]) -> dict[str, Any]:
    return (described.get("config") or {}).get("meta") or {}


def _models(project: Path, folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted((project / folder).glob("*.yml")):
        try:
            document = read_safe_yaml(path)
        except (yaml.YAMLError, UnicodeDecodeError) as bad:
            raise UserError(f"{path} is not YAML: {' '.join(str(bad).split())}.") from bad
        place = path.relative_to(project.parent)
        for model in _members(f"{place}: the file", document, "models"):
            if not isinstance(model.get("name"), str):
                raise UserError(f"{place}: a model has no name. Write `- name: <its file, without .sql>` first.")
            where = f"{place}: {model['name']}"
            _mapping(f"{where}, config: meta", _mapping(f"{where}, config", model.get("config")).get("meta"))
            for column in _members(where, model, "columns"):
                if not isinstance(column.get("name"), str):
                    raise UserError(f"{where}: a column has no name. Write `- name: <the column>` first.")
                named = f"{where}, column {column['name']}, config"
                _mapping(f"{named}: meta", _mapping(named, column.get("config")).get("meta"))
            yield path, model


def _members(place: str, owner: object, key: str) -> list[dict[str, Any]]:
    """The mappings listed under a key; none where nothing stands there."""
    found = _mapping(place, owner).get(key)
    if not isinstance(found or [], list) or not all(isinstance(one, dict) for one in found or []):
        raise UserError(f"{place}, {key}: {str(found)[:40]!r} is no list of `- name: …` with more below each.")
    return found or []


def _mapping(place: str, found: object) -> dict[str, Any]:
    there = found or {}
    if not isinstance(there, dict):
        raise UserError(f"{place}: {str(found)[:40]!r} is no `name: value`, one a line.")
    return there
