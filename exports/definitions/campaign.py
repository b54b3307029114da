"""Campaign files: what is sent to which segment, on which channels, how often, and to what end.

`exports/campaigns/<campaign_id>.yml`; a mistake names file, line, field and what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, ValidationInfo, field_validator, model_validator

from exports.definitions.campaign_steps import (
    Identifier,
    MessageChannelChoice,
    StepEntry,
    Strict,
    among,
    each_channel_once,
    mistakes_of_steps,
    steps_of,
)
from exports.definitions.template import PLAN_FIELDS, Template, Wording, read_template
from exports.definitions.yaml_lines import Document, Position, read_yaml
from exports.policy.frequency_caps import DEFAULT_CLASS
from exports.policy.sms_rules import SmsRule, read_sms_rules
from stores.errors import UserError, problem_of_value
from stores.message_channels import MessageChannel, read_message_channels, read_message_purposes
from stores.settings import Settings

_LANGUAGE = re.compile("[a-z]{2,3}([_-][A-Z][a-z]{3})?([_-]([A-Z]{2}|[0-9]{3}))?")
Text = Annotated[str, Field(min_length=1, max_length=200)]


class Name(Strict):
    """What people call the campaign, in one language at least; the other reader sees the same."""

    zh: Text | None = None
    en: Text | None = None

    @model_validator(mode="after")
    def _in_one_language(self) -> Self:
        if not (self.zh or self.en):
            raise ValueError("needs zh or en, or both")
        return self

    @property
    def in_chinese(self) -> str:
        """Its Chinese name, or the only one."""
        return self.zh or self.en or ""

    @property
    def in_english(self) -> str:
        """Its English name, or the only one."""
        return self.en or self.zh or ""


class Variant(Strict):
    """One wording of the messages; which one a customer gets is drawn once for the campaign, and stays."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    weight: int = Field(1, ge=1, le=1000, description="how many customers get it, against the weights of the others")


class Campaign(Strict):
    """One campaign file."""

    campaign_id: Identifier
    version: int = Field(ge=1, description="raise it when customers who got the old one may get the new one")
    name: Name
    segment: Identifier = Field(description="the segment model without `segment_`")
    step: int = Field(1, ge=1, description="of the only message, in a file without `steps`")
    channels: list[MessageChannelChoice] | None = Field(None, min_length=1, description="in order of preference")
    variants: list[Variant] = Field([Variant(name="a", weight=1)], min_length=1, description="wordings to compare")
    purpose: Identifier = "marketing"
    template: Identifier | None = Field(None, description="of the only message, in a file without `steps`")
    steps: list[StepEntry] | None = Field(None, min_length=1, description="several messages, one after the other")
    language: str = Field("zh_CN", max_length=40, description="a language tag: zh_CN, en, zh-Hant-TW, pt_BR")
    holdout_percent: float = Field(10, ge=0, le=50)
    cap_class: Identifier = DEFAULT_CLASS
    priority: int = Field(50, ge=0, le=100)
    occurrence: Literal["once", "daily", "weekly", "monthly", "quarterly"]
    goal: Literal["purchase", "interaction"] = "purchase"
    goal_window_days: int = Field(14, ge=1, le=365)
    valid_days: int = Field(14, ge=1, le=365, description="a message that waits longer than this is not sent any more")
    is_active: bool = True
    parameters: dict[Identifier, str | int | float] = Field({})

    @field_validator("channels")
    @classmethod
    def _each_channel_once(cls, choices: list[MessageChannelChoice] | None) -> list[MessageChannelChoice] | None:
        return each_channel_once(choices)

    @field_validator("variants")
    @classmethod
    def _each_variant_once(cls, variants: list[Variant]) -> list[Variant]:
        names = [variant.name for variant in variants]
        if len(names) != len(set(names)):
            raise ValueError("each name may stand here once")
        return variants

    @field_validator("purpose")
    @classmethod
    def _known_purpose(cls, purpose: str, info: ValidationInfo) -> str:
        return among(purpose, info, "purposes")

    @field_validator("language")
    @classmethod
    def _language_tag(cls, tag: str) -> str:
        if not _LANGUAGE.fullmatch(tag):
            raise ValueError("must be a language tag such as zh_CN, en, zh-Hant-TW or pt_BR")
        return tag.replace("-", "_")

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
            "name_zh": self.name.in_chinese,
            "name_en": self.name.in_english,
            "segment": self.segment,
            "purpose": self.purpose,
            "holdout_percent": self.holdout_percent,
            "cap_class": self.cap_class,
            "priority": self.priority,
            "occurrence": self.occurrence,
            "goal": self.goal,
            "goal_window_days": self.goal_window_days,
            "is_active": self.is_active,
        }

    def step_rows(self) -> list[dict[str, Any]]:
        """Its steps as rows of `campaign_steps`."""
        return [
            {
                **self._part(),
                "step": step.number,
                "name": step.name,
                "template": step.template,
                "wait_days": step.wait_days,
            }
            for step in steps_of(self)
        ]

    def channel_rows(self) -> list[dict[str, Any]]:
        """The channels of its steps as rows of `campaign_channels`."""
        return [
            {
                **self._part(),
                "step": step.number,
                "channel": choice.channel,
                "position": position,
                "destination": choice.destination,
            }
            for step in steps_of(self)
            for position, choice in enumerate(step.channels, start=1)
        ]

    def variant_rows(self) -> list[dict[str, Any]]:
        """Its variants as rows of `campaign_variants`."""
        return [{**self._part(), "variant": variant.name, "weight": variant.weight} for variant in self.variants]

    def _part(self) -> dict[str, Any]:
        return {"campaign_id": self.campaign_id, "version": self.version, "is_active": True}


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
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.suffix != ".yml" and path.suffix.lower() in (".yml", ".yaml"):
            raise UserError(f"{path.name}: campaign files end in .yml. Rename it, or move it out of {folder.name}/.")
    paths = sorted(folder.glob("*.yml"))
    rows = _rows_of_seeds(folder.parents[1]) if paths else {}
    campaigns = [_load(path, rows) for path in paths]
    for campaign in campaigns:
        templates(campaign, folder)
    return campaigns


