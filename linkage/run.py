"""One linkage run: features in, links in the lake out; nothing is done twice for the same profiles."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from linkage import model as models
from linkage.comparisons import all_comparisons
from linkage.evidence import can_be_identified
from linkage.features import TABLE, by_channel, filled, leave_out, prepare
from linkage.kept_scores import Basis, forget_scores, keep_scores, mark_changed, standing_scores
from linkage.links_file import LINKS_SCHEMA, ensure_links, links_path, write_links
from linkage.model import Model
from linkage.predict import links_of, scored_pairs, weights_within
from linkage.training import NothingToLearn, says_something, train

log = logging.getLogger(__name__)

# A model trained on half as many profiles knows little of today's.
_OUTGROWN = 2.0


@dataclass(frozen=True)
class Thresholds:
    """From `join` on a link joins, from `review` on a steward may look at it; 0 < review <= join < 1.

    `forgiving` is for files that are only tried; see `linkage.predict.scored_pairs`.
    """

    join: float
    review: float
    forgiving: bool = False


@dataclass(frozen=True)
class LinkageReport:
    """What a run did.

    Attributes:
        profiles: rows of the feature table.
        compared: those of them that have something by which a person can be identified.
        left_out: channels of which no profile was compared, with their numbers of profiles.
        joining: links at or above the joining probability.
        for_review: links between the two probabilities.
        model_version: version of the model; empty when there was nothing to learn from.
        trained: whether the model was trained in this run.
        unchanged: whether everything was as in the run before and its links stand.
        seconds: wall-clock time.
    """

    profiles: int
    compared: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    joining: int = 0
    for_review: int = 0
    model_version: str = ""
    trained: bool = False
    unchanged: bool = False
    seconds: float = 0.0


def link(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    lake: Path,
    folder: Path,
    thresholds: Thresholds,
    now: datetime,
    retrain: bool = False,
    everybody: str | None = None,
) -> LinkageReport:
    """Find the links of all profiles and replace those in the lake.

    A profile of which nothing is known that identifies a person is not compared, nor is a channel of such profiles.

    Args:
        connection: DuckDB that can read `source`; the table `features` is made in it.
        source: relation with the columns of `int_identity__linkage_features`.
        lake: folder of the raw lake.
        folder: where models are kept, `state/linkage`.
        thresholds: of joining and reviewing.
        now: time of the run in business time.
        retrain: train a new model even though there is one.
        everybody: relation with the `source_profile_id` of every profile, those too of which too little is known for
            `source`; None: `source` has all.
    """
    started = time.monotonic()
    profiles = prepare(connection, source)
    all_profiles = by_channel(connection, everybody or TABLE)
    compared = leave_out(connection, can_be_identified())
    left_out = {name: many for name, many in all_profiles.items() if name not in by_channel(connection, TABLE)}
    for name, many in left_out.items():
        log.info(
            "Linkage: %s is left out: nothing in its %d profiles identifies a person; towns, companies, jobs or a name "
            "alone do not", name, many,
        )  # fmt: skip
    before = LinkageReport(profiles, compared, left_out)
    model = models.current(folder)
    trains = retrain or model is None or _is_outgrown(connection, model, compared)
    if trains or model is None:
        forget_scores(folder)
        try:
            model = train(connection, compared, now, everybody=sum(all_profiles.values()))
        except NothingToLearn:
            log.info("Linkage: nothing to compare in %d profiles, so no probable links", profiles)
            write_links(lake, LINKS_SCHEMA.empty_table())
            return replace(before, seconds=time.monotonic() - started)
        models.keep(folder, model)
    basis = Basis(model.version, thresholds.join, thresholds.review, thresholds.forgiving)
    changes = mark_changed(connection, folder, basis)
    unchanged = changes.is_partial and not changes.changed and not changes.gone and links_path(lake).exists()
    if not unchanged:
        scores = scored_pairs(connection, model, thresholds.review, thresholds.forgiving, changes.is_partial)
        if changes.is_partial:
            scores = pa.concat_tables([standing_scores(connection, folder), scores])
        forget_scores(folder)
        weigh = partial(weights_within, connection, model)
        write_links(lake, links_of(scores, model.version, thresholds.join, now, weigh))
        keep_scores(connection, folder, basis, scores)
    found = replace(before, model_version=model.version, trained=trains, unchanged=unchanged)
    return _counted(found, lake, thresholds, started)


def switch_off(lake: Path, folder: Path) -> None:
    """Leave no probable link: what an installation without linkage has.

    Args:
        lake: folder of the raw lake.
        folder: where linkage keeps its state, `state/linkage`; the next run that is switched on starts from nothing.
    """
    forget_scores(folder)
    ensure_links(lake)
    if len(_probabilities(lake)):
        write_links(lake, LINKS_SCHEMA.empty_table())


def _is_outgrown(connection: duckdb.DuckDBPyConnection, model: Model, profiles: int) -> bool:
    """Whether there are many more profiles, or other fields in them, than the model was trained on."""
    if profiles > model.profiles * _OUTGROWN:
        return True
    known = {one.name: one for one in all_comparisons()}
    gone = any(
        name not in known or all(filled(connection, column)[1] == 0 for column in known[name].needs)
        for name in model.comparisons
    )
    return gone or any(says_something(connection, one) for one in known.values() if one.name not in model.comparisons)


def _counted(report: LinkageReport, lake: Path, thresholds: Thresholds, started: float) -> LinkageReport:
    probabilities = _probabilities(lake)
    joining = int(pc.sum(pc.greater_equal(probabilities, thresholds.join)).as_py() or 0)
    seconds = time.monotonic() - started
    log.info(
        "Linkage: %d probable links join, %d wait for review, among %d profiles%s, %.1f s",
        joining, len(probabilities) - joining, report.compared, " (as before)" if report.unchanged else "", seconds,
    )  # fmt: skip
    return replace(report, joining=joining, for_review=len(probabilities) - joining, seconds=seconds)


def _probabilities(lake: Path) -> pa.ChunkedArray:
    return pq.read_table(links_path(lake), columns=["match_probability"])["match_probability"]
