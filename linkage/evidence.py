"""What the agreement of a scored pair amounts to: every fact counted once, and whether any of it says who somebody is.

Splink adds up the weights of all fields as if none followed from another. Here what follows is taken off again, and a
pair that has only descriptions in common is told apart from one person.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from linkage.comparisons import Comparison, all_comparisons

# Of two that agree, what part of the weaker one's weight follows from the other; see `linkage.field_dependence`.
Dependence = Mapping[str, Mapping[str, float]]

_SAME = 1e-6


@dataclass(frozen=True)
class Evidence:
    """SQL over the columns `mw_…` of a pair that Splink scored.

    Attributes:
        weights: by comparison, what it says beyond what others said already, as log2.
        twice: what Splink counted more than once, to be taken off the pair's weight.
        identifies: condition: something that agrees is a person's, not only a description.
    """

    weights: dict[str, str]
    twice: str
    identifies: str


def evidence_of(settings: Mapping[str, Any], dependence: Dependence) -> Evidence:
    """What pairs scored with these settings have to show.

    Args:
        settings: Splink's, trained: m and u of every level.
        dependence: how far comparisons follow from others.
    """
    levels = {one["output_column_name"]: _levels(one) for one in settings["comparisons"]}
    known = {one.name: one for one in all_comparisons() if one.name in levels}
    scored = {name: _scored_weight(name, levels[name]) for name in levels}
    twice = {
        name: _counted_before(one, scored, levels[name], dependence.get(name, {}))
        for name, one in known.items()
        if dependence.get(name)
    }
    weights = {name: f"({weight} - {twice[name]})" if name in twice else weight for name, weight in scored.items()}
    speaks = {name: f"{each} > 0" for name, each in weights.items()}
    proves = {
        name: f"({speaks[name]} and {_is_at(name, levels[name], one.proof)})" if one.proof else speaks[name]
        for name, one in known.items()
    }
    return Evidence(weights, " + ".join(twice.values()) or "0", _identifies(known, speaks, proves))


def can_be_identified() -> str:
    """Condition on a row of the feature table: it has something by which a pair with it could be one person."""
    known = {one.name: f"{one.needs[0]} is not null" for one in all_comparisons()}
    return _identifies({one.name: one for one in all_comparisons()}, known, known)


def weight(level: Mapping[str, Any]) -> float:
    """What a level of a comparison says: log2 of how much likelier it is between two records of one person."""
    return math.log2(level["m_probability"] / level["u_probability"])


def _levels(comparison: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """By label, without the null level, the most alike first."""
    return {
        level["label_for_charts"]: level for level in comparison["comparison_levels"] if not level.get("is_null_level")
    }


def _scored_weight(name: str, levels: Mapping[str, Mapping[str, Any]]) -> str:
    by_frequency = any(level.get("tf_adjustment_column") for level in levels.values())
    return f"(mw_{name} + mw_tf_adj_{name})" if by_frequency else f"mw_{name}"


def _counted_before(
    comparison: Comparison,
    scored: Mapping[str, str],
    levels: Mapping[str, Mapping[str, Any]],
    shares: Mapping[str, float],
) -> str:
    """The part of a comparison's weight that those it follows from have said already."""
    own = f"greatest({scored[comparison.name]}, 0)"
    if comparison.may_follow:
        sources = " + ".join(f"greatest({scored[name]}, 0)" for name in comparison.follows if name in scored)
        cases = " ".join(
            f"when {_is_at(comparison.name, levels, [label])} then {share}" for label, share in shares.items()
        )
        return f"((case {cases} else 0 end) * least({own}, {sources}))"
    told = [f"{share} * least({own}, greatest({scored[name]}, 0))" for name, share in shares.items()]
    return f"greatest({', '.join(told)})" if len(told) > 1 else told[0]


def _is_at(name: str, levels: Mapping[str, Mapping[str, Any]], labels: Iterable[str]) -> str:
    at = [f"abs(mw_{name} - {weight(levels[label])}) < {_SAME}" for label in labels]
    return f"({' or '.join(at)})"


def _identifies(known: Mapping[str, Comparison], speaks: Mapping[str, str], proves: Mapping[str, str]) -> str:
    """Condition: something is a person's alone, or a name and something of the person's own, or two such things."""
    names = [speaks[name] for name, one in known.items() if one.role == "name"]
    own = [speaks[name] for name, one in known.items() if one.role in ("own", "identifies")]
    # a door is a street with a house number, or a house number with a postcode
    if {"house_number", "postcode"} <= set(known):
        own.append(f"({speaks['house_number']} and {speaks['postcode']})")
    alone = [proves[name] for name, one in known.items() if one.role == "identifies"]
    return f"({_any(alone)} or ({_any(names)} and {_any(own)}) or {_two_of(own)})"


def _any(conditions: Sequence[str]) -> str:
    return f"({' or '.join(conditions) or 'false'})"


def _two_of(conditions: Sequence[str]) -> str:
    return f"({' + '.join(f'({each})::int' for each in conditions) or '0'} >= 2)"
