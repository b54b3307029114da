"""Whom a campaign goes to: members of segments who have tags, without those of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from exports.definitions.campaign_steps import Identifier
from exports.definitions.definition_file import Strict

INCLUDE, EXCLUDE, SEGMENT, TAG = "include", "exclude", "segment", "tag"
Names = Annotated[list[Identifier], Field(max_length=50)]


class Audience(Strict):
    """Customers who are in one of the segments, have all the tags, and are nowhere among the excluded ones."""

    segments: Names = Field([], description="in any of these segments, without `segment_`")
    tags: Names = Field([], description="with all of these tags")
    exclude_segments: Names = Field([], description="in none of these segments")
    exclude_tags: Names = Field([], description="with none of these tags")

    @field_validator("segments", "tags", "exclude_segments", "exclude_tags")
    @classmethod
    def _each_once(cls, names: list[str]) -> list[str]:
        if len(names) != len(set(names)):
            raise ValueError("each name may stand here once")
        return names

    @model_validator(mode="after")
    def _somebody(self) -> Audience:
        if not (self.segments or self.tags):
            raise ValueError("needs segments or tags that say whom it goes to")
        both = sorted({*self.segments} & {*self.exclude_segments} | {*self.tags} & {*self.exclude_tags})
        if both:
            raise ValueError(f"{both[0]} is included and excluded, so that it says nothing; remove one")
        return self

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Side (include, exclude), kind (segment, tag) and name of all that it names."""
        for side, segments, tags in (
            (INCLUDE, self.segments, self.tags),
            (EXCLUDE, self.exclude_segments, self.exclude_tags),
        ):
            yield from ((side, SEGMENT, name) for name in segments)
            yield from ((side, TAG, name) for name in tags)

    @property
    def in_words(self) -> str:
        """It in one line: segments high_value or new_customers, tags tea, without segments complained."""
        parts = [
            f"{words}{joined.join(names)}"
            for words, joined, names in (
                ("segments ", " or ", self.segments),
                ("tags ", " and ", self.tags),
                ("without segments ", ", ", self.exclude_segments),
                ("without tags ", ", ", self.exclude_tags),
            )
            if names
        ]
        return ", ".join(parts)
