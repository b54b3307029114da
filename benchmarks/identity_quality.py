"""Who is whom: the customers of the made-up retailer against the truth about its people."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import duckdb

from benchmarks.claim import Bench, Line, Score
from benchmarks.cluster_quality import Agreement, Scores, compare, false_links
from benchmarks.measure import Stopwatch, measured
from benchmarks.shared_retailer import AS_OF, serving, settings_of, world

ORDER = 5
LEAST_F1 = 0.80

# Test accounts are not customers, and a record without any contact (an anonymous survey) is nobody's.
TRUTH = """
    select known.source_profile_id as record, truth.person_id as entity
    from truth
    inner join warehouse.intermediate.int_profiles as known
        on known.channel = truth.channel and known.native_id = truth.native_id
    where not known.is_test
"""
ANSWER = "select source_profile_id as record, customer_id as cluster from warehouse.identity.customer_map"
LINKS = """
    select source_profile_id as record, linked_profile_id as linked_record, identifier_type, identifier_value
    from warehouse.identity.int_identity__accepted_links
"""
CARRIED = """
    select source_profile_id as record, identifier_type, identifier_value
    from warehouse.identity.int_identity__observations
"""
SHARED = {"two": "a household's or a former owner's", "many": "a shop's or a placeholder", "one": "one person's"}


def run(bench: Bench) -> list[Line | Score]:
    """Build the made-up retailer's customers and score them."""
    home, _ = world(bench)
    with serving(home):
        built = measured(build, home=home)
    found = measured(score, home=home).found
    scores: Scores = found["scores"]
    size = f"{scores.records:,} records of {scores.entities:,} people"
    through_phones = [row for row in found["false_links"] if "phone" in row["identifier_type"]]
    return [
        Line(claim=f"identity and marts built, {size}", ours=built, note="what the scores below are of"),
        Score(
            claim=f"pairs of records put together rightly, F1: {size}",
            value=scores.pairs.f1,
            at_least=LEAST_F1,
            note=_agreement(scores.pairs),
        ),
        Score(claim="the same by record, B-cubed F1", value=scores.bcubed.f1, note=_agreement(scores.bcubed)),
        Score(
            claim="false merges through a phone number that several people have",
            value=sum(row["links"] for row in through_phones),
            at_most=0,
            note=_causes(through_phones),
        ),
        Score(
            claim="customers made of more than one person",
            value=scores.mixed_clusters,
            note=f"of {scores.clusters:,}; {_causes(found['false_links'])}",
        ),
        Score(
            claim="records of the largest customer",
            value=scores.largest[0][0] if scores.largest else 0,
            note="records / people: " + ", ".join(f"{records} / {people}" for records, people in scores.largest),
        ),
    ]


def build(stopwatch: Stopwatch, home: Any) -> None:
    """Build what has changed since the last build, links of the linkage model included."""
    from orchestration.runs.run_job import run_job

    settings = settings_of(home)
    with stopwatch.phase("build"):
        outcome = run_job(settings, "build", AS_OF)
    if not outcome.success:
        raise RuntimeError(f"the build failed: {outcome.error} {outcome.failed_checks[:5]}")


def score(_: Stopwatch, home: Any) -> dict[str, Any]:
    """The scores, and the links that merged different people."""
    settings = settings_of(home)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.warehouse_path}' as warehouse (read_only)")
        connection.execute(f"create view truth as from read_parquet('{settings.home / 'demo' / 'truth.parquet'}')")
        scores = compare(connection, ANSWER, TRUTH)
        return {
            "scores": scores,
            "false_links": [asdict(row) for row in false_links(connection, LINKS, CARRIED, TRUTH)],
        }


def _agreement(agreement: Agreement) -> str:
    return f"precision {agreement.precision:.4f}, recall {agreement.recall:.4f}"


def _causes(rows: list[dict[str, Any]]) -> str:
    """False links by what they rest on, in words."""
    causes = [f"{row['links']} by {row['identifier_type']}, {SHARED[row['shared_by']]}" for row in rows]
    return "; ".join(causes) or "none"
