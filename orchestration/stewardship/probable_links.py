"""Probabilistic linkage on this installation's warehouse: the same for the asset, the command line and trials."""

from __future__ import annotations

from pathlib import Path

from linkage.run import LinkageReport, Thresholds, link
from orchestration.fitted_models.project_vars import PLACE, is_enabled, project_vars
from stores.duckdb_connection import literal, open_duckdb
from stores.errors import UserError
from stores.settings import Settings

_FEATURES = "identity.int_identity__linkage_features"
_PROFILES = "intermediate.int_profiles"


def linkage_thresholds(settings: Settings) -> Thresholds | None:
    """The thresholds in `vars` of the dbt project; None where `linkage_enabled` is false.

    Raises:
        UserError: the file is no YAML, or a value is missing or makes no sense.
    """
    words = project_vars(settings, "say how probable a link must be")
    enabled = is_enabled(words, "linkage_enabled")
    return _checked(words) if enabled else None


def model_folder(settings: Settings) -> Path:
    """Where trained models are kept, one file for each version."""
    return settings.state / "linkage"


def link_profiles(settings: Settings, thresholds: Thresholds, retrain: bool = False) -> LinkageReport:
    """Compare the profiles in the warehouse and replace the probable links in the lake. Nobody may be writing it.

    Args:
        settings: the installation.
        thresholds: of joining and reviewing.
        retrain: train a new model even though there is one.
    """
    with open_duckdb(settings) as connection:
        connection.execute(f"attach {literal(settings.warehouse_path)} as built (read_only)")
        return link(
            connection,
            f"built.{_FEATURES}",
            settings.lake,
            model_folder(settings),
            thresholds,
            settings.now(),
            retrain,
            everybody=f"(select * from built.{_PROFILES} where not is_test)",
        )


def _checked(words: dict[str, object]) -> Thresholds:
    values = []
    for name in ("linkage_join_probability", "linkage_review_probability"):
        value = words.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
            raise UserError(f"{PLACE}, vars.{name}: must be a number between 0 and 1, got {value!r}.")
        values.append(float(value))
    join, review = values
    if review > join:
        raise UserError(
            f"{PLACE}, vars.linkage_review_probability: {review} is above linkage_join_probability {join}. "
            "What waits for review lies below what joins."
        )
    return Thresholds(join, review)
