"""Goals, looked at before a run: whether the metric that each names is there and can be measured as it says."""

from __future__ import annotations

from orchestration.metrics.definitions import Definitions
from orchestration.seeds.seed_files import seed_lines
from stores.errors import UserError
from stores.settings import Settings

SEED = "goals"


def check_goals(settings: Settings, definitions: Definitions) -> None:
    """Whether every row of the seed can be measured.

    Args:
        settings: the installation.
        definitions: of its project.

    Raises:
        UserError: names file, line, column and value, and what is allowed there.
    """
    figures = {one.metric: one for one in definitions.figures}
    for place, row in seed_lines(settings, SEED):
        metric = figures.get(row["metric"])
        if row["metric"] and metric is None:
            raise UserError(
                f"{place}, column metric: there is no metric {row['metric']!r}. `guanxi metrics list` has their names."
            )
        if row["starts_on"] and row["ends_on"] and row["starts_on"] > row["ends_on"]:
            raise UserError(f"{place}, column ends_on: {row['ends_on']!r} lies before starts_on, {row['starts_on']!r}.")
        if row["measured_by"] == "total" and metric is not None:
            if not metric.is_additive:
                raise UserError(
                    f"{place}, column measured_by: the months of {metric.metric} cannot be added up. Use latest."
                )
            if not (row["starts_on"] and row["ends_on"]):
                raise UserError(f"{place}: a total needs starts_on and ends_on.")
        if not row["metric"] and not row["note_en"]:
            raise UserError(f"{place}, column note_en: a goal without a metric says why it is not measured.")
