"""What pairs scored in earlier runs: kept, so that a run compares only the profiles that changed, with all others.

Scores that stand were weighted with the frequencies of names as they were when the pair was scored. So where many
profiles changed, and whenever the model is trained again, everything is scored again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from linkage.features import TABLE, UNIQUE_ID, count
from stores.atomic_files import write_json
from stores.duckdb_connection import literal

SCORES_SCHEMA = pa.schema(
    [
        ("left_profile_id", pa.string()),
        ("right_profile_id", pa.string()),
        ("field_weights", pa.string()),
        ("match_weight", pa.float64()),
        ("match_probability", pa.float64()),
        ("may_be_relatives", pa.bool_()),
    ]
)
_MOST_CHANGED = 0.2
_NO_PROFILES = f"(select ''::varchar as {UNIQUE_ID}, 0::ubigint as looks where false)"
_BASIS, _SCORES, _PROFILES = "last_run.json", "scores.parquet", "profiles.parquet"


def _code_digest() -> str:
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


@dataclass(frozen=True)
class Basis:
    """What scores rest on besides the profiles; scores of another basis do not stand.

    Attributes:
        model_version: of the model that scored.
        join: probability from which on links joined.
        review: probability from which on pairs were kept.
        forgiving: as in `linkage.predict.scored_pairs`.
        code: digest of this package's files; who judges otherwise finds other scores.
    """

    model_version: str
    join: float
    review: float
    forgiving: bool
    code: str = field(default_factory=_code_digest)


@dataclass(frozen=True)
class Changes:
    """What differs from the last run: profiles that are new or look different, and those that are gone.

    `is_partial`: whether the scores of the other profiles stand.
    """

    changed: int
    gone: int
    is_partial: bool


def mark_changed(connection: duckdb.DuckDBPyConnection, folder: Path, basis: Basis) -> Changes:
    """Add the column `is_changed` to the table `features`: true for all where no earlier score stands.

    Args:
        connection: holds the table.
        folder: where linkage keeps its state, `state/linkage`.
        basis: what the scores of this run rest on.
    """
    stands = _last_basis(folder) == asdict(basis) and all((folder / kept).exists() for kept in (_SCORES, _PROFILES))
    known = f"read_parquet({literal(folder / _PROFILES)})" if stands else _NO_PROFILES
    connection.execute(
        f"create or replace table marked as select t.*, known.looks is distinct from hash(t) as is_changed "
        f"from {TABLE} as t left join {known} as known using ({UNIQUE_ID})"
    )
    changed = count(connection, "select count(*) from marked where is_changed")
    gone = count(connection, f"select count(*) from {known} as known anti join {TABLE} using ({UNIQUE_ID})")
    is_partial = stands and changed <= _MOST_CHANGED * count(connection, f"select count(*) from {TABLE}")
    if not is_partial:
        connection.execute("update marked set is_changed = true")
    connection.execute(f"drop table {TABLE}; alter table marked rename to {TABLE}")
    return Changes(changed, gone, is_partial)


def standing_scores(connection: duckdb.DuckDBPyConnection, folder: Path) -> pa.Table:
    """The scores of earlier runs between profiles that did not change; rows of `SCORES_SCHEMA`."""
    unchanged = f"(select {UNIQUE_ID} from {TABLE} where not is_changed)"
    return (
        connection.execute(
            f"from read_parquet({literal(folder / _SCORES)}) where left_profile_id in {unchanged}"
            f" and right_profile_id in {unchanged}"
        )
        .to_arrow_table()
        .cast(SCORES_SCHEMA)
    )


def forget_scores(folder: Path) -> None:
    """Let nothing stand: the next run scores every pair. To be called before what scores rest on is replaced."""
    (folder / _BASIS).unlink(missing_ok=True)


def keep_scores(connection: duckdb.DuckDBPyConnection, folder: Path, basis: Basis, scores: pa.Table) -> None:
    """Keep the scores and what the profiles look like, for the next run.

    Args:
        connection: holds the table `features`.
        folder: where linkage keeps its state.
        basis: what the scores rest on.
        scores: rows of `SCORES_SCHEMA`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    forget_scores(folder)
    pq.write_table(scores, folder / _SCORES)
    connection.execute(
        f"copy (select {UNIQUE_ID}, hash(t) as looks from (select * exclude (is_changed) from {TABLE}) as t) "
        f"to {literal(folder / _PROFILES)} (format parquet)"
    )
    write_json(folder / _BASIS, asdict(basis))


def _last_basis(folder: Path) -> object:
    try:
        return json.loads((folder / _BASIS).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
