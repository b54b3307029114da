"""What a message of a campaign is expected to bring, and where the figure comes from, in words."""

from __future__ import annotations

from serving.campaigns.message_values import MessageValue
from stores.counted import counted


def worth_in_words(value: MessageValue, currency: str) -> str:
    """One sentence without its full stop.

    Args:
        value: of the campaign.
        currency: of all amounts, ISO 4217; empty where no channel states one.
    """
    unit = f"{currency} " if currency else ""
    stated = "its file" if value.is_of_file else "the rule planned_message_value"
    worth = f"{unit}{value.value_per_message:,.2f}"
    said = f"A message to a customer of the middle value score is expected to bring {worth}"
    if not value.is_measured:
        return f"{said}, as {stated} says; not measured: {value.basis_en} {value.basis_zh} ({value.basis})"
    people = f"{counted(value.customers or 0, 'customer')} and {value.holdout_customers:,} held out"
    return (
        f"{said}: measured {unit}{value.measured_value:,.2f} ± {value.measured_error:,.2f} (standard error), which "
        f"counts {value.measured_share:.0%} beside the {value.stated_value:,.2f} of {stated}; on {value.measured_on}, "
        f"of version {value.measured_version}, {people}, {counted(value.messages or 0, 'message')}"
    )
