"""What the seeds say of texts: fields, channels, limits, and the rules of countries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from exports.policy.sms_rules import SmsRule, sms_rules_of
from exports.policy.text_rules import TextRules, text_rules_of
from exports.rendering.channel_limits import Limits, channel_limits_of
from exports.rendering.field_catalogue import Catalogue, template_fields_of
from stores.dbt_files.seed_rows import seed_rows
from stores.message_channels import MessageChannel, message_channels_of

SEEDS = ("message_channels", "sms_rules", "text_rules", "channel_limits", "template_fields")
_Rows = Iterable[dict[str, str]]


@dataclass(frozen=True)
class WordingRules:
    """The rows of the seeds in `SEEDS`; make it with `wording_rules_of` or `read_wording_rules`.

    Attributes:
        channels: the message channels by name.
        sms_rules: what countries ask of text messages.
        text_rules: what countries ask of texts on any channel.
        limits: how long a message may be, by channel.
        fields: what templates may say of a customer.
    """

    channels: Mapping[str, MessageChannel]
    sms_rules: Mapping[str, SmsRule]
    text_rules: TextRules
    limits: Limits
    fields: Catalogue

    def sms_rules_of(self, channel: str) -> dict[str, SmsRule]:
        """What countries ask of the text messages of a channel, the words that they forbid there included."""
        return {
            country: replace(rule, forbidden=self.text_rules.forbidden_in(country, channel))
            for country, rule in self.sms_rules.items()
        }


def wording_rules_of(rules: Mapping[str, tuple[_Rows, str]]) -> WordingRules:
    """What the rows say.

    Args:
        rules: by seed, its rows and what to call the place where they stand.

    Raises:
        UserError: a row makes no sense.
    """
    return WordingRules(
        channels=message_channels_of(*rules["message_channels"]),
        sms_rules=sms_rules_of(*rules["sms_rules"]),
        text_rules=text_rules_of(*rules["text_rules"]),
        limits=channel_limits_of(*rules["channel_limits"]),
        fields=template_fields_of(*rules["template_fields"]),
    )


def read_wording_rules(project_root: Path) -> WordingRules:
    """What the project's files say.

    Args:
        project_root: the folder that holds `dbt_project/`.

    Raises:
        UserError: a seed is missing, or a row of it makes no sense.
    """
    project = project_root / "dbt_project"
    return wording_rules_of({seed: (seed_rows(project, seed), f"{seed}.csv") for seed in SEEDS})


def read_fields(project_root: Path) -> Catalogue:
    """The fields that the project's templates may use.

    Raises:
        UserError: the seed is missing, or a row of it makes no sense.
    """
    return template_fields_of(seed_rows(project_root / "dbt_project", "template_fields"), "template_fields.csv")
