"""Campaign files: what is sent to which segment, on which channels, how often, and to what end.

`exports/campaigns/<campaign_id>.yml`; a mistake names file, line, field and what is allowed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy import or_, update

from exports.caps import DEFAULT_CLASS, read_caps
from exports.destinations import open_destination
from exports.template import PLAN_FIELDS, Template, read_template
from exports.yaml_lines import Document, Position, read_yaml
from stores import operations
from stores.errors import UserError
from stores.settings import Settings

log = logging.getLogger(__name__)

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,63}$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Name(_Strict):
    """What people call the campaign."""

    zh: Text
    en: Text


class ChannelChoice(_Strict):
    """A channel and the destination that serves it."""

    channel: Literal["sms", "email", "wecom", "app_push"]
    destination: Identifier


class Campaign(_Strict):
    """One campaign file."""

    campaign_id: Identifier
    version: int = Field(ge=1, description="raise it when customers who got the old one may get the new one")
    name: Name
    segment: Identifier = Field(description="the segment model without `segment_`")
    step: int = Field(1, ge=1)
    channels: list[ChannelChoice] = Field(min_length=1, description="in order of preference")
    purpose: Literal["marketing"] = "marketing"
    template: Identifier
    language: Literal["zh_CN", "en"] = "zh_CN"
    holdout_percent: float = Field(10, ge=0, le=50)
    cap_class: Identifier = DEFAULT_CLASS
    priority: int = Field(50, ge=0, le=100)
    occurrence: Literal["once", "daily", "weekly", "monthly", "quarterly"]
    goal: Literal["purchase", "interaction"] = "purchase"
    goal_window_days: int = Field(14, ge=1, le=365)
    is_active: bool = True
    parameters: dict[Identifier, str | int | float] = {}

    @field_validator("channels")
    @classmethod
    def _each_channel_once(cls, choices: list[ChannelChoice]) -> list[ChannelChoice]:
        names = [choice.channel for choice in choices]
        if len(names) != len(set(names)):
            raise ValueError("each channel may stand here once")
        return choices

    @field_validator("parameters")
    @classmethod
    def _no_plan_field(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        taken = sorted(set(parameters) & set(PLAN_FIELDS))
        if taken:
            raise ValueError(f"{taken[0]} is a field of the customer; choose another name")
        return parameters

    def row(self) -> dict[str, Any]:
        """The campaign as a row of the operations store's table `campaigns`."""
        return {
            "campaign_id": self.campaign_id,
            "version": self.version,
            "name_zh": self.name.zh,
            "name_en": self.name.en,
            "segment": self.segment,
            "step": self.step,
            "channels": ",".join(choice.channel for choice in self.channels),
            "destinations": ",".join(choice.destination for choice in self.channels),
            "purpose": self.purpose,
            "template": self.template,
            "holdout_percent": self.holdout_percent,
            "cap_class": self.cap_class,
            "priority": self.priority,
            "occurrence": self.occurrence,
            "goal": self.goal,
            "goal_window_days": self.goal_window_days,
            "is_active": self.is_active,
        }


def campaign_folder(settings: Settings) -> Path:
    """Where the installation's campaign files are; the templates stand beside it."""
    return settings.project_root / "exports" / "campaigns"


def load_campaigns(folder: Path) -> list[Campaign]:
    """Read and check all campaign files of a folder, and the templates that they use.

    Args:
        folder: holds `<campaign_id>.yml`; the templates are in `templates/` beside it.

    Returns:
        The campaigns, by file name; also those that are not active.

    Raises:
        UserError: every mistake of the first wrong file, each with file, line, field and what is allowed.
    """
    campaigns = [_load(path) for path in sorted(folder.glob("*.yml"))]
    for campaign in campaigns:
        templates(campaign, folder)
    return campaigns


def templates(campaign: Campaign, folder: Path) -> dict[str, Template]:
    """The campaign's template of each of its channels.

    Args:
        campaign: the campaign.
        folder: the folder of the campaign files.

    Raises:
        UserError: a template is missing or wrong.
    """
    place = folder.parent / "templates" / campaign.template
    return {
        choice.channel: read_template(place, choice.channel, campaign.language, campaign.parameters)
        for choice in campaign.channels
    }


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
    table = operations.campaigns
    with operations.writing(operations.engine(settings)) as connection:
        rows = [campaign.row() for campaign in campaigns]
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
    known = sorted(path.stem.removeprefix("segment_") for path in folder.glob("segment_*.sql"))
    if known and campaign.segment not in known:
        raise UserError(
            f"{campaign.campaign_id}.yml: segment: there is no segment {campaign.segment!r}. "
            f"There are {', '.join(known)}; a new one is a model segment_{campaign.segment}.sql."
        )


def _load(path: Path) -> Campaign:
    document = read_yaml(path)
    try:
        campaign = Campaign.model_validate(document.values)
    except ValidationError as bad:
        raise UserError("; ".join(_explained(bad, document)) + ".") from bad
    if campaign.campaign_id != path.stem:
        raise UserError(document.mistake(("campaign_id",), f"must be the file's name, {path.stem!r}."))
    return campaign


def _explained(bad: ValidationError, document: Document) -> Iterable[str]:
    seen: set[Position] = set()
    for error in bad.errors():
        position = tuple(part for part in error["loc"] if part not in ("str", "int", "float", "[key]"))
        if position in seen:
            continue
        seen.add(position)
        if error["type"] == "missing":
            yield document.mistake(position, "is missing")
        elif error["type"] == "extra_forbidden":
            yield document.mistake(position, f"is not a field; the fields are {', '.join(_fields(position))}")
        else:
            allowed = "; allowed: true, false" if error["type"].startswith("bool") else ""
            problem = error["msg"].removeprefix("Value error, ")
            yield document.mistake(position, f"{problem}, not {error['input']!r}{allowed}")


def _fields(position: Position) -> list[str]:
    """The fields that may stand where an unknown one was found."""
    models: dict[Any, type[BaseModel]] = {"name": Name, "channels": ChannelChoice}
    model = models.get(position[0], Campaign) if len(position) > 1 else Campaign
    return list(model.model_fields)
