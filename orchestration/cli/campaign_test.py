"""`guanxi campaign test`: sample messages to people of the company, and what became of each."""

from __future__ import annotations

from orchestration.cli.session import Listing, console
from stores.counted import counted
from stores.settings import Settings


def send_to_list(settings: Settings, campaign: str, list_name: str, by: str) -> bool:
    """Send the sample messages of a campaign to a list, and tell what became of each.

    Args:
        settings: the installation.
        campaign: the campaign or journey.
        list_name: the list.
        by: who sends.

    Returns:
        Whether every message was accepted.

    Raises:
        UserError: there is no such campaign or list, or a file or setting is not right.
    """
    from exports.definitions.approval import find_campaign
    from exports.definitions.campaign_files import campaign_folder, load_campaigns
    from exports.delivery.send_test_messages import send_tests
    from serving.rules import current_names

    found = find_campaign(load_campaigns(campaign_folder(settings), campaign), campaign)
    sent = send_tests(settings, found, list_name, by)
    reasons = current_names(settings).reasons
    table = Listing("Person", "Step", "Channel", "Variant", "Address", "By", "State", "Reason", "Id")
    for one in sent:
        why = reasons.in_words(one.reason, "en") if one.reason else ""
        table.add_row(
            one.recipient,
            str(one.step),
            one.channel,
            one.variant,
            one.address_mask,
            one.destination,
            one.state,
            why,
            one.test_id,
        )
    console.print(table)
    accepted = sum(one.state == "accepted" for one in sent)
    console.print(
        f"{counted(accepted, 'test message')} of {len(sent):,} accepted; they count in no plan and no result."
    )
    return accepted == len(sent)
