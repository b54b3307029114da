"""What a branch of the project would change against the publication: models, customers, segments, the campaign plan."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import duckdb

from orchestration.branch_diff.development_target import DATABASE, Branch, production
from orchestration.branch_diff.table_diff import TableDiff, columns_of, compare_tables
from orchestration.dbt import build_fingerprint, build_record, build_results
from stores.duckdb_connection import literal, open_duckdb
from stores.errors import UserError
from stores.lake.reader import digest_of_loads
from stores.publication_files.tables import attaching
from stores.settings import Settings
from stores.warehouse import PUBLISHED_SCHEMAS, current_publication, writer_lock

log = logging.getLogger(__name__)

# Columns that name a run, and tables that hold what runs saw one after the other: no statement about the data.
RUN_COLUMNS = ("publication_id", "run_id", "refreshed_at")
_PLAN_KEY = ("campaign_id", "step", "customer_id", "channel")


@dataclass(frozen=True)
class ModelDiff(TableDiff):
    """A published model that was built on the branch, against the publication; `is_cause`: the branch changes it."""

    is_cause: bool = False


@dataclass(frozen=True)
class BranchDiff:
    """What a branch would change.

    Attributes:
        branch: name of the git branch.
        publication_id: what it is compared with.
        as_of: the day that both describe, YYYY-MM-DD.
        causes: models and seeds that the branch adds or changes.
        removed: models and seeds that it takes away.
        notes: what else the numbers may contain.
        models: every published model that was built, by `schema.table`.
        customers: `new`, `gone`, `moved` (source profiles that belong to another customer), `before`, `after`.
        segments: by name: `before`, `after`, `in`, `out`.
        campaigns: by id: `before`, `after` (messages to send), `more`, `less`.
        reasons: by campaign, decision and reason: rows of the plan `before` and `after`.
    """

    branch: str
    publication_id: str
    as_of: str
    causes: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    models: dict[str, ModelDiff] = field(default_factory=dict)
    customers: dict[str, int] = field(default_factory=dict)
    segments: dict[str, dict[str, int]] = field(default_factory=dict)
    campaigns: dict[str, dict[str, int]] = field(default_factory=dict)
    reasons: list[dict[str, Any]] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether a published row, column or table would be different."""
        return any(one.differs for one in self.models.values())

    def document(self) -> dict[str, Any]:
        """As JSON: the same names, and `differs`."""
        return {**asdict(self), "differs": self.differs}


def diff(settings: Settings, build: bool = True) -> BranchDiff:
    """Build what a branch changes beside production, and compare it with the publication.

    Args:
        settings: the installation.
        build: False compares what `guanxi dbt` has built before.

    Raises:
        UserError: nothing is published, production is half built, or a model of the branch fails.
    """
    publication = current_publication(settings)
    if publication is None:
        raise UserError("Nothing is published yet, so there is nothing to compare with. Run `guanxi run` first.")
    branch = Branch(settings, production(settings))
    causes, removed = branch.changed(), branch.removed()
    found = BranchDiff(
        branch.name,
        publication.publication_id,
        branch.base.as_of,
        [_short(one) for one in causes],
        [_short(one) for one in removed],
        _notes(settings, branch),
    )
    if not causes and not removed:
        return found
    if build and causes:
        _build(branch, causes)
    elif causes and not branch.is_begun:
        raise UserError("This branch was not built on production's last build. Leave out --no-build.")
    manifest = json.loads(branch.manifest().read_text(encoding="utf-8"))
    with writer_lock(settings), open_duckdb(settings) as connection:
        # Views of the branch read production's tables under the name that they have there.
        connection.execute(f"attach {literal(settings.warehouse_path)} as {settings.warehouse_path.stem} (read_only)")
        for statement in attaching(publication.path, "published"):
            connection.execute(statement)
        built = f"{literal(branch.warehouse)} as {DATABASE} (read_only)" if causes else f"':memory:' as {DATABASE}"
        connection.execute(f"attach {built}")
        _compare(connection, manifest, set(causes), set(removed), found)
        if unbuilt := [one for one in causes if not _is_built(connection, manifest["nodes"][one])]:
            found.notes.append(
                f"Never built on this branch: {', '.join(map(_short, unbuilt))}. What they change is missing from the "
                "numbers; leave out --no-build."
            )
    return found


def _build(branch: Branch, causes: list[str]) -> None:
    names = [_short(one) for one in causes]
    log.info("Branch %s: building %s and what depends on it, beside production", branch.name, ", ".join(names[:5]))
    chosen = [f"{name}+" for name in names]
    if branch.dbt(
        ["build", "--exclude-resource-type", "test", "unit_test", "--select", *chosen], empty=True, quiet=True
    ):
        failed = build_results.failures(branch.target)
        said = " | ".join(f"{one['name']}: {one['message']}" for one in failed[:3])
        raise UserError(f"The branch cannot be built, so nothing was compared: {said or 'see logs/dbt.log'}.")