@dataclass(frozen=True)
class WordingRules:
    """What the seeds say of texts: which channels have titles or follow the SMS rules, and these rules by country."""

    channels: Mapping[str, MessageChannel]
    sms_rules: Mapping[str, SmsRule]


def templates(campaign: Campaign, folder: Path, rules: WordingRules | None = None) -> dict[tuple[int, str], Template]:
    """The campaign's templates by number of the step and channel.

    Args:
        campaign: the campaign.
        folder: the folder of the campaign files.
        rules: those of the publication that is carried out, under which a channel that it does not know has no
            template; None: those of the project.

    Raises:
        UserError: a template is missing or wrong.
    """
    place = folder.parent / "templates"
    known = rules or WordingRules(read_message_channels(folder.parents[1]), read_sms_rules(folder.parents[1]))
    variants = [variant.name for variant in campaign.variants]
    wording = Wording(campaign.language, campaign.parameters, variants)
    return {
        (step.number, choice.channel): read_template(
            place / step.template, known.channels[choice.channel], wording, known.sms_rules
        )
        for step in steps_of(campaign)
        for choice in step.channels
        if choice.channel in known.channels
    }


def _rows_of_seeds(project_root: Path) -> dict[str, tuple[str, ...]]:
    """What campaign files may name of the seeds."""
    return {
        "channels": tuple(read_message_channels(project_root)),
        "purposes": read_message_purposes(project_root),
    }


def _load(path: Path, rows: Mapping[str, tuple[str, ...]]) -> Campaign:
    document = read_yaml(path)
    try:
        campaign = Campaign.model_validate(document.values, context=rows)
    except ValidationError as bad:
        raise UserError("; ".join(_explained(bad, document)) + ".") from bad
    if campaign.campaign_id != path.stem:
        raise UserError(document.mistake(("campaign_id",), f"must be the file's name, {path.stem!r}."))
    mistakes = list(mistakes_of_steps(campaign, document))
    if mistakes:
        raise UserError("; ".join(mistakes) + ".")
    return campaign


def _explained(bad: ValidationError, document: Document) -> Iterable[str]:
    seen: set[Position] = set()
    for error in bad.errors():
        position = tuple(part for part in error["loc"] if part not in ("str", "int", "float", "[key]"))
        if position in seen:
            continue
        seen.add(position)
        if error["type"] == "extra_forbidden":
            yield document.mistake(position, f"is not a field; the fields are {', '.join(_fields(position))}")
        else:
            yield document.mistake(position, problem_of_value(error))


def _fields(position: Position) -> list[str]:
    """The fields that may stand where an unknown one was found."""
    models: dict[Any, type[BaseModel]] = {"name": Name, "channels": MessageChannelChoice, "variants": Variant}
    model = models.get(position[0], Campaign) if len(position) > 1 else Campaign
    if position[0] == "steps" and len(position) > 1:
        model = MessageChannelChoice if "channels" in position and len(position) > 3 else StepEntry
    return list(model.model_fields)
