"""What the last look at a message needs to know besides the ledger: texts, caps, hours, keys."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from exports.definitions.campaign import Campaign
from exports.definitions.campaign_files import campaign_folder, templates
from exports.definitions.template import FIELD_MISSING, Content, Template
from exports.delivery.message_keys import Row
from exports.delivery.open_address import MISSING
from exports.policy.customer_optouts import CustomerOptouts, address_reasons_of
from exports.policy.frequency_caps import Caps, caps_of
from exports.policy.judged_text import judged
from exports.policy.late_answers import LateAnswers
from exports.policy.message_limits import MessageLimit, MessageLimits, frequency_limit, limits_of
from exports.policy.phone_line_types import LineTypes, line_types_of
from exports.policy.shared_limits import SEEDS as SHARED_SEEDS
from exports.policy.shared_limits import SharedLimits, campaign_limits_of, destination_limits_of, prices_of
from exports.policy.sms_rules import country_of, no_rules
from exports.policy.text_rules import NO_RULES
from exports.rendering.message_links import NOT_SET_UP, MessageLinks
from exports.rendering.wording_rules import SEEDS, WordingRules, wording_rules_of
from serving.campaigns.plan_sizes import SEEDS as APPROVAL_SEEDS
from serving.rules import Rules, published_rules
from stores.key_record import open_keyring
from stores.keyring import Keyring
from stores.lake.vault import VaultReader
from stores.links.signed_links import LinkSigner
from stores.operations import engine, utc
from stores.publication import Publication
from stores.settings import Settings

# The seeds that decide what is sent besides the plan.
RULES = (
    "frequency_caps", "message_limits", "suppression_reasons", "channel_line_types", *SHARED_SEEDS, *APPROVAL_SEEDS,
    *SEEDS,
)  # fmt: skip
# What keeps a message back until something about it changes, and not for good: a vault that is restored has the address
# again, and what was not known of a customer may be known tomorrow.
_WAITS = (MISSING, FIELD_MISSING, NO_RULES, NOT_SET_UP)


@dataclass(frozen=True)
class SendPolicy:
    """The rules of one installation; make them with `read_send_policy`.

    Attributes:
        vault: has the sealed addresses.
        keyring: seals frozen content, opens identifiers at the moment of sending.
        caps: the frequency caps.
        message_limits: what a customer may get besides.
        shared_limits: what the messages of a campaign and of a destination share.
        zone: the business time zone.
        clock: the present moment, aware.
        templates: by campaign, version and channel.
        send_times: when messages of variants leave at the earliest, by campaign, version and variant.
        same_customer: what customers said by their other identifiers.
        line_types: which phone lines each channel reaches.
        wording: what the seeds say of texts and channels.
        country: the company's, whose rules count for messages to no phone number.
        links: signs the links of messages.
    """

    vault: VaultReader
    keyring: Keyring
    caps: Caps
    message_limits: MessageLimits
    shared_limits: SharedLimits
    zone: ZoneInfo
    clock: Callable[[], datetime]
    templates: Mapping[tuple[str, int, int, str], Template]
    send_times: Mapping[tuple[str, int, str], time]
    same_customer: CustomerOptouts
    line_types: LineTypes
    wording: WordingRules
    country: str
    links: MessageLinks

    def compose(self, row: Row) -> Content | str:
        """The content of a message, or why it must not be sent; `waits` tells whether that is for good."""
        template = self.template_of(row)
        if template is None:
            return "no_template"
        now = self.clock().astimezone(self.zone)
        fields = {**_parsed(row["fields"]), **row.get("opened_fields", {}), "variant": row["variant"]}
        content = template.render(fields, now.date())
        if isinstance(content, str) and any(row.get("opened_fields", {}).values()) and not self.waits(content):
            # What is wrong may cite what was opened, and the ledger holds nothing personal in clear.
            return f"{content.partition(':')[0]}: with the {', '.join(template.personal_fields)} of this customer"
        country = row["country"] if self._follows_sms_rules(row) else self.country
        return judged(template, content, country, self.links.at(now), row["delivery_id"], row["variant"])

    @staticmethod
    def waits(reason: str) -> bool:
        """Whether a reason keeps a message back only until something changes."""
        return reason.partition(":")[0] in _WAITS

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
        if country not in self.wording.sms_rules:
            return no_rules(country)
        row["country"] = country
        return None

    def reaches(self, row: dict[str, Any]) -> bool:
        """Whether the channel reaches the message's number, looked at in clear; true where it needs no number."""
        if row["identifier_type"] != "phone":
            return True
        row["is_opened"] = True
        return self.line_types.reached(row["channel"], self.keyring.unseal("phone", row["address_cipher"]))

    @property
    def longest_limit(self) -> int:
        """The longest stretch that any limit of messages looks back over, in days."""
        return max(self.caps.longest, self.message_limits.longest)

    def limits(self, row: Row) -> tuple[MessageLimit, ...]:
        """The limits that a message counts against, the frequency cap first."""
        cap = self.caps.of(row["cap_class"], _parsed(row["fields"]).get("value_tier"))
        return (frequency_limit(cap), *self.message_limits.of(row["channel"]))

    def today(self) -> date:
        """The business day of the present moment."""
        return self.clock().astimezone(self.zone).date()

    def business_day(self, moment: datetime) -> date:
        """The business day of a moment, naive UTC."""
        return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """When a business day begins, naive UTC."""
        return utc(datetime.combine(day, time(), tzinfo=self.zone))

    def quiet_until(self, country: str | None) -> datetime | None:
        """When messages may be sent next, as naive UTC; None when they may be sent now.

        Args:
            country: of a text message's number; None for other messages, which have no hours.
        """
        until = self.wording.sms_rules[country].quiet_until(self.clock()) if country else None
        return utc(until) if until else None

    def too_early_until(self, row: Row) -> datetime | None:
        """The time of today, naive UTC, for which the variant of a message waits; None when it may be sent now."""
        earliest = self.send_times.get((row["campaign_id"], row["campaign_version"], row["variant"]))
        now = self.clock().astimezone(self.zone)
        if earliest is None or now.time() >= earliest:
            return None
        return utc(datetime.combine(now.date(), earliest, tzinfo=self.zone))

    def _follows_sms_rules(self, row: Row) -> bool:
        """Whether a country's rules apply; to a number over a channel that is no row of the seed they do."""
        channel = self.wording.channels.get(row["channel"])
        return channel.follows_sms_rules if channel else row["identifier_type"] == "phone"

    def template_of(self, row: Row) -> Template | None:
        """The template of a message; None where its campaign has none."""
        return self.templates.get((row["campaign_id"], row["campaign_version"], row["step"], row["channel"]))


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
    send_times = {
        (campaign.campaign_id, campaign.version, variant.name): variant.send_from
        for campaign in campaigns
        for variant in campaign.variants
        if variant.send_from
    }
    keyring = open_keyring(settings)
    return SendPolicy(
        vault=VaultReader(settings),
        keyring=keyring,
        caps=rules.caps,
        message_limits=rules.message_limits,
        shared_limits=SharedLimits(campaign_limits_of(campaigns), rules.destination_limits, rules.prices),
        zone=ZoneInfo(settings.timezone),
        clock=clock,
        templates=known,
        send_times=send_times,
        same_customer=CustomerOptouts(publication.path, rules.address_reasons, answers),
        line_types=rules.line_types,
        wording=rules.wording,
        country=settings.country,
        links=MessageLinks(settings.links, LinkSigner(keyring), clock()),
    )


@dataclass(frozen=True)
class SendRules:
    """What the rows of the seeds in `RULES` say; make it with `send_rules_of`."""

    caps: Caps
    message_limits: MessageLimits
    destination_limits: Mapping[str, int]
    prices: Mapping[str, float]
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
        message_limits=limits_of(*rules.of("message_limits")),
        destination_limits=destination_limits_of(*rules.of("destination_limits")),
        prices=prices_of(rules),
        line_types=line_types_of(*rules.of("channel_line_types")),
        address_reasons=address_reasons_of(rules.of("suppression_reasons")[0]),
        wording=wording_rules_of({seed: rules.of(seed) for seed in SEEDS}),
    )
