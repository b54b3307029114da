"""When a campaign is planned, and what it offers for how long."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from exports.definitions.definition_file import Strict

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Schedule(Strict):
    """The days on which a campaign is planned, in business time; what is not said does not limit it."""

    starts_on: date | None = Field(default=None, description="first day, such as 2026-11-01")
    ends_on: date | None = Field(default=None, description="last day")
    weekdays: Annotated[list[Weekday], Field(min_length=1)] | None = Field(
        default=None, description="default: every day"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Schedule:
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValueError(f"ends_on {self.ends_on} lies before starts_on {self.starts_on}")
        if self.weekdays and len(self.weekdays) != len(set(self.weekdays)):
            raise ValueError("each weekday may stand here once")
        return self


class Offer(Strict):
    """What a campaign offers for a time, or while there is some."""

    valid_until: date | None = Field(default=None, description="last day; later nothing of the campaign is planned")
    cost: float | None = Field(
        default=None,
        ge=0,
        allow_inf_nan=False,
        description="what one that is taken up costs, in the reporting currency",
    )
    stock: int | None = Field(default=None, ge=0, description="how many there are: one for each message of the version")
