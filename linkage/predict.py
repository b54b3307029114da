"""From a model to links: score the blocked pairs, hold back what a person should look at."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from linkage.bridges import weak_bridges
from linkage.comparisons import SAME_LOCAL_PART
from linkage.features import UNIQUE_ID
from linkage.links import LINKS_SCHEMA
from linkage.model import Model
from linkage.scores import SCORES_SCHEMA
from linkage.splink_linker import linker, quiet

# A name and a town make nobody: many people have both. One of these must agree too.
_TELLING = (
    "birthday", "phone", "email", "id_number", "address", "address_line_2", "postcode", "birthplace", "company",
    "job_title",
)  # fmt: skip
# What members of a household do not share as a rule.
_OWN = ("birthday", "email", "id_number")
# Where more of the true matches show another given name, it is the file's own mistake far oftener than a twin.
_RELIABLE_GIVEN_NAMES = 0.05


def scored_pairs(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    review: float,
    forgiving: bool = False,
    only_changed: bool = False,
) -> pa.Table:
    """Pairs at or above the review probability, as the model scores them.

    Namesakes, two profiles with nothing but name, town and gender in common, are no pair.

    Args:
        connection: holds the table `features`.
        model: the trained model.
        review: probability from which on a pair is worth a look.
        forgiving: let twins join where given names of true matches differ often: in a file full of errors the guard
            would cost far more than it saves, and nobody is written to.
        only_changed: only pairs with a profile that `is_changed`.

    Returns:
        Rows of `linkage.scores.SCORES_SCHEMA`.
    """
    settings = _among_changed(model.settings) if only_changed else model.settings
    with quiet():
        scored = linker(connection, settings).inference.predict(threshold_match_probability=review)
    pairs = connection.execute(_pairs_query(model, scored.physical_name, forgiving)).to_arrow_table()
    return pairs.cast(SCORES_SCHEMA)


def links_of(scores: pa.Table, model_version: str, join: float, now: datetime) -> pa.Table:
    """Links from scored pairs: what a person should look at first is held back.

    Members of a household share surname, address and phone, twins the birthday too. So two profiles whose given names
    are known and differ stay just below the joining probability unless something that is a person's own agrees. So do
    links that are a weak bridge.

    Args:
        scores: rows of `linkage.scores.SCORES_SCHEMA`, every pair once.
        model_version: of the model that scored them.
        join: probability from which on a link joins.
        now: time that the links carry.

    Returns:
        Rows of `linkage.links.LINKS_SCHEMA`.
    """
    scores = scores.sort_by([("left_profile_id", "ascending"), ("right_profile_id", "ascending")])
    joins = pc.greater_equal(scores["match_probability"], join).to_numpy(zero_copy_only=False)
    held = joins & scores["may_be_relatives"].to_numpy(zero_copy_only=False)
    held |= weak_bridges(scores, joins & ~held)
    probability = np.where(held, math.nextafter(join, 0), scores["match_probability"].to_numpy())
    odds = np.log2(probability / (1 - probability + 1e-300))
    count = scores.num_rows
    return pa.table(
        {
            "left_profile_id": scores["left_profile_id"],
            "right_profile_id": scores["right_profile_id"],
            "model_version": pa.array([model_version] * count, pa.string()),
            "field_weights": scores["field_weights"],
            "match_weight": np.where(held, odds, scores["match_weight"].to_numpy()),
            "match_probability": probability,
            "linked_at": pa.array([now.replace(tzinfo=None)] * count, pa.timestamp("us")),
        }
    ).cast(LINKS_SCHEMA)


def _among_changed(settings: dict[str, Any]) -> dict[str, Any]:
    rules = [
        {**rule, "blocking_rule": f"{rule['blocking_rule']} and (l.is_changed or r.is_changed)"}
        for rule in settings["blocking_rules_to_generate_predictions"]
    ]
    return {**settings, "blocking_rules_to_generate_predictions": rules}


def _pairs_query(model: Model, scored: str, forgiving: bool) -> str:
    weights = {}
    for comparison in model.settings["comparisons"]:
        name = comparison["output_column_name"]
        by_frequency = any(level.get("tf_adjustment_column") for level in comparison["comparison_levels"])
        weights[name] = f"(mw_{name} + mw_tf_adj_{name})" if by_frequency else f"mw_{name}"
    parts = [
        f"case when {weight} <> 0 then '\"{name}\": ' || round({weight}, 1) end" for name, weight in weights.items()
    ]
    return f"""
        select
            least({UNIQUE_ID}_l, {UNIQUE_ID}_r) as left_profile_id,
            greatest({UNIQUE_ID}_l, {UNIQUE_ID}_r) as right_profile_id,
            '{{' || concat_ws(', ', {", ".join(parts)}) || '}}' as field_weights,
            match_weight,
            match_probability,
            {_may_be_relatives(model, weights, forgiving)} as may_be_relatives
        from {scored}
        where not {_are_namesakes(model, weights)}
    """


def _are_namesakes(model: Model, weights: dict[str, str]) -> str:
    """Condition: nothing agrees but what many people share."""
    telling = [_agrees(model, weights, name) for name in _TELLING if name in weights] or ["false"]
    return f"(not ({' or '.join(telling)}))"


def _may_be_relatives(model: Model, weights: dict[str, str], forgiving: bool) -> str:
    """Condition: other given name, and nothing of a person's own agrees, or only the birthday as with twins."""
    if "given_name" not in weights:
        return "false"
    different = _difference(model, "given_name")
    other_name = f"mw_given_name <= {_weight(different)} + 1e-6"
    own = [_agrees(model, weights, name) for name in _OWN if name in weights] or ["false"]
    birthday, id_number, family = (weights.get(name, "0") for name in ("birthday", "id_number", "family_name"))
    email = _agrees(model, weights, "email") if "email" in weights else "false"
    twins = "false"
    if not forgiving or different["m_probability"] <= _RELIABLE_GIVEN_NAMES:
        twins = f"{birthday} > 0 and {family} > 0 and not ({email}) and {id_number} = 0"
    return f"({other_name} and (not ({' or '.join(own)}) or ({twins})))"


def _agrees(model: Model, weights: dict[str, str], name: str) -> str:
    """Condition: a field speaks for one person. E-mails are made from names: likeness says nothing beside a name."""
    if name != "email":
        return f"{weights[name]} > 0"
    same_local_part = next(one for one in _levels(model, name) if one["label_for_charts"] == SAME_LOCAL_PART)
    return f"mw_{name} >= {_weight(same_local_part)} - 1e-6"


def _difference(model: Model, name: str) -> dict[str, Any]:
    """A comparison's last level, "different"."""
    return _levels(model, name)[-1]


def _levels(model: Model, name: str) -> list[dict[str, Any]]:
    """A comparison's levels without the null one, the most alike first."""
    comparison = next(one for one in model.settings["comparisons"] if one["output_column_name"] == name)
    return [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]


def _weight(level: dict[str, Any]) -> float:
    return math.log2(level["m_probability"] / level["u_probability"])