def _is_built(connection: duckdb.DuckDBPyConnection, node: Mapping[str, Any]) -> bool:
    return bool(columns_of(connection, f"{DATABASE}.{node['schema']}.{node.get('alias') or node['name']}"))


def _notes(settings: Settings, branch: Branch) -> list[str]:
    notes = []
    if branch.base.loads != digest_of_loads(settings.lake):
        notes.append("The lake holds loads that production has not built yet: what they bring is part of the numbers.")
    if not settings.past_day and not build_fingerprint.is_current(settings, build_record.last(settings).fingerprint):
        notes.append("Production's warehouse holds a build that is not published: its changes are part of the numbers.")
    return notes


def _compare(
    connection: duckdb.DuckDBPyConnection,
    manifest: Mapping[str, Any],
    causes: set[str],
    removed: set[str],
    into: BranchDiff,
) -> None:
    keys = _keys(manifest)
    for unique_id, node in sorted(manifest["nodes"].items(), key=lambda item: item[0]):
        if node["resource_type"] != "model" or node["schema"] not in PUBLISHED_SCHEMAS:
            continue
        table = f"{node['schema']}.{node.get('alias') or node['name']}"
        if not columns_of(connection, f"{DATABASE}.{table}"):
            continue
        one = compare_tables(
            connection, f"published.{table}", f"{DATABASE}.{table}", keys.get(unique_id, []), RUN_COLUMNS
        )
        into.models[table] = ModelDiff(**vars(one), is_cause=unique_id in causes)
    for unique_id in sorted(removed):
        for schema in PUBLISHED_SCHEMAS:
            table = f"{schema}.{_short(unique_id)}"
            if columns_of(connection, f"published.{table}"):
                one = compare_tables(connection, f"published.{table}", f"{DATABASE}.{table}", [])
                into.models[table] = ModelDiff(**vars(one), is_cause=True)
    _customers(connection, into)
    for table, model in into.models.items():
        schema, name = table.split(".")
        if schema == "segments" and name != "segment_members":
            counts = {"before": model.before or 0, "after": model.after or 0, "in": model.added, "out": model.removed}
            into.segments[name.removeprefix("segment_")] = counts
    if "campaigns.campaign_plan" in into.models:
        _plan(connection, into)


def _customers(connection: duckdb.DuckDBPyConnection, into: BranchDiff) -> None:
    customers = into.models.get("marts.customers")
    if customers:
        into.customers.update(
            before=customers.before or 0, after=customers.after or 0, new=customers.added, gone=customers.removed
        )
    profiles = into.models.get("marts.customer_profiles")
    if profiles:
        into.customers["moved"] = profiles.columns.get("customer_id", 0)


def _plan(connection: duckdb.DuckDBPyConnection, into: BranchDiff) -> None:
    """Messages to send by campaign, and the rows of the plan by decision and reason."""
    same = " and ".join(f"b.{name} is not distinct from a.{name}" for name in _PLAN_KEY)
    rows = connection.execute(
        "select coalesce(a.campaign_id, b.campaign_id) as campaign_id,"
        " count(b.campaign_id), count(a.campaign_id),"
        " count(*) filter (where b.campaign_id is null), count(*) filter (where a.campaign_id is null)"
        " from (from published.campaigns.campaign_plan where decision = 'send') as b"
        f" full join (from {DATABASE}.campaigns.campaign_plan where decision = 'send') as a on {same}"
        " group by all order by all"
    ).fetchall()
    for campaign, *counts in rows:
        into.campaigns[campaign] = dict(zip(("before", "after", "more", "less"), counts, strict=True))
    reasons = connection.execute(
        "select campaign_id, decision, reason, count(*) filter (where not is_new), count(*) filter (where is_new)"
        " from ("
        " select campaign_id, decision, reason, false as is_new from published.campaigns.campaign_plan"
        f" union all select campaign_id, decision, reason, true from {DATABASE}.campaigns.campaign_plan)"
        " group by all having count(*) filter (where not is_new) <> count(*) filter (where is_new) order by all"
    ).fetchall()
    names = ("campaign", "decision", "reason", "before", "after")
    into.reasons.extend(dict(zip(names, row, strict=True)) for row in reasons)


def _keys(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """The columns that name a row of each model, as its tests say."""
    keys: dict[str, list[str]] = {}
    for node in manifest["nodes"].values():
        test = node.get("test_metadata") or {}
        given = test.get("kwargs") or {}
        model = node.get("attached_node")
        if not model:
            continue
        if test.get("name") == "column_rules" and given.get("unique"):
            first = given["unique"][0]
            keys.setdefault(model, [first] if isinstance(first, str) else list(first))
    return keys


def _short(unique_id: str) -> str:
    return unique_id.split(".")[2]
