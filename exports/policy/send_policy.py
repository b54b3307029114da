"""What the last look at a message needs to know besides the ledger: texts, caps, hours, keys."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from exports.definitions.campaign import Campaign
from exports.definitions.campaign_files import WordingRules, campaign_folder, templates
from exports.definitions.template import Content, Template
from exports.delivery.message_keys import Row
from exports.policy.customer_optouts import CustomerOptouts, address_reasons_of
from exports.policy.frequency_caps import Cap, Caps, caps_of
from exports.policy.late_answers import LateAnswers
from exports.policy.phone_line_types import LineTypes, line_types_of
from exports.policy.sms_rules import SmsRule, country_of, no_rules, refusal, sms_rules_of
from serving.rules import Rules, published_rules
from stores.key_record import open_keyring
from stores.keyring import Keyring
from stores.lake.vault import VaultReader
from stores.message_channels import MessageChannel, message_channels_of
from stores.operations import engine, utc
from stores.publication import Publication
from stores.settings import Settings

# The seeds that decide what is sent besides the plan.
RULES = ("frequency_caps", "suppression_reasons", "sms_rules", "channel_line_types", "message_channels")


@dataclass(frozen=True)
class SendPolicy:
    """The rules of one installation; make them with `read_send_policy`.

    Attributes:
        vault: has the sealed addresses.
        keyring: seals frozen content, opens identifiers at the moment of sending.
        caps: the frequency caps.
        zone: the business time zone.
        clock: the present moment, aware.
        templates: by campaign, version and channel.
        same_customer: what customers said by their other identifiers.
        sms_rules: what countries ask of text messages.
        line_types: which phone lines each channel reaches.
        channels: the message channels by name.
    """

    vault: VaultReader
    keyring: Keyring
    caps: Caps
    zone: ZoneInfo
    clock: Callable[[], datetime]
    templates: Mapping[tuple[str, int, int, str], Template]
    same_customer: CustomerOptouts
    sms_rules: Mapping[str, SmsRule]
    line_types: LineTypes
    channels: Mapping[str, MessageChannel]

    def compose(self, row: Row) -> Content | str:
        """The content of a message, or why it must not be sent."""
        template = self.templates.get((row["campaign_id"], row["campaign_version"], row["step"], row["channel"]))
        if template is None:
            return "no_template"
        content = template.render({**_parsed(row["fields"]), "variant": row["variant"]})
        if isinstance(content, str) or not self._follows_sms_rules(row):
            return content
        return refusal(self.sms_rules, row["country"], str(content["text"])) or content

    def learn_country(self, row: dict[str, Any]) -> str | None:
        """Note the country of a text message's number on its row.

        Returns:
            Why the message must wait: no rules are known for the number. None when they are, or none are needed.
        """
        row["country"] = None
        if not self._follows_sms_rules(row):
            return None
        row["is_opened"] = True
        country = country_of(self.keyring.unseal(row["identifier_type"], row["address_cipher"]))
        if country not in self.sms_rules:
            return no_rules(country)
        row["country"] = country
        return None

    def reaches(self, row: dict[str, Any]) -> bool:
        """Whether the channel reaches the message's number, looked at in clear; true where it needs no number."""
        if row["identifier_type"] != "phone":
            return True
        row["is_opened"] = True
        return self.line_types.reached(row["channel"], self.keyring.unseal("phone", row["address_cipher"]))

    def cap(self, row: Row) -> Cap:
        """The cap that a message counts against."""
        return self.caps.of(row["cap_class"], _parsed(row["fields"]).get("value_tier"))

    def counts(self, slot_at: datetime, cap: Cap) -> bool:
        """Whether a message that took its place at `slot_at` (naive UTC) still counts against a cap today."""
        return (self.clock().astimezone(self.zone).date() - self._day(slot_at)).days < cap.days

    def free_at(self, slot_at: datetime, cap: Cap) -> datetime:
        """When a place taken at `slot_at` is free again; both naive UTC."""
        day = self._day(slot_at) + timedelta(days=cap.days)
        return utc(datetime.combine(day, time(), tzinfo=self.zone))

    def quiet_until(self, country: str | None) -> datetime | None:
        """When messages may be sent next, as naive UTC; None when they may be sent now.

        Args:
            country: of a text message's number; None for other messages, which have no hours.
        """
        until = self.sms_rules[country].quiet_until(self.clock()) if country else None
        return utc(until) if until else None

    def _follows_sms_rules(self, row: Row) -> bool:
        """Whether a country's rules apply; to a number over a channel that is no row of the seed they do."""
        channel = self.channels.get(row["channel"])
        return channel.follows_sms_rules if channel else row["identifier_type"] == "phone"

    def _day(self, moment: datetime) -> date:
        return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(self.zone).date()


@functools.lru_cache(maxsize=20_000)
def _parsed(fields: str) -> Mapping[str, Any]:
    """Fields as values; many customers share them."""
    return json.loads(fields)


def read_send_policy(
    settings: Settings,
    campaigns: Sequence[Campaign],
    publication: Publication,
    clock: Callable[[], datetime],
    answers: LateAnswers,
) -> SendPolicy:
    """Read templates and keys, and the rules that the plan was made by: they come with the publication.

    Args:
        settings: the installation.
        campaigns: its campaigns.
        publication: the publication whose plan is carried out.
        clock: the present moment, aware.
        answers: what the channels that hold consents say now.

    Raises:
        UserError: one of them is missing or wrong.
    """
    # The store is there before the keys are opened, so that it knows them before it holds the first message.
    engine(settings)
    rules = send_rules_of(published_rules(publication, RULES))
    folder = campaign_folder(settings)
    known = {
        (campaign.campaign_id, campaign.version, step, channel): template
        for campaign in campaigns
        for (step, channel), template in templates(campaign, folder, rules.wording).items()
    }
    return SendPolicy(
        vault=VaultReader(settings),
        keyring=open_keyring(settings),
        caps=rules.caps,
        zone=ZoneInfo(settings.timezone),
        clock=clock,
        templates=known,
        same_customer=CustomerOptouts(publication.path, rules.address_reasons, answers),
        sms_rules=rules.wording.sms_rules,
        line_types=rules.line_types,
        channels=rules.wording.channels,
    )


@dataclass(frozen=True)
class SendRules:
    """What the rows of the seeds in `RULES` say; make it with `send_rules_of`."""

    caps: Caps
    line_types: LineTypes
    address_reasons: frozenset[str]
    wording: WordingRules


def send_rules_of(rules: Rules) -> SendRules:
    """What the rows say by which a plan is sent.

    Args:
        rules: the rows of the seeds in `RULES`.

    Raises:
        UserError: a row makes no sense.
    """
    return SendRules(
        caps=caps_of(*rules.of("frequency_caps")),
        line_types=line_types_of(*rules.of("channel_line_types")),
        address_reasons=address_reasons_of(rules.of("suppression_reasons")[0]),
        wording=WordingRules(message_channels_of(*rules.of("message_channels")), sms_rules_of(*rules.of("sms_rules"))),
    )
