"""Training without labels: how often agreement happens by chance, how often among matches, how many matches there are.

Chance (u) comes from random pairs, agreement among matches (m) from expectation maximisation on blocked pairs, once for
each key; what the data's matches are too few to say keeps the usual shares. The prior is the share of matches that the
model itself then finds, found by iteration.

Sources: Fellegi and Sunter (1969), "A Theory for Record Linkage"; Splink's documentation of its estimation.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb
import numpy as np

from linkage.blocking import Key, blocking_keys
from linkage.comparisons import Comparison, all_comparisons
from linkage.evidence import Dependence, Evidence, evidence_of
from linkage.features import filled
from linkage.field_dependence import dependence_of
from linkage.model import Model
from linkage.splink_linker import drop_results, in_any_order, linker, quiet, untrained

log = logging.getLogger(__name__)

_LEAST_FILLED = 0.01
_RANDOM_PAIRS = 2_000_000
_TRAINING_PAIRS = 500_000
_SESSIONS = 6
_SEED = 20260101
# The usual shares weigh as much as this many matches of the data.
_USUAL_WEIGHT = 60.0
_ROUNDS = 5
_LEAST_SHARE = 0.0005
# Random pairs cannot show what is rarer than this.
_LEAST_CHANCE = 1e-6
_TRAINING_FLOOR = 1e-5
# Of the random pairs that agree, at least so many are taken for two people.
_LEAST_OTHERS = 0.125
_PAIRS_A_FETCH = 500_000


class NothingToLearn(Exception):
    """The profiles have nothing in common that could be compared."""


def train(
    connection: duckdb.DuckDBPyConnection,
    profiles: int,
    now: datetime,
    known: Sequence[Comparison] = all_comparisons(),
    everybody: int = 0,
) -> Model:
    """Train a model on the table `features`.

    Args:
        connection: holds the table.
        profiles: number of its rows.
        now: time of the training.
        known: what may be compared; what says nothing in these profiles is left out.
        everybody: number of all profiles, those too that cannot be compared; what few show is not relied on.

    Raises:
        NothingToLearn: fewer than two profiles, no column filled, or no two profiles that agree in anything.
    """
    comparisons = [one for one in known if says_something(connection, one)]
    keys = blocking_keys(connection, profiles) if profiles > 1 else []
    if not comparisons or not keys:
        raise NothingToLearn
    pairs = profiles * (profiles - 1) / 2
    prior = min(0.5, profiles / pairs / 2)
    dependence = dependence_of(connection, comparisons, max(everybody, profiles))
    with quiet():
        settings = _estimate(connection, comparisons, keys, prior)
        settings, prior = _settle_prior(connection, settings, comparisons, dependence, prior, pairs)
    prior = _rounded(prior)
    settings = _without_noise(settings | {"probability_two_random_records_match": prior})
    log.info("Linkage: trained on %d profiles, about %.0f matching pairs", profiles, prior * pairs)
    return Model(settings, tuple(keys), prior, profiles, now, dependence)


def says_something(connection: duckdb.DuckDBPyConnection, comparison: Comparison) -> bool:
    """Whether enough profiles have what is compared, and not all the same."""
    share, different = max(filled(connection, column) for column in comparison.needs)
    return share >= _LEAST_FILLED and different > 1


def _estimate(
    connection: duckdb.DuckDBPyConnection, comparisons: list[Comparison], keys: list[Key], prior: float
) -> dict[str, Any]:
    """Chance agreement from random pairs, m from one session of expectation maximisation for each key.

    A session counts as much as its pairs are matches: among the few matches of people in one town, expectation
    maximisation easily takes families or streets for them.
    """
    one = linker(connection, untrained([each.for_splink() for each in comparisons], keys, prior))
    one.training.estimate_u_using_random_sampling(max_pairs=_RANDOM_PAIRS, seed=_SEED)
    settings = dict(one.misc.save_model_to_json())
    drop_results(connection)
    # The keys with the most pairs have the most to teach.
    single = [key for key in keys if len(key) == 1]
    sessions = [learnt for key in single[-_SESSIONS:] if (learnt := _session(connection, settings, key))]
    for position, comparison in enumerate(settings["comparisons"]):
        for number, level in enumerate(comparison["comparison_levels"]):
            known = [(share, m[position][number]) for share, m in sessions if m[position][number] is not None]
            if known:
                weights = [share for share, _ in known]
                level["m_probability"] = float(np.average([m for _, m in known], weights=weights))
    return settings


def _session(
    connection: duckdb.DuckDBPyConnection, settings: dict[str, Any], key: Key
) -> tuple[float, list[list[float | None]]] | None:
    """What pairs with an equal key teach: the share of matches among them, and the m of every comparison's levels.

    None where they teach nothing.
    """
    from splink import block_on
    from splink.internals.exceptions import EMTrainingException

    # A linker of its own: a session that fails leaves its linker with parts missing.
    one = linker(connection, settings)
    try:
        session = one.training.estimate_parameters_using_expectation_maximisation(
            block_on(*key), max_pairs=_TRAINING_PAIRS, fix_u_probabilities=True, record_sample_proportion=1.0
        )
    except (EMTrainingException, ValueError) as refused:
        # Splink stops where a level never occurs among the matches of a session; other sessions teach the rest.
        log.debug("Nothing learnt from pairs with equal %s: %s", key[0], refused)
        return None
    finally:
        drop_results(connection)
    share = float(session.core_model_settings.probability_two_random_records_match)
    log.debug("%s: %.4f of the pairs are matches", key[0], share)
    return max(share, 1e-6), [
        [level.get("m_probability") for level in comparison["comparison_levels"]]
        for comparison in one.misc.save_model_to_json()["comparisons"]
    ]


def _settle_prior(
    connection: duckdb.DuckDBPyConnection,
    settings: dict[str, Any],
    comparisons: list[Comparison],
    dependence: Dependence,
    prior: float,
    pairs: float,
) -> tuple[dict[str, Any], float]:
    """The prior at which the model finds as many matches as the prior says, with m tempered by the usual shares.

    What has only descriptions in common is no match, and what follows from something else counts once, as later on.
    """
    trained, names = settings, [one.name for one in comparisons]
    support = dict.fromkeys(names, 0.0)
    for _ in range(_ROUNDS):
        settings = _tempered(trained, comparisons, support, prior) | {"probability_two_random_records_match": prior}
        with in_any_order(connection):
            scored = linker(connection, settings).inference.predict(threshold_match_probability=_TRAINING_FLOOR)
            weights, compared = _scored(connection, scored.physical_name, names, evidence_of(settings, dependence))
        drop_results(connection)
        factors = np.exp2(np.clip(weights, -60, 60, out=weights), out=weights)
        factors *= (1 - prior) / prior
        before, prior = prior, _fixed_point(factors, prior, pairs)
        was, support = support, _support(factors, compared, names, prior)
        if abs(prior - before) <= 0.02 * before and any(was.values()):
            break
    return settings | {"probability_two_random_records_match": prior}, prior


def _scored(
    connection: duckdb.DuckDBPyConnection, scored: str, names: Sequence[str], evidence: Evidence
) -> tuple[np.ndarray, np.ndarray]:
    """Weight of each pair that may be one person, and a bit for each comparison that says something about it.

    There may be millions of pairs, so all that is kept of one is a number and its bits. They are sorted, so that sums
    over them are the same in every run.
    """
    bits = " | ".join(f"((mw_{name} <> 0)::int << {place})" for place, name in enumerate(names))
    query = (
        f"select (match_weight - ({evidence.twice}))::double, ({bits})::int from {scored} where {evidence.identifies}"
    )
    reader = connection.execute(query).to_arrow_reader(_PAIRS_A_FETCH)
    weights, compared = [np.empty(0)], [np.empty(0, np.int32)]
    for batch in reader:
        weights.append(batch.column(0).to_numpy(zero_copy_only=False))
        compared.append(batch.column(1).to_numpy(zero_copy_only=False))
    every_weight, every_bits = np.concatenate(weights), np.concatenate(compared)
    order = np.lexsort((every_bits, every_weight))
    return every_weight[order], every_bits[order]


def _support(factors: np.ndarray, compared: np.ndarray, names: Sequence[str], prior: float) -> dict[str, float]:
    """For each comparison the expected number of matches about which it says something."""
    matches = prior * factors / (1 - prior + prior * factors)
    return {name: float(matches[(compared >> place) & 1 == 1].sum()) for place, name in enumerate(names)}


def _fixed_point(evidence: np.ndarray, prior: float, pairs: float) -> float:
    """Iterate prior = expected matches / all pairs.

    Args:
        evidence: Bayes factor of each scored pair.
        prior: where to start.
        pairs: number of all pairs.
    """
    for _ in range(200):
        expected = float(np.sum(prior * evidence / (1 - prior + prior * evidence)))
        # Never nothing: a file without a duplicate today may get one tomorrow.
        after = min(0.5, max(expected, 1.0) / pairs)
        if abs(after - prior) <= 0.001 * prior:
            return after
        prior = after
    return prior


def _tempered(
    settings: dict[str, Any], comparisons: list[Comparison], support: dict[str, float], prior: float
) -> dict[str, Any]:
    """Draw every m towards its usual share, the more the fewer matches have both values; no level is impossible.

    Args:
        settings: as trained.
        comparisons: with their usual shares.
        support: for each comparison the expected number of matches of which both values are known.
        prior: the share of matches among random pairs.
    """
    usual = {one.name: one.usual for one in comparisons}
    tempered = []
    for comparison in settings["comparisons"]:
        matches = support[comparison["output_column_name"]]
        levels = [dict(level) for level in comparison["comparison_levels"]]
        telling = [level for level in levels if not level.get("is_null_level")]
        is_trained = any(level.get("m_probability") is not None for level in telling)
        for level, share in zip(telling, usual[comparison["output_column_name"]], strict=True):
            learned = float(level.get("m_probability") or 0) if is_trained else share
            level["m_probability"] = max(
                _LEAST_SHARE, (learned * matches + share * _USUAL_WEIGHT) / (matches + _USUAL_WEIGHT)
            )
        total = sum(level["m_probability"] for level in telling)
        strongest = 0.0
        for place, level in enumerate(telling):
            level["m_probability"] /= total
            chance = max(_among_others(level, prior), _LEAST_CHANCE)
            # Less than equality is no stronger evidence, however rarely random pairs showed it.
            # Each a little weaker than the one before, so that no weight stands for two levels.
            weaker = level["m_probability"] / strongest * 1.01**place if strongest else 0.0
            level["u_probability"] = max(chance, weaker)
            strongest = strongest or level["m_probability"] / level["u_probability"]
        # What random pairs never showed at all is not rare but unknown: difference is then no evidence either way.
        others = sum(level["u_probability"] for level in telling[:-1])
        telling[-1]["u_probability"] = max(telling[-1]["u_probability"], 1 - others)
        tempered.append({**comparison, "comparison_levels": levels})
    return {**settings, "comparisons": tempered}


def _among_others(level: dict[str, Any], prior: float) -> float:
    """How often a level occurs by chance: random pairs without the matches that are among them.

    In a short list with many duplicates these are most of the pairs that agree at all.
    """
    seen, among_matches = float(level.get("u_probability") or 0), float(level["m_probability"])
    return max((seen - prior * among_matches) / (1 - prior), seen * _LEAST_OTHERS)


def _without_noise(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings of which the same profiles give the same, to the last digit.

    Sums of fractions depend on the order in which the engine added them up, and Splink draws an id for each linker.
    """
    comparisons = [
        {**comparison, "comparison_levels": [_rounded_level(level) for level in comparison["comparison_levels"]]}
        for comparison in settings["comparisons"]
    ]
    return {name: value for name, value in settings.items() if name != "linker_uid"} | {"comparisons": comparisons}


def _rounded_level(level: dict[str, Any]) -> dict[str, Any]:
    shares = {name: _rounded(level[name]) for name in ("m_probability", "u_probability") if level.get(name) is not None}
    return {**level, **shares}


def _rounded(share: float) -> float:
    return float(f"{share:.9g}")
