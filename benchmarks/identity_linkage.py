"""Who is whom in person records with errors: on keyed features, on clear text, and Splink with its public settings."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.claim import Bench, Line, Score
from benchmarks.cluster_quality import compare
from benchmarks.measure import Measurement, Stopwatch, measured
from stores.duckdb_connection import open_duckdb
from stores.settings import PROJECT_ROOT, load_settings

ORDER = 6
DATA = PROJECT_ROOT.parent / "shared" / "data" / "identity"
SETS = ("fake_1000", "febrl3")
# What Splink reached with its public settings and the threshold picked with the truth, on another day.
KNOWN_BEST = {"fake_1000": 0.935, "febrl3": 0.9986}
MOST_LOST = 0.02
JOIN, REVIEW = 0.8, 0.3
# The personal columns of a list: contract column to kind, feature columns in the order of the kind's parts.
CLEAR = {
    "given_name": ("given_name", ("given_token", "")),
    "family_name": ("family_name", ("", "family_token")),
    "email": ("email", ("email_local_token", "email_token")),
    "id_number": ("id_number", ("id_number_token",)),
    "address": ("address", ("address_token",)),
    "address_line_2": ("address", ("address_line_2_token",)),
}


def run(bench: Bench) -> list[Line | Score]:
    """Resolve each data set in three ways and score the answers; none of the three sees the truth."""
    lines: list[Line | Score] = []
    for name in SETS:
        if not (DATA / name / "records.csv").exists():
            continue
        folder = bench.folder / "linkage" / name
        folder.mkdir(parents=True, exist_ok=True)
        keyed = measured(keyed_features, name=name, folder=folder)
        clear = measured(clear_text, name=name, folder=folder)
        peer = measured(splink_public, name=name, threads=bench.threads)
        lines += _lines(name, keyed, clear, peer)
    return lines


def _lines(name: str, keyed: Measurement, clear: Measurement, peer: Measurement) -> list[Line | Score]:
    ours, best = keyed.found, max(KNOWN_BEST[name], peer.found["best"])
    return [
        Line(
            claim=f"{name}: `guanxi try identity`, file to clusters",
            ours=keyed,
            against="Splink alone, trained and clustered",
            peer=peer,
            note="ours starts dbt twice and keeps nothing in clear",
        ),
        Score(
            claim=f"{name}: F1 of pairs, nothing in clear, no threshold picked",
            value=ours["f1"],
            at_least=best,
            note=f"precision {ours['precision']:.4f}, recall {ours['recall']:.4f}; Splink at 0.95 "
            f"{peer.found['at 0.95']:.4f}, at the threshold that suits the truth best {peer.found['best']:.4f}",
        ),
        Score(
            claim=f"{name}: F1 lost against clear text",
            value=clear.found["f1"] - ours["f1"],
            at_most=MOST_LOST,
            note=f"the same model with Jaro-Winkler likeness of clear text: {clear.found['f1']:.4f}",
        ),
    ]


def keyed_features(stopwatch: Stopwatch, name: str, folder: Path) -> dict[str, float]:
    """The whole engine, as `guanxi try identity` runs it."""
    from linkage.run import Thresholds
    from orchestration.trial.column_detection import people_file
    from orchestration.trial.identity_trial import try_identity

    settings = load_settings(home=folder / "home")
    answer = folder / "clusters.csv"
    with stopwatch.phase("resolve"):
        try_identity(
            settings,
            people_file(DATA / name / "records.csv", {}),
            Thresholds(JOIN, REVIEW, forgiving=True),
            answer,
            None,
        )
    return _scored(name, f"select record_id as record, cluster_id as cluster from '{answer}'")


def clear_text(stopwatch: Stopwatch, name: str, folder: Path) -> dict[str, float]:
    """The same comparisons, training and thresholds, but on clear text instead of keyed features."""
    from linkage.comparisons import Measure, all_comparisons
    from linkage.features import prepare
    from linkage.predict import links_of, scored_pairs
    from linkage.training import train

    measure = Measure(
        lambda left, right: f"jaro_winkler_similarity({left}_token_l, {right}_token_r)",
        (0.92, 0.85, 0.75),
        (0.92, 0.85),
    )
    settings = load_settings(home=folder / "home")
    with stopwatch.phase("resolve"), open_duckdb(settings) as connection:
        connection.execute(f"attach '{settings.warehouse_path}' as built (read_only)")
        connection.register("clear", _clear_columns(name))
        replaced = [column for _, columns in CLEAR.values() for column in columns if column]
        connection.execute(
            f"create view source as select features.* replace ({', '.join(f'clear.{c} as {c}' for c in replaced)}) "
            "from built.identity.int_identity__linkage_features as features "
            "inner join clear on features.source_profile_id = 'records:' || clear.record_id"
        )
        now = settings.now()
        profiles = prepare(connection, "source")
        model = train(connection, profiles, now, all_comparisons(measure))
        scores = scored_pairs(connection, model, REVIEW, forgiving=True)
        links = links_of(scores, model.version, JOIN, now)
        joined = links.filter(pc.greater_equal(links["match_probability"], JOIN))
        answer = _closed(joined)
    return _scored(name, "select record, cluster from answer", answer)


def splink_public(stopwatch: Stopwatch, name: str, threads: int) -> dict[str, float]:
    """Splink as its own examples set it up for these data."""
    from benchmarks.splink_settings import public_linker

    logging.disable(logging.CRITICAL)
    with duckdb.connect(config={"threads": threads}) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"create table records as from read_csv('{DATA / name / 'records.csv'}', all_varchar=true)")
        with stopwatch.phase("resolve"):
            scored = public_linker(connection, name).inference.predict(threshold_match_probability=0.01)
            pairs = connection.execute(
                f"select record_id_l, record_id_r, match_probability from {scored.physical_name}"
            ).to_arrow_table()
    found = {}
    for threshold in (0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999):
        kept = pairs.filter(pc.greater_equal(pairs["match_probability"], threshold))
        kept = kept.rename_columns(["left_profile_id", "right_profile_id", "match_probability"])
        found[f"at {threshold}"] = _scored(name, "select record, cluster from answer", _closed(kept))["f1"]
    return {"at 0.95": found["at 0.95"], "best": max(found.values())}


def _clear_columns(name: str) -> pa.Table:
    """The parts of the personal values, in the columns of the feature table that hold their tokens otherwise."""
    from ingestion.personal_data.similarity_features import parts_of
    from orchestration.trial.column_detection import people_file

    path = DATA / name / "records.csv"
    fields = people_file(path, {}).fields
    records = duckdb.sql(f"from read_csv('{path}', all_varchar = true)").to_arrow_table()
    columns: dict[str, Any] = {"record_id": records["record_id"]}
    for field, (kind, targets) in CLEAR.items():
        values = records[fields[field]].to_pylist() if field in fields else [None] * records.num_rows
        parted = [parts_of(kind, value) if value and value.strip() else [""] * len(targets) for value in values]
        for position, target in enumerate(targets):
            if target:
                columns[target] = pa.array([parts[position] or None for parts in parted], pa.string())
    return pa.table(columns)


def _closed(links: pa.Table) -> pa.Table:
    """The groups that links make, by a plain union-find."""
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one, other in zip(links["left_profile_id"].to_pylist(), links["right_profile_id"].to_pylist(), strict=True):
        parent[root(one)] = root(other)
    nodes = list(parent)
    return pa.table({"record": [node.split(":")[-1] for node in nodes], "cluster": [root(node) for node in nodes]})


def _scored(name: str, query: str, answer: pa.Table | None = None) -> dict[str, float]:
    with duckdb.connect() as connection:
        if answer is not None:
            connection.register("answer", answer)
        truth = f"select record_id as record, entity_id as entity from '{DATA / name / 'truth.csv'}'"
        pairs = compare(connection, query, truth).pairs
    return {"f1": pairs.f1, "precision": pairs.precision, "recall": pairs.recall}
