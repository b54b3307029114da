"""Identity resolution on one file, with the pipeline's own engine in a home that is thrown away afterwards."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from linkage import model as models
from linkage.run import LinkageReport, Thresholds, switch_off
from orchestration.stewardship.probable_links import link_profiles, model_folder
from orchestration.trial.column_detection import TriedFile
from orchestration.trial.findings import (
    RepeatedIds,
    Unreadable,
    Warned,
    repeated_ids,
    spread_warnings,
    unreadable_values,
)
from orchestration.trial.trial_home import Rejected, build, prepare_builds, read_in, write_csv
from stores.duckdb_connection import open_duckdb
from stores.settings import Settings

log = logging.getLogger(__name__)

_FEATURES = "+int_identity__linkage_features"
_RESULT = ("+customer_map", "+int_identity__accepted_links", "+int_identity__refused_links", "+identity_spread")


@dataclass(frozen=True)
class Trial:
    """What came out of a trial.

    Attributes:
        records: records read.
        clusters: people found among them.
        largest: records of the largest cluster.
        linkage: what probabilistic linkage did; None where it was switched off.
        weights: by what was compared, the highest and the lowest weight that it can have.
        rejected: rows that were not read, with line and reason.
        repeated: record ids that came more than once; None where there are none.
        warnings: what an installation's gate would stop.
        unreadable: columns with values that cannot be read.
    """

    records: int
    clusters: int
    largest: int
    linkage: LinkageReport | None
    weights: dict[str, tuple[float, float]]
    rejected: list[Rejected] = field(default_factory=list)
    repeated: RepeatedIds | None = None
    warnings: list[Warned] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


def try_identity(
    settings: Settings, file: TriedFile, thresholds: Thresholds | None, clusters: Path, edges: Path | None
) -> Trial:
    """Resolve the records of a file.

    Args:
        settings: of an empty home.
        file: the records and what their columns mean.
        thresholds: of joining and reviewing; None: only what is equal joins.
        clusters: CSV to write: record_id, cluster_id, one row for each row that was read, in the order of the file.
        edges: CSV to write with why, or None.

    Raises:
        UserError: no record could be read, or an output cannot be written.
    """
    variables: dict[str, object] = {"channels": [file.channel.name]}
    if thresholds:
        variables |= {
            "linkage_join_probability": thresholds.join,
            "linkage_review_probability": thresholds.review,
        }
    prepare_builds(settings, variables)
    rejected = read_in(settings, file)
    log.info("Profiles: preparing what can be compared")
    build(settings, variables, ["--select", _FEATURES])
    report = link_profiles(settings, thresholds) if thresholds else None
    if report is None:
        switch_off(settings.lake, model_folder(settings))
    log.info("Identity: closing over all links, with the guards")
    build(settings, variables, ["--select", *_RESULT, "--exclude", _FEATURES])
    with open_duckdb(settings, settings.warehouse_path, read_only=True) as connection:
        write_csv(connection, _CLUSTERS, clusters)
        if edges:
            write_csv(connection, _EDGES, edges)
        records, people, largest = _sizes(connection)
        findings = repeated_ids(connection), spread_warnings(connection), unreadable_values(connection)
    return Trial(records, people, largest, report, _weights(settings), rejected, *findings)


# Every row that was read, in the order of the file, those too that share their record id.
_CLUSTERS = """
    select row_people.record_id, customer_map.customer_id as cluster_id
    from staging.stg_records__row_people as row_people
    inner join identity.customer_map
        on customer_map.source_profile_id = 'records:' || row_people.person_id
    order by row_people._line
"""


_EDGES = """
    with refused as (
        select source_profile_id, linked_profile_id, identifier_type, identifier_mask, identifier_value, reason,
            guard_reason
        from identity.int_identity__refused_links
    ),
    made as (
        select source_profile_id, linked_profile_id, identifier_type, identifier_mask, identifier_value, reason,
            null as guard_reason
        from identity.int_identity__accepted_links
        anti join refused using (source_profile_id, linked_profile_id, identifier_type, identifier_value)
        union all
        select * from refused
    ),
    paired as (
        select
            *,
            least(source_profile_id, linked_profile_id) as one,
            greatest(source_profile_id, linked_profile_id) as other
        from made
    ),
    links as materialized (select * from staging.stg_linkage__links),
    told as (
        select paired.*, links.match_probability
        from paired
        left join links
            on paired.one = links.left_profile_id
            and paired.other = links.right_profile_id
            and paired.identifier_value = links.model_version
        union all by name
        select left_profile_id as source_profile_id, right_profile_id as linked_profile_id,
            'linkage' as identifier_type, field_weights as identifier_mask, 'for_review' as reason,
            'below the joining probability' as guard_reason, match_probability
        from links
        anti join paired on paired.one = links.left_profile_id and paired.other = links.right_profile_id
    )
    select
        substr(source_profile_id, strpos(source_profile_id, ':') + 1) as record_id,
        substr(linked_profile_id, strpos(linked_profile_id, ':') + 1) as linked_record_id,
        guard_reason is null as joins,
        reason,
        identifier_type as through,
        identifier_mask as evidence,
        round(match_probability, 6) as match_probability,
        guard_reason as held_back_by
    from told
    order by all
"""


def _sizes(connection: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    row = connection.execute(
        f"select sum(size)::bigint, count(*), max(size) from "
        f"(select count(*) as size from ({_CLUSTERS}) as clusters group by cluster_id)"
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


def _weights(settings: Settings) -> dict[str, tuple[float, float]]:
    model = models.current(model_folder(settings))
    return model.weight_ranges() if model else {}
