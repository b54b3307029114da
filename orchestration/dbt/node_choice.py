"""What a run has to build: what changed since it was last built, and everything that is built from it.

A record says from what each model, seed and test that stands in the warehouse was made. What is about to be built is
struck out of it first and written in when it is done, so that a run that dies forgets nothing. Where the record and the
warehouse may not agree, as after a failed build or after somebody else wrote, everything is built.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from orchestration.dbt.node_fingerprints import NodeFingerprints
from stores.atomic_files import write_json
from stores.errors import UserError
from stores.settings import Settings
from stores.warehouse import connect

log = logging.getLogger(__name__)

_NAMED = 5
_DONE = {"success", "pass", "warn"}


@dataclass(frozen=True)
class Choice:
    """What one step builds.

    Attributes:
        build: ids of the models, seeds and tests that dbt has to run.
        current: ids whose rows are right without: views, which stay as they are over what is built.
        affected: ids of the models and seeds of all steps whose rows may change.
        reasons: in words, by id.
        step: how many models and seeds the step has.
    """

    build: frozenset[str]
    current: frozenset[str]
    affected: frozenset[str]
    reasons: Mapping[str, str]
    step: int

    @property
    def models(self) -> int:
        """How many models and seeds are built."""
        return sum(not one.startswith("test.") for one in self.build)

    def without_tests(self) -> Choice:
        """The same, its tests left to a later run: they are struck from the record, so that it finds them."""
        return replace(self, build=frozenset(one for one in self.build if not one.startswith("test.")))

    def reason(self, unique_id: str) -> str:
        """Why a node is built, in words."""
        return self.reasons.get(unique_id, "what it is built from is new")

    @property
    def is_whole(self) -> bool:
        """Whether every model and seed of the step is built."""
        return self.models == self.step

    @property
    def why(self) -> str:
        """The causes in one line."""
        causes: dict[str, list[str]] = {}
        for one, reason in self.reasons.items():
            causes.setdefault(reason, []).append(one.split(".")[2])
        told = []
        for reason, names in sorted(causes.items()):
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            told.append(f"{reason}: {', '.join(sorted(names)[:_NAMED])}{more}")
        return "; ".join(told)


class BuiltNodes:
    """The record of an installation.

    Args:
        settings: the installation.
        prints: what its nodes are made from now.
    """

    def __init__(self, settings: Settings, prints: NodeFingerprints) -> None:
        self._settings = settings
        self.prints = prints
        self._path = settings.build_state / "built_nodes.json"
        self._kept = self._read()

    def choose(self, step: Set[str], before: Set[str], after: Set[str]) -> Choice:
        """What to build of a step.

        Args:
            step: ids of its models and seeds.
            before: ids of those of the steps before it.
            after: ids of those of the steps after it.
        """
        prints, everywhere = self.prints, step | before | after
        reasons = {one: reason for one in sorted(everywhere) if (reason := self._reason(one))}
        affected = prints.with_descendants(reasons)
        together = prints.shares_state()
        if affected & together:
            affected = prints.with_descendants(affected | together)
        # The steps before have built what they had to; struck from the record here, it would be built again next time.
        affected &= step | after
        standing = {
            one
            for one in affected & step
            if prints.is_view(one)
            and not prints.has_state(one)
            and self._kept.get(one, {}).get("columns") == prints.of(one)["columns"]
            and self._kept[one]["day"] == prints.of(one)["day"]
        }
        tests = {one for one in self._tests(step, before) if prints.parents(one) & affected or self._reason(one)}
        return Choice(
            build=frozenset((affected & step) - standing | tests),
            current=frozenset(standing),
            affected=frozenset(affected),
            reasons={one: reason for one, reason in reasons.items() if one in everywhere},
            step=len(step),
        )

    def with_tests(self, step: Set[str], before: Set[str]) -> set[str]:
        """Everything that a step runs when all of it is built: its models, its seeds, and the tests that read them.

        Args:
            step: ids of its models and seeds.
            before: ids of those of the steps before it. A test that reads models of several steps runs in the last.
        """
        return set(step) | self._tests(step, before)

    def strike(self, choice: Choice) -> None:
        """Call before building: what may change is no longer known to be right."""
        gone = choice.affected | choice.build
        self._write({one: parts for one, parts in self._kept.items() if one not in gone})

    def forget_all(self) -> None:
        """Call before everything is built, or what somebody chose by hand."""
        self._write({})

    def keep_current(self, choice: Choice) -> None:
        """Write in what is right without having been built."""
        self._write(self._kept | {one: self.prints.of(one) for one in choice.current})

    def keep(self, target: Path, current: Iterable[str] = ()) -> None:
        """Write in what was built.

        Args:
            target: dbt's target folder, with the results of the build.
            current: ids that are right without having been built.
        """
        results: list[dict[str, Any]] = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
        done = {one["unique_id"] for one in results if one["status"] in _DONE} | set(current)
        self._write(self._kept | {one: self.prints.of(one) for one in done if one in self.prints.nodes})

    def _tests(self, step: Set[str], before: Set[str]) -> set[str]:
        """Tests that can be run with a step and not before it: all that they read is there then."""
        read = {one: self.prints.parents(one) for one in self.prints.nodes if one.startswith("test.")}
        return {one for one, parents in read.items() if parents & step and parents <= step | before}

    def _reason(self, unique_id: str) -> str:
        before, now = self._kept.get(unique_id), self.prints.of(unique_id)
        if before is None:
            return "not built since a change"
        if before["text"] != now["text"]:
            return "changed"
        if before["data"] != now["data"]:
            return "new loads"
        if before["day"] != now["day"]:
            return "another day"
        return ""

    def _read(self) -> dict[str, dict[str, str]]:
        """The record, without what the warehouse does not hold; empty when somebody else wrote to it."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            if kept["warehouse"] != self._stamp():
                return {}
            with connect(self._settings) as warehouse:
                rows = warehouse.execute("select table_schema, table_name from information_schema.tables").fetchall()
        except (OSError, ValueError, KeyError, TypeError, duckdb.Error, UserError):
            return {}
        there = set(rows)
        nodes: dict[str, dict[str, str]] = kept["nodes"]
        return {one: parts for one, parts in nodes.items() if one in self.prints.nodes and self._stands(one, there)}

    def _stands(self, unique_id: str, there: set[tuple[str, str]]) -> bool:
        node = self.prints.nodes[unique_id]
        return node["resource_type"] == "test" or (node["schema"], node["alias"]) in there

    def _write(self, nodes: dict[str, dict[str, str]]) -> None:
        self._kept = nodes
        write_json(self._path, {"warehouse": self._stamp(), "nodes": nodes})

    def _stamp(self) -> list[int]:
        """Changes with every write to the warehouse."""
        try:
            stat = self._settings.warehouse_path.stat()
        except FileNotFoundError:
            return []
        return [stat.st_ino, stat.st_size, stat.st_mtime_ns]
