"""From a model to links: score the blocked pairs, hold back what a person should look at."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from linkage.comparisons import SAME_LOCAL_PART
from linkage.evidence import evidence_of, weight
from linkage.features import TABLE, UNIQUE_ID
from linkage.file_reliability import Reliability, reliability_of
from linkage.kept_scores import SCORES_SCHEMA
from linkage.links_file import LINKS_SCHEMA
from linkage.model import Model
from linkage.splink_linker import drop_results, in_any_order, linker, quiet
from linkage.weak_links import Weigh, weak_bridges

# What members of a household do not share as a rule.
_OWN = ("birthday", "email", "id_number")
# Parents are at least so much older than their children.
_GENERATION_YEARS = 13
_ARE_GENERATIONS = (
    f"(abs(date_diff('day', l.birthday_date, r.birthday_date)) > {_GENERATION_YEARS} * 365.25 "
    # the same day of another year is a slip of the finger
    "and substr(l.birthday, 5) <> substr(r.birthday, 5))"
)


def scored_pairs(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    review: float,
    forgiving: bool = False,
    only_changed: bool = False,
) -> pa.Table:
    """Pairs at or above the review probability, as the model scores them.

    A pair in which nothing that agrees identifies a person is none, whatever the sum: namesakes of one town, people of
    one town, company and job. What follows from something else that agrees counts once.

    Args:
        connection: holds the table `features`.
        model: the trained model.
        review: probability from which on a pair is worth a look.
        forgiving: let relatives join where given names or birthdays of true matches differ often: in a file full of
            errors the guard would cost far more than it saves, and nobody is written to.
        only_changed: only pairs with a profile that `is_changed`.

    Returns:
        Rows of `linkage.kept_scores.SCORES_SCHEMA`.
    """
    settings = _among_changed(model.settings) if only_changed else model.settings
    with quiet(), in_any_order(connection):
        scored = linker(connection, settings).inference.predict(threshold_match_probability=review)
        reliable = reliability_of(connection, model) if forgiving else Reliability()
        query = _pairs_query(model, scored.physical_name, review, reliable)
        pairs = connection.execute(query).to_arrow_table()
    drop_results(connection)
    return pairs.cast(SCORES_SCHEMA)


def weights_within(connection: duckdb.DuckDBPyConnection, model: Model, profile_groups: pa.Table) -> pa.Table:
    """How much every pair within a profile_group weighs, also those that are not worth a look by themselves.

    Args:
        connection: holds the table `features`.
        model: the trained model.
        profile_groups: `source_profile_id` and `profile_group`.

    Returns:
        `left_profile_id`, `right_profile_id`, `match_weight`.
    """
    connection.register("profile_groups", profile_groups)
    # Term frequencies are those of all profiles, so all stay in the table.
    connection.execute(
        f"create or replace table grouped as from {TABLE} left join profile_groups using ({UNIQUE_ID});"
        f"drop table {TABLE}; alter table grouped rename to {TABLE}"
    )
    connection.unregister("profile_groups")
    rule = {
        **model.settings["blocking_rules_to_generate_predictions"][0],
        "blocking_rule": "l.profile_group = r.profile_group",
    }
    with quiet(), in_any_order(connection):
        settings = {**model.settings, "blocking_rules_to_generate_predictions": [rule]}
        scored = linker(connection, settings).inference.predict(threshold_match_probability=0)
    evidence = evidence_of(model.settings, model.dependence)
    weighed = connection.execute(
        f"select {UNIQUE_ID}_l as left_profile_id, {UNIQUE_ID}_r as right_profile_id, "
        f"match_weight - ({evidence.twice}) as match_weight from {scored.physical_name}"
    ).to_arrow_table()
    connection.execute(f"alter table {TABLE} drop column profile_group")
    return weighed


def links_of(scores: pa.Table, model_version: str, join: float, now: datetime, weigh: Weigh | None = None) -> pa.Table:
    """Links from scored pairs: what a person should look at first is held back.

    Members of a household share surname, address and phone, twins the birthday too, a father and his son sometimes the
    whole name. So two profiles whose given names or generations are known and differ stay just below the joining
    probability unless something that is a person's own agrees. So do links that are a weak bridge.

    Args:
        scores: rows of `linkage.kept_scores.SCORES_SCHEMA`, every pair once.
        model_version: of the model that scored them.
        join: probability from which on a link joins.
        now: time that the links carry.
        weigh: as in `linkage.weak_links.weak_bridges`.

    Returns:
        Rows of `linkage.links_file.LINKS_SCHEMA`.
    """
    scores = scores.sort_by([("left_profile_id", "ascending"), ("right_profile_id", "ascending")])
    joins = pc.greater_equal(scores["match_probability"], join).to_numpy(zero_copy_only=False)
    held = joins & scores["may_be_relatives"].to_numpy(zero_copy_only=False)
    held |= weak_bridges(scores, joins & ~held, weigh)
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


def _pairs_query(model: Model, scored: str, review: float, reliable: Reliability) -> str:
    evidence = evidence_of(model.settings, model.dependence)
    parts = [
        f"case when round({each}, 1) <> 0 then '\"{name}\": ' || round({each}, 1) end"
        for name, each in evidence.weights.items()
    ]
    return f"""
        with weighed as (
            select scored.*, match_weight - ({evidence.twice}) as weight_once, {_ARE_GENERATIONS} as are_generations
            from {scored} as scored
            inner join {TABLE} as l on scored.{UNIQUE_ID}_l = l.{UNIQUE_ID}
            inner join {TABLE} as r on scored.{UNIQUE_ID}_r = r.{UNIQUE_ID}
            where {evidence.identifies}
        )
        select
            least({UNIQUE_ID}_l, {UNIQUE_ID}_r) as left_profile_id,
            greatest({UNIQUE_ID}_l, {UNIQUE_ID}_r) as right_profile_id,
            '{{' || concat_ws(', ', {", ".join(parts)}) || '}}' as field_weights,
            weight_once as match_weight,
            1 / (1 + pow(2, -weight_once)) as match_probability,
            {_may_be_relatives(model, evidence.weights, reliable)} as may_be_relatives
        from weighed
        where weight_once >= {math.log2(review / (1 - review))}
    """


def _may_be_relatives(model: Model, weights: dict[str, str], reliable: Reliability) -> str:
    """Condition: they may be members of one household, and nothing that one of them alone has agrees."""
    other_names = _have_other_names(model, weights, reliable)
    return f"({other_names} or {_are_of_two_generations(model, weights, reliable)})"


def _have_other_names(model: Model, weights: dict[str, str], reliable: Reliability) -> str:
    """Condition: other given name, and nothing of a person's own agrees, or only the birthday as with twins.

    Names of twins may be much alike, and their e-mails as their names are: then that both have one of their own tells.
    """
    if "given_name" not in weights:
        return "false"
    levels = model.levels("given_name")
    other_name = f"mw_given_name <= {weight(levels[-1])} + 1e-6"
    own = [_agrees(model, weights, name) for name in _OWN if name in weights] or ["false"]
    birthday, id_number, family = (weights.get(name, "0") for name in ("birthday", "id_number", "family_name"))
    email = _agrees(model, weights, "email") if "email" in weights else "false"
    twins = "false"
    if reliable.names:
        twins = f"{birthday} > 0 and {family} > 0 and not ({email}) and {id_number} = 0"
    alike = "false"
    if "email" in weights and reliable.spelling:
        same_name = " or ".join(f"abs(mw_given_name - {weight(level)}) < 1e-6" for level in levels[:2])
        alike = f"not ({same_name}) and mw_given_name <> 0 and mw_email <> 0 and {twins}"
    return f"(({other_name} and (not ({' or '.join(own)}) or ({twins}))) or ({alike}))"


def _are_of_two_generations(model: Model, weights: dict[str, str], reliable: Reliability) -> str:
    """Condition: of one family, one old enough to be the other's parent, and no id number or e-mail agrees."""
    if "birthday" not in weights or not reliable.birthdays:
        return "false"
    own = [_agrees(model, weights, name) for name in ("email", "id_number") if name in weights] or ["false"]
    family = f"{weights['family_name']} >= 0" if "family_name" in weights else "true"
    return f"(coalesce(are_generations, false) and {family} and not ({' or '.join(own)}))"


def _agrees(model: Model, weights: dict[str, str], name: str) -> str:
    """Condition: a field speaks for one person. E-mails are made from names: likeness says nothing beside a name."""
    if name != "email":
        return f"{weights[name]} > 0"
    same_local_part = next(one for one in model.levels(name) if one["label_for_charts"] == SAME_LOCAL_PART)
    return f"(mw_{name} >= {weight(same_local_part)} - 1e-6)"
