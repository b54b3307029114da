"""Builds what a segment is made from, day after day, in the warehouse of a back-test's place.

What does not depend on the day (staging, identity, seeds) is built once, as of today. What does is built anew for each
day, oldest first, as runs of those days would have.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from orchestration.backtest.place import PlaceSettings
from orchestration.branch_diff.development_target import TARGET
from orchestration.dbt import dbt_project
from orchestration.dbt.build_results import failures
from orchestration.dbt.build_steps import FEATURES
from orchestration.dbt.node_fingerprints import NodeFingerprints, Surroundings
from orchestration.fitted_models.lifetime import forecast_lifetime
from orchestration.stewardship import identity_registers
from stores.errors import NotPublished, UserError
from stores.settings import Settings
from stores.warehouse_lock import writer_lock

BANDS = "backtest_bands"
# What customers are compared by on each day, besides being members.
_OF_A_DAY = ("int_customer_totals", "int_customers_not_profiled")
# What they did afterwards, as it is known today.
_AFTERWARDS = (
    "int_customers_not_profiled", "customer_daily_activity", "customer_consents", "consent_purposes",
    "int_interactions", "int_deliveries", "customer_map", BANDS,
)  # fmt: skip
_ONCE = ("staging", "identity")
_SEGMENT = "segment_"


@dataclass(frozen=True)
class SegmentProject:
    """The dbt project as a back-test sees it: which segments there are, and what they are made from.

    Attributes:
        manifest: the parse of the project as it is.
        prints: of its nodes.
    """

    manifest: Path
    prints: NodeFingerprints

    @classmethod
    def of(cls, settings: Settings) -> SegmentProject:
        """The project of an installation.

        Raises:
            UserError: it does not parse, or is built on another engine than DuckDB.
        """
        if os.environ.get("GUANXI_DBT_TARGET", "duckdb") not in ("duckdb", TARGET):
            raise UserError("A back-test builds on DuckDB only. Unset GUANXI_DBT_TARGET and run again.")
        manifest = dbt_project.prepare_manifest(settings)
        around = Surroundings(dbt_project.project_dir(settings), settings.lake, dbt_project.environment(settings))
        return cls(manifest, NodeFingerprints(json.loads(manifest.read_text(encoding="utf-8")), around))

    @property
    def segments(self) -> list[str]:
        """Names of the segments, sorted."""
        found = (node["name"] for node in self.prints.nodes.values() if node["fqn"][1:3] == ["marts", "segments"])
        return sorted(
            name.removeprefix(_SEGMENT) for name in found if name.startswith(_SEGMENT) and name != "segment_members"
        )

    def plan(self, segment: str) -> BuildPlan:
        """What is to be built for a segment.

        Raises:
            UserError: there is no such segment.
        """
        if segment not in self.segments:
            raise UserError(f"There is no segment {segment!r}. Segments: {', '.join(self.segments)}.")
        return BuildPlan(self.manifest, self.prints, f"{_SEGMENT}{segment}")


@dataclass(frozen=True)
class BuildPlan:
    """What the back-test of a segment builds, and in which order.

    Attributes:
        manifest: the parse of the project that it was made from.
        prints: of its nodes.
        segment: name of the segment's model.
    """

    manifest: Path
    prints: NodeFingerprints
    segment: str

    @cached_property
    def of_a_day(self) -> frozenset[str]:
        """Models that are built anew for each day."""
        needed = self._with_ancestors([self.segment, *_OF_A_DAY])
        return frozenset(one for one in needed if self._depends_on_day(one))

    @cached_property
    def once(self) -> frozenset[str]:
        """Models and seeds that are built once, with all that identities are made from."""
        needed = self._with_ancestors([self.segment, *_OF_A_DAY, *_AFTERWARDS])
        alike = {one for one in needed if not self._depends_on_day(one)}
        return frozenset(alike.union(*(self._models(self.prints.ancestors(one)) for one in alike)))

    @cached_property
    def afterwards(self) -> frozenset[str]:
        """Models and seeds that are built for the day until which everything is known."""
        return frozenset(one for one in self._with_ancestors(_AFTERWARDS) if self._depends_on_day(one))

    @property
    def forecasts(self) -> bool:
        """Whether the segment reads what lifetime models forecast, so that they forecast for each day."""
        found = self.of_a_day | self.once
        return any(parent.split(".")[2:3] == ["raw_intelligence"] for one in found for parent in self._sources(one))

    @cached_property
    def features(self) -> frozenset[str]:
        """What lifetime models read."""
        return frozenset(
            self._models(FEATURES.ends(self.prints).union(*map(self.prints.ancestors, FEATURES.ends(self.prints))))
        )

    def _depends_on_day(self, unique_id: str) -> bool:
        """Whether the day decides its rows; who is who, and what the channels delivered, are those of today."""
        node = self.prints.nodes[unique_id]
        folders = set(node["fqn"][1:3])
        return node["resource_type"] == "model" and not folders.intersection(_ONCE) and unique_id in self._by_day

    @cached_property
    def _by_day(self) -> set[str]:
        return self.prints.with_descendants(one for one in self.prints.nodes if self.prints.of(one)["day"])

    def _with_ancestors(self, names: Iterable[str]) -> set[str]:
        ids = {
            node["name"]: one for one, node in self.prints.nodes.items() if node["resource_type"] in ("model", "seed")
        }
        ends = {ids[name] for name in names}
        return self._models(ends.union(*(self.prints.ancestors(one) for one in ends)))

    def _models(self, ids: Iterable[str]) -> set[str]:
        return {one for one in ids if self.prints.nodes[one]["resource_type"] in ("model", "seed")}

    def _sources(self, unique_id: str) -> list[str]:
        parents: list[str] = self.prints.nodes[unique_id]["depends_on"].get("nodes", [])
        return [one for one in parents if one.startswith("source.")]


class DayBuilder:
    """Builds the days of a back-test in its place.

    Args:
        place: where.
        plan: what.
        today: the day until which everything is known.
    """

    def __init__(self, place: PlaceSettings, plan: BuildPlan, today: date) -> None:
        self._place, self._plan, self._today = place, plan, today
        self._has_begun = False

    def begin(self, settings: Settings) -> None:
        """Build what all days share, on a copy of the registers of identity.

        Args:
            settings: the installation, whose warehouse is read and not written.
        """
        with writer_lock(settings):
            identity_registers.copy(settings, self._place.warehouse_path, self._plan.manifest)
        self._build(self._today, self._plan.once, full=True)

    def build_day(self, day: date) -> None:
        """Build the segment, and what customers are compared by, as of a day; days come oldest first."""
        plan, full = self._plan, not self._has_begun
        chosen = plan.of_a_day
        if plan.forecasts:
            self._build(day, chosen & plan.features, full)
            forecast_lifetime(self._place.on(day), day)
            chosen = chosen - plan.features
        self._build(day, chosen, full)
        self._has_begun = True

    def build_afterwards(self) -> None:
        """Build what customers did, as of the day until which everything is known."""
        self._build(self._today, self._plan.afterwards, full=False)

    def _build(self, day: date, chosen: Set[str], full: bool) -> None:
        place = self._place.on(day)
        if dbt_project.prepare_manifest(place) != self._plan.manifest:
            raise UserError(
                "The dbt project changed while the back-test was under way, and its days would be of different rules. "
                "Run it again."
            )
        arguments = ["build", "--full-refresh"] if full else ["build"]
        try:
            dbt_project.run_quietly(place, arguments, as_of=day, chosen=chosen)
        except RuntimeError as failed:
            found = failures(dbt_project.build_dir(place))
            said = " | ".join(f"{one['name']}: {one['message']}" for one in found[:10]) or str(failed)
            raise NotPublished(f"{day} could not be built; nothing else was touched. {said}") from failed
