"""Messages as they arrive: what of them is kept, what is refused. The address is reduced to its mask here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from stores.lake.vault import SEALED_KINDS
from stores.message_channels import MessageChannel
from stores.normalisation import mask, normalise

_LONGEST = 200


class NotMessages(ValueError):
    """Signed or complete, but not messages."""


@dataclass(frozen=True)
class Incoming:
    """One message, without its address.

    Attributes:
        delivery_id: its id in the sender's ledger; receipts name it.
        campaign_id: the campaign.
        campaign_version: its version.
        step: its step; None where the sender does not say.
        channel: the message channel; empty where the sender does not say.
        variant: the variant of an A/B test; empty without one.
        address: the mask of the address, or the whole id where it is not personal.
        title: the title; empty where the channel has none.
        text: what the customer reads.
        refusal: why the message is refused; None where it is taken.
    """

    delivery_id: str
    campaign_id: str
    campaign_version: str
    step: int | None
    channel: str
    variant: str
    address: str
    title: str = field(repr=False)
    text: str = field(repr=False)
    refusal: str | None = None

    def as_json(self) -> str:
        """All of it but the delivery id, to be sealed."""
        return json.dumps({name: value for name, value in asdict(self).items() if name != "delivery_id"})

    @classmethod
    def of_json(cls, delivery_id: str, text: str) -> Incoming:
        """What `as_json` wrote."""
        return cls(delivery_id=delivery_id, **json.loads(text))


def messages_in(body: object, channels: Mapping[str, MessageChannel], country: str) -> list[Incoming]:
    """The messages of a webhook's body: `{"messages": […]}`, or one message by itself or under `data`.

    Args:
        body: the parsed body.
        channels: the message channels by name.
        country: whose phone numbers are written without a country's code.

    Raises:
        NotMessages: there are none in it, or one lacks its delivery id.
    """
    if not isinstance(body, dict):
        raise NotMessages("the body is not a JSON object")
    listed = body.get("messages") or [body.get("data", body)]
    if not isinstance(listed, list) or not all(_is_message(entry) for entry in listed):
        raise NotMessages("the body has no messages with a delivery_id")
    return [_message(entry, channels, country) for entry in listed]


def incoming(fields: Mapping[str, Any], identifier_type: str, channel: str, step: int | None, country: str) -> Incoming:
    """One message of its fields.

    Args:
        fields: `delivery_id`, `campaign_id`, `campaign_version`, `variant`, `to`, `title` and `text`.
        identifier_type: what kind of identifier `to` is.
        channel: the message channel.
        step: the step of the campaign.
        country: whose phone numbers are written without a country's code.
    """
    to, title, text = (_said(fields.get(name)) for name in ("to", "title", "text"))
    address, refusal = _address(identifier_type, to, country)
    if not refusal and not text.strip():
        refusal = "no_content"
    return Incoming(
        delivery_id=_said(fields["delivery_id"])[:_LONGEST],
        campaign_id=_said(fields.get("campaign_id"))[:_LONGEST],
        campaign_version=_said(fields.get("campaign_version"))[:_LONGEST],
        step=step,
        channel=channel[:_LONGEST],
        variant=_said(fields.get("variant"))[:_LONGEST],
        address=address[:_LONGEST],
        title=title,
        text=text,
        refusal=refusal,
    )


def _is_message(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("delivery_id"), str) and bool(entry["delivery_id"].strip())


def _message(entry: Mapping[str, Any], channels: Mapping[str, MessageChannel], country: str) -> Incoming:
    channel = _said(entry.get("channel"))
    known = channels.get(channel)
    content = entry.get("content")
    said = content if isinstance(content, dict) else {}
    step = entry.get("step")
    return incoming(
        {**entry, "title": said.get("title"), "text": said.get("body") or said.get("text")},
        known.identifier_type if known else "",
        channel,
        step if isinstance(step, int) else None,
        country,
    )


def _address(identifier_type: str, to: str, country: str) -> tuple[str, str | None]:
    """What may be shown of an address, and why no message goes there."""
    if not to.strip():
        return "", "no_address"
    if identifier_type in SEALED_KINDS:
        known = normalise(identifier_type, to, country)
        return mask(identifier_type, known), None if known else "invalid_address"
    # An id of an app or of WeCom stands for itself; of a channel that nobody knows, the address may be anything.
    return (to, None) if identifier_type else (mask("name", None), None)


def _said(value: object) -> str:
    """A value as text; half a character, which JSON may hold and no file or page can, becomes a question mark."""
    return "" if value is None else str(value).encode("utf-8", "replace").decode("utf-8")
