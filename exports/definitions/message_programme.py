"""What campaign files and journey files say alike: names, wordings, who may get a message, and what is a success."""

from __future__ import annotations

import re
import unicodedata
from datetime import time
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from exports.definitions.campaign_steps import Identifier, MessageChannelChoice, among, each_channel_once
from exports.definitions.definition_file import Strict
from exports.policy.frequency_caps import DEFAULT_CLASS
from exports.rendering.field_catalogue import RESERVED

# What those who get nothing are called among the variants.
HOLDOUT = "holdout"
# Goals that are no event of the seed journey_events, or its first one.
GOALS = ("purchase", "revenue", "interaction")
_TIME = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")
_LANGUAGE = re.compile("[a-z]{2,3}([_-][A-Z][a-z]{3})?([_-]([A-Z]{2}|[0-9]{3}))?")


def _one_line(text: str) -> str:
    """A text that cannot break a line or steer a terminal."""
    if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in text):
        raise ValueError("has a line break or another control character")
    return text


Line = Annotated[str, Field(min_length=1), AfterValidator(_one_line)]
Text = Annotated[Line, Field(max_length=200)]


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


def _time_of_day(value: Any) -> time:
    """`"19:00"` as a time."""
    if not (isinstance(value, str) and _TIME.fullmatch(value)):
        raise ValueError('must be hours and minutes in quotes, such as "19:00"')
    return time.fromisoformat(value)


TimeOfDay = Annotated[
    time, BeforeValidator(_time_of_day), Field(json_schema_extra={"type": "string", "pattern": f"^{_TIME.pattern}$"})
]


class Variant(Strict):
    """One wording of the messages; which one a customer gets is drawn once for the campaign, and stays.

    Its part of the audience is a weight against those of the others, or a share in percent.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    weight: int = Field(1, ge=1, le=1000, description="how many customers get it, against the weights of the others")
    share: float | None = Field(
        default=None, gt=0, le=100, allow_inf_nan=False, description="in place of weight: percent of the audience"
    )
    send_from: TimeOfDay | None = Field(
        default=None, description='not before this time of the business day, such as "19:00"; default: at once'
    )

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if self.share is not None and "weight" in self.model_fields_set:
            raise ValueError("needs weight or share, not both")
        if self.share is not None and abs(self.share * 10 - round(self.share * 10)) > 1e-6:
            raise ValueError(f"share: {self.share:g} has more than one decimal; the shares of all make 100")
        return self

    @property
    def drawn_weight(self) -> int:
        """How many customers get it, against the others."""
        return self.weight if self.share is None else round(self.share * 10)

    @field_validator("name")
    @classmethod
    def _no_other_arm(cls, name: str) -> str:
        if name == HOLDOUT:
            raise ValueError("holdout is what those are called who get nothing; choose another name")
        return name


class MessageProgramme(Strict):
    """What campaigns and journeys have in common."""

    version: int = Field(
        ge=1, le=1_000_000, description="raise it when customers who got the old one may get the new one"
    )
    name: Name
    channels: list[MessageChannelChoice] | None = Field(None, min_length=1, description="in order of preference")
    variants: list[Variant] = Field([Variant(name="a", weight=1)], min_length=1, description="wordings to compare")
    purpose: Identifier = Field("marketing", description="the consent that it needs")
    language: str = Field("zh_CN", max_length=40, description="a language tag: zh_CN, en, zh-Hant-TW, pt_BR")
    holdout_percent: float = Field(10, ge=0, le=50, description="left out at random, to measure what it brings")
    cap_class: Identifier = Field(DEFAULT_CLASS, description="whose limit its messages count against")
    priority: int = Field(50, ge=0, le=100, description="the higher one goes first where a cap allows one only")
    goal: str = Field("purchase", description="what counts as success: purchase, revenue, interaction, or an event")
    goal_window_days: int = Field(14, ge=1, le=365)
    valid_days: int = Field(14, ge=1, le=365, description="a message that waits longer than this is not sent any more")
    is_active: bool = True
    owner: Annotated[Line, Field(max_length=100)] | None = Field(None, description="who answers for it")
    value: float | None = Field(
        None,
        ge=0,
        allow_inf_nan=False,
        description="what one message is expected to bring, in the reporting currency; default: the seed's",
    )
    budget: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="what all messages of the version may cost, reporting currency"
    )
    total_budget: float | None = Field(
        None,
        ge=0,
        allow_inf_nan=False,
        description="what the version may cost in all, messages and offers too, reporting currency",
    )
    daily_limit: int | None = Field(None, ge=1, description="messages a day")
    tag_purpose: Text | None = Field(None, description="what it uses sensitive tags for; needed where it names one")
    parameters: dict[Identifier, str | int | float] = Field({}, description="the same for everybody, for templates")

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
        shares = [variant.share for variant in variants if variant.share is not None]
        if shares and len(shares) < len(variants):
            raise ValueError("all have a share, or none")
        if shares and round(sum(shares), 1) != 100:
            raise ValueError(f"the shares make {sum(shares):g} %, and have to make 100 %")
        return variants

    @field_validator("total_budget")
    @classmethod
    def _covers_the_messages(cls, total: float | None, info: ValidationInfo) -> float | None:
        messages = info.data.get("budget")
        if total is not None and messages is not None and total < messages:
            raise ValueError(f"must be {messages:g} or more, which is the budget of the messages alone")
        return total

    @field_validator("goal")
    @classmethod
    def _known_goal(cls, goal: str, info: ValidationInfo) -> str:
        return among(goal, info, "goals")

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
    def _no_field(cls, parameters: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        taken = sorted(set(parameters) & {*(info.context or {}).get("fields", ()), *RESERVED})
        if taken:
            raise ValueError(f"{taken[0]} is a field of the customer; choose another name")
        return parameters
