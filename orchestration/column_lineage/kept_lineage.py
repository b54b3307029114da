"""The lineage of all models' columns, kept beside the parse that it belongs to and computed only for what changed.

A parse stands for one state of the project's files, so what is kept beside it always fits; every home of a checkout
shares it. A new state begins with what the one before it knew: a model is read again when its own definition or the
columns of what it reads are others.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.column_lineage.sql_origins import Relation, origins
from orchestration.dbt.node_fingerprints import NodeFingerprints
from stores.atomic_files import write_json

log = logging.getLogger(__name__)

FILE = "column_lineage.json"


@dataclass(frozen=True)
class ModelLineage:
    """What a model's columns are made from.

    Attributes:
        key: of what it was computed from.
        columns: all columns of the model.
        origins: for each column of which it could be told, the ids of the models, seeds and sources that the model
            reads and their columns.
    """

    key: str
    columns: tuple[str, ...]
    origins: dict[str, tuple[tuple[str, str], ...]]


def read(manifest: Path) -> dict[str, ModelLineage]:
    """What is kept beside a manifest, by the id of the model; nothing before the first build, or when it is damaged."""
    try:
        kept = json.loads(manifest.with_name(FILE).read_text(encoding="utf-8"))["models"]
        return {one: _model(parts) for one, parts in kept.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def update(manifest: Path, prints: NodeFingerprints, compiled: Path) -> list[str]:
    """Call when all models were built: keep the lineage of those that changed.

    Args:
        manifest: that of the parse that was built from.
        prints: of its models.
        compiled: folder of the SQL that dbt made of the models.

    Returns:
        Ids of the models whose SQL was read; the others are as they were.
    """
    kept = read(manifest)
    there = {one: path for one, path in _compiled(prints, compiled).items() if path.exists()}
    if there.keys() <= kept.keys():
        return []
    earlier = _of_last_parse(manifest)
    reader = _Reader(prints, there)
    computed = []
    for unique_id in _in_order(prints):
        if unique_id in kept or unique_id not in there:
            continue
        key = reader.key(unique_id, kept)
        before = earlier.get(unique_id)
        if before is None or before.key != key:
            computed.append(unique_id)
            before = reader.lineage(unique_id, key, kept)
        kept[unique_id] = before
    _write(manifest.with_name(FILE), kept)
    columns = sum(len(one.columns) for one in kept.values())
    known = sum(len(one.origins) for one in kept.values())
    log.debug("Lineage of %d of %d columns is known; read the SQL of %d models", known, columns, len(computed))
    return computed


@dataclass(frozen=True)
class _Reader:
    prints: NodeFingerprints
    compiled: Mapping[str, Path]

    def key(self, unique_id: str, kept: Mapping[str, ModelLineage]) -> str:
        """Changes with everything that the lineage of a model is computed from."""
        parents = [[one, self._columns(one, kept)] for one in sorted(self.prints.parents(unique_id))]
        own = [self.prints.definition(unique_id), self._dialect, version("sqlglot")]
        return hashlib.sha256(json.dumps([own, parents]).encode()).hexdigest()[:16]

    def lineage(self, unique_id: str, key: str, kept: Mapping[str, ModelLineage]) -> ModelLineage:
        """Read the SQL of a model."""
        node = self.prints.nodes[unique_id]
        read = {self._relation(one): one for one in node["depends_on"].get("nodes", [])}
        known = {relation: self._columns(one, kept) for relation, one in read.items()}
        declared = list(node.get("columns") or {})
        sql = self.compiled[unique_id].read_text(encoding="utf-8")
        found = origins(
            sql, self._dialect, {relation: listed for relation, listed in known.items() if listed}, declared
        )
        if found is None:
            log.debug("The columns of %s cannot be traced: its SQL is not understood", node["name"])
        found = found or {}
        return ModelLineage(
            key=key,
            # A materialization may add columns to those of the SQL.
            columns=tuple(dict.fromkeys([*found, *declared])),
            origins={
                column: tuple(sorted({(read[one.relation], one.column) for one in made_from if one.relation in read}))
                for column, made_from in found.items()
                if made_from is not None
            },
        )

    def _columns(self, unique_id: str, kept: Mapping[str, ModelLineage]) -> list[str]:
        if unique_id in kept:
            return list(kept[unique_id].columns)
        return list((self.prints.nodes.get(unique_id) or {}).get("columns") or {})

    def _relation(self, unique_id: str) -> Relation:
        if unique_id in self.prints.nodes:
            node = self.prints.nodes[unique_id]
            return node["schema"], node["alias"]
        source = self.prints.manifest["sources"][unique_id]
        return source["source_name"], source["identifier"]

    @property
    def _dialect(self) -> str:
        return str(self.prints.manifest["metadata"]["adapter_type"])


def _in_order(prints: NodeFingerprints) -> list[str]:
    """The models, each behind those that it reads."""
    models = {one for one, node in prints.nodes.items() if node["resource_type"] == "model"}
    return list(TopologicalSorter({one: sorted(prints.parents(one) & models) for one in sorted(models)}).static_order())


def _compiled(prints: NodeFingerprints, compiled: Path) -> dict[str, Path]:
    return {
        one: compiled / node["package_name"] / node["original_file_path"]
        for one, node in prints.nodes.items()
        if node["resource_type"] == "model"
    }


def _of_last_parse(manifest: Path) -> dict[str, ModelLineage]:
    others = [path for path in manifest.parent.parent.glob(f"*/{FILE}") if path.parent != manifest.parent]
    return read(max(others, key=lambda path: path.stat().st_mtime)) if others else {}


def _write(path: Path, kept: Mapping[str, ModelLineage]) -> None:
    try:
        write_json(path, {"models": {one: asdict(parts) for one, parts in kept.items()}})
    except OSError as failed:  # it is computed again next time; no build fails for it
        log.debug("The lineage of columns cannot be kept: %s", failed)


def _model(parts: Mapping[str, Any]) -> ModelLineage:
    made_from = {
        str(column): tuple((str(one), str(name)) for one, name in listed) for column, listed in parts["origins"].items()
    }
    return ModelLineage(str(parts["key"]), tuple(str(one) for one in parts["columns"]), made_from)
