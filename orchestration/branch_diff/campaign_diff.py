"""`guanxi campaign diff`: the plan of campaigns against that of an earlier publication, or of a branch."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from exports.definitions.campaign import Campaign
from exports.definitions.journeys.journey_files import JourneyCampaign
from exports.definitions.journeys.program import program
from exports.preview.campaign_preview import StepTexts, planned_texts
from exports.preview.message_cost import Prices, read_prices
from orchestration.branch_diff.branch_name import branch_name
from orchestration.branch_diff.development_target import DATABASE, Branch, production
from orchestration.branch_diff.plan_changes import CampaignChange, Plans, plan_changes
from serving.planned_messages import employee_load
from serving.published_copy import NoPublication, PublishedCopy, Row
from serving.rules import names
from stores.duckdb_connection import literal, open_duckdb
from stores.errors import UserError
from stores.publication_files.tables import attaching
from stores.reason_texts import Reasons
from stores.settings import Settings
from stores.warehouse import current_publication, writer_lock

MOST_SAMPLES = 10


@dataclass(frozen=True)
class CampaignDiff:
    """One campaign in two plans.

    Attributes:
        campaign: as its file is now.
        change: what is different.
        texts: of the publication's planned messages, by step and channel.
        cost: by channel and destination, in the reporting currency: messages, parts of text messages, price, `before`
            and `after`.
        employees: who passes on how many of the publication's messages (`serving.planned_messages.employee_load`).
        positions: of a journey: step, `before`, `after`, and whether the file has the step now.
    """

    campaign: Campaign
    change: CampaignChange
    texts: list[StepTexts]
    cost: list[dict[str, Any]]
    positions: list[dict[str, Any]]
    employees: list[Row]


@dataclass(frozen=True)
class PlanDiff:
    """Two plans compared.

    Attributes:
        before: what is compared with: a publication's id, or of a branch the publication that it was built upon.
        after: the publication, or `branch <name>`.
        as_of: the day of the publication.
        reasons: what reasons are called.
        campaigns: one by one.
    """

    before: str
    after: str
    as_of: date
    reasons: Reasons
    campaigns: list[CampaignDiff]


def campaign_diff(settings: Settings, campaigns: list[Campaign], against: str | None) -> PlanDiff:
    """Compare the plan of the current publication with another one.

    Args:
        settings: the installation.
        campaigns: those to look at.
        against: id of an earlier publication, or the name of the branch, whose build is then what is asked about; None
            for the publication before the current one.

    Raises:
        UserError: nothing is published, or there is no such publication or build.
    """
    publication = current_publication(settings)
    if publication is None:
        raise NoPublication(settings)
    with PublishedCopy(publication.path) as published:
        reasons = names(published).reasons
        prices = read_prices(published)
        texts = {one.campaign_id: planned_texts(settings, published, one) for one in campaigns}
        employees = {one.campaign_id: employee_load(published, one.campaign_id) for one in campaigns}
    earlier = _earlier(settings, publication.path)
    chosen = [one.campaign_id for one in campaigns]
    with writer_lock(settings) if _is_branch(against, earlier) else nullcontext(), open_duckdb(settings) as connection:
        for statement in attaching(publication.path, "published"):
            connection.execute(statement)
        if _is_branch(against, earlier):
            before, after = publication.publication_id, f"branch {against}"
            changes = plan_changes(connection, _of_branch(settings, connection, str(against)), chosen)
        else:
            path = _chosen(earlier, against, publication.publication_id)
            for statement in attaching(path, "earlier"):
                connection.execute(statement)
            before, after = _id(path), publication.publication_id
            plans = Plans(before="earlier", after="published", rules="published", customers="published")
            changes = plan_changes(connection, plans, chosen)
    found = [
        _of(settings, one, changes[name], texts[name], prices, employees[name])
        for name, one in ((one.campaign_id, one) for one in campaigns)
    ]
    return PlanDiff(before, after, publication.as_of, reasons, found)


def _of(
    settings: Settings,
    campaign: Campaign,
    change: CampaignChange,
    texts: list[StepTexts],
    prices: Prices,
    employees: list[Row],
) -> CampaignDiff:
    steps = {one.name for one in program(campaign.journey)} if isinstance(campaign, JourneyCampaign) else set()
    positions = [{**row, "is_in_file": row["step"] in steps} for row in change.positions]
    cost = prices.cost(change.channels, texts, settings.country)
    return CampaignDiff(campaign, change, texts, cost, positions, employees)


def _earlier(settings: Settings, current: Path) -> list[Path]:
    return [path for path in sorted(settings.published.glob("serving-*.duckdb")) if path.name != current.name]


def _id(path: Path) -> str:
    return path.stem.removeprefix("serving-")


def _is_branch(against: str | None, earlier: list[Path]) -> bool:
    return against is not None and against not in {_id(path) for path in earlier}


def _chosen(earlier: list[Path], against: str | None, current: str) -> Path:
    if against is not None:
        return next(path for path in earlier if _id(path) == against)
    before = [path for path in earlier if _id(path) < current]
    if not before:
        raise UserError(
            f"There is no publication before {current} to compare with. After the next `guanxi run` there is one."
        )
    return before[-1]


def _of_branch(settings: Settings, connection: duckdb.DuckDBPyConnection, name: str) -> Plans:
    if name != (current := branch_name(settings.project_root)):
        kept = ", ".join(_id(path) for path in _earlier(settings, Path())) or "none"
        raise UserError(
            f"There is no publication {name!r}, and the project is on branch {current!r}. Publications: {kept}."
        )
    branch = Branch(settings, production(settings))
    if not branch.warehouse.exists():
        raise UserError(f"Branch {name} was not built yet. Run `guanxi diff` in it first.")
    connection.execute(f"attach {literal(settings.warehouse_path)} as {settings.warehouse_path.stem} (read_only)")
    connection.execute(f"attach {literal(branch.warehouse)} as {DATABASE} (read_only)")
    has_plan = connection.execute(
        "select 1 from information_schema.tables where table_catalog = ? and table_schema = 'campaigns'"
        " and table_name = 'campaign_plan'",
        [DATABASE],
    ).fetchone()
    after = DATABASE if has_plan else "published"
    return Plans(before="published", after=after, rules="published", customers="published")
