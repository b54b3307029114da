"""Before and after: what a rebuild of identities changed, as Markdown for people and JSON for tools."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from serving.published_copy import Row
from stores.atomic_files import write_json
from stores.errors import UserError
from stores.publication_files.tables import attaching
from stores.settings import Settings
from stores.warehouse import connect, current_publication

_BIGGEST = 10
_EXAMPLES = 20

_COUNTS = """
with before_ids as (select distinct customer_id from before),
now_ids as (select distinct customer_id from now)
select
    (select count(*) from before_ids) as customers_before,
    (select count(*) from now_ids) as customers_after,
    (select count(*) from now_ids anti join before_ids using (customer_id)) as customers_new,
    (select count(*) from before_ids anti join now_ids using (customer_id)) as customers_removed,
    (select count(*) from before) as profiles_before,
    (select count(*) from now) as profiles_after,
    (select count(*) from now anti join before using (source_profile_id)) as profiles_new,
    (select count(*) from before anti join now using (source_profile_id)) as profiles_removed,
    (select count(*) from before inner join now using (source_profile_id) where before.customer_id <> now.customer_id)
        as profiles_moved
"""
_BIGGEST_NOW = f"""
select now.customer_id, count(*) as profiles, coalesce(max(b.profiles), 0) as profiles_before
from now
left join (select customer_id, count(*) as profiles from before group by customer_id) as b using (customer_id)
group by now.customer_id order by profiles desc, now.customer_id limit {_BIGGEST}
"""
_MOVES = f"""
select before.customer_id as from_customer_id, now.customer_id as to_customer_id, count(*) as profiles,
    min(source_profile_id) as such_as
