"""Section `[guanxi.links]`: which links in messages count, and where those of clicks and to unsubscribe lead."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$")]


class Links(BaseModel):
    """Links in messages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str = Field(
        default="",
        pattern=r"^(https://[^\s?#]+|http://(127\.0\.0\.1|localhost)(:[0-9]+)?(/[^\s?#]*)?)?$",
        description="address of the service that answers them; without it no message can have a link to unsubscribe",
    )
    hosts: list[Host] = Field(
        default=[], description="hosts of one's own, such as shop.example: only their links count"
    )
    days: int = Field(default=180, ge=30, le=3650, description="for how long a link is accepted")
