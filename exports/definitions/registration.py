"""Telling the models about the campaigns: every file as a row of the operations store, with where it stands."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import or_, update

from exports.definitions.approval import approvals
from exports.definitions.campaign import Campaign, ChannelChoice
from exports.destinations import open_destination
from exports.policy.frequency_caps import read_caps
from stores import operations
from stores.errors import UserError
from stores.settings import Settings

log = logging.getLogger(__name__)


def register(settings: Settings, campaigns: Sequence[Campaign]) -> None:
    """Make the operations store, and through it the models, know exactly these campaigns.

    A campaign that was registered earlier and is not given any more becomes inactive. Nothing is written when nothing
    changed.

    Args:
        settings: the installation.
        campaigns: all of them, as `load_campaigns` gives them.

    Raises:
        UserError: a campaign names a destination, a segment or a class of caps that is not there.
    """
    check_campaigns(settings, campaigns)
    table = operations.campaigns
    standing = approvals(settings, campaigns)
    with operations.writing(operations.engine(settings)) as connection:
        rows = [campaign.row() | {"status": standing[campaign.campaign_id].state} for campaign in campaigns]
        if rows:
            statement = operations.insert(connection, table)
            changing = [column.name for column in table.c if column.name not in ("campaign_id", "updated_at")]
            statement = statement.on_conflict_do_update(
                index_elements=["campaign_id"],
                set_={column: statement.excluded[column] for column in [*changing, "updated_at"]},
                where=or_(*(table.c[column].is_distinct_from(statement.excluded[column]) for column in changing)),
            )
            connection.execute(statement, rows)
        kept = [campaign.campaign_id for campaign in campaigns]
        connection.execute(
            update(table).where(table.c.campaign_id.not_in(kept), table.c.is_active).values(is_active=False)
        )
    log.info("Registered %d campaigns", len(campaigns))


def check_campaigns(settings: Settings, campaigns: Sequence[Campaign]) -> None:
    """Whether what the campaigns name outside of their files is there.

    Args:
        settings: the installation.
        campaigns: those to look at.

    Raises:
        UserError: a campaign names a destination, a segment or a class of caps that is not there, or a destination that
            does not serve its channel.
    """
    classes = read_caps(settings).classes
    segments = settings.project_root / "dbt_project" / "models" / "marts" / "segments"
    for campaign in campaigns:
        _check_segment(campaign, segments)
        if campaign.cap_class not in classes:
            raise UserError(
                f"{campaign.campaign_id}.yml: cap_class: must be one of {', '.join(classes)}, not "
                f"{campaign.cap_class!r}; a new one is a row of the seed frequency_caps."
            )
        for choice in campaign.channels:
            _check_destination(settings, campaign, choice)


def _check_destination(settings: Settings, campaign: Campaign, choice: ChannelChoice) -> None:
    destination = open_destination(settings, choice.destination)
    destination.close()
    if destination.channels is not None and choice.channel not in destination.channels:
        raise UserError(
            f"{campaign.campaign_id}.yml: channels: {choice.destination} is a {destination.kind}, which serves "
            f"{', '.join(sorted(destination.channels))}, not {choice.channel}."
        )


def _check_segment(campaign: Campaign, folder: Path) -> None:
    # Without the models (a test, a lone exporter) there is nothing to check against.
    names = {path.stem for path in folder.rglob("segment_*.sql")} - {"segment_members"}
    known = sorted(name.removeprefix("segment_") for name in names)
    if known and campaign.segment not in known:
        raise UserError(
            f"{campaign.campaign_id}.yml: segment: there is no segment {campaign.segment!r}. "
            f"Make dbt_project/models/marts/segments/segment_{campaign.segment}.sql, or use one of {', '.join(known)}."
        )