from before inner join now using (source_profile_id)
where before.customer_id <> now.customer_id
group by 1, 2 order by profiles desc, 1, 2 limit {_EXAMPLES}
"""
_EVENTS = """
select event, cause, cause_en, count(*) as events, sum(profiles)::bigint as profiles
from marts.identity_events
where event <> 'created' and event_id not in (select event_id from events_before)
group by all order by events desc, event, cause
"""


@dataclass(frozen=True)
class IdentityReport:
    """What changed between the last publication and the warehouse as it is now.

    Attributes:
        run_id: the run that rebuilt.
        day: the business day.
        compared_with: id of the publication before; empty when there was none.
        counts: customers and profiles before, after, new, removed, moved.
        biggest: the customers of most profiles now, with what they had before.
        moves: the largest groups of profiles that changed customer.
        events: what was done to ids since, by event and cause; merges and splits, not new ids.
    """

    run_id: str
    day: str
    compared_with: str
    counts: dict[str, int]
    biggest: list[Row] = field(default_factory=list)
    moves: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)

    @property
    def churn(self) -> dict[str, float]:
        """Shares of the ids and of the profiles of before that are gone, and that have another customer."""
        return {
            "customer_churn_share": self.counts["customers_removed"] / max(self.counts["customers_before"], 1),
            "profile_churn_share": self.counts["profiles_moved"] / max(self.counts["profiles_before"], 1),
        }

    def markdown(self) -> str:
        """The report for people."""
        count, churn = self.counts, self.churn
        lines = [
            f"# Identities before and after {self.day} 身份重算对比",
            "",
            f"Run {self.run_id}; compared with publication {self.compared_with or 'none: this is the first'}.",
            "",
            "| | before 之前 | after 之后 | new 新增 | removed 消失 | moved 变更 |",
            "|---|---:|---:|---:|---:|---:|",
            f"| customers 客户 | {count['customers_before']:,} | {count['customers_after']:,} | "
            f"{count['customers_new']:,} | {count['customers_removed']:,} | |",
            f"| profiles 档案 | {count['profiles_before']:,} | {count['profiles_after']:,} | "
            f"{count['profiles_new']:,} | {count['profiles_removed']:,} | {count['profiles_moved']:,} |",
            "",
            f"Changed 变动率: {churn['customer_churn_share']:.2%} of the customer ids of before are gone, "
            f"{churn['profile_churn_share']:.2%} of the profiles have another customer.",
            "",
            "## Biggest customers 最大的客户",
            "",
            *(
                f"- {row['customer_id']}: {row['profiles']:,} profiles ({row['profiles_before']:,} before)"
                for row in self.biggest
            ),
        ]
        if self.moves:
            lines += ["", "## Moved 变更", ""]
            lines += [
                f"- {row['from_customer_id']} → {row['to_customer_id']}: {row['profiles']:,} profiles, such as "
                f"{row['such_as']}"
                for row in self.moves
            ]
        if self.events:
            lines += ["", "## Why 原因", ""]
            lines += [
                f"- {row['event']}: {row['events']:,} times, {row['profiles']:,} profiles: {row['cause_en']}"
                for row in self.events
            ]
        return "\n".join(lines) + "\n"


def compare(settings: Settings, run_id: str) -> IdentityReport:
    """Compare the warehouse with what was published before this run, whether or not the run has published yet.

    Args:
        settings: the installation.
        run_id: the run that rebuilt the warehouse.

    Raises:
        UserError: there is no warehouse.
    """
    before = _published_before(settings, run_id)
    with connect(settings) as warehouse:
        _lay_out(warehouse, before)
        return IdentityReport(
            run_id=run_id,
            day=settings.today().isoformat(),
            compared_with=before.stem.removeprefix("serving-") if before else "",
            counts={key: int(value) for key, value in _rows(warehouse, _COUNTS)[0].items()},
            biggest=_rows(warehouse, _BIGGEST_NOW),
            moves=_rows(warehouse, _MOVES),
            events=_rows(warehouse, _EVENTS),
        )


def keep(settings: Settings, report: IdentityReport) -> Path:
    """Write the report into the home folder, as Markdown and as JSON beside it.

    Returns:
        The Markdown file.
    """
    path = _folder(settings) / f"{report.day}-{report.run_id[:8]}.md"
    document: dict[str, Any] = {**asdict(report), **report.churn}
    write_json(path.with_suffix(".json"), document)
    path.write_text(report.markdown(), encoding="utf-8")
    return path


def newest_report(settings: Settings, run_id: str) -> Path | None:
    """The Markdown file of a run, None when it did not come to write one."""
    return next(iter(sorted(_folder(settings).glob(f"*-{run_id[:8]}.md"), reverse=True)), None)


def _folder(settings: Settings) -> Path:
    return settings.home / "reports" / "identity"


def _published_before(settings: Settings, run_id: str) -> Path | None:
    """The copy that readers saw when the run started."""
    try:
        current = current_publication(settings)
    except UserError:
        return None
    if current is None or current.run_id != run_id:
        return current.path if current else None
    older = [path for path in sorted(settings.published.glob("serving-*.duckdb")) if path.name < current.path.name]
    return older[-1] if older else None


def _lay_out(db: duckdb.DuckDBPyConnection, before: Path | None) -> None:
    """Temporary tables: `before` and `now` with profile and customer, `events_before` with what was known of ids."""
    columns = "source_profile_id, customer_id"
    db.execute(f"create temp table now as select {columns} from marts.customer_profiles")
    db.execute("create temp table before as select * from now where false")
    db.execute("create temp table events_before as select event_id from marts.identity_events where false")
    if before:
        for statement in attaching(before, "published_before"):
            db.execute(statement)
        db.execute(f"insert into before select {columns} from published_before.marts.customer_profiles")
        known = (
            "select 1 from information_schema.tables"
            " where table_catalog = 'published_before' and table_name = 'identity_events'"
        )
        if db.execute(known).fetchone():
            db.execute("insert into events_before select event_id from published_before.marts.identity_events")
        db.execute("detach published_before")


def _rows(warehouse: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    cursor = warehouse.execute(query)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
