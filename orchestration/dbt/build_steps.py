"""The steps in which a run builds the dbt project: between two of them, fitted models read the warehouse.

A step ends with what the fitted models behind it read, and builds everything that this is made from and that no step
before has built. What reads the models' results comes in a later step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from orchestration.dbt.node_fingerprints import NodeFingerprints


@dataclass(frozen=True)
class BuildStep:
    """One dbt build of a run.

    Attributes:
        op: name of the step in Dagster.
        model: name of the model that it ends with; empty if a tag says so.
        tag: the dbt tag of the models that it ends with; empty if a model says so. Neither: everything that is left.
    """

    op: str
    model: str = ""
    tag: str = ""

    @property
    def selector(self) -> str:
        """What it ends with and all that this is built from, as dbt's selection; empty for everything that is left."""
        return f"+{self.model}" if self.model else f"+tag:{self.tag}" if self.tag else ""

    def ends(self, prints: NodeFingerprints) -> set[str]:
        """Ids of the models that it ends with."""
        return {
            one
            for one, node in prints.nodes.items()
            if node["resource_type"] == "model"
            and (node["name"] == self.model or (self.tag and self.tag in node["config"].get("tags", [])))
        }


# The dbt tag of models that fitted models of customers (`intelligence/`) read: another model of those adds it.
FEATURES_TAG = "model_features"
FEATURES = BuildStep("dbt_build_customers", tag=FEATURES_TAG)
# What linkage compares; what fitted models read of customers; the rest, which reads what both found.
STEPS = (
    BuildStep("dbt_build_profiles", model="int_identity__linkage_features"),
    FEATURES,
    BuildStep("dbt_build"),
)


def before(step: BuildStep) -> tuple[BuildStep, ...]:
    """The steps that come before one."""
    return STEPS[: STEPS.index(step)]


def built_before(step: BuildStep) -> str:
    """What the steps before have built, as dbt's selection of what a step leaves out."""
    return " ".join(one.selector for one in before(step))


def models_by_step(prints: NodeFingerprints, models: Iterable[str]) -> list[set[str]]:
    """The models and seeds that each step builds.

    Args:
        prints: of all nodes.
        models: ids of the models and seeds that are in use.
    """
    left, found = set(models), []
    for step in STEPS:
        ends = step.ends(prints)
        upstream = ends.union(*(prints.ancestors(one) for one in ends)) if step.selector else left
        found.append(left & upstream)
        left -= upstream
    return found
