"""Telling the models about the campaigns: every file as a row of the operations store, with where it stands."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, or_, select, update

from exports.definitions.approval import approvals
from exports.definitions.campaign import Campaign
from exports.definitions.campaign_files import CampaignFiles, campaign_folder, read_campaigns, templates
from exports.definitions.campaign_steps import MessageChannelChoice, steps_of
from exports.definitions.journeys.journey_files import JourneyCampaign, condition_names
from exports.destinations import open_destination
from exports.policy.frequency_caps import read_caps
from exports.policy.sms_rules import read_sms_rules
from exports.rendering.needed_fields import needed_fields
from exports.rendering.wording_rules import read_wording_rules
from stores import operations
from stores.counted import counted
from stores.errors import UserError
from stores.message_channels import read_message_channels
from stores.settings import Settings
from stores.settings_files import file_of

log = logging.getLogger(__name__)

WRONG_FILE = "wrong_file"
"""The status of a registered campaign whose files have a mistake now."""


def campaigns_in_force(settings: Settings) -> CampaignFiles:
    """All campaign and journey files; what they name outside of themselves has to be there, too.

    Args:
        settings: the installation.

    Raises:
        UserError: a file of another ending, or a wrong seed.
    """
    found = read_campaigns(campaign_folder(settings))
    return found.checked(lambda campaign: check_sending(settings, [campaign]))


def warn_of_mistakes(found: CampaignFiles) -> None:
    """Log what is wrong with campaign and journey files of which nothing is sent; the others go on."""
    for name, mistake in found.mistakes.items():
        log.warning("Nothing of %s is sent until its files are right: %s", name, mistake)


def register(settings: Settings, campaigns: Sequence[Campaign], wrong: Collection[str] = ()) -> None:
    """Make the operations store, and through it the models, know exactly these campaigns.

    A campaign that was registered earlier and is not given any more becomes inactive. Nothing is written when nothing
    changed.

    Args:
        settings: the installation.
        campaigns: all of them, as `load_campaigns` gives them.
        wrong: campaigns whose files have mistakes. What is known of them stays, as not approved: nothing of them is
            planned to be sent, and customers stay where they are in a journey.

    A campaign whose audience names what is not there is registered, too; the models plan nothing of it.

    Raises:
        UserError: a campaign names a destination or a class of caps that is not there.
    """
    check_sending(settings, campaigns)
    warn_of_missing_audiences(settings, campaigns)
    standing = approvals(settings, campaigns)
    fields = _field_rows(settings, campaigns)
    journeys = [campaign.journey_rows() for campaign in campaigns if isinstance(campaign, JourneyCampaign)]
    rows = [campaign.row() | {"status": standing[campaign.campaign_id].state} for campaign in campaigns]
    with operations.writing(operations.engine(settings)) as connection:
        for table, wanted in (
            (operations.campaigns, rows),
            (operations.campaign_audience, [row for campaign in campaigns for row in campaign.audience_rows()]),
            (operations.campaign_steps, [row for campaign in campaigns for row in campaign.step_rows()]),
            (operations.campaign_channels, [row for campaign in campaigns for row in campaign.channel_rows()]),
            (operations.campaign_variants, [row for campaign in campaigns for row in campaign.variant_rows()]),
            (operations.campaign_fields, fields),
            *((table, [row for one in journeys for row in one[table.name]]) for table in operations.JOURNEY_TABLES),
        ):
            _keep(connection, table, wanted, wrong)
        c = operations.campaigns.c
        stands_still = c.campaign_id.in_(wrong), c.is_active, c.status != WRONG_FILE
        connection.execute(update(operations.campaigns).where(*stands_still).values(status=WRONG_FILE))
    log.info("Registered %s", counted(len(campaigns), "campaign"))


def _field_rows(settings: Settings, campaigns: Sequence[Campaign]) -> list[dict[str, Any]]:
    """The fields that the texts of campaigns need, as rows of `campaign_fields`."""
    rules = read_wording_rules(settings.project_root)
    return [
        {
            "campaign_id": campaign.campaign_id,
            "version": campaign.version,
            "step": step,
            "channel": channel,
            "variant": variant,
            "field": field,
            "is_active": True,
        }
        for campaign in campaigns
        for (step, channel), template in templates(campaign, campaign_folder(settings), rules).items()
        for variant, fields in needed_fields(template).items()
        for field in fields
    ]


def _keep(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], untouched: Collection[str]) -> None:
    """Make a table hold exactly these rows in force; what is not among them stays, inactive.

    Rows of the campaigns `untouched` stay as they are.
    """
    keys = [column.name for column in table.primary_key]
    if rows:
        statement = operations.insert(connection, table)
        changing = [column.name for column in table.c if column.name not in (*keys, "updated_at")]
        statement = statement.on_conflict_do_update(
            index_elements=keys,
            set_={column: statement.excluded[column] for column in [*changing, "updated_at"]},
            where=or_(*(table.c[column].is_distinct_from(statement.excluded[column]) for column in changing)),
        )
        connection.execute(statement, rows)
    kept = {tuple(row[key] for key in keys) for row in rows}
    columns = [table.c[key] for key in keys]
    for key in connection.execute(select(*columns).where(table.c.is_active)).all():
        if tuple(key) not in kept and key[0] not in untouched:
            same = and_(*(column == value for column, value in zip(columns, key, strict=True)))
            connection.execute(update(table).where(same).values(is_active=False))


def check_campaigns(settings: Settings, campaigns: Sequence[Campaign]) -> None:
    """Whether what the campaigns name outside of their files is there.

    Args:
        settings: the installation.
        campaigns: those to look at.

    Raises:
        UserError: a campaign names a destination, a segment, a tag or a class of caps that is not there, or a
            destination that does not serve its channel.
    """
    check_audiences(settings, campaigns)
    check_sending(settings, campaigns)


def check_sending(settings: Settings, campaigns: Sequence[Campaign]) -> None:
    """Whether the destinations and classes of caps that campaigns name are there.

    Raises:
        UserError: one is not, or a destination does not serve its channel.
    """
    classes = read_caps(settings).classes
    for campaign in campaigns:
        if campaign.cap_class not in classes:
            raise UserError(
                f"{campaign.campaign_id}.yml: cap_class: must be one of {', '.join(classes)}, not "
                f"{campaign.cap_class!r}; a new one is a row of the seed frequency_caps."
            )
        _check_send_times(settings, campaign)
        for choice in {choice for step in steps_of(campaign) for choice in step.channels}:
            _check_destination(settings, campaign, choice)


def _check_send_times(settings: Settings, campaign: Campaign) -> None:
    """A message that waits for an hour at which no text message may leave would wait for ever."""
    known = read_message_channels(settings.project_root)
    used = {choice.channel for step in steps_of(campaign) for choice in step.channels}
    if not any(known[name].follows_sms_rules for name in used & known.keys()):
        return
    rule = read_sms_rules(settings.project_root).get(settings.country)
    for variant in campaign.variants:
        if rule and variant.send_from and not rule.opens <= variant.send_from < rule.closes:
            raise UserError(
                f"{campaign.campaign_id}.yml: variants.{variant.name}.send_from: text messages leave from "
                f"{rule.opens:%H:%M} to {rule.closes:%H:%M} ({rule.country}), not at {variant.send_from:%H:%M}; "
                "choose a time between."
            )


def check_links(settings: Settings, campaign: Campaign) -> None:
    """Whether the links that a campaign's texts have can be made.

    Raises:
        UserError: a text has the link to unsubscribe, and nobody said where it leads.
    """
    if settings.links.base_url:
        return
    for template in templates(campaign, campaign_folder(settings)).values():
        if "unsubscribe_url" in template.variables:
            raise UserError(
                f"{template.path.relative_to(settings.project_root)}: unsubscribe_url leads nowhere yet. Say "
                f"`base_url`, the address of the service that answers, in [guanxi.links] of {file_of('guanxi.links')}."
            )


def _check_destination(settings: Settings, campaign: Campaign, choice: MessageChannelChoice) -> None:
    destination = open_destination(settings, choice.destination)
    destination.close()
    channel = read_message_channels(settings.project_root).get(choice.channel)
    obstacle = destination.obstacle(channel) if channel else None
    if obstacle:
        raise UserError(
            f"{campaign.campaign_id}.yml: channels: {choice.destination} does not serve {choice.channel}, because "
            f"{obstacle}."
        )


def check_audiences(settings: Settings, campaigns: Sequence[Campaign]) -> None:
    """Whether the segments and tags that campaigns name are there.

    Raises:
        UserError: one is not.
    """
    for problem in missing_audiences(settings, campaigns).values():
        raise UserError(problem)


def warn_of_missing_audiences(settings: Settings, campaigns: Sequence[Campaign]) -> None:
    """Log each campaign that is not planned because a segment or tag that it names is not there; the others go on."""
    for problem in missing_audiences(settings, campaigns).values():
        log.warning("Not planned: %s", problem)


def missing_audiences(settings: Settings, campaigns: Sequence[Campaign]) -> dict[str, str]:
    """What is wrong with campaigns that name a segment or tag that is not there (any more), by campaign, in words.

    Args:
        settings: the installation.
        campaigns: those to look at.
    """
    folder = settings.project_root / "dbt_project" / "models" / "marts" / "segments"
    models = {path.stem for path in folder.rglob("segment_*.sql")} - {"segment_members"}
    known = sorted(name.removeprefix("segment_") for name in models)
    asked = any(campaign.tags() for campaign in campaigns)
    tags = list(condition_names(settings.project_root).tags) if asked else []
    found = {}
    for campaign in campaigns:
        try:
            _check_audience(campaign, known, tags)
        except UserError as missing:
            found[campaign.campaign_id] = str(missing)
    return found


def _check_audience(campaign: Campaign, segments: Sequence[str], tags: Sequence[str]) -> None:
    for segment in campaign.segments():
        # Without the models (a test, a lone exporter) there is nothing to check against.
        if segments and segment not in segments:
            raise UserError(
                f"{campaign.campaign_id}.yml: segment: there is no segment {segment!r}. Make "
                f"dbt_project/models/marts/segments/segment_{segment}.sql, or use one of {', '.join(segments)}."
            )
    for tag in campaign.tags():
        if tag not in tags:
            near = difflib.get_close_matches(tag, tags, n=3, cutoff=0.6) or ["`guanxi tags list`"]
            raise UserError(
                f"{campaign.campaign_id}.yml: audience: there is no tag {tag!r}. Add it to the seed tag_rules, or see "
                f"{' or '.join(near)}."
            )
