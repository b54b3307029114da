"""What each model, seed and test is made from, as fingerprints: its text, the macros and vars it reads, its loads.

Rather too much than too little counts as read: every macro and var whose name occurs in the text of a node, or of a
macro that it reads. So a fingerprint may change without need, but does not stay the same when the rows could differ.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stores.lake.layout import stamps_as_loaded
from stores.safe_yaml import read_safe_yaml

# What only this engine or that one uses of a macro is named after it: `duckdb__current_day`.
_IMPLEMENTATION = re.compile(r"^(?:default|duckdb|spark)__")
_MATERIALIZATION = re.compile(r"^materialization_(.+)_[a-z]+$")
_WORD = re.compile(r"[A-Za-z_]\w*")
_COMMENT = re.compile(r"\{#.*?#\}|^\s*--[^\n]*$", re.DOTALL | re.MULTILINE)
_COMPUTED_VAR = re.compile(r"\bvar\(\s*[^'\"\s]")
_DAY = "GUANXI_AS_OF"
# Variables of the build that change what models do.
_TOLD = ("GUANXI_MODELS", "GUANXI_TIMEZONE")
# Macros that dbt calls for every model without being asked.
_ALWAYS = ("generate_schema_name", "generate_alias_name", "generate_database_name")
# A model whose text, or a macro of it, has one of these words goes on from last rows, its own or those of others.
_STATE = {"is_incremental", "load_relation", "state_of", "run_mark", "invocation_id", "this"}
# Settings that say nothing about rows.
_FOR_READERS = {"meta", "docs", "tags", "group", "access", "static_analysis"}


@dataclass(frozen=True)
class Surroundings:
    """What models read besides one another.

    Attributes:
        project: folder of the dbt project.
        lake: folder of the raw lake.
        environment: the variables of the build.
    """

    project: Path
    lake: Path
    environment: Mapping[str, str]


@dataclass
class NodeFingerprints:
    """Fingerprints of the enabled models and seeds of a manifest."""

    manifest: Mapping[str, Any]
    around: Surroundings
    _datasets: dict[str, str] = field(default_factory=dict)
    _found: dict[str, dict[str, str]] = field(default_factory=dict)
    _read: dict[str, set[str]] = field(default_factory=dict)

    @cached_property
    def nodes(self) -> dict[str, Mapping[str, Any]]:
        """Models, seeds and data tests by their id."""
        kinds = ("model", "seed", "snapshot", "test")
        return {one: node for one, node in self.manifest["nodes"].items() if node["resource_type"] in kinds}

    def of(self, unique_id: str) -> dict[str, str]:
        """The fingerprints of a node.

        Returns:
            `text`: what it does; `day`: the day that it is told, empty if it does not read it; `data`: the raw data
            that it reads itself; `columns`: everything that decides which columns it has.
        """
        if unique_id not in self._found:
            node = self.nodes[unique_id]
            datasets = sorted({one.split(".")[2] for one in self._parents(unique_id) if one.startswith("source.")})
            above = [self.of(one)["columns"] for one in sorted(self._parents(unique_id)) if one in self.nodes]
            text = self._text(unique_id, node)
            self._found[unique_id] = {
                "text": text,
                "day": self.around.environment.get(_DAY, "") if _DAY in self._words(unique_id) else "",
                "data": _digest([[name, self._dataset(name, "")] for name in datasets]) if datasets else "",
                "columns": _digest([text, above, [self._dataset(name, "_dlt_version") for name in datasets]]),
            }
        return self._found[unique_id]

    def has_state(self, unique_id: str) -> bool:
        """Whether a node goes on from rows of the last run, so that it has to be run whenever those may be others."""
        node = self.nodes[unique_id]
        if node["resource_type"] != "model":
            return False
        if node["config"]["materialized"] not in ("table", "view"):
            return True
        # How tables and views are made names the old one, to replace it; no row of it is read.
        return bool(_STATE & self._with_called(self._own_words(node)))

    def shares_state(self) -> set[str]:
        """Nodes that read one another's last rows without an edge of the lineage: built together or not at all."""
        return {one for one in self.nodes if self.has_state(one) and "state_of" in self._words(one)}

    def is_view(self, unique_id: str) -> bool:
        """Whether a node has no rows of its own."""
        return bool(self.nodes[unique_id]["config"].get("materialized") == "view")

    def parents(self, unique_id: str) -> set[str]:
        """The models and seeds that a node reads itself."""
        return {one for one in self._parents(unique_id) if one in self.nodes}

    def definition(self, unique_id: str) -> str:
        """What a node does, whichever target and lake it is built on: by this, two branches are compared."""
        node, words = self.nodes[unique_id], self._words(unique_id)
        columns = node.get("columns") or {}
        read: dict[str, Any] = {
            "node": [node["checksum"], node.get("test_metadata"), sorted(self._parents(unique_id))],
            "config": {name: value for name, value in node["config"].items() if name not in _FOR_READERS},
            "columns": [[name, one.get("data_type"), one.get("constraints")] for name, one in columns.items()],
            "macros": [[name, self._macros[name]] for name in sorted(words & self._macros.keys())],
            "vars": [[name, self._vars[name]] for name in sorted(words & self._vars.keys())],
        }
        if node["resource_type"] == "seed":  # dbt's own checksum of a large one is that of its path
            path = self.around.project / node["original_file_path"]
            read["rows"] = hashlib.sha256(path.read_bytes()).hexdigest()
        if "graph" in words:  # a macro that goes through the models of its folder
            read["graph"] = sorted(
                str(one["checksum"]) for one in self.nodes.values() if one["fqn"][1:3] == node["fqn"][1:3]
            )
        return _digest(read)

    def _text(self, unique_id: str, node: Mapping[str, Any]) -> str:
        """Its definition, and where it is built."""
        sources = sorted(one for one in self._parents(unique_id) if one.startswith("source."))
        return _digest(
            [
                self.definition(unique_id),
                self._everywhere,
                node.get("relation_name"),
                [self.around.environment.get(name) for name in _TOLD if name in self._words(unique_id)],
                [self._place_of(one) for one in sources],
            ]
        )

    def with_descendants(self, chosen: Iterable[str]) -> set[str]:
        """The nodes, and all models that are built from them."""
        found: set[str] = set()
        waiting = list(chosen)
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self._children.get(one, [])
        return found

    def ancestors(self, unique_id: str) -> set[str]:
        """All models and seeds that a node is built from."""
        found: set[str] = set()
        waiting = [unique_id]
        while waiting:
            for parent in self._parents(waiting.pop()):
                if parent in self.nodes and parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return found

    def _parents(self, unique_id: str) -> list[str]:
        parents: list[str] = self.nodes[unique_id]["depends_on"].get("nodes", [])
        return parents

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        children: dict[str, list[str]] = {}
        for unique_id in self.nodes:
            for parent in self._parents(unique_id) if not unique_id.startswith("test.") else ():
                children.setdefault(parent, []).append(unique_id)
        return children

    @cached_property
    def _macros(self) -> dict[str, str]:
        """Text of the project's own macros by the name that callers use, all engines' implementations together."""
        found: dict[str, str] = {}
        for macro in self.manifest["macros"].values():
            if macro["package_name"] == self._package:
                name = _IMPLEMENTATION.sub("", macro["name"])
                materialization = _MATERIALIZATION.match(name)
                name = f"materialized {materialization[1]}" if materialization else name
                found[name] = "\n".join(sorted([found.get(name, ""), macro["macro_sql"]]))
        return found

    @property
    def _package(self) -> str:
        return str(self.manifest["metadata"]["project_name"])

    @cached_property
    def _vars(self) -> dict[str, Any]:
        settings = read_safe_yaml(self.around.project / "dbt_project.yml")
        found: dict[str, Any] = settings.get("vars") or {}
        return found

    @cached_property
    def _everywhere(self) -> list[str]:
        versions = [f"{name} {version(name)}" for name in ("dbt-core", "dbt-duckdb", "duckdb")]
        profiles = (self.around.project / "profiles.yml").read_text(encoding="utf-8")
        return [*versions, profiles, str(self.around.lake), os.environ.get("GUANXI_DBT_TARGET", "")]

    def _place_of(self, source: str) -> list[Any]:
        described = self.manifest["sources"][source]
        return [source, described.get("identifier"), described.get("meta"), described.get("config")]

    def _words(self, unique_id: str) -> set[str]:
        """Every word in a node's text and in the macros that its words name, all the way down."""
        if unique_id in self._read:
            return self._read[unique_id]
        node = self.nodes[unique_id]
        words = self._own_words(node) | {f"materialized {node['config'].get('materialized')}"}
        self._read[unique_id] = self._with_called(words)
        return self._read[unique_id]

    def _own_words(self, node: Mapping[str, Any]) -> set[str]:
        config, test = node["config"], node.get("test_metadata") or {}
        further = json.dumps([config.get("pre-hook"), config.get("post-hook"), config.get("where"), test])
        return {*self._words_of(f"{node.get('raw_code', '')}\n{further}"), *_ALWAYS, f"test_{test.get('name')}"}

    def _with_called(self, words: set[str]) -> set[str]:
        """The words, and those of the macros that they name, all the way down."""
        known: set[str] = set()
        while words - known:
            new = words - known
            known = known | new
            for name in new & self._macros.keys():
                words = words | self._macro_words[name]
        return words

    @cached_property
    def _macro_words(self) -> dict[str, set[str]]:
        return {name: self._words_of(text) for name, text in self._macros.items()}

    def _words_of(self, text: str) -> set[str]:
        words = set(_WORD.findall(_COMMENT.sub("", text)))
        return words | self._vars.keys() if _COMPUTED_VAR.search(text) else words

    def _dataset(self, name: str, part: str) -> str:
        """Fingerprint of the files of a raw dataset, or of one folder of it, by name, size and time of writing."""
        key = f"{name}/{part}"
        if key not in self._datasets:
            stamps = stamps_as_loaded(self.around.lake / name, part)
            self._datasets[key] = _digest([[one.name, one.bytes, one.mtime_ns] for one in stamps])
        return self._datasets[key]


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]
